"""How long copy may be on a channel: ``data/copy_limits.yaml``, every number with its source, and the user's own."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..particles import Spoken
from ..types import AdCopy, Note
from .tables import bad_table, check_fields, menu_names, read_table, stamp, table_files

HEADLINE_CHARS = 14
SUB_CHARS = 24
CALL_CHARS = 8
CAPTION_CHARS = 600
HASHTAGS = 15
PARTS = ("headline", "sub", "call_to_action", "caption", "hashtags")
PART_NAMES = {
    "headline": "제목", "sub": "부제", "call_to_action": "버튼", "caption": "본문", "hashtags": "해시태그",
}  # fmt: skip
_OWN = {"headline": HEADLINE_CHARS, "sub": SUB_CHARS, "call_to_action": CALL_CHARS, "caption": CAPTION_CHARS}
_COUNTS = ("characters", "wide")
_FIELDS = {"korean": str, "aliases": list, "count": str, "emoji": bool, "note": str}
_NUMBER = {"max": float, "source": str, "checked": str}


@dataclass(frozen=True, slots=True)
class Limit:
    """One number, who says so, and when that was looked up."""

    most: int
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class CopyLimits:
    """What a channel allows. A part it says nothing about keeps the ad's own measure.

    Args:
        count: ``characters``, each one counts 1; ``wide``, Hangul and its like count 2.
        emoji: whether the channel takes them.
    """

    channel: str = ""
    korean: str = ""
    aliases: tuple[str, ...] = ()
    count: str = "characters"
    emoji: bool = True
    note: str = ""
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def most(self, part: str) -> int:
        """The longest that a part may be; for ``hashtags`` how many."""
        known = self.limits.get(part)
        return known.most if known else HASHTAGS if part == "hashtags" else _OWN[part]

    def length(self, part: str, text: str) -> int:
        """How long the channel finds a text; the ad's own measure is what the eye sees."""
        if part not in self.limits:
            return len(text) if part == "caption" else line_length(text)
        if self.count == "wide":
            return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
        return len(text)

    def fits(self, part: str, text: str) -> bool:
        """Tell whether a part is short enough."""
        return self.length(part, text) <= self.most(part)

    def describe(self, part: str) -> str:
        """Say in Korean how long a part may be."""
        if part == "hashtags":
            return f"{self.most(part)}개"
        return f"{self.most(part)}자" + ("(한글은 2자로 셈)" if part in self.limits and self.count == "wide" else "")


AUTO = "auto"
OWN_LIMITS = CopyLimits()


def channel_choices() -> list[str]:
    """List ``auto``, the trade's usual channel, and every channel, for a menu."""
    return [AUTO, *menu_names("copy_limits")]


def get_limits(channel: str) -> CopyLimits:
    """Find a channel by its id, its Korean name or another name of it; empty = the ad's own limits.

    What follows a colon names one of its sizes, as in ``kakao_native:2x1``, and is passed over: no limit hangs on it.

    Raises:
        InputError: ``prompt.unknown_channel`` with the nearest names; ``prompt.bad_table``.
    """
    wanted = str(channel).strip()
    if not wanted:
        return OWN_LIMITS
    known = _limits(stamp("copy_limits"))
    bare = _bare(wanted.partition(":")[0])
    names = {_bare(name): found for found in known.values() for name in (found.channel, found.korean, *found.aliases)}
    if bare in names:
        return names[bare]
    near = [names[name].channel for name in difflib.get_close_matches(bare, names, 3, 0.5)]
    hint = f"Did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
    raise InputError(
        "prompt.unknown_channel",
        f"There is no channel '{wanted:.40}' with limits for copy.",
        f"{hint}Channels: {', '.join(known)}.",
        name=f"{wanted!s:.40}",
    )


@dataclass(frozen=True, slots=True)
class Excess:
    """A part of a copy that is too long; of ``hashtags``, how many there are."""

    part: str
    length: int
    limits: CopyLimits

    def __str__(self) -> str:
        where, unit = f"‘{self.limits.korean}’의 " if self.limits.korean else "", self.part == "hashtags"
        came = f"{Spoken(PART_NAMES[self.part]):이/가} {self.length}{'개' if unit else '자'}예요."
        return f"{came} {where}한도는 {self.limits.describe(self.part)}예요."

    def kept(self) -> Note:
        """Tell that it was left as it is."""
        said = "{said} 자르지 않고 그대로 두었어요."
        if self.part == "hashtags":
            most = self.limits.most(self.part)
            return Note("copy.too_many_hashtags", said, said=str(self), length=self.length, limit=most)
        is_wide = self.part in self.limits.limits and self.limits.count == "wide"
        limit = f"{self.limits.most(self.part)}{' (a Hangul syllable counts two)' * is_wide}"
        piece = self.part.replace("_", " ")
        return Note("copy.too_long", said, said=str(self), piece=piece, length=self.length, limit=limit)


def find_excess(copy: AdCopy, limits: CopyLimits) -> tuple[Excess, ...]:
    """Find what of a copy is too long for its channel."""
    lengths = {part: limits.length(part, getattr(copy, part)) for part in PARTS[:-1]}
    lengths["hashtags"] = len(copy.hashtags)
    return tuple(Excess(part, length, limits) for part, length in lengths.items() if length > limits.most(part))


def line_length(line: str) -> int:
    """Length as the eye sees it, in Hangul: figures, spaces and Latin letters are half as wide."""
    return round(sum(1 if ord(char) > 0x2E7F else 0.5 for char in line) + 0.25)


def _bare(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


@lru_cache(maxsize=4)
def _limits(_: object) -> dict[str, CopyLimits]:
    found: dict[str, CopyLimits] = {}
    for path in table_files("copy_limits"):
        for name, row in read_table(path).items():
            found[name] = _read(path, name, row)
    return found


def _read(path: Path, name: str, row: object) -> CopyLimits:
    plain = {key: value for key, value in row.items() if key not in PARTS} if isinstance(row, dict) else row
    fields: dict[str, Any] = dict(check_fields(path, name, plain, _FIELDS, required=("korean",)))
    if fields.get("count", _COUNTS[0]) not in _COUNTS:
        raise bad_table(path, f"'{name}.count' should be one of {', '.join(_COUNTS)}", name, "count")
    fields["aliases"] = tuple(fields.get("aliases", ()))
    limits: dict[str, Limit] = {}
    for part in PARTS:
        if isinstance(row, dict) and part in row:
            number = check_fields(path, f"{name}.{part}", row[part], _NUMBER, required=tuple(_NUMBER))
            if number["max"] != int(number["max"]) or number["max"] < 1:
                raise bad_table(path, f"'{name}.{part}.max' should be a whole number above 0", name, part)
            limits[part] = Limit(int(number["max"]), number["source"], number["checked"])
    return CopyLimits(channel=name, limits=limits, **fields)
