"""Questions made from a source file, each with the definition that it is about: what people paste.

Commit messages, which the ranking is mostly trained on, hold few of these: the words of an error, a test's name, a
stack trace, what a function's documentation says.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from laconic.kinds.code.parse import ParsedCode
from laconic.kinds.code.units import Unit, comment_spans, outline
from laconic.score.code.index import CodeIndex

_STRING = re.compile(r"\"([^\"\n\\]{16,160})\"|'([^'\n\\]{16,160})'|`([^`\n\\]{16,160})`")
_OPEN = re.compile(r"%[-+0-9.]*[a-z]|\$?\{[^}]*\}|\$\w+|\\\([^)]*\)")
_SIGNS = re.compile(r"^[\s/*#!\"'`;=-]+|[\s*/\"'`]+$")
_WORD = re.compile(r"[A-Za-z]{3,}")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SHORT = {
    "context": "ctx", "config": "cfg", "message": "msg", "request": "req", "response": "resp", "error": "err",
    "function": "func", "argument": "arg", "parameter": "param", "value": "val", "string": "str", "number": "num",
    "index": "idx", "pointer": "ptr", "buffer": "buf", "length": "len", "database": "db", "connection": "conn",
    "initialize": "init", "environment": "env", "directory": "dir", "source": "src", "object": "obj",
    "attribute": "attr", "element": "elem", "document": "doc", "package": "pkg", "previous": "prev",
    "current": "cur", "command": "cmd", "callback": "cb", "expression": "expr", "format": "fmt", "address": "addr",
    "description": "desc", "position": "pos", "reference": "ref", "temporary": "tmp", "image": "img",
}  # fmt: skip
_LONG = {short: word for word, short in _SHORT.items()}
_LEAST_WORDS = 5
_CAMEL = frozenset({"java", "kotlin", "scala", "swift", "javascript", "typescript", "dart", "php"})


class Question(NamedTuple):
    """A question and what it is about."""

    sort: str
    text: str
    candidate: int  # that is meant, by its number in the index


def parts_of(name: str) -> list[str]:
    return [part.lower() for part in _PART.findall(name)]


def trace(language: str, path: str, callee: tuple[str, str, int], caller: tuple[str, str, int]) -> str:
    """Two frames of a file, ``(owner, name, line)`` each, within frames of a library."""
    (inner, name, line), (outer, calling, other) = callee, caller
    dotted = [f"{owner}.{own}" if owner else own for owner, own in ((inner, name), (outer, calling))]
    scoped = [each.replace(".", "::") for each in dotted]
    match language:
        case "python":
            return (
                f'Traceback (most recent call last):\n  File "/usr/lib/runner.py", line 88, in main\n    run(job)\n'
                f'  File "/srv/app/{path}", line {other}, in {calling}\n    result = {name}(value)\n'
                f'  File "/srv/app/{path}", line {line}, in {name}\n    return value.items\n'
                "AttributeError: 'NoneType' object has no attribute 'items'"
            )
        case "java" | "kotlin" | "scala":
            file = path.rpartition("/")[2]
            return (
                'Exception in thread "main" java.lang.NullPointerException\n'
                "\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)\n"
                f"\tat org.acme.app.{dotted[0]}({file}:{line})\n\tat org.acme.app.{dotted[1]}({file}:{other})\n"
                "\tat org.acme.Main.main(Main.java:12)"
            )
        case "c_sharp":
            return (
                "System.NullReferenceException: Object reference not set to an instance of an object.\n"
                f"   at Acme.App.{dotted[0]}(String value) in /src/{path}:line {line}\n"
                f"   at Acme.App.{dotted[1]}(Object other) in /src/{path}:line {other}\n"
                "   at Acme.Program.Main(String[] a)"
            )
        case "go":
            return (
                "panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine 1 [running]:\n"
                f"acme/app.{name}(0xc000012, 0x1)\n\t/src/{path}:{line} +0x1d\n"
                f"acme/app.{calling}(...)\n\t/src/{path}:{other} +0x4f\nmain.main()\n\t/src/main.go:9 +0x20"
            )
        case "rust":
            return (
                f"thread 'main' panicked at {path}:{line}:9:\nindex out of bounds\nstack backtrace:\n"
                "   0: rust_begin_unwind\n             at /rustc/library/std/src/panicking.rs:665:5\n"
                f"   1: acme::{scoped[0]}\n             at ./{path}:{line}:9\n"
                f"   2: acme::{scoped[1]}\n             at ./{path}:{other}:5"
            )
        case "ruby":
            return (
                f"{path}:{line}:in `{name}': undefined method `items' for nil (NoMethodError)\n"
                f"\tfrom {path}:{other}:in `{calling}'\n\tfrom /usr/bin/run:4:in `<main>'"
            )
        case "php":
            return (
                "PHP Fatal error: Uncaught TypeError: bad operand\nStack trace:\n"
                f"#0 /srv/{path}({line}): {'->'.join(filter(None, (inner.rpartition('.')[2], name)))}(NULL)\n"
                f"#1 /srv/{path}({other}): {'->'.join(filter(None, (outer.rpartition('.')[2], calling)))}()\n"
                "#2 {main}"
            )
        case "c" | "cpp" | "swift":
            return (
                "Program received signal SIGSEGV, Segmentation fault.\n"
                f"#0  0x00007f2a in __memcpy_avx () from /lib/libc.so.6\n"
                f"#1  0x0042af in {scoped[0]} (value=0x0) at {path}:{line}\n"
                f"#2  0x0042ff in {scoped[1]} (other=1) at {path}:{other}\n#3  0x004300 in main () at main.c:20"
            )
        case _:
            return (
                "TypeError: Cannot read properties of undefined (reading 'items')\n"
                f"    at {dotted[0]} (/srv/{path}:{line}:9)\n    at async {dotted[1]} (/srv/{path}:{other}:13)\n"
                "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
            )


def cased(parts: list[str], language: str) -> str:
    if language in _CAMEL:
        return "test" + "".join(map(str.capitalize, parts))
    if language == "go":
        return "Test" + "".join(map(str.capitalize, parts))
    if language == "c_sharp":
        return "_".join(map(str.capitalize, parts)) + "_Test"
    return "_".join(("test", *parts))


def other_form(word: str) -> str:
    return _SHORT.get(word, _LONG.get(word, word))


def undocumented(parsed: ParsedCode) -> str:
    """A text with its comments and documentation blanked: all else stays where it is."""
    spans = [*comment_spans(parsed), *(unit.doc for unit in outline(parsed).units if unit.doc)]
    data = bytearray(parsed.data[parsed.shift : parsed.shift + parsed.size])
    for start, end in spans:
        for at in range(start - parsed.shift, end - parsed.shift):
            if data[at] not in b"\r\n\"'" or (data[at] in b"\"'" and chr(data[start - parsed.shift]) not in "\"'"):
                data[at] = 32
    return data.decode("utf-8", "replace")


def documentation(parsed: ParsedCode, unit: Unit) -> str:
    """The first paragraph of a definition's documentation without its own name and signs of comments."""
    if unit.doc is None:
        return ""
    lines = [_SIGNS.sub("", line).strip() for line in parsed.slice(*unit.doc).strip().splitlines()]
    words: list[str] = []
    for line in lines:
        if words and (not line or line.startswith(("@", "\\", ":param", "Args", "<"))):
            break
        words += line.split()
    name = re.compile(rf"\b{re.escape(unit.name)}\b")
    return name.sub("it", " ".join(words))[:600]


