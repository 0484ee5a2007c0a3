"""How strongly an adapter works on each layer, by the notes that PEFT leaves in the file's metadata."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import ModelError

_PATIENCE_S = 5.0  # of this thread's processor time, for one file; ordinary ones take hundredths
_LONGEST_PATTERN = 10_000  # how long one takes to compile is out of reach of the matcher's clock

Matcher = Callable[[str, float], bool]


class PeftScales:
    """What the notes say; nothing where there are none, or where they make no sense.

    Args:
        metadata: of the file's header.
        name: the file's name, for messages.
    """

    def __init__(self, metadata: Mapping[str, str], name: str) -> None:
        self._name = name
        facts = _read(metadata)
        self._alpha, self._by_root = facts.get("lora_alpha"), bool(facts.get("use_rslora"))
        alphas = facts.get("alpha_pattern")
        self._own: dict[str, Any] = alphas if isinstance(alphas, dict) else {}
        self._matchers: dict[str, Matcher | None] = {}
        self._left_s = _PATIENCE_S

    def scale_of(self, names: Sequence[str], rank: int) -> float:
        """The scale of a layer that is known under these names; 1 where the notes give none.

        Raises:
            ModelError: ``lora.slow_pattern``
        """
        alpha = next((alpha for pattern, alpha in self._own.items() if self._means(pattern, names)), self._alpha)
        if not isinstance(alpha, int | float) or not abs(alpha) <= sys.float_info.max or not rank:
            return 1.0
        return float(alpha) / (rank**0.5 if self._by_root else rank)

    def _means(self, pattern: str, names: Sequence[str]) -> bool:
        if len(pattern) > _LONGEST_PATTERN:
            raise self._too_slow(pattern)
        began = time.thread_time()
        try:
            if pattern not in self._matchers:
                self._matchers[pattern] = _compile(pattern)
            matches = self._matchers[pattern]
            found = matches is not None and any(matches(name, self._left_s) for name in names)
        except TimeoutError:
            raise self._too_slow(pattern) from None
        self._left_s -= time.thread_time() - began
        if self._left_s <= 0:
            raise self._too_slow(pattern)
        return found

    def _too_slow(self, pattern: str) -> ModelError:
        return ModelError(
            "lora.slow_pattern",
            f"'{self._name}' names layers by a pattern that takes too long to compare with theirs ({pattern[:60]!r}).",
            "No ordinary LoRA has one like it: download the file again from its author, or choose another.",
            name=self._name,
        )


def _read(metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        facts: Any = json.loads(metadata.get("lora_adapter_metadata", "{}"))
    except (ValueError, RecursionError):
        return {}
    return {key.removeprefix("transformer."): value for key, value in facts.items()} if isinstance(facts, dict) else {}


def _compile(pattern: str) -> Matcher | None:
    """What says whether a pattern of PEFT means a layer: a regular expression for the end of its name, from a dot on.

    The pattern is the file's, and one like ``(t|[a-z]|.)*[A-Z]`` keeps Python's matcher busy for years. So `regex`
    matches, which can be told when to give up; but what counts as a pattern is what Python's takes for one.

    Returns:
        None where it is none.
    """
    import regex

    whole = rf"(.*\.)?({pattern})$"
    try:
        re.compile(whole)
        matcher = regex.compile(whole)
    except (re.error, regex.error, RecursionError, OverflowError):
        return None
    return lambda name, most_s: matcher.match(name, timeout=most_s) is not None
