"""Hashtags of a brief: product, shop, neighbourhood, season, occasion, and what people of the trade use."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .industries import Industry
from .scan import Match
from .seasons import Season
from .subject import is_shop_name
from .tables import PACKAGED, read_table

MIN_TAGS, MAX_TAGS = 3, 6
_MAX_CHARS = 15
_FILLERS = ("오늘의추천", "우리동네", "일상기록")


def list_hashtags(
    body: str, matches: Sequence[Match], shop: Industry, product: str, season: Season | None, occasions: Sequence[str]
) -> tuple[str, ...]:
    """List three to six hashtags, the definite ones first."""
    shop_words = [m.text for m in matches if not m.denied and m.of("industry")][:1]
    region = find_region(body)
    if region and shop_words and is_shop_name(shop_words[0]):
        region += shop_words[0]
    definite = [product, *shop_words, region, *(season.tags[:1] if season else ()), *occasions[:1], *shop.tags]
    tags = list(dict.fromkeys(tag for word in definite if (tag := _tag(word))))[:MAX_TAGS]
    return tuple(list(dict.fromkeys([*tags, *(f"#{word}" for word in _FILLERS)]))[: max(MIN_TAGS, len(tags))])


def find_region(body: str) -> str:
    """Find the neighbourhood or town that a brief names; empty when it names none."""
    table = read_table(PACKAGED / "regions.yaml")
    named = re.compile(rf"(?:^|[\s,])([가-힣]{{2,4}}(?:{'|'.join(table['endings'])}))(?=[\s,]|$|에)")
    for hit in named.finditer(body):
        if hit[1] not in table["not_places"]:
            return hit[1]
    known = re.search(rf"(?:^|[\s,])({'|'.join(table['known'])})(?=[\s,]|$|에|의|점)", body)
    return known[1] if known else ""


def _tag(word: str) -> str:
    bare = re.sub(r"[^0-9A-Za-z가-힣_]", "", word)
    return f"#{bare}" if 1 < len(bare) <= _MAX_CHARS and not bare.isdigit() else ""
