"""What each word of a brief wishes for the scene, and how strongly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..industries import GENERAL, Industry
from ..reading.entries import Entry
from ..reading.scan import Match
from ..seasons import seasons
from ..sentence import AXES

# Ranks, strongest first: what the backdrop is said to be, what is named at all, what describes the product, a holiday,
# the product's own colour, a mere hint.
BACKDROP, NAMED, ON_PRODUCT, HOLIDAY, PRODUCT, HINT = range(6)
_OF_BACKDROP = re.compile(r"(?:색|빛|톤|컬러|계열|의|한|스러운|\s)*(?:배경|톤|색감|색상|벽|팔레트|계열|바탕|조명)")
_A_COLOUR = re.compile(r"\s?(?:색|빛|톤|컬러)")
_STOOD_ON = re.compile(r"\s?(?:위|에|앞|옆)")
_BETWEEN = " 색한빛의"


@dataclass(frozen=True, slots=True)
class Vote:
    """One word's wish for one axis."""

    axis: str
    value: str
    rank: int
    text: str


def cast_votes(body: str, matches: Sequence[Match], industry: Industry) -> Iterator[Vote]:
    """Let every word that the brief does not deny vote, in reading order."""
    for k, match in enumerate(matches):
        if match.denied:
            continue
        following = matches[k + 1] if k + 1 < len(matches) else None
        describes = bool(
            following and following.of("product") and not body[match.end : following.start].strip(_BETWEEN)
        )
        # 린넨 셔츠: a product's material says little of where it stands, unless things stand on it (원목 식탁 위)
        material = bool(describes and following and match.of("modifier") and not _STOOD_ON.match(body, following.end))
        for entry in match.entries:
            for axis, value, rank in _wishes(entry, body[match.end :], describes, material, industry):
                yield Vote(axis, value, rank, match.text)


def meanings(match: Match) -> Iterator[tuple[str, str]]:
    """Everything of a scene that a word stands for; what ``빨강 말고`` rules out."""
    for entry in match.entries:
        if entry.kind in AXES:
            yield entry.kind, entry.value
        yield from entry.hints.items()


def _wishes(
    entry: Entry, after: str, describes: bool, material: bool, industry: Industry
) -> Iterator[tuple[str, str, int]]:
    match entry.kind:
        case "place" if not _A_COLOUR.match(after):  # 바다색 is a colour, not a place
            if material and entry.explicit:
                return  # a linen dress needs no linen tablecloth
            if entry.explicit:
                yield "place", entry.value, NAMED
            elif entry.value in industry.places or industry.name == GENERAL:
                yield "place", entry.value, HINT
        case "colour":
            named = BACKDROP if _OF_BACKDROP.match(after) else ON_PRODUCT if describes else NAMED
            yield "colour", entry.value, named if entry.explicit else HINT
        case "mood":
            yield "mood", entry.value, NAMED if entry.explicit else HINT
        case "season":
            season = seasons()[entry.value]
            rank = HOLIDAY if season.strong else HINT
            yield from ((axis, v, rank) for axis, v in (("colour", season.colour), ("mood", season.mood)) if v)
        case "product" | "modifier" | "light" | "prop" | "material":
            for axis, value in entry.hints.items():
                yield axis, value, _hint_rank(entry, after, describes) if axis == "colour" else HINT


def _hint_rank(entry: Entry, after: str, describes: bool) -> int:
    """A product lends its colour; ``라벤더색`` and ``검은 배경`` name one."""
    if entry.kind == "product":
        return NAMED if _A_COLOUR.match(after) else PRODUCT
    return BACKDROP if _OF_BACKDROP.match(after) else PRODUCT if describes else NAMED
