"""``laconic recipes``: the recipes of chat messages, shown, checked and used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from laconic.cli.options import Model
from laconic.cli.sources import STDIN, read_text
from laconic.cli.terminal import FAILED, errors_told, put, put_table, say, typer, write

__all__ = ["recipes"]

recipes = typer.Typer(
    help="Recipes of chat messages: list, show, check and use them.", no_args_is_help=True, rich_markup_mode=None
)


def _known(beginning: str) -> list[str]:
    """Names for the shell to complete."""
    from laconic.messages.recipes import builtin_recipes

    return [name for name in builtin_recipes() if name.startswith(beginning)]


_Name = Annotated[str, typer.Argument(help="Of a recipe, or the path of its .yaml file.", autocompletion=_known)]
_Folder = Annotated[Path | None, typer.Option(help="Folder with recipes of yours.")]


@recipes.command("list")
def listed(folder: _Folder = None) -> None:
    """The recipes that there are, with what each is for."""
    with errors_told():
        from laconic.messages.recipes import load_recipe, recipe_names

        found = [load_recipe(name, folder) for name in recipe_names(folder)]
        put_table(["recipe", "description"], [[recipe.name, recipe.description] for recipe in found], wrapped=True)


@recipes.command()
def show(name: _Name, folder: _Folder = None) -> None:
    """A recipe as YAML, to read or to begin one of your own with."""
    with errors_told():
        from laconic.messages.recipes import recipe_text

        put(recipe_text(name, folder).rstrip("\n"))


@recipes.command()
def check(files: Annotated[list[Path], typer.Argument(help="YAML files.")]) -> None:
    """Whether files are recipes, and what is wrong where they are not."""
    with errors_told():
        from laconic.exceptions import ConfigurationError
        from laconic.messages.recipes import load_recipe

        wrong = 0
        for file in files:
            try:
                recipe = load_recipe(file)
            except ConfigurationError as error:
                say(f"laconic: {error}")
                wrong += 1
            else:
                passages = ", options for passages" if recipe.compress else ""
                put(f"{file}: {recipe.name}, {len(recipe.directives)} directives{passages}")
        if wrong:
            raise typer.Exit(FAILED)


@recipes.command()
def use(
    name: _Name,
    source: Annotated[str, typer.Argument(help="A chat as JSON or JSON lines, or text; - for standard input.")] = STDIN,
    query: Annotated[
        str | None, typer.Option("--query", "-q", help="What matters; of a chat its last request.")
    ] = None,
    folder: _Folder = None,
    mode: Annotated[str, typer.Option(help="strict, hybrid (only long chats) or aggressive.")] = "strict",
    model: Model = "gpt-4o",
    encoding: Annotated[str | None, typer.Option(help="Of the file; told apart by default.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page that shows what was cut, and why.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only the figures.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No figures beside the output.")] = False,
) -> None:
    """Apply a recipe to a chat, which comes out in the form in which it came, or to a text."""
    with errors_told():
        from laconic.exceptions import ConfigurationError
        from laconic.messages import MessagePipeline

        pipeline = MessagePipeline(name, recipe_folder=folder, mode=mode, model=model)
        if not pipeline.recipe.directives:
            raise ConfigurationError(f"recipe {name} has no directives: use it with laconic compress --recipe {name}")
        text = read_text(source, encoding)
        found = _chat(text)
        # a text is material: an assistant's words, for those of a user ask for something
        messages, around = found or ([{"role": "assistant", "content": text}], None)
        result, figures = pipeline.previewed(messages, query)
        if html is not None:
            write(html, result.to_html(page=True))
        if dry_run:
            put(figures)
            return
        put(_written(result.messages, around) if found else str(result.messages[0]["content"]))
        if not quiet:
            say(figures)


def _chat(text: str) -> tuple[list[Any], Mapping[str, Any] | None] | None:
    """The messages that a text is JSON of and, if it is that, the object that they stand in; None where it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            value = [json.loads(line) for line in lines]
        except ValueError:
            return None
    around = value if isinstance(value, dict) and isinstance(value.get("messages"), list) else None
    messages = around["messages"] if around is not None else value
    if not isinstance(messages, list) or not messages:
        return None
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in messages):
        return None
    return messages, around


def _written(messages: list[Any], around: Mapping[str, Any] | None) -> str:
    return json.dumps(messages if around is None else {**around, "messages": messages}, ensure_ascii=False, indent=1)
