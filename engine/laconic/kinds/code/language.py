"""What laconic knows of one programming language: a table, no code.

Each module of :mod:`laconic.kinds.code.languages` holds one :class:`Language`. The walker, the renderer and the graph
read these tables and contain no case for a language of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

__all__ = ["LANGUAGES", "Language", "language_named"]


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        name: laconic's name for it.
        factory: what gives the grammar's pointer, in `module`.
        package: distribution of the grammar; ``tree-sitter-`` and the name where empty.
        extensions: of files, with the dot, lower case.
        tags: names under which fences and metadata call it, lower case; ``name`` is always one of them.
        query: a tree-sitter query with these captures. ``@function`` and ``@class`` are definitions; ``@wrapper`` is a
            node that starts or ends a definition a little earlier or later (decorators, ``export``); ``@attribute`` a
            sibling that belongs to the definition after it; ``@body`` a sibling that is the body of the definition
            before it; ``@import`` an import.
        edges: a second query for the graph: ``@call`` the name that is called, ``@base`` a type that is extended.
        lists: node types whose named children can be deleted one by one and still parse.
        frame_fields: list type -> fields that are part of its frame (the condition of an ``#if``) and stay.
        frame_types: child types that always stay (a ``package`` line).
        fixed_tokens: list type -> tokens in it that stay though they look like separators (the ``;`` between the
            entries of a Kotlin enum and its members).
        optional: node types that can be deleted though their parent is no list (``else``).
        attached: sibling types that stay if and only if the node after them stays (attributes, annotations).
        followers: sibling types that stay if and only if the node before them stays (the body of a Dart function).
        sections: sibling types that stay if something up to the next of them stays (``public:`` in C++).
        stand_ins: list type -> text for it when all its children are deleted and the grammar wants one.
        lead_ins: list type -> text for its first child when that one is deleted and the grammar wants one.
        hidden_tail: nodes may reach over the comments after them, which belong to what follows.
        comments: node types of comments.
        line_comment: what starts a comment up to the end of the line.
        bodies: node types that are the body of a definition, where the grammar has no field for it.
        empty_body: body type -> what an emptied one reads like (``{n}`` is the number of cut lines); the key ``""`` is
            for a body in braces, ``"expression"`` for a body that is an expression.
        empty_value: what stands between the brackets of an emptied value.
        docstring: the first expression of a body documents it.
        unnamed: definition type -> name of definitions that have none.
        receivers: words before a dot that mean the object itself (``self``).
        prologue: text in front of a fragment that the parser needs (``<?php``).
        declares: node type -> what it declares outside functions beside the definitions: ``"constant"`` (a variable
            too), ``"type"``, ``"macro"``, ``"member"`` (a field, a case of an enum).
        through: node types, lists and bodies aside, that such declarations are looked for in.
        names: a third query, for levels of detail: ``@export`` a name that the file lists as exported, ``@import`` an
            import that is written as something else, ``@member`` a member that a call declares, ``@section`` a word
            that says who may use the members after it, ``@hidden`` a name that is said to be private.
        exports_are_all: where the file lists its exports there are no others (``__all__``).
        visibility: modifier before a name -> who may use it (0 its file, 1 its package, 2 everybody).
        visible: the same where no modifier says it.
        member_visible: the same of a member of a type.
        capitals_public: a name is public if it begins with a capital.
        headers: what a file exports stands in another one, its header.
        scopes: what to put around a fragment so that members of a class stand where they may, outermost first:
            ``(before, after)``.
    """

    name: str
    query: str
    edges: str
    lists: frozenset[str]
    factory: str = "language"
    package: str = ""
    extensions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    frame_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    frame_types: frozenset[str] = frozenset()
    fixed_tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    followers: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    lead_ins: Mapping[str, str] = field(default_factory=dict)
    hidden_tail: bool = False
    comments: frozenset[str] = frozenset({"comment"})
    line_comment: str = "//"
    bodies: frozenset[str] = frozenset()
    empty_body: Mapping[str, str] = field(default_factory=lambda: {"": "{ /* … {n} */ }"})
    empty_value: str = " /* … {n} */ "
    docstring: bool = False
    unnamed: Mapping[str, str] = field(default_factory=dict)
    receivers: frozenset[str] = frozenset({"this", "self"})
    prologue: str = ""
    declares: Mapping[str, str] = field(default_factory=dict)
    through: frozenset[str] = frozenset()
    names: str = ""
    exports_are_all: bool = False
    visibility: Mapping[str, int] = field(default_factory=dict)
    visible: int = 2
    member_visible: int = 2
    capitals_public: bool = False
    headers: bool = False
    scopes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.package:
            object.__setattr__(self, "package", f"tree-sitter-{self.name.replace('_', '-')}")

    @property
    def module(self) -> str:
        """What `package` is imported as."""
        return self.package.replace("-", "_")


LANGUAGES = (
    "c", "c_sharp", "cpp", "dart", "go", "java", "javascript", "kotlin", "php", "python", "ruby", "rust", "scala",
    "swift", "tsx", "typescript",
)  # fmt: skip
"""The names of the supported languages (TSX is a grammar of its own beside TypeScript; JavaScript's reads JSX)."""


@cache
def language_named(name: str) -> Language:
    """The table of a language.

    Raises:
        KeyError: there is no such language; the message lists those that there are.
    """
    if name not in LANGUAGES:
        raise KeyError(f"{name!r} is not a supported language; supported: {', '.join(LANGUAGES)}")
    module = import_module(f"laconic.kinds.code.languages.{'typescript' if name == 'tsx' else name}")
    language: Language = getattr(module, "TSX" if name == "tsx" else "LANGUAGE")
    return language
