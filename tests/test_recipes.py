"""Recipes: the seed's schema, and errors that name file, line and what is allowed."""

from __future__ import annotations

import pytest

from laconic.exceptions import ConfigurationError
from laconic.messages import Directive, MessagePipeline, Recipe, builtin_recipes, load_recipe
from laconic.messages.directives import ACTIONS
from laconic.messages.recipes import parse_recipe

SEEDS_OWN = """\
# recipes/oss/my-recipe.yaml
name: my-recipe
version: "1.0"
description: Custom compression for my workflow

directives:
  - type: text
    action: filter_tokens
    ratio: 0.7

  - type: code
    action: signature_only
    language: [python]
"""


def test_the_seeds_minimal_recipe():
    assert parse_recipe(SEEDS_OWN) == Recipe(
        "my-recipe",
        (Directive("text", "filter_tokens", ratio=0.7), Directive("code", "signature_only", language=("python",))),
        "1.0",
        "Custom compression for my workflow",
    )


NAMELESS = """\
directives:
  - type: code
    action: signature_only     # keep function signatures, strip bodies
    language: [python, js, ts]
    preserve_docstrings: true

  - type: markdown
    action: keep_headers       # strip body text, keep heading structure
    max_depth: 3

  - type: text
    action: filter_tokens
    ratio: 0.6                 # keep top 60% by importance score
"""


@pytest.mark.parametrize("text", [NAMELESS, f"name:\n{NAMELESS}"], ids=["no key", "no value"])
def test_a_file_without_a_name_is_called_like_the_file(tmp_path, text):
    path = tmp_path / "code-review.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_recipe(path).name == "code-review"
    assert load_recipe("code-review", tmp_path).directives == load_recipe("code-review").directives


def test_the_built_in_recipes():
    assert set(builtin_recipes()) >= {
        "default",
        "code-review",
        "rag-qa",
        "agent-tools",
        "logs",
        "chat-history",
        "api-json",
    }
    for name in builtin_recipes():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description
        assert recipe.directives


def test_every_action_is_used_or_documented_as_possible():
    used = {directive.action for name in builtin_recipes() for directive in load_recipe(name).directives}
    assert used == set(ACTIONS)


