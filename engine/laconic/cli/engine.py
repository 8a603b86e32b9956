"""The compressor that a command line asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laconic.exceptions import ConfigurationError

if TYPE_CHECKING:
    from laconic.core.compressor import Compressor

__all__ = ["compressor_of"]


def compressor_of(
    recipe: str | None, *, model: str, explain: bool, timeout_ms: float | None = None, **budget: float | None
) -> Compressor:
    """A compressor with the options of a recipe and those that were given, which go before.

    Args:
        recipe: name or file of one with options for passages; None for none.
        model: see `laconic.Compressor`.
        explain: likewise.
        timeout_ms: likewise.
        budget: ``max_tokens``, ``rate`` and ``recall``, None where not given.

    Raises:
        ConfigurationError: the recipe or an option cannot work.
    """
    from laconic.core.compressor import Compressor

    options: dict[str, Any] = {name: value for name, value in budget.items() if value is not None}
    if recipe is not None:
        from laconic.messages.recipes import load_recipe

        found = load_recipe(recipe)
        if not found.compress:
            raise ConfigurationError(
                f"recipe {found.name!r} is for chat messages and has nothing under 'compress': use it with "
                f"laconic recipes use {recipe}"
            )
        options = {**found.compress, **options}
    return Compressor(model=model, explain=explain, timeout_ms=timeout_ms, **options)
