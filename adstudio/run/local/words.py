"""The words of an ad: who writes them, and writing them for a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...ports import ChatModel, Host
from ...prompt.copy.claims import flag_copy
from ...prompt.processor import write_copy, write_variants
from ...prompt.providers import ProviderChoice, wants_local
from ...prompt.report import describe_flags
from ...types import AdCopy, AdPrompt
from ..asked import limits_name, subject_of
from ..recorder import Recorder
from ..request import AdRequest


def wants_local_words(request: AdRequest) -> bool:
    """Tell whether the checkpoint's own text encoder would write, if it can."""
    return wants_local(ProviderChoice(request.provider, base_url=request.base_url))


def provider_choice(request: AdRequest, zit: Any, host: Host, check_cancelled: Callable[[], None]) -> ProviderChoice:
    """Who writes for a request; ``zit`` is the loaded checkpoint, or None where none is loaded yet."""
    return ProviderChoice(
        request.provider,
        request.fallback,
        request.language_model,
        request.base_url,
        local=None if zit is None else _encoder(zit, host),
        check_cancelled=check_cancelled,
    )


def local_writer(checkpoint: str) -> ChatModel:
    """The text encoder of a checkpoint as a language model, loaded for this alone."""
    from ...engine.memory.components import load
    from ...engine.memory.torch_host import TorchHost

    host = TorchHost()
    return _encoder(load(checkpoint, host), host)


def write_words(request: AdRequest, choice: ProviderChoice, recorder: Recorder) -> tuple[tuple[AdPrompt, ...], AdCopy]:
    """Write a prompt for each picture, and the copy."""
    # Over a photo the composition is the photo's: a rewrite would only fight it.
    rewrites = 1 if request.reference is not None else request.count
    with recorder.step("prompt"):
        prompts = write_variants(
            subject_of(request),
            rewrites,
            industry=request.industry,
            style=request.style,
            backdrop_only=request.task == "composite",
            copy_space=request.copy_space,
            seed=request.seed or 0,
            provider=choice,
        )
        for note in dict.fromkeys(note for prompt in prompts for note in prompt.notes):
            recorder.note(note)
    with recorder.step("copy"):
        copy = _write_copy(request, choice, prompts[0].industry)
        for note in (*describe_flags(copy), *copy.notes):
            recorder.note(note)
    return prompts * (request.count // rewrites), copy


def _write_copy(request: AdRequest, choice: ProviderChoice, industry: str) -> AdCopy:
    wants_writer = request.headline is None or request.call_to_action is None
    if not wants_writer:
        return _flagged(_with_own(AdCopy(""), request), request, industry)
    written = write_copy(
        request.context if request.context.strip() else request.brief,
        industry=industry,
        tone=request.tone,
        channel=limits_name(request.channel),
        seed=request.seed or 0,
        provider=choice,
    )
    copy = _with_own(written, request)
    return copy if copy == written else _flagged(copy, request, industry)


def _with_own(written: AdCopy, request: AdRequest) -> AdCopy:
    """The copy with what the request says itself. A written sub goes with a written headline only."""
    sub = "" if request.sub is None and request.headline is not None else request.sub
    given = {name: text.strip() for name, text in (("headline", request.headline), ("sub", sub)) if text is not None}
    for name in ("price", "old_price", "badge", "call_to_action", "legal", "hours", "link"):
        given[name] = (getattr(request, name) or "").strip() or getattr(written, name)
    return replace(written, **given)


def _flagged(copy: AdCopy, request: AdRequest, industry: str) -> AdCopy:
    return replace(copy, flags=flag_copy(copy, industry, subject_of(request)))


def _encoder(zit: Any, host: Host) -> ChatModel:
    from ...engine.writing.language import EncoderChat

    return EncoderChat(zit, host)
