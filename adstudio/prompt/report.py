"""Prompts and copy as people read them on a node or a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..types import AdCopy, AdPrompt, CopyFlag, Note


def describe_prompt(prompt: AdPrompt) -> tuple[str, ...]:
    """Write a prompt out line by line, with who wrote it and the Korean notes on how it came about."""
    return prompt.positive, _author(prompt), *prompt.notes


def describe_copy(copy: AdCopy) -> tuple[str, ...]:
    """Write the copy out line by line, with who wrote it, the claims to look at and the notes."""
    lines = (copy.headline, copy.sub, copy.call_to_action)
    return *filter(None, lines), "", post_text(copy), "", _author(copy), *describe_flags(copy), *copy.notes


def describe_flags(copy: AdCopy) -> tuple[Note, ...]:
    """Say which claims of the copy the law treats strictly, a line each."""
    return tuple(map(_flagged, copy.flags))


def post_text(copy: AdCopy) -> str:
    """The text of a post: the caption, and below it the hashtags."""
    return "\n\n".join(part for part in (copy.caption, " ".join(copy.hashtags)) if part)


def prompt_record(prompt: AdPrompt) -> dict[str, Any]:
    """A prompt as plain JSON values."""
    return _plain(asdict(prompt))


def copy_record(copy: AdCopy) -> dict[str, Any]:
    """Copy as plain JSON values."""
    return _plain(asdict(copy))


def author_of(words: AdPrompt | AdCopy) -> str:
    """Who wrote it: the provider and, where it has one, its model."""
    return f"{words.provider} ({words.model})" if words.model else words.provider


def _author(words: AdPrompt | AdCopy) -> Note:
    provider, model, tokens, seconds = words.provider, words.model, words.tokens, f"{words.seconds:.2f}"
    if not model:
        return Note("receipt.written", "· {provider}, {seconds} s", provider=provider, seconds=seconds)
    if not tokens:
        said = "· {provider} ({model}), {seconds} s"
        return Note("receipt.written_by", said, provider=provider, model=model, seconds=seconds)
    said = "· {provider} ({model}), {tokens:token|tokens}, {seconds} s"
    return Note("receipt.written_in", said, provider=provider, model=model, tokens=tokens, seconds=seconds)


def _flagged(flag: CopyFlag) -> Note:
    said, english = "⚠ ‘{text}’: {reason} ({source})", flag.english or flag.reason
    return Note("copy.claim", said, text=flag.text, reason=flag.reason, english=english, source=flag.source)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
