"""Prompt writers by name. ``auto`` takes the first that is available here; the result always names who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import InputError
from ...ports import ChatModel, PromptWriter

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Who writes.

    Args:
        name: a provider, or ``auto``.
        fallback: have the rules write where the provider fails, and say so in the result.
        model: which model of the provider; empty takes the one of the settings.
        base_url: the address of an OpenAI-compatible service; empty takes the one of the settings.
        local: the language model that is loaded anyway, where there is one.
    """

    name: str = AUTO
    fallback: bool = False
    model: str = ""
    base_url: str = ""
    local: ChatModel | None = None


def _rules(_: ProviderChoice) -> PromptWriter:
    from .rules import RulesWriter

    return RulesWriter()


# Best first. A provider that needs a key or a model joins here with a factory that raises ProviderError without it.
_WRITERS: dict[str, Callable[[ProviderChoice], PromptWriter]] = {"rules": _rules}


def writer_names() -> list[str]:
    """Every name that ``find_writer`` takes."""
    return [AUTO, *_WRITERS]


def find_writer(choice: ProviderChoice) -> PromptWriter:
    """Return the prompt writer of that name.

    Raises:
        InputError: ``prompt.unknown_provider``.
    """
    wanted = str(choice.name).strip().lower()
    if wanted == AUTO:
        return next(iter(_WRITERS.values()))(choice)
    if wanted not in _WRITERS:
        near = difflib.get_close_matches(wanted, writer_names(), 1)
        raise InputError(
            "prompt.unknown_provider",
            f"There is no prompt provider '{choice.name!s:.40}'.",
            (f"Did you mean {near[0]}? " if near else "") + f"Providers: {', '.join(writer_names())}.",
        )
    return _WRITERS[wanted](choice)
