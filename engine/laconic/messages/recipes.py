"""Recipes: named lists of directives, read from YAML.

Checked key by key: a mistake is reported with the file, the line, the column and what would be allowed.
`laconic.messages.recipe_yaml` says how much of YAML is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from laconic._utils.files import bytes_of
from laconic._utils.options import did_you_mean, repr_of
from laconic.exceptions import ConfigurationError, UnknownOptionError
from laconic.messages.compress_options import compress_options
from laconic.messages.directives import Directive, directive_from
from laconic.messages.recipe_yaml import Place, read_yaml

__all__ = [
    "Recipe", "builtin_recipes", "load_recipe", "parse_recipe", "recipe_from", "recipe_names", "recipe_text",
]  # fmt: skip

_MAX_BYTES = 4 * 65_536  # of characters of four bytes; the reader counts characters
_KEYS = ("name", "version", "description", "directives", "compress")


@dataclass(frozen=True)
class Recipe:
    """A named list of directives.

    Attributes:
        name: of the recipe.
        directives: carried out in this order.
        version: of the recipe, as its author counts.
        description: for people.
        compress: keyword arguments of `laconic.Compressor`, for who compresses passages by this recipe; empty where it
            is for messages alone.
    """

    name: str
    directives: tuple[Directive, ...]
    version: str = "1.0"
    description: str = ""
    compress: Mapping[str, Any] = field(default_factory=dict)


def load_recipe(recipe: str | Path | Recipe | Mapping[str, Any], folder: str | Path | None = None) -> Recipe:
    """A recipe of whatever names it.

    Args:
        recipe: a `Recipe`; a mapping as the YAML has it; the path of a YAML file; or a name: of a file in ``folder``,
            else of a built-in recipe.
        folder: the caller's recipes, ``<name>.yaml`` or ``<name>.yml``.

    Raises:
        ConfigurationError: there is no such recipe (the message lists those that there are), or it is not valid.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if isinstance(recipe, Mapping):
        return recipe_from(recipe, "recipe")
    if not isinstance(recipe, (str, Path)):
        raise ConfigurationError(f"recipe is a {type(recipe).__name__}: give a name, a path, a mapping or a Recipe")
    own = _in_folder(folder)
    if str(recipe) in own:
        return _from_file(own[str(recipe)])
    if isinstance(recipe, str) and recipe in builtin_recipes():
        return _builtin(recipe)
    path = Path(recipe)
    if path.suffix.lower() in (".yaml", ".yml"):
        return _from_file(path)
    names = recipe_names(folder)
    raise ConfigurationError(
        f"recipe {str(recipe)!r} is not known{did_you_mean(recipe, names)}: use one of {', '.join(names)}, or the path "
        "of a .yaml file"
    )


def recipe_names(folder: str | Path | None = None) -> list[str]:
    """Names of the recipes of a folder, then of the built-in ones that it does not replace."""
    own = _in_folder(folder)
    return [*own, *(name for name in builtin_recipes() if name not in own)]


def recipe_text(recipe: str | Path, folder: str | Path | None = None) -> str:
    """The YAML of a recipe, comments included; raises what `load_recipe` does."""
    load_recipe(recipe, folder)
    own = _in_folder(folder)
    if str(recipe) in own:
        return _read(own[str(recipe)])
    return _builtin_text(str(recipe)) if str(recipe) in builtin_recipes() else _read(Path(recipe))


@cache
def builtin_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with laconic, in alphabetical order."""
    folder = files("laconic.messages") / "recipes"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


@cache
def _builtin(name: str) -> Recipe:
    return parse_recipe(_builtin_text(name), f"{name}.yaml")


def _builtin_text(name: str) -> str:
    return (files("laconic.messages") / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")


def _in_folder(folder: str | Path | None) -> dict[str, Path]:
    if folder is None:
        return {}
    path = Path(folder)
    if not path.is_dir():
        raise ConfigurationError(f"recipe folder {str(folder)!r} does not exist: give a folder with .yaml files")
    return {file.stem: file for file in sorted(path.iterdir()) if file.suffix.lower() in (".yaml", ".yml")}


def _from_file(path: Path) -> Recipe:
    return parse_recipe(_read(path), str(path), path.stem)


def _read(path: Path) -> str:
    try:
        data = bytes_of(path, _MAX_BYTES)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigurationError(f"recipe {path} cannot be read ({problem}): give the path of a .yaml file") from error
    except ValueError as error:  # too large, no ordinary file, or no path
        raise ConfigurationError(f"recipe {path} cannot be read ({error}): give the path of a .yaml file") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"recipe {path}, line {line} is not UTF-8 text (byte {error.start}): save it as UTF-8"
        ) from error


def parse_recipe(text: str, name: str = "recipe", title: str | None = None) -> Recipe:
    """A recipe of its YAML.

    Args:
        text: the YAML.
        name: of the file, for messages.
        title: what a recipe without a name is called; None refuses it.

    Raises:
        ConfigurationError: no YAML, aliases, too large, or anything that is no recipe; with file and line.
    """
    values, places = read_yaml(text, name)
    if not isinstance(values, dict):
        raise ConfigurationError(f"{name}, line 1: a recipe is a mapping with the keys {', '.join(_KEYS)}")
    if values.get("name") is None and title:
        values["name"] = title
    return recipe_from(values, name, places)


def recipe_from(
    values: Mapping[str, Any], name: str = "recipe", places: Mapping[tuple[Any, ...], Place] | None = None
) -> Recipe:
    """A recipe of a mapping as the YAML has it.

    Args:
        values: ``name``, ``version``, ``description``, ``directives`` and ``compress``; one of the last two at least.
        name: of the file, for messages.
        places: of each key path, for messages.

    Raises:
        ConfigurationError: a key that is missing, not known or of another type, or a directive that cannot work.
    """

    def place(*path: Any) -> str:
        known = (places or {}).get(path)
        return f"{name}, {known}" if known else name

    for key in values:
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS)
            raise UnknownOptionError(
                f"{place(key)}: {repr_of(key)} is no key of a recipe{near}: use {', '.join(_KEYS)}"
            )
    title = values.get("name")
    if not isinstance(title, str) or not title.strip():
        raise ConfigurationError(f"{place('name')}: a recipe needs a name, a word; it has {repr_of(title)}")
    version, description = values.get("version", "1.0"), values.get("description") or ""
    if not isinstance(version, (str, int, float)) or not isinstance(description, str):
        raise ConfigurationError(f"{place('version')}: version and description are text")
    given = values.get("compress")
    try:
        options = {} if given is None else compress_options(given)
    except ConfigurationError as error:
        raise type(error)(f"{place('compress')}: {error}") from error
    items = values.get("directives", [] if options else None)
    if not isinstance(items, list):
        raise ConfigurationError(
            f"{place('directives')}: directives is {repr_of(items)}: give a list of 'type' and 'action'"
        )
    directives = []
    for at, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise ConfigurationError(f"{place('directives', at)}: a directive is a mapping with 'type' and 'action'")
        try:
            directives.append(directive_from(item))
        except ConfigurationError as error:
            keys = (key for key in item if isinstance(key, str))
            guilty = next((key for key in keys if str(error).startswith((f"{key} ", f"{key!r} "))), None)
            where = place("directives", at, guilty) if guilty else place("directives", at)
            raise type(error)(f"{where}: {error}") from error
    return Recipe(title.strip(), tuple(directives), str(version), description, options)
