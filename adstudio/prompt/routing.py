"""Choose the scene: the brief's own words win over the product, the season, the industry, and only then comes the seed.

Every word casts a vote with a rank; the lowest rank on an axis wins. Denied ids (``빨강 말고``) cannot win at all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..types import Scene, Side
from .directions import Directions
from .industries import GENERAL, Industry
from .scan import Match
from .seasons import Season, seasons
from .sentence import vocabulary

BACKDROP, NAMED, ON_PRODUCT, HOLIDAY, PRODUCT, HINT = range(6)
_TABLES = {"place": "places", "colour": "colours", "mood": "moods"}
_KOREAN = {"place": "장소", "colour": "색", "mood": "분위기", "light": "빛", "copy": "글자 자리"}
_OF_BACKDROP = re.compile(r"(?:색|빛|톤|컬러|계열|의|한|스러운|\s)*(?:배경|톤|색감|색상|벽|팔레트|계열|바탕|조명)")
_A_COLOUR = re.compile(r"\s?(?:색|빛|톤|컬러)")
_GENERAL_PLACES = ("studio", "podium", "marble", "linen", "wood", "arch", "leaf_shadow")
_GENERAL_MOODS = ("fresh", "calm", "cosy")


@dataclass(frozen=True, slots=True)
class Vote:
    """One word's wish for one axis."""

    axis: str
    value: str
    rank: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Route:
    """The chosen scene and what else steers the picture."""

    scene: Scene
    copy_space: Side
    season: Season | None
    notes: tuple[str, ...]


def choose_scene(
    body: str, matches: Sequence[Match], industry: Industry, directions: Directions, *, key: str, seed: int
) -> Route:
    """Route a scanned brief to a scene. ``key`` and ``seed`` decide only what nothing else decided."""
    votes = list(_votes(body, matches, industry))
    denied = {(axis, value) for match in matches if match.denied for axis, value in _meanings(match)}
    denied -= {(vote.axis, vote.value) for vote in votes if vote.rank <= NAMED}
    season_match = next((m for m in matches if not m.denied and m.of("season")), None)
    season = seasons()[season_match.of("season").value] if season_match else None  # type: ignore[union-attr]
    notes: list[str] = []
    chosen: dict[str, str] = {}
    for axis in _TABLES:
        best = _best(axis, [vote for vote in votes if vote.axis == axis and (axis, vote.value) not in denied])
        if best:
            chosen[axis] = best.value
            notes.append(f"‘{best.text}’ → {_KOREAN[axis]}: {_phrase(axis, best.value)}")
        else:
            chosen[axis], why = _fall_back(axis, industry, denied, key, seed)
            notes.append(f"{why} → {_KOREAN[axis]}: {_phrase(axis, chosen[axis])}")
    for match in matches:
        if match.denied and any((axis, value) in denied for axis, value in _meanings(match)):
            notes.append(f"‘{match.text}’ 제외 (쓰지 말라는 말이 있어요)")
    if season:
        notes.append(f"‘{season_match.text}’ → 계절: {season.korean}")  # type: ignore[union-attr]
    light = directions.light
    if light:
        notes.append(f"‘{directions.light_words}’ → {_KOREAN['light']}: {vocabulary()['lights'][light]['phrase']}")
    else:
        light = ("left", "right", "above")[_draw(key, seed, "light") % 3]
        notes.append(f"빛 방향은 말이 없어 골랐어요 → {vocabulary()['lights'][light]['phrase']}")
    side: Side = directions.copy_space or "top"
    if directions.copy_space:
        notes.append(f"‘{directions.copy_words}’ → {_KOREAN['copy']}: {vocabulary()['copy_spaces'][side]}")
    return Route(Scene(chosen["place"], chosen["colour"], light, chosen["mood"]), side, season, tuple(notes))


def _votes(body: str, matches: Sequence[Match], industry: Industry) -> Iterator[Vote]:
    for k, match in enumerate(matches):
        if match.denied:
            continue
        after = body[match.end :]
        following = matches[k + 1] if k + 1 < len(matches) else None
        on_product = following is not None and following.of("product") and not body[match.end : following.start].strip(" 색한빛의")
        for entry in match.entries:
            if entry.kind == "place":
                if _A_COLOUR.match(after):  # 바다색: a colour, not a place
                    continue
                if entry.explicit:
                    yield Vote("place", entry.value, NAMED, match.start, match.text)
                elif entry.value in industry.places or industry.name == GENERAL:
                    yield Vote("place", entry.value, HINT, match.start, match.text)
            elif entry.kind == "colour":
                rank = HINT if not entry.explicit else BACKDROP if _OF_BACKDROP.match(after) else NAMED
                yield Vote("colour", entry.value, ON_PRODUCT if rank == NAMED and on_product else rank, match.start, match.text)
            elif entry.kind == "mood":
                yield Vote("mood", entry.value, NAMED if entry.explicit else HINT, match.start, match.text)
            elif entry.kind == "season":
                season = seasons()[entry.value]
                for axis, value in (("colour", season.colour), ("mood", season.mood)):
                    if value:
                        yield Vote(axis, value, HOLIDAY if season.strong else HINT, match.start, match.text)
            elif entry.kind in ("product", "modifier"):
                for axis, value in entry.hints.items():
                    rank = HINT if axis != "colour" else NAMED if entry.kind == "product" and _A_COLOUR.match(after) else PRODUCT
                    if entry.kind == "modifier" and axis == "colour":
                        rank = BACKDROP if _OF_BACKDROP.match(after) else PRODUCT if on_product else NAMED
                    yield Vote(axis, value, rank, match.start, match.text)


def _meanings(match: Match) -> Iterator[tuple[str, str]]:
    for entry in match.entries:
        if entry.kind in _TABLES:
            yield entry.kind, entry.value
        yield from entry.hints.items()


def _best(axis: str, votes: list[Vote]) -> Vote | None:
    """The lowest rank; among places that are named the last, for Korean puts the head last (``바다가 보이는 창가``)."""
    if not votes:
        return None
    rank = min(vote.rank for vote in votes)
    level = [vote for vote in votes if vote.rank == rank]
    return level[-1] if axis == "place" and rank == NAMED else level[0]


def _fall_back(axis: str, industry: Industry, denied: set[tuple[str, str]], key: str, seed: int) -> tuple[str, str]:
    own = [v for v in {"place": industry.places, "colour": industry.colours, "mood": industry.moods}[axis] if (axis, v) not in denied]
    if own:
        value = own[0] if seed == 0 else own[_draw(key, seed, axis) % len(own)]
        return value, f"업종 ‘{industry.korean}’ 기본값" if value == own[0] else f"업종 ‘{industry.korean}’에 어울리는 값 (시드 {seed})"
    pool = {"place": _GENERAL_PLACES, "colour": tuple(vocabulary()["colours"]), "mood": _GENERAL_MOODS}[axis]
    free = [v for v in pool if (axis, v) not in denied] or [v for v in vocabulary()[_TABLES[axis]] if (axis, v) not in denied]
    free = free or list(vocabulary()[_TABLES[axis]])  # the brief denied every one of them: something must be drawn
    return free[_draw(key, seed, axis) % len(free)], "정해진 말이 없어 골랐어요"


def _draw(key: str, seed: int, axis: str) -> int:
    """A number that depends on brief, seed and axis alone: the same on every machine and run."""
    return int.from_bytes(hashlib.blake2b(f"{axis}|{seed}|{key}".encode(), digest_size=8).digest(), "big")


def _phrase(axis: str, value: str) -> str:
    return vocabulary()[_TABLES[axis]][value]["phrase"]