def test_recipes_from_files_folders_mappings_and_objects(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(SEEDS_OWN, encoding="utf-8")
    (tmp_path / "logs.yml").write_text("name: own-logs\ndirectives: []\n", encoding="utf-8")
    recipe = load_recipe(path)
    assert load_recipe(str(path)) == load_recipe("mine", tmp_path) == load_recipe(recipe) == recipe
    assert load_recipe("logs", tmp_path).name == "own-logs", "the caller's own recipe wins"
    assert load_recipe("default", tmp_path).name == "default"
    assert load_recipe({"name": "x", "directives": [{"type": "code", "action": "keep"}]}).directives == (
        Directive("code", "keep"),
    )
    assert MessagePipeline("mine", recipe_folder=tmp_path).recipe == recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a recipe is a mapping"),
        ("- a\n", "line 1: a recipe is a mapping"),
        ("name: [", r"line 1, column 8: .*no valid YAML"),
        (
            "name: x\ndirectives: []\ncolour: red\n",
            r"line 3, column \d+: 'colour' is no key of a recipe: use name, version",
        ),
        ("directives: []\n", "needs a name"),
        ("name: x\n", "directives is None"),
        ("name: x\nversion: []\ndirectives: []\n", r"line 2, column \d+: version and description are text"),
        ("name: x\ndirectives:\n  - keep\n", r"line 3, column \d+: a directive is a mapping"),
        ("name: x\ndirectives:\n  - type: code\n", r"line 3, column \d+: a directive needs 'action'"),
        (
            "name: x\ndirectives:\n  - type: code\n    action: shrink\n",
            r"line 4, column \d+: action 'shrink' is not known: use one of keep",
        ),
        (
            "name: x\ndirectives:\n  - type: poem\n    action: keep\n",
            r"line 3, column \d+: type 'poem' is not known: use one of code",
        ),
        (
            "name: x\ndirectives:\n  - type: json\n    action: signature_only\n",
            r"line 4, column \d+: action 'signature_only' does not apply",
        ),
        (
            "name: x\ndirectives:\n  - type: code\n    action: keep\n    speed: 9\n",
            r"line 5, column \d+: 'speed' is no key of a directive",
        ),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    ratio: 60\n", r"line 5, column \d+: ratio is 60"),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    ratio: true\n",
            r"line 5, column \d+: ratio is True",
        ),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    max_depth: 0\n",
            r"line 5, column \d+: max_depth is 0",
        ),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    min_tokens: -1\n",
            r"line 5, column \d+: min_tokens is -1",
        ),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    language: 7\n",
            r"line 5, column \d+: language is 7",
        ),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    preserve_docstrings: 1\n",
            r"line 5, column \d+: preserve_docstrings",
        ),
        (
            "name: x\ndirectives:\n  - type: tool_result\n    action: keep\n    language: [python]\n",
            r"line 5, column \d+: language 'python' is no kind of tool result: use one of json",
        ),
        ("a: &a [x, x]\nb: &b [*a, *a]\nname: *b\n", r"line 1, column \d+: anchors and aliases are not allowed"),
        ("name: x\ndirectives: " + "[" * 3000 + "]" * 3000, "nested deeper than"),
        ("name: x\ndescription: " + "y" * 70_000, "larger than"),
        ("name: !!python/object/apply:os.system ['true']\n", "line 1, column 7: tags are not allowed"),
    ],
)
def test_a_mistake_is_reported_with_its_place(text, message):
    with pytest.raises(ConfigurationError, match=rf"my\.yaml.*{message}"):
        parse_recipe(text, "my.yaml")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no\.yaml cannot be read \(No such file"):
        load_recipe(tmp_path / "no.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_recipe(path)
    with pytest.raises(ConfigurationError, match="use one of agent-tools, api-json"):
        load_recipe("my-favourite")


RECIPE = "name: x\ndirectives:\n  - type: text\n    action: keep\n    "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: 2024-13-45\n", "line 1, column 7: '2024-13-45' is read as a timestamp: put it in quotes"),
        ("version: 2024-01-01\n", "line 1, column 10: '2024-01-01' is read as a timestamp"),
        ("version: 2024-01-01T99:99:99Z\n", "line 1, column 10: .* is read as a timestamp"),
        (f"{RECIPE}min_tokens: {'9' * 5000}\n", "line 5, column 17: '9{40}' is no usable number"),
        (f"{RECIPE}min_tokens: {'9' * 30}\n", "line 5, column 17: .* is no usable number"),
        (f"{RECIPE}min_tokens: -{2**64}\n", "line 5, column 17: .* is no usable number"),
        (f"{RECIPE}min_tokens: 0x{'f' * 5000}\n", "line 5, column 17: .* is no usable number"),
        (f"{RECIPE}min_tokens: 1{':59' * 3000}\n", "line 5, column 17: .* is no usable number"),
        (f"{RECIPE}min_tokens: 0b{'1' * 5000}\n", "line 5, column 17: .* is no usable number"),
        (f"{RECIPE}ratio: .nan\n", "line 5, column 12: '.nan' is no usable number"),
        (f"{RECIPE}ratio: -.inf\n", "line 5, column 12: '-.inf' is no usable number"),
        (f"{RECIPE}ratio: 1.0e+999\n", "line 5, column 12: '1.0e.999' is no usable number"),
        (f"{RECIPE}ratio: 1e999\n", "line 5, column 5: ratio is '1e999'"),  # text, by YAML 1.1
        (f"{RECIPE}ratio: 1.{'0' * 5000}\n", "line 5, column 12: .* is no usable number"),
        (f"{RECIPE}ratio: ''\n", "line 5, column 5: ratio is ''"),
        (f"{RECIPE}ratio: 0.2\n    ratio: 0.9\n", "line 6, column 5: the key 'ratio' stands twice, first in line 5"),
        ("name: a\nname: a\n", "line 2, column 1: the key 'name' stands twice, first in line 1, column 1"),
        ("{name: a, 'name': b}\n", "line 1, column 11: the key 'name' stands twice"),
        ("<<: {name: a}\n", r"line 1, column 1: merge keys \(<<\) are not allowed"),
        ("[a, b]: c\n", "line 1, column 1: a key is a word"),
        ("? {a: b}\n: c\n", "line 1, column 3: a key is a word"),
        ("1: x\n", "line 1, column 1: 1 is no key of a recipe"),
        ("~: x\n", "line 1, column 1: None is no key of a recipe"),
        ("=: x\n", "line 1, column 1: '=' is read as a value"),
        ("name: !!int abc\n", "line 1, column 7: tags are not allowed"),
        ("name: !!timestamp abc\n", "line 1, column 7: tags are not allowed"),
        ("name: !!binary '=='\n", "line 1, column 7: tags are not allowed"),
        ("--- !!omap\n- a: b\n", "line 1, column 5: tags are not allowed"),
        ("name: !own x\n", "line 1, column 7: tags are not allowed"),
        ("a: &a [x]\nb: *a\n", "line 1, column 4: anchors and aliases"),
        ("name: *b\n", "line 1, column 7: anchors and aliases"),
        ("name: a\0b\n", r"line 1, column 8: this is no valid YAML \(character U\+0000\)"),
        ("name: a\nb: \x1b[2J\n", r"line 2, column 4: this is no valid YAML \(character U\+001B\)"),
        ("name: \ud800\n", r"line 1, column 7: this is no valid YAML \(character U\+D800\)"),
        ("name: a\n\tb: c\n", "line 2, column 1: this is no valid YAML"),
        ("name: a\n---\nname: b\n", "line 2, column 1: this is no valid YAML"),
        ("%YAML 9.9\n---\nname: a\n", "line 1, column 1: this is no valid YAML"),
        ("'unclosed\n", "line 2, column 1: this is no valid YAML"),
        ("# nothing\n", "line 1: a recipe is a mapping"),
        ("~\n", "line 1: a recipe is a mapping"),
        ("text\n", "line 1: a recipe is a mapping"),
        ("5\n", "line 1: a recipe is a mapping"),
    ],
)
def test_what_yaml_cannot_build_is_reported_with_its_place(text, message):
    with pytest.raises(ConfigurationError, match=rf"^my\.yaml, {message}|^my\.yaml: {message}") as caught:
        parse_recipe(text, "my.yaml")
    assert len(str(caught.value)) < 400


