"""Prompts and copy as people read them on a node or a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..types import AdCopy, AdPrompt


def describe_prompts(prompts: Sequence[AdPrompt]) -> str:
    """Write the prompts out, each with who wrote it and the Korean notes on how it came about."""
    return "\n\n".join("\n".join((prompt.positive, _author(prompt), *prompt.notes)) for prompt in prompts)


def describe_copy(copy: AdCopy) -> str:
    """Write the copy out, with who wrote it, the claims to look at and the notes."""
    lines = (copy.headline, copy.sub, copy.call_to_action)
    parts = (*filter(None, lines), "", post_text(copy), "", _author(copy), *describe_flags(copy), *copy.notes)
    return "\n".join(parts)


def describe_flags(copy: AdCopy) -> tuple[str, ...]:
    """Say which claims of the copy the law treats strictly, a line each."""
    return tuple(f"⚠ ‘{flag.text}’: {flag.reason} ({flag.source})" for flag in copy.flags)


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


def _author(words: AdPrompt | AdCopy) -> str:
    took = f", {words.tokens} tokens" if words.tokens else ""
    return f"· {author_of(words)}{took}, {words.seconds:.2f} s"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
