"""What a shop's own name shows (초밥집 sells sushi), and what is too big to stand on a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..industries import Industry
from ..reading.match import Match
from ..reading.noun_phrases import settle
from ..reading.scan import scan
from .shots import Shot

_FOODS = ("asian_food", "korean_food", "snack", "seafood", "meat", "pizza", "chicken")
_HOUSE = re.compile(r"(.{2,})(?:집|전문점|가게|뷔페|식당|맛집)")
_ROOM = re.compile(
    r"\b(?:bed|beds|bunk|sofa|couch|room|bedroom|kitchen|bathroom|bathtub|wardrobe|house interior|living room"
    r"|swimming pool|barbecue grill)\b"
)
_SMALL = re.compile(r"\b(?:model|pet|dog|cat|doll|tray|amenities|sheet|sheets)\b")
_WIDE_PLACE = "studio"


def own_food(matches: Sequence[Match], shop: Industry) -> str:
    """The food that a kind of shop is called by, in English; empty where it is called by none of its own."""
    if shop.name not in _FOODS:
        return ""
    for match in matches:
        named = _HOUSE.fullmatch("".join(match.text.split())) if match.of("industry") and not match.denied else None
        found = scan(named[1]) if named else ()
        product = found[-1].of("product") if found else None
        if product and product.value == shop.name and product.english and not product.generic:
            return settle(product.english)
    return ""


def give_room(subject: str, shop: Industry, shot: Shot) -> tuple[Industry, Shot]:
    """Keep what is as big as a room off tables and niches, unless the brief itself names a place."""
    if not _ROOM.search(subject) or _SMALL.search(subject):
        return shop, shot
    return replace(shop, places=(_WIDE_PLACE,)), replace(shot, place="")
