"""Write the ad copy: headline, sub line and hashtags, from the brief's own words and facts plus lines that promise nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..types import AdCopy
from .brief import Brief
from .industries import GENERAL, Industry
from .offers import Facts, read_facts
from .particles import fill
from .scan import Match
from .seasons import Season, seasons
from .tables import bad_table, check_fields, read_table, stamp, table_files

HEADLINE_CHARS = 14
SUB_CHARS = 24
MIN_TAGS, MAX_TAGS = 3, 6
_FIELDS = {"words": list, "headline": list, "sub": list, "alone": list, "tag": str}
_REGION = re.compile(r"(?:^|[\s,])([가-힣]{1,4}(?:동|읍|면|역|시|구|군|도))(?=\s|,|$|에서|에|의)")
_PLACES = (
    "서울 부산 대구 인천 광주 대전 울산 세종 제주 강릉 전주 경주 여수 속초 춘천 수원 성남 분당 판교 일산 강남 홍대 성수 연남 망원 "
    "합정 이태원 한남 잠실 여의도 종로 북촌 서촌 익선동 을지로 해운대 광안리 서면 동성로 애월 서귀포 통영 목포 군산 포항 천안 청주"
).split()
_NO_REGION = frozenset("음식점면 국수면 이라면 라면 냉면 쫄면 필요시 주문시 구매시 예약시 방문시 결제시 동시 다시 역시 잠시 즉시 항상시 도구 가구 친구 문구 입구 "
                       "운동 활동 감동 이동 자동 행동 아동 공동 농구 축구 야구 지도 온도 정도 각도 속도 포도 수도 파도 태도 용도 시도 기도 하면 보면 오면 가면 주면 측면 화면 장면 전면 후면 정면 표면 계란면 무역 지역 구역 영역 혹시 표시 전시 접시 몇시 두시 열시".split())  # fmt: skip


def write_lines(brief: Brief, matches: Sequence[Match], shop: Industry, product: str, *, provider: str) -> AdCopy:
    """Write the copy of a brief; the same brief always gets the same words.

    Args:
        product: what is sold, in the brief's own Korean words; empty when the brief names none.
    """
    facts = read_facts(brief.body)
    season = next((seasons()[e.value] for m in matches if not m.denied and (e := m.of("season"))), None)
    name = _short_name(product)
    intents = _intents(brief.body)
    draw = _draw(brief.text)
    lines = _rows()
    if brief.quotes:
        headline = brief.quotes[0]
    else:
        headline = _headline(lines, intents, season, shop, name, facts, draw)
    if len(brief.quotes) > 1:
        sub = brief.quotes[1]
    else:
        sub = _sub(lines, intents, season, shop, name, facts, headline, bool(brief.quotes), draw)
    tags = _hashtags(brief, matches, shop, name, season, [lines["intents"][i].get("tag", "") for i in intents])
    return AdCopy(headline, sub, tags, provider)


def _headline(
    lines: dict[str, Any], intents: list[str], season: Season | None, shop: Industry, name: str, facts: Facts, draw: int
) -> str:
    own = lines["shops"].get(shop.name) or lines["shops"][GENERAL]
    if facts.offers:
        offer = facts.offers[0]
        choices = [f"{name} {offer}"] if name and name not in offer else []
        return next((line for line in [*choices, offer] if _length(line) <= HEADLINE_CHARS), offer)
    pools: list[Iterable[str]] = [lines["intents"][intent].get("headline", ()) for intent in intents]
    if season and season.name in lines["seasons"]:
        pools.append(lines["seasons"][season.name].get("headline", ()))
    pools.append(own.get("headline", ()))
    for pool in pools:
        named = [line for line in pool if ("{n}" in line) == bool(name)]
        if line := _pick([fill(row, name) for row in named], HEADLINE_CHARS, draw):
            return line
    if name and len(name) <= HEADLINE_CHARS:
        return name
    return _pick([*own.get("alone", ()), *lines["shops"][GENERAL]["alone"]], HEADLINE_CHARS, draw)


def _sub(
    lines: dict[str, Any], intents: list[str], season: Season | None, shop: Industry, name: str, facts: Facts, headline: str, quoted: bool, draw: int
) -> str:
    said = [fact for fact in (*facts.offers, *facts.times) if fact not in headline]
    line = ""
    for fact in said:
        longer = f"{line} · {fact}" if line else fact
        if _length(longer) <= SUB_CHARS:
            line = longer
    if line:
        return line
    own = lines["shops"].get(shop.name) or lines["shops"][GENERAL]
    # the headline already tells the occasion, unless the user wrote it: do not say it twice
    pools: list[Iterable[str]] = [lines["intents"][i].get("sub", ()) for i in intents] if quoted else []
    if season and season.name in lines["seasons"]:
        pools.append(lines["seasons"][season.name].get("sub", ()))
    pools.append(own.get("sub", ()))
    for pool in pools:
        rows = [fill(row, name) for row in pool if name or "{n}" not in row]
        if row := _pick([row for row in rows if row not in headline], SUB_CHARS, draw):
            return row
    return ""


def _hashtags(
    brief: Brief, matches: Sequence[Match], shop: Industry, name: str, season: Season | None, intent_tags: list[str]
) -> tuple[str, ...]:
    region = _region(brief.body)
    shop_words = [m.text for m in matches if not m.denied and m.of("industry")]
    wanted = [name, *shop_words[:1]]
    if region:
        wanted.append(region + (shop_words[0] if shop_words else ""))
    wanted += [*(season.tags if season else ())[:1], *intent_tags[:1], *shop.tags, "오늘의추천", "우리동네", "일상기록"]
    tags: dict[str, None] = {}
    for word in wanted:
        bare = re.sub(r"[^0-9A-Za-z가-힣_]", "", word)
        if len(bare) > 1 and not bare.isdigit() and len(bare) <= 15:
            tags[f"#{bare}"] = None
        if len(tags) == (MAX_TAGS if len(wanted) > MIN_TAGS else MIN_TAGS):
            break
    return tuple(tags)[: max(MIN_TAGS, min(MAX_TAGS, 5))]


def _intents(body: str) -> list[str]:
    """Which occasions the brief speaks of, in the table's order; a denied one (``할인 없이``) does not count."""
    bare = re.sub(r"\s", "", body)
    found = []
    for intent, row in _rows()["intents"].items():
        for word in row.get("words", ()):
            at = bare.find(word.replace(" ", ""))
            if at >= 0 and not re.match(r"(?:은|는|이|가|을|를)?(?:말고|없이|없는|아닌|아니|빼고|제외|금지|안)", bare[at + len(word.replace(" ", "")) :]):
                found.append(intent)
                break
    return found


