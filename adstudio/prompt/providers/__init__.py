"""Prompt writers by name. ``auto`` takes the first that is available here; the result always names who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from ...chat.cache import AnswerCache
from ...errors import InputError, ProviderError
from ...ports import ChatModel, PromptWriter
from ...settings import Settings, read_settings

AUTO = "auto"
LOCAL = "local"
RULES = "rules"


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Who writes.

    Args:
        name: a provider, or ``auto``.
        fallback: have the rules write where the provider fails, and say so in the result.
        model: which model of the provider; empty takes the one of the settings.
        base_url: the address of an OpenAI-compatible service; empty takes the one of the settings.
        local: the language model that is loaded anyway, where there is one; ``auto`` takes it unless its ``can_write``
            is false.
        check_cancelled: raises when the user has cancelled; asked about ten times a second during a request.
        cache: use what a language model has answered to the same question before; the settings can switch it off too.
    """

    name: str = AUTO
    fallback: bool = False
    model: str = ""
    base_url: str = ""
    local: ChatModel | None = None
    check_cancelled: Callable[[], None] | None = None
    cache: bool = True


def _openai(choice: ProviderChoice, settings: Settings) -> PromptWriter:
    from ...chat.openai_chat import OpenAIChat
    from .model_writer import ModelWriter

    service = settings.service(choice.base_url, choice.model)
    chat = OpenAIChat(service, check_cancelled=choice.check_cancelled)
    return ModelWriter(chat, cache=_cache(choice, settings), deadline_s=service.timeout_s)


def _local(choice: ProviderChoice, settings: Settings) -> PromptWriter:
    from .model_writer import ModelWriter

    if choice.local is None:
        raise ProviderError(
            "provider.no_checkpoint",
            "The local provider writes with the text encoder of a loaded checkpoint, and none is connected.",
            "Connect a ZIT Loader (on the command line: --checkpoint), or choose rules (오프라인 규칙).",
        )
    return ModelWriter(choice.local, cache=_cache(choice, settings))


def _rules(choice: ProviderChoice, settings: Settings) -> PromptWriter:
    from .rules import RulesWriter

    return RulesWriter()


# Best first; each raises ProviderError without what it needs.
_WRITERS: dict[str, Callable[[ProviderChoice, Settings], PromptWriter]] = {
    "openai": _openai,
    LOCAL: _local,
    RULES: _rules,
}


def writer_names() -> list[str]:
    """Every name that ``find_writer`` takes."""
    return [AUTO, *_WRITERS]


def find_writer(choice: ProviderChoice) -> PromptWriter:
    """Return the prompt writer of that name.

    Raises:
        InputError: ``prompt.unknown_provider``, ``provider.bad_address``, ``settings.bad_file`` and its kin.
        ProviderError: ``provider.no_key``, ``provider.insecure_address``, ``provider.no_checkpoint``.
    """
    name, settings = _resolve(choice)
    return _WRITERS[name](choice, settings)


def provider_name(choice: ProviderChoice) -> str:
    """Tell who would write: the name itself, or whom ``auto`` takes here. Raises as ``find_writer`` does."""
    return _resolve(choice)[0]


def wants_local(choice: ProviderChoice) -> bool:
    """Tell whether ``local`` would write if it could; to be asked before a checkpoint is loaded for it."""
    return _resolve(choice, supposing_local=True)[0] == LOCAL


def _resolve(choice: ProviderChoice, *, supposing_local: bool = False) -> tuple[str, Settings]:
    wanted = _known(choice.name)
    if wanted == RULES:
        return wanted, Settings()  # they work even where the settings are broken
    settings = read_settings()
    if wanted == AUTO:
        wanted = _known(settings.provider)
    if wanted == AUTO:
        wanted = RULES
        if settings.is_ready(choice.base_url):
            wanted = "openai"
        elif supposing_local or (choice.local is not None and _can_write(choice.local)):
            wanted = LOCAL
    return wanted, settings


def _known(name: str) -> str:
    wanted = str(name).strip().lower()
    if wanted in (AUTO, *_WRITERS):
        return wanted
    near = difflib.get_close_matches(wanted, writer_names(), 1)
    raise InputError(
        "prompt.unknown_provider",
        f"There is no prompt provider '{name!s:.40}'.",
        (f"Did you mean {near[0]}? " if near else "") + f"Providers: {', '.join(writer_names())}.",
        name=f"{name!s:.40}",
    )


def _can_write(local: ChatModel) -> bool:
    return bool(getattr(local, "can_write", True))


def _cache(choice: ProviderChoice, settings: Settings) -> AnswerCache | None:
    return AnswerCache() if choice.cache and settings.cache else None
