"""Tell a trade's word that only says what another shop has or where it stands: 펜션 수영장, 병원 앞 꽃집.

The rooms that shops have beside what they sell, and which trades have them, stand in ``data/amenities.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ..tables import PACKAGED, read_table
from .match import Match

_HAD = re.compile(
    r"(?:이|가|도|을|를)?\s?(?:있는|있어요|있습니다|있음|생겼|딸린|갖춘|갖추|완비|구비|보유|달린|포함|무료|이용\s?가능|자유\s?이용)"
)
_BESIDE = re.compile(
    r"\s?(?:바로\s)?(?:앞|옆|뒤|뒷편|건너편|맞은편|근처|인근|(?:지하\s?)?\d{1,2}층)(?:에|의|에서)?(?![가-힣])"
)
# Who joins or learns there is the room's own customer: 호텔 수영장 강습.
_SOLD_ALONE = re.compile(r"\s?(?:신규\s?)?(?:회원|강습|레슨|등록|수강|정기권|개인지도)")
_CLAUSE = re.compile(r"[,.!?/|\n]")


def find_minor(body: str, matches: Sequence[Match]) -> frozenset[int]:
    """Find the indices of the trade words that another shop only has (an amenity) or stands beside."""
    amenities = {k for k in range(len(matches)) if _is_amenity(body, matches, k)}
    return frozenset(amenities | {k for k, match in enumerate(matches) if _is_beside(body, match)})


def find_amenity(body: str, matches: Sequence[Match], host: str) -> str:
    """The room right behind a shop's word, as the brief writes it: 수영장 of 펜션 수영장; empty where there is none."""
    for k, match in enumerate(matches[:-1]):
        room = matches[k + 1]
        if match.text == host and not body[match.end : room.start].strip() and _is_amenity(body, matches, k + 1):
            return _room(body, room)
    return ""


def _is_amenity(body: str, matches: Sequence[Match], k: int) -> bool:
    match = matches[k]
    if match.denied or not (trade := _trade(match)) or not _room(body, match):
        return False
    if any(_trade(m) == trade and not _room(body, m) and not m.denied for m in matches):
        return False  # 호텔 헬스장 PT: the trade is told by more than its room
    end = match.start + len(_room(body, match))
    if _SOLD_ALONE.match(body, end):
        return False
    hosts = _rooms()[trade][1]
    before = (m for m in matches[:k] if not (m.denied or _CLAUSE.search(body, m.end, match.start)))
    return bool(_HAD.match(body, end)) or any(_trade(m) in hosts and not _is_beside(body, m) for m in before)


def _is_beside(body: str, match: Match) -> bool:
    return bool(_trade(match)) and bool(_BESIDE.match(body, match.end))


def _room(body: str, match: Match) -> str:
    """The word of the table that stands at a match, which may know only its beginning: 골프|장."""
    words = _rooms().get(_trade(match), ((), frozenset()))[0]
    return next((word for word in words if body.startswith(word, match.start) and len(word) >= len(match.text)), "")


def _trade(match: Match) -> str:
    entry = match.of("industry")
    return entry.value if entry else ""


@cache
def _rooms() -> dict[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Words of rooms, the longest first, and their hosts, by the rooms' trade."""
    table = read_table(PACKAGED / "amenities.yaml")
    return {
        trade: (tuple(sorted(row["words"], key=len, reverse=True)), frozenset(row["hosts"]))
        for trade, row in table.items()
    }
