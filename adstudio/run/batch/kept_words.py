"""The words of a shared backdrop as a manifest keeps them: a language model would write others when it is resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ...prompt.providers import RULES
from ...types import AdPrompt, PromptParts, Scene
from .rows import Row

_LISTS = ("notes", "keywords", "decided")


def to_json(row: Row, prompts: Sequence[AdPrompt]) -> tuple[dict[str, Any], ...]:
    """What is kept of the words of a row: nothing where no other row shares them, or the rules write the same again."""
    if not row.backdrop or all(prompt.provider == RULES for prompt in prompts):
        return ()
    return tuple(map(asdict, prompts))


def from_json(told: Sequence[Mapping[str, Any]]) -> tuple[AdPrompt, ...]:
    """Read kept words back.

    Raises: TypeError, KeyError: they are of another version.
    """
    return tuple(
        AdPrompt(
            **{
                **each,
                **{name: tuple(each[name]) for name in _LISTS},
                "scene": Scene(**each["scene"]),
                "parts": PromptParts(**each["parts"]),
            }
        )
        for each in told
    )


def with_words(rows: Sequence[Row], written: Mapping[str, tuple[AdPrompt, ...]]) -> list[Row]:
    """Rows that know with which words their backdrop was drawn.

    Args:
        written: by the id of the row that leads the backdrop.
    """
    return [_with(row, written) for row in rows]


def _with(row: Row, written: Mapping[str, tuple[AdPrompt, ...]]) -> Row:
    words = written.get((row.leader or row).id, ()) if row.backdrop else ()
    if not words:
        return row
    return replace(row, words=words) if row.leader is None else replace(row, leader=replace(row.leader, words=words))
