"""Choose the scene: the brief's own words win over the product, the season, the industry, and only then comes the seed.

Every word votes with a rank (``votes.py``); the strongest rank on an axis wins. What the brief denies cannot win.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ...types import Light, Note, Scene, Side
from ..industries import Industry
from ..reading.directions import Directions
from ..reading.notes import NO_LIGHT_SAID, NOTHING_SAID, VARIANT, Why, became, said
from ..reading.scan import Match
from ..seasons import Season, seasons
from ..sentence import AXES, vocabulary
from .guard import product_words
from .shots import Shot
from .votes import NAMED, PRODUCT, Vote, cast_votes, meanings

# Where a brief tells neither place nor trade, only scenes that suit any product.
_SUITS_ALL = {
    "place": ("studio", "podium", "marble", "linen", "wood", "arch", "leaf_shadow"),
    "mood": ("fresh", "calm", "cosy"),
}
_NO_SHOT = Shot()
_LIGHTS: tuple[Light, ...] = ("left", "right", "above")


@dataclass(frozen=True, slots=True)
class Route:
    """The chosen scene and what else steers the picture; ``notes`` say in Korean which word did what.

    ``decided`` names what the brief's own words decided, of ``place``, ``colour``, ``mood`` and ``light``.
    """

    scene: Scene
    copy_space: Side
    season: Season | None
    notes: tuple[str, ...]
    decided: tuple[str, ...] = ()


def choose_scene(
    body: str,
    matches: Sequence[Match],
    industry: Industry,
    directions: Directions,
    *,
    key: str,
    seed: int,
    shot: Shot = _NO_SHOT,
    avoid: frozenset[str] = frozenset(),
) -> Route:
    """Route a scanned brief to a scene. ``key`` and ``seed`` decide only what nothing else decided.

    Args:
        shot: the place and light of a variant; they count where the brief itself says nothing.
        avoid: words of the product of a composite: no place that is called so, unless the brief names it.
    """
    votes = list(cast_votes(body, matches, industry))
    # what is named elsewhere stays: 빨간 글씨 말고 빨간 배경
    denied = {meaning for match in matches if match.denied for meaning in meanings(match)}
    denied -= {(vote.axis, vote.value) for vote in votes if vote.rank <= NAMED}
    if avoid:
        named = {vote.value for vote in votes if vote.axis == "place" and vote.rank <= NAMED}
        phrases = {place: row["phrase"] for place, row in vocabulary()["places"].items()}
        denied |= {("place", p) for p, words in phrases.items() if p not in named and avoid & product_words(words)}
    notes: list[str] = []
    chosen: dict[str, str] = {}
    decided: list[str] = []
    for axis in AXES:
        best = _best([vote for vote in votes if vote.axis == axis and (axis, vote.value) not in denied])
        is_said = best is not None and best.rank < PRODUCT
        if is_said:
            decided.append(axis)
        if axis == "place" and shot.place and not is_said and ("place", shot.place) not in denied:
            chosen[axis], why = shot.place, VARIANT
        elif best:
            chosen[axis], why = best.value, said(best.text)
        else:
            chosen[axis], why = _fall_back(axis, industry, denied, key, seed)
        notes.append(became(why, axis, vocabulary()[AXES[axis]][chosen[axis]]["phrase"]))
    for match in matches:
        if match.denied and not denied.isdisjoint(meanings(match)):
            notes.append(Note("prompt.left_out", "‘{said}’ 제외: 쓰지 말라는 말이 있어요", said=match.text))
    season, season_word = _season(matches)
    if season:
        notes.append(became(said(season_word), "season", season.korean, season.name.replace("_", " ")))
    light = directions.light or shot.light or _LIGHTS[_draw(key, seed, "light") % len(_LIGHTS)]
    why = said(directions.light_words) if directions.light else VARIANT if shot.light else NO_LIGHT_SAID
    if directions.light:
        decided.append("light")
    notes.append(became(why, "light", vocabulary()["lights"][light]["phrase"]))
    side: Side = directions.copy_space or "top"
    if directions.copy_space:
        notes.append(became(said(directions.copy_words), "copy", vocabulary()["copy_spaces"][side]))
    return Route(
        Scene(chosen["place"], chosen["colour"], light, chosen["mood"]), side, season, tuple(notes), tuple(decided)
    )


def _season(matches: Sequence[Match]) -> tuple[Season | None, str]:
    for match in matches:
        if not match.denied and (entry := match.of("season")):
            return seasons()[entry.value], match.text
    return None, ""


def _best(votes: list[Vote]) -> Vote | None:
    """The strongest vote, the earliest of equals; of named places the last, for Korean puts the head last.

    ``바다가 보이는 창가`` is a window, not a sea.
    """
    if not votes:
        return None
    rank = min(vote.rank for vote in votes)
    level = [vote for vote in votes if vote.rank == rank]
    return level[-1] if rank == NAMED and level[0].axis == "place" else level[0]


def _fall_back(axis: str, industry: Industry, denied: set[tuple[str, str]], key: str, seed: int) -> tuple[str, Why]:
    """The industry's default, at other seeds another of its own; without an industry whatever suits all products."""
    every = list(vocabulary()[AXES[axis]])
    own = {"place": industry.places, "colour": industry.colours, "mood": industry.moods}[axis]
    for pool in (own, _SUITS_ALL.get(axis, every), every):
        free = [value for value in pool if (axis, value) not in denied]
        if free and pool is own:
            value = free[0] if seed == 0 else free[_draw(key, seed, axis) % len(free)]
            if value == free[0]:
                return value, (f"업종 ‘{industry.korean}’ 기본값", f"usual of the trade “{industry.name}”")
            korean, english = (
                f"업종 ‘{industry.korean}’에 어울리는 값(시드 {seed})",
                f"suits the trade “{industry.name}”",
            )
            return value, (korean, f"{english} (seed {seed})")
        if free:
            break
    else:
        free = every  # the brief denied every one of them, and something must be drawn
    return free[_draw(key, seed, axis) % len(free)], NOTHING_SAID


def _draw(key: str, seed: int, axis: str) -> int:
    """A number that depends on brief, seed and axis alone: the same on every machine and in every run."""
    return int.from_bytes(hashlib.blake2b(f"{axis}|{seed}|{key}".encode(), digest_size=8).digest(), "big")
