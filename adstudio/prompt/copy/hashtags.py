"""Hashtags of a brief: product, shop, neighbourhood, season, occasion, and what people of the trade use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..industries import GENERAL, Industry
from ..reading.scan import Match
from ..reading.subject import is_shop_name
from ..seasons import Season
from ..tables import PACKAGED, read_table

MIN_TAGS, MAX_TAGS = 5, 15
MAX_TAG_CHARS = 15
_FILLERS = ("오늘의추천", "우리동네", "일상기록", "소통", "데일리", "오늘")


def list_hashtags(
    body: str,
    shop: Industry,
    *,
    product: str,
    service: str,
    season: Season | None,
    occasions: Sequence[str],
    trade: Sequence[str] = (),
    limit: int = MAX_TAGS,
) -> tuple[str, ...]:
    """List hashtags, the definite ones first: five to fifteen, or fewer where ``limit`` says so.

    Args:
        trade: further tags that people of the trade use.
    """
    region = find_region(body)
    local = f"{region}{_shop_name(service, shop, region)}" if region else ""
    definite = [_noun(product), local, service, region if region != local else ""]
    told = [*(season.tags if season else ()), *occasions]
    tags = tidy_tags((*definite, *told, *shop.tags, *trade, *_FILLERS))
    sure = len(tidy_tags((*definite, *told, *shop.tags, *trade)))
    return tags[: min(limit, max(MIN_TAGS, min(sure, MAX_TAGS)))]


def tidy_tags(words: Iterable[str]) -> tuple[str, ...]:
    """Make hashtags of words: no spaces, marks or doubles; what cannot be one is left out."""
    found: dict[str, str] = {}
    for word in words:
        if tag := _tag(word):
            found.setdefault(tag.lower(), tag)
    return tuple(found.values())


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


def _shop_name(service: str, shop: Industry, region: str) -> str:
    """What people search for beside a neighbourhood: 성수동 | 카페."""
    if is_shop_name(service) or shop.name == GENERAL:
        return service if is_shop_name(service) else ""
    if not region.endswith(("동", "역", "구", "읍")):
        return ""  # 제주 감귤: where the goods are from, not where the shop is
    return next((word for word in shop.words if is_shop_name(word)), "")


def _noun(product: str) -> str:
    """Leave adjectives out of a tag: ``갓 구운 소금빵`` → ``소금빵``."""
    words = product.split()
    while len(words) > 1 and (words[0].endswith(("한", "운", "은", "는", "인", "색")) or words[0] == "갓"):
        words.pop(0)
    return " ".join(words)


def _tag(word: str) -> str:
    bare = re.sub(r"[^0-9A-Za-z가-힣_]", "", word)
    return f"#{bare}" if 1 < len(bare) <= MAX_TAG_CHARS and not bare.isdigit() else ""
