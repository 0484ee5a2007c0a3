"""A known word at its place in a brief."""

from __future__ import annotations

from dataclasses import dataclass

from .entries import Entry, Kind


@dataclass(frozen=True, slots=True)
class Match:
    """Words found at ``[start, end)`` of the body; ``denied`` = the brief says not to (``빨강 말고``)."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    text: str
    denied: bool = False

    def of(self, *kinds: Kind) -> Entry | None:
        """The entry of one of ``kinds``, or None."""
        return next((entry for entry in self.entries if entry.kind in kinds), None)