def _named(parsed: ParsedCode) -> dict[int, Unit]:
    """The functions of a file that have a name of their own."""
    units = outline(parsed).units
    found = {
        unit: units[unit]
        for unit in outline(parsed).candidates()
        if units[unit].kind == "function" and _WORD.search(units[unit].name) and len(units[unit].name) > 3
    }
    names = Counter(own.name for own in found.values())
    return {unit: own for unit, own in found.items() if names[own.name] == 1}


def questions(parsed: ParsedCode, path: str, language: str, chance: random.Random) -> Iterator[Question]:
    """At most one of each sort."""
    index, units = CodeIndex.of(parsed), outline(parsed).units
    known = {place[1]: at for at, place in enumerate(index.places)}
    functions = list(_named(parsed).items())
    if len(known) < 6 or not functions:
        return

    def told(unit: int) -> tuple[str, str, int]:
        own = units[unit]
        parent = units[own.parent].name if own.parent is not None else ""
        return parent, own.name.rpartition(":")[2], parsed.data.count(b"\n", 0, own.start) + 2

    called = [
        (unit, caller)
        for unit, _ in functions
        for _, caller in index.graph.callers((0, unit))
        if caller in known and caller != unit and units[caller].kind == "function"
    ]
    if called:
        unit, caller = chance.choice(called)
        yield Question("trace", trace(language, path, told(unit), told(caller)), known[unit])
    texts = {unit: parsed.slice(own.start, own.end) for unit, own in functions}
    strings: defaultdict[str, set[int]] = defaultdict(set)
    for unit, text in texts.items():
        for match in _STRING.finditer(text):
            string = next(filter(None, match.groups()))
            if len(_WORD.findall(_OPEN.sub(" ", string))) >= 4 and " " in string.strip():
                strings[string].add(unit)
    single = [(string, units) for string, units in sorted(strings.items()) if len(units) == 1]
    single = [(string, of) for string, of in single if parsed.text.count(string) == 1]
    if single:
        string, of = chance.choice(single)
        yield Question("message", f"RuntimeError: {_OPEN.sub('blue', string)}", known[min(of)])
    words_of = {
        unit: {part for part in parts_of(text) if len(part) > 3 and part.isalpha()} for unit, text in texts.items()
    }
    spread = Counter(word for words in words_of.values() for word in words)

    def telling(unit: int) -> list[str]:
        rare = sorted(word for word in words_of[unit] - set(parts_of(units[unit].name)) if spread[word] <= 3)
        return chance.sample(rare, min(2, len(rare)))

    unit, own = chance.choice(functions)
    words = telling(unit)
    yield Question("test", cased([*parts_of(own.name), *words], language), known[unit])
    changed = [(unit, own) for unit, own in functions if any(other_form(part) != part for part in parts_of(own.name))]
    if changed:
        unit, own = chance.choice(changed)
        yield Question(
            "short", " ".join(other_form(part) for part in [*parts_of(own.name), *telling(unit)]), known[unit]
        )


def documented(parsed: ParsedCode, chance: random.Random, most: int) -> list[tuple[str, int]]:
    """What the documentation of some functions says that have much to say, with their numbers in the outline."""
    found = [(documentation(parsed, own), unit) for unit, own in _named(parsed).items() if own.doc]
    found = [each for each in found if len(_WORD.findall(each[0])) >= _LEAST_WORDS]
    return chance.sample(found, min(most, len(found)))
