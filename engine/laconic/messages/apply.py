"""Directives carried out: what they make of the blocks of a chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from laconic.messages.actions import perform
from laconic.messages.blocks import Block
from laconic.messages.directives import Context, Directive

__all__ = ["apply_directives"]

# Cleaning makes copies; a text of many megabytes goes straight to the actions, which stream it.
_MAX_CLEANED_CHARS = 4_000_000


class _State:
    """A block and what has been made of its text so far."""

    def __init__(self, block: Block, directives: Sequence[Directive]) -> None:
        self.block = block
        self.text = block.text
        self.tokens = block.tokens
        self.actions: list[str] = []
        mine = [at for at, directive in enumerate(directives) if directive.applies_to(block)]
        obeyed = block.type == "tool_call" or (block.priority >= 1.0 and block.type != "system")
        if obeyed or any(directives[at].action == "keep" for at in mine):
            mine = []
        self.directives = mine  # by their places

    def take(self, action: str, candidate: str | None, context: Context) -> None:
        """Take what an action returned if it says something in fewer tokens."""
        if candidate is None or candidate == self.text or (not candidate.strip() and self.text.strip()):
            return
        fewer = context.count(candidate)
        if fewer < self.tokens:
            self.text, self.tokens = candidate, fewer
            self.actions.append(action)


def apply_directives(
    blocks: Sequence[Block], directives: Sequence[Directive], context: Context
) -> list[tuple[Block, str]]:
    """Blocks and what the directives make of their texts.

    The engine cleans first, unless the only directive is ``keep``; then each directive that applies is carried out in
    the order of the recipe, on all its blocks at once. What an action returns is taken only where it has fewer tokens.
    Blocks of priority 1 are left alone, but for system messages.

    Returns:
        Each block with ``tokens_after`` and ``actions``, and the new text.
    """
    states = [_State(block, directives) for block in blocks]
    for state in states:
        if state.directives and len(state.text) <= _MAX_CLEANED_CHARS:
            cleaned = context.engine.clean(state.text, state.block.type, state.block.language)
            state.take("clean", cleaned, context)
    for at, directive in enumerate(directives):
        mine = [state for state in states if at in state.directives]
        if not mine:
            continue
        if context.aggressive:
            directive = replace(directive, ratio=directive.ratio / 2, preserve_docstrings=False)
        texts = perform(directive, [(state.text, state.block) for state in mine], context)
        for state, text in zip(mine, texts, strict=True):
            state.take(directive.action, text, context)
    return [
        (replace(state.block, tokens_after=state.tokens, actions=tuple(state.actions)), state.text)
        if state.directives
        else (state.block, state.text)
        for state in states
    ]
