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
        ("name: [", r"line 1.*no valid YAML"),
        ("name: x\ndirectives: []\ncolour: red\n", "line 3: 'colour' is no key of a recipe: use name, version"),
        ("directives: []\n", "needs a name"),
        ("name: x\n", "directives is None"),
        ("name: x\nversion: []\ndirectives: []\n", "line 2: version and description are text"),
        ("name: x\ndirectives:\n  - keep\n", "line 3: a directive is a mapping"),
        ("name: x\ndirectives:\n  - type: code\n", "line 3: a directive needs 'action'"),
        (
            "name: x\ndirectives:\n  - type: code\n    action: shrink\n",
            "line 4: action 'shrink' is not known: use one of keep",
        ),
        (
            "name: x\ndirectives:\n  - type: poem\n    action: keep\n",
            "line 3: type 'poem' is not known: use one of code",
        ),
        (
            "name: x\ndirectives:\n  - type: json\n    action: signature_only\n",
            "line 4: action 'signature_only' does not apply",
        ),
        (
            "name: x\ndirectives:\n  - type: code\n    action: keep\n    speed: 9\n",
            "line 5: 'speed' is no key of a directive",
        ),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    ratio: 60\n", "line 5: ratio is 60"),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    ratio: true\n", "line 5: ratio is True"),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    max_depth: 0\n", "line 5: max_depth is 0"),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    min_tokens: -1\n", "line 5: min_tokens is -1"),
        ("name: x\ndirectives:\n  - type: text\n    action: keep\n    language: 7\n", "line 5: language is 7"),
        (
            "name: x\ndirectives:\n  - type: text\n    action: keep\n    preserve_docstrings: 1\n",
            "line 5: preserve_docstrings",
        ),
        (
            "name: x\ndirectives:\n  - type: tool_result\n    action: keep\n    language: [python]\n",
            "line 5: language 'python' is no kind of tool result: use one of json",
        ),
        ("a: &a [x, x]\nb: &b [*a, *a]\nname: *b\n", "line 1: anchors and aliases are not allowed"),
        ("name: x\ndirectives: " + "[" * 3000 + "]" * 3000, "nested deeper than"),
        ("name: x\ndescription: " + "y" * 70_000, "larger than"),
        ("name: !!python/object/apply:os.system ['true']\n", "no valid YAML"),
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
