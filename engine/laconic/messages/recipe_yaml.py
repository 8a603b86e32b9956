"""The YAML of recipes: texts, numbers, truth, lists and mappings, each with its place, and nothing else of YAML.

Anchors and aliases are refused, as a few of them make a bomb of a small file; so are tags, which may name any class,
merge keys, dates, keys that stand twice, and numbers that are none or have thousands of digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from laconic._utils.unicode import one_line
from laconic.exceptions import ConfigurationError

if TYPE_CHECKING:
    from yaml._yaml import Mark

__all__ = ["Place", "read_yaml"]

_MAX_CHARS = 65_536
_MAX_DEPTH = 10
_MAX_NUMBER_CHARS = 40
_MAX_WHOLE = 2**63
_TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Where something stands; both begin with 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def read_yaml(text: str, name: str) -> tuple[Any, Mapping[tuple[Any, ...], Place]]:
    """What a recipe's YAML says, and the place of each key and item by its path.

    Args:
        text: the YAML.
        name: of the file, for messages.

    Returns:
        None and no places for a file that says nothing.

    Raises:
        ConfigurationError: no YAML, or more of YAML than is read; with file and place.
    """
    if len(text) > _MAX_CHARS:
        raise ConfigurationError(f"{name}: the recipe is larger than {_MAX_CHARS} characters: split it")
    try:
        _refuse_bombs(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line, _, before = text[: error.position].rpartition("\n")
        place = Place(line.count("\n") + 2 if _ else 1, len(before) + 1)
        raise _refusal(
            name, place, f"this is no valid YAML (character U+{error.character:04X}): take it out"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = one_line(getattr(error, "problem", None) or str(error), 200)
        raise _refusal(name, mark and _place(mark), f"this is no valid YAML ({problem})") from error
    places: dict[tuple[Any, ...], Place] = {}
    return (None if root is None else _Builder(name, places).build(root, ())), places


def _place(mark: yaml.Mark | Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _refusal(name: str, place: Place | None, problem: str) -> ConfigurationError:
    return ConfigurationError(f"{name}, {place}: {problem}" if place else f"{name}: {problem}")


def _refuse_bombs(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = _place(event.start_mark) if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(name, place, "anchors and aliases are not allowed: write the value out")
        if getattr(event, "tag", None) is not None:
            raise _refusal(name, place, "tags are not allowed: write the value without '!'")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > _MAX_DEPTH:
                raise _refusal(name, place, f"nested deeper than {_MAX_DEPTH} levels: three will do")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


class _Builder:
    """Builds values from nodes, at most `_MAX_DEPTH` deep, and notes where they stand."""

    def __init__(self, name: str, places: dict[tuple[Any, ...], Place]) -> None:
        self._name = name
        self._places = places
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: tuple[Any, ...]) -> Any:
        self._places.setdefault(path, _place(node.start_mark))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: tuple[Any, ...]) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        for key_node, value in node.value:
            place = _place(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refusal(self._name, place, "a key is a word, not a list or a mapping")
            key = self._scalar(key_node)
            inside = (*path, key)
            if key in built:
                raise _refusal(self._name, place, f"the key {key!r} stands twice, first in {self._places[inside]}")
            self._places[inside] = place
            built[key] = self.build(value, inside)
        return built

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_TAG)
        place = _place(node.start_mark)
        if kind == "str":
            return node.value
        if kind == "null":
            return None
        if kind == "merge":
            raise _refusal(self._name, place, "merge keys (<<) are not allowed: write the keys out")
        if kind not in ("bool", "int", "float"):
            raise _refusal(self._name, place, f"{node.value[:40]!r} is read as a {kind}: put it in quotes")
        try:
            if len(node.value) > _MAX_NUMBER_CHARS:
                raise ValueError
            value = getattr(self._scalars, f"construct_yaml_{kind}")(node)
            if kind != "bool" and not (isfinite(value) and abs(value) <= _MAX_WHOLE):
                raise ValueError
        except (ValueError, OverflowError) as error:
            raise _refusal(
                self._name, place, f"{node.value[:40]!r} is no usable number: give a smaller one, or put it in quotes"
            ) from error
        return value