def _region(body: str) -> str:
    for hit in _REGION.finditer(body):
        if hit[1] not in _NO_REGION and len(hit[1]) >= 3:
            return hit[1]
    return next((place for place in _PLACES if re.search(rf"(?:^|[\s,]){place}", body)), "")


def _short_name(product: str) -> str:
    """Cut a long product name at its front, word by word: the noun comes last."""
    words = product.split()
    while len(words) > 1 and len(" ".join(words)) > 10:
        words.pop(0)
    name = " ".join(words)
    return name if len(name) <= 12 else ""


def _pick(rows: list[str], limit: int, draw: int) -> str:
    fitting = [row for row in rows if 0 < _length(row) <= limit]
    return fitting[draw % len(fitting)] if fitting else ""


def _length(line: str) -> int:
    """Length as the eye sees it: figures and Latin letters are half as wide as Hangul."""
    return round(sum(1 if ord(char) > 0x2E7F else 0.5 for char in line) + 0.25)


def _draw(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"copy|{key}".encode(), digest_size=8).digest(), "big")


def _rows() -> dict[str, Any]:
    return _lines(stamp("copy"))


@lru_cache(maxsize=4)
def _lines(_: object) -> dict[str, Any]:
    merged: dict[str, Any] = {"intents": {}, "seasons": {}, "shops": {}}
    for path in table_files("copy"):
        for section, rows in read_table(path).items():
            if section not in merged or not isinstance(rows, dict):
                raise bad_table(path, f"'{section}' should be one of {', '.join(merged)}, each holding named lines")
            for name, row in rows.items():
                check_fields(path, str(name), row, _FIELDS)
                for line in (*row.get("headline", ()), *row.get("sub", ())):
                    try:
                        fill(line, "커피")
                    except KeyError as error:
                        raise bad_table(path, f"'{name}' uses the unknown particle {error} in '{line}'") from error
                merged[section][str(name)] = row
    return merged