def test_a_bomb_is_refused_before_it_is_built():
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(ConfigurationError, match=r"bomb\.yaml, line 1, column 4: anchors and aliases are not allowed"):
        parse_recipe("\n".join(lines), "bomb.yaml")


@pytest.mark.parametrize(
    "text",
    ["- " * 30_000, "? " * 30_000, "{a: " * 15_000, "[" * 60_000, "'" * 60_001, "\n" * 60_000, "a: b\n" * 4_000,
     "a" * 60_000, "a " * 30_000, "x: |\n" + " a\n" * 20_000, "#" * 60_000, "a,: " * 15_000, '"\\x41' * 10_000,
     "x: [" + "a, " * 20_000],
    ids=range(14),
)  # fmt: skip
def test_pathological_files_end_soon(text):
    with pytest.raises(ConfigurationError):
        parse_recipe(text, "my.yaml")


def test_mappings_with_values_that_cannot_be():
    huge = 10**5000
    directive = {"type": "text", "action": "filter_tokens"}
    keys = ("ratio", "max_depth", "language", "min_tokens")
    values = (-huge, float("nan"), float("-inf"), object(), [float("nan")])
    for bad in (
        {"name": huge}, {"name": "x", "directives": huge}, {"name": "x", huge: 1}, {"name": float("nan")},
        *({"name": "x", "directives": [directive | {key: value}]} for key in keys for value in values),
        {"name": "x", "directives": [{"type": "text", "action": []}]},
        {"name": "x", "directives": [{"type": huge, "action": "keep"}]},
        {"name": "x", "directives": [directive | {huge: 1}]},
    ):  # fmt: skip
        with pytest.raises(ConfigurationError) as caught:
            MessagePipeline(bad)
        assert len(str(caught.value)) < 600


