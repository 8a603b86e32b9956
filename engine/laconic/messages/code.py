"""Code by its parser: signatures without bodies.

Needs the extra ``code``; without it, and for languages without a grammar, the function here says that it can do nothing
by returning None.
"""

from __future__ import annotations

from laconic.messages.comments import comment_cuts
from laconic.messages.languages import code_language

__all__ = ["signatures"]


def signatures(text: str, tag: str | None, *, docstrings: bool = True) -> str | None:
    """The code with the bodies of its functions emptied.

    Args:
        text: a file or a piece of one.
        tag: its language as a fence would call it.
        docstrings: keep docstrings and comments before definitions; else they go too.

    Returns:
        The text, which parses where the whole did; None where the language is not supported, the parser ran out of time
        or nothing can be emptied.
    """
    language = code_language(tag)
    if language is None:
        return None
    from laconic.kinds.code.compose import Edit, compose
    from laconic.kinds.code.detail import body_edit, functions_of
    from laconic.kinds.code.parse import ParseTimeoutError, parse_fragment, parses_clean

    try:
        parsed = parse_fragment(text, language)
    except ParseTimeoutError:
        return None
    edits = [
        edit for unit in functions_of(parsed) if not unit.broken for edit in body_edit(parsed, unit, doc=docstrings)
    ]
    if not docstrings:
        bodies = list(edits)
        edits += [
            Edit(cut.start, cut.end, cut.text.decode())
            for cut in comment_cuts(parsed)
            if not any(body.start < cut.end and cut.start < body.end for body in bodies)
        ]
    if not edits:
        return None
    result = compose(parsed, edits).text
    return result if not parsed.clean or parses_clean(result, parsed.language.name) else None
