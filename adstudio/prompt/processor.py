"""From a Korean brief to an English prompt and Korean copy, by the provider of choice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from ..chat.waiting import wait
from ..errors import ModelError, ProviderError
from ..ports import PromptWriter
from ..types import AdCopy, AdPrompt, CopyRequest, Note, PromptRequest, Side, Tone
from .copy_limits import get_limits
from .industries import AUTO
from .providers import RULES, ProviderChoice, find_writer, provider_name

Written = TypeVar("Written", AdPrompt, AdCopy)
logger = logging.getLogger("adstudio.prompt")
_AUTO = ProviderChoice()


async def write_prompt(request: PromptRequest, choice: ProviderChoice = _AUTO) -> AdPrompt:
    """Write the picture prompt for a brief.

    Raises:
        InputError: ``prompt.empty_brief``, ``prompt.brief_too_long``, ``prompt.unknown_industry``,
            ``prompt.unknown_style``, ``prompt.unknown_provider``, ``prompt.bad_table``.
        ProviderError: the provider failed, and ``choice.fallback`` is off.
    """
    return await _written(choice, lambda writer: writer.write_prompt(request))


async def write_prompts(request: PromptRequest, count: int, choice: ProviderChoice = _AUTO) -> tuple[AdPrompt, ...]:
    """Write ``count`` rewrites of a prompt, all at once where a service writes; see ``write_variants``."""
    from .picture.variants import note_alike, plan_variants
    from .providers.rules import compose

    requests = plan_variants(request, count, compose)
    if count == 1:  # awaited at once: a task would only begin when the caller's loop comes round again
        return (await write_prompt(requests[0], choice),)
    return note_alike(await asyncio.gather(*(write_prompt(one, choice) for one in requests)))


async def write_ad_copy(request: CopyRequest, choice: ProviderChoice = _AUTO) -> AdCopy:
    """Write the Korean words on the ad. Raises as ``write_prompt`` does."""
    settled, notes = _with_channel(request)
    copy = await _written(choice, lambda writer: writer.write_copy(settled))
    return replace(copy, notes=(*notes, *copy.notes))


def _with_channel(request: CopyRequest) -> tuple[CopyRequest, tuple[str, ...]]:
    """Put the trade's usual channel in the place of ``auto``."""
    if request.channel.strip().lower() != AUTO:
        return request, ()
    from .providers.rules import shop_of

    shop = shop_of(request.brief, request.industry)
    if not shop.channels:
        return replace(request, channel=""), ()
    limits = get_limits(shop.channels[0])
    said, place, trade = "채널: {place} (업종 ‘{trade}’에서 흔한 곳)", limits.korean, shop.korean
    note = Note("reading.channel", said, place=place, trade=trade, channel=limits.channel, industry=shop.name)
    return replace(request, channel=limits.channel), (note,)


async def _written(choice: ProviderChoice, work: Callable[[PromptWriter], Awaitable[Written]]) -> Written:
    """Have the chosen provider write; where it fails, the rules, if that is wanted, and the result tells it.

    A wrong input is no failure of a provider, nor is a cancel or a lack of memory: they come out as they are.
    """
    name = provider_name(choice)
    try:
        return await work(find_writer(choice))
    except (ProviderError, ModelError) as error:
        if not choice.fallback or name == RULES:
            raise
        failure = error
    logger.warning("%s failed (%s); the rules write", name, failure.code)
    result = await work(find_writer(replace(choice, name=RULES)))
    said = "‘{provider}’ 실패, 대신 규칙으로 썼어요: {why}"
    note = Note("prompt.fallback", said, because=failure, provider=name)
    return replace(result, fallback_from=name, notes=(note, *result.notes))


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
    return wait(write_prompt(request, _chosen(provider)))


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
    return wait(write_ad_copy(CopyRequest(brief, industry, tone, channel, seed), _chosen(provider)))


def _chosen(provider: str | ProviderChoice) -> ProviderChoice:
    return provider if isinstance(provider, ProviderChoice) else ProviderChoice(provider)


def write_variants(
    brief: str,
    count: int = 4,
    *,
    industry: str = AUTO,
    style: str = "realistic",
    backdrop_only: bool = False,
    copy_space: Side | None = None,
    seed: int = 0,
    provider: str | ProviderChoice = AUTO,
) -> tuple[AdPrompt, ...]:
    """Write ``count`` prompts for one ad that differ in composition, light and set; what the brief says never changes.

    The first is what ``write`` gives. The seeds of a turbo model vary little, so draw each with any seed.

    Raises:
        InputError: ``prompt.variant_count``, and see ``write_prompt``.
        ProviderError: see ``write_prompt``.
    """
    request = PromptRequest(brief, industry, style, backdrop_only, copy_space, seed)
    return wait(write_prompts(request, count, _chosen(provider)))