def test_files_of_other_kinds_are_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "large.yaml").write_bytes(b"#" * 300_000)
    for name in ("pipe.yaml", "zero.yaml", "folder.yaml", "large.yaml", "nul\0.yaml"):
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load_recipe(str(tmp_path / name))
    (tmp_path / "latin.yaml").write_bytes(b"name: a\n# caf\xe9\n")
    with pytest.raises(ConfigurationError, match=r"latin\.yaml, line 2 is not UTF-8"):
        load_recipe(tmp_path / "latin.yaml")


def test_plain_values_are_read_as_before():
    text = "name: yes\n"
    with pytest.raises(ConfigurationError, match="needs a name, a word; it has True"):
        parse_recipe(text, "my.yaml")
    recipe = parse_recipe("\ufeffname: x\nversion: 1.5\ndescription:\ndirectives: []\n", "my.yaml")
    assert (recipe.version, recipe.description) == ("1.5", "")
    assert parse_recipe("{name: x, version: 0x10, directives: []}").version == "16"


def test_languages_are_compared_by_what_they_name():
    pytest.importorskip("tree_sitter_javascript")
    recipe = {"name": "r", "directives": [{"type": "code", "action": "signature_only", "language": "js"}]}
    code = "function f(a) {\n  const b = a + 1;\n  const c = b * 2;\n  return b + c + 3;\n}\n"
    messages = [{"role": "user", "content": f"```javascript\n{code}```\n```python\ndef f():\n    return 1 + 2\n```"}]
    text = MessagePipeline(recipe, mode="strict").run(messages).messages[0]["content"]
    assert "const b" not in text
    assert "return 1 + 2" in text


@pytest.mark.parametrize(
    ("directive", "content", "expected"),
    [
        ({"type": "system", "action": "flatten_markdown"}, "**Be** good", "Be good"),
        (
            {"type": "tool_result", "action": "dedup_lines"},
            "the same long line of words\nother\nthe same long line of words\n}\n}\n",
            "the same long line of words [×2]\nother\n}\n}",
        ),
        (
            {"type": "markdown", "action": "keep_headers", "max_depth": 2},
            "# A\nx x x\n## B\ny y\n### C\nz",
            "# A\n## B",
        ),
        (
            {"type": "tool_result", "action": "truncate", "ratio": 0.4},
            "\n".join(f"item number {n}" for n in range(20)),
            "\n".join(f"item number {n}" for n in (0, 1, 2, 3, "x", 18, 19)).replace(
                "item number x", "[… 14 lines left out …]"
            ),
        ),
    ],
)
def test_single_actions(directive, content, expected):
    role = {"system": "system", "tool_result": "tool"}.get(directive["type"], "user")
    message = {"role": role, "content": content, **({"tool_call_id": "a"} if role == "tool" else {})}
    pipeline = MessagePipeline({"name": "r", "directives": [directive]}, mode="strict")
    result = pipeline.run([message, {"role": "user", "content": "Go on."}])
    assert result.messages[0]["content"].rstrip("\n") == expected
    assert result.segments[0].actions[-1] == directive["action"]
    assert result.segments[0].tokens_after < result.segments[0].tokens
