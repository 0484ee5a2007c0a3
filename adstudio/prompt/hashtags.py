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
    body: str, shop: Industry, *, product: str, service: str, season: Season | None, occasions: Sequence[str]
) -> tuple[str, ...]:
    """List three to six hashtags, the definite ones first."""
    region = find_region(body)
    if region and is_shop_name(service):
        region += service
    definite = [_noun(product), service, region, *(season.tags[:1] if season else ()), *occasions[:1], *shop.tags]
    tags = list(dict.fromkeys(tag for word in definite if (tag := _tag(word))))[:MAX_TAGS]
    return tuple(list(dict.fromkeys([*tags, *(f"#{word}" for word in _FILLERS)]))[: max(MIN_TAGS, len(tags))])


def service_word(matches: Sequence[Match], shop: Industry) -> str:
    """Find the brief's own word for the shop or its service: the shop's name rather than one of its treatments."""
    words = [m.text for m in matches if not m.denied and (e := m.of("industry")) and e.value == shop.name]
    named = [word for word in words if is_shop_name(word)] or sorted(words, key=len, reverse=True)
    return re.sub(r"\s+", " ", named[0]) if named else ""


def find_region(body: str) -> str:
    """Find the neighbourhood or town that a brief names; empty when it names none."""
    table = read_table(PACKAGED / "regions.yaml")
    named = re.compile(rf"(?:^|[\s,])([가-힣]{{2,4}}(?:{'|'.join(table['endings'])}))(?=[\s,]|$|에)")
    for hit in named.finditer(body):
        if hit[1] not in table["not_places"]:
            return hit[1]
    known = re.search(rf"(?:^|[\s,])({'|'.join(table['known'])})(?=[\s,]|$|에|의|점)", body)
    return known[1] if known else ""


def _noun(product: str) -> str:
    """Leave adjectives out of a tag: ``갓 구운 소금빵`` → ``소금빵``."""
    words = product.split()
    while len(words) > 1 and (words[0].endswith(("한", "운", "은", "는", "인", "색")) or words[0] == "갓"):
        words.pop(0)
    return " ".join(words)


def _tag(word: str) -> str:
    bare = re.sub(r"[^0-9A-Za-z가-힣_]", "", word)
    return f"#{bare}" if 1 < len(bare) <= _MAX_CHARS and not bare.isdigit() else ""
