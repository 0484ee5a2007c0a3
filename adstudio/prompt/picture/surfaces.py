"""Tables, shelves and trays that a backdrop is asked for: a place to put the product on, never the product."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..reading.entries import Entry
from ..reading.match import Match

_SURFACE = re.compile(r".*(?:테이블|식탁|탁자|선반|책상|협탁|콘솔|카운터|진열대|쟁반|트레이|도마|벤치|스툴)")
_SELLERS = ("furniture", "kitchen")
_USUAL = "wood"
_PLAIN = "studio"  # 유리 테이블, 하얀 선반: no place of ours is of glass or white, and a plain one contradicts neither


def stand_on(body: str, matches: Sequence[Match], industry: str = "") -> tuple[Match, ...]:
    """Read furniture as the place of a backdrop: 대리석 테이블 is a marble counter, a bare 테이블 one of wood.

    Args:
        industry: the trade that the user chose; who sells furniture may well mean a table for a product.
    """
    if industry in _SELLERS or any((e := m.of("industry")) and e.value in _SELLERS for m in matches):
        return tuple(matches)
    is_somewhere = any((e := m.of("place")) and e.explicit and not m.denied for m in matches)
    found: list[Match] = []
    for match in matches:
        product = match.of("product")
        if product is None or product.value not in _SELLERS or match.denied or not _SURFACE.fullmatch(match.text):
            found.append(match)
            continue
        rest = tuple(entry for entry in match.entries if entry.kind not in ("product", "prop"))
        before = found[-1] if found and not body[found[-1].end : match.start].strip() else None
        own = next((e.value for e in rest if e.kind == "place"), "") or _place_of(
            before, "" if is_somewhere else _PLAIN
        )
        if not own and is_somewhere:
            continue  # 바다가 보이는 테이블: the place is told
        found.append(Match((Entry("place", (), own or _USUAL), *rest), match.start, match.end, match.text))
    return tuple(found)


def _place_of(before: Match | None, plain: str) -> str:
    """What the word before a piece of furniture says of it: its material, or the shop where it stands.

    Args:
        plain: the place for furniture of which only its colour, or a material without a place, is told.
    """
    if before is None or before.denied:
        return ""
    hinted = next((e.hints["place"] for e in before.entries if "place" in e.hints), "")
    if place := before.of("place"):
        return hinted or place.value
    is_hue = any(e.kind == "colour" or "colour" in e.hints for e in before.entries)
    return hinted or (plain if is_hue or before.of("material") else "")
