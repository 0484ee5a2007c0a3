"""From a Korean brief to an English prompt and Korean copy, by the provider of choice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..types import AdCopy, AdPrompt, CopyRequest, PromptRequest, Side, Tone
from .industries import AUTO
from .providers import ProviderChoice, find_writer

T = TypeVar("T")
_AUTO = ProviderChoice()


async def write_prompt(request: PromptRequest, choice: ProviderChoice = _AUTO) -> AdPrompt:
    """Write the picture prompt for a brief.

    Raises:
        InputError: ``prompt.empty_brief``, ``prompt.brief_too_long``, ``prompt.unknown_industry``,
            ``prompt.unknown_style``, ``prompt.unknown_provider``, ``prompt.bad_table``.
        ProviderError: the provider failed, and ``choice.fallback`` is off.
    """
    return await find_writer(choice).write_prompt(request)


async def write_ad_copy(request: CopyRequest, choice: ProviderChoice = _AUTO) -> AdCopy:
    """Write the Korean words on the ad. Raises as ``write_prompt`` does."""
    return await find_writer(choice).write_copy(request)


def write(
    brief: str,
    *,
    industry: str = AUTO,
    style: str = "realistic",
    backdrop_only: bool = False,
    copy_space: Side | None = None,
    seed: int = 0,
    provider: str | ProviderChoice = AUTO,
) -> AdPrompt:
    """Write the picture prompt for a brief and wait for it; see ``PromptRequest`` and ``write_prompt``."""
    request = PromptRequest(brief, industry, style, backdrop_only, copy_space, seed)
    return _wait(write_prompt(request, _chosen(provider)))


def write_copy(
    brief: str,
    *,
    industry: str = AUTO,
    tone: Tone = "friendly",
    channel: str = "",
    seed: int = 0,
    provider: str | ProviderChoice = AUTO,
) -> AdCopy:
    """Write the Korean words on the ad and wait for them; see ``CopyRequest`` and ``write_ad_copy``."""
    return _wait(write_ad_copy(CopyRequest(brief, industry, tone, channel, seed), _chosen(provider)))


def _chosen(provider: str | ProviderChoice) -> ProviderChoice:
    return provider if isinstance(provider, ProviderChoice) else ProviderChoice(provider)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where the calling thread has an event loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return results[0]
