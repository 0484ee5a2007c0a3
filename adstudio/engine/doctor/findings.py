"""What the doctor's rules are made of, and what they look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...types import Note
from ..forms.model_files import WORDS
from ..forms.parts import Sources
from .known import KnownModel

Config = dict[str, Any]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a checkpoint, in one line.

    ``rule`` is the id of the rule that saw it; ``mended`` says whether it was put right in memory, ``changes`` how.
    ``message`` is a note where a page may have to tell it: what is mended is told there by its changes.
    """

    rule: str
    part: str
    message: str
    mended: bool
    changes: str = ""

    def __str__(self) -> str:
        return f"{'mended' if self.mended else 'problem'}: {self.part}: {self.message}"

    def note(self) -> Note:
        """The finding for whoever loads the checkpoint; other languages tell what was changed, or what cannot be."""
        said, part = str(self), WORDS.get(self.part, self.part.replace("_", " "))
        if self.mended:
            return Note("checkpoint.mended", "{said}", said=said, part=part, changes=self.changes)
        if isinstance(self.message, Note):
            return self.message.told_as(said, part=part, rule=self.rule)
        return Note("checkpoint.problem", "{said}", said=said, part=part, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule saw, and the changes of its part's configuration that put it right; None where nothing does.

    A change to ``REMOVED`` takes the key out. What nothing puts right is a note of the area ``doctor``.
    """

    message: str
    changes: Config | None = None


class _Removed:
    """The type of ``REMOVED``."""

    def __repr__(self) -> str:
        return "removed"


REMOVED = _Removed()


@dataclass(frozen=True, slots=True)
class Case:
    """A checkpoint as the rules see it: configurations, and what the tensors' names and shapes say by themselves."""

    sources: Sources
    facts: dict[str, Facts]
    index: Config | None
    known: tuple[KnownModel, ...]

    def config(self, part: str) -> Config:
        """The configuration of a part, of the scheduler, or the index."""
        if part == "model_index":
            return self.index or {}
        if part == "scheduler":
            return self.sources.scheduler
        return getattr(self.sources, part).config

    def is_shipped(self, part: str) -> bool:
        """Whether a configuration is the pack's own, because the files came without: it names no class."""
        judged = self.sources.transformer if part == "scheduler" else getattr(self.sources, part)
        return judged.config_file is None

    def known_as(self, part: str) -> KnownModel | None:
        """The known model that a part is, by its shapes; the scheduler's is the transformer's."""
        judged = "transformer" if part == "scheduler" else part
        return next((model for model in self.known if model.matches(judged, self.facts[judged])), None)

    def changed(self, part: str, changes: Config) -> Case:
        """The same case with other values in one configuration; nothing is changed in place."""
        config = {**self.config(part), **changes}
        config = {key: value for key, value in config.items() if value is not REMOVED}
        if part == "model_index":
            return replace(self, index=config)
        if part == "scheduler":
            return replace(self, sources=replace(self.sources, scheduler=config))
        mended = replace(getattr(self.sources, part), config=config)
        return replace(self, sources=replace(self.sources, **{part: mended}))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the doctor's checklist.

    Args:
        looks_at: which file or value.
        right: what it must be, and why.
        mendable: whether it can be put right in memory.
        check: looks at a case and says what is wrong, or nothing.
    """

    id: str
    part: str
    looks_at: str
    right: str
    mendable: bool
    check: Callable[[Case], Problem | None] = field(repr=False)


def same(first: Any, second: Any) -> bool:
    """Whether two values of a configuration mean the same, also as list and tuple, or ``1`` and ``1.0``."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, bool) != isinstance(second, bool):
        return False
    return first == second


def say_changes(before: Config, changes: Config) -> str:
    """What a repair changes: ``shift: 1.0 → 3.0``; long lists and tables by their name alone."""
    return ", ".join(_say_change(key, before.get(key, REMOVED), value) for key, value in changes.items())


def _say_change(key: str, before: Any, after: Any) -> str:
    if any(isinstance(value, Mapping | list | tuple) and len(value) > 3 for value in (before, after)):
        return key
    was, now = ("–" if value is REMOVED else say(value) for value in (before, after))
    return f"{key}: {was} → {now}"


def number_or_none(value: Any) -> float | None:
    """A value that is a number; anything else, as a repack may write it, counts as not said."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def say(value: Any) -> str:
    """A value of a configuration for a sentence."""
    if isinstance(value, Mapping):
        return str(dict(value))
    if isinstance(value, tuple | list) and len(value) > 6:
        return f"a list of {len(value)}"
    return repr(list(value)) if isinstance(value, tuple) else repr(value)
