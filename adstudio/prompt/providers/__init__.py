"""Prompt writers by name. ``auto`` takes the first that is available here; the result always names who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from ...errors import InputError
from ...ports import PromptWriter

AUTO = "auto"


def _rules() -> PromptWriter:
    from .rules import RulesWriter

    return RulesWriter()


# Best first. A provider that needs a key or a model joins here with a factory that raises ProviderError without it.
_WRITERS: dict[str, Callable[[], PromptWriter]] = {"rules": _rules}


def writer_names() -> list[str]:
    """Every name that ``find_writer`` takes."""
    return [AUTO, *_WRITERS]


def find_writer(name: str = AUTO) -> PromptWriter:
    """Return the prompt writer of that name.

    Raises:
        InputError: ``prompt.unknown_provider``.
    """
    wanted = str(name).strip().lower()
    if wanted == AUTO:
        return next(iter(_WRITERS.values()))()
    if wanted not in _WRITERS:
        near = difflib.get_close_matches(wanted, writer_names(), 1)
        raise InputError(
            "prompt.unknown_provider",
            f"There is no prompt provider '{name!s:.40}'.",
            (f"Did you mean {near[0]}? " if near else "") + f"Providers: {', '.join(writer_names())}.",
        )
    return _WRITERS[wanted]()
