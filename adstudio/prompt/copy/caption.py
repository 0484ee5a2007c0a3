"""The text of a post: a first line that catches, what it is about, the brief's facts, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..copy_limits import CopyLimits

_SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class CaptionParts:
    """What a caption is made of. ``offers`` and ``contact`` are the brief's own words, one line each."""

    hook: str
    what: str
    offers: tuple[str, ...]
    contact: tuple[str, ...]
    call: str


def write_caption(parts: CaptionParts, limits: CopyLimits) -> str:
    """Join two to five lines; where the channel has less room, the evocative ones go first and the facts last."""
    offers, contact = list(parts.offers), list(parts.contact)
    lines = [parts.hook, parts.what, _SEPARATOR.join(offers), _SEPARATOR.join(contact), parts.call]
    for drop in (None, 1, 0, 4):
        if drop is not None:
            lines[drop] = ""
        if limits.fits("caption", caption := _join(lines)):
            return caption
    while offers or contact:
        (contact or offers).pop()
        if limits.fits("caption", caption := _join([_SEPARATOR.join(offers), _SEPARATOR.join(contact)])):
            return caption
    return ""


def _join(lines: Sequence[str]) -> str:
    return "\n".join(dict.fromkeys(line for line in lines if line))
