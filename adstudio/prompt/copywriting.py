"""Write the ad copy from the brief's own words and facts, and from lines that promise nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..types import AdCopy
from .brief import Brief
from .copy_lines import Lines, copy_lines
from .hashtags import list_hashtags, service_word
from .industries import Industry
from .offers import Facts, read_facts
from .particles import fill
from .scan import Match
from .seasons import Season, seasons
from .subject import Subject

HEADLINE_CHARS = 14
SUB_CHARS = 24
_NAME_CHARS = 12


@dataclass(frozen=True, slots=True)
class _Occasion:
    """All that the copy of one brief draws from; ``lucky`` picks among equals, the same for the same brief."""

    shop: Lines
    intents: tuple[Lines, ...]
    season: Lines
    name: str
    service: str
    facts: Facts
    lucky: int

    def pick(self, rows: Iterable[str], limit: int, name: str = "") -> str:
        """Fill in a name and pick a line that fits; without a name only lines that need none will do."""
        lines = [fill(row, name) for row in rows if name or "{n}" not in row]
        fitting = [line for line in lines if line_length(line) <= limit]
        return fitting[self.lucky % len(fitting)] if fitting else ""


def write_lines(brief: Brief, matches: Sequence[Match], shop: Industry, product: Subject, *, provider: str) -> AdCopy:
    """Write the copy of a brief; the same brief always gets the same words.

    Args:
        product: what is sold; empty when the brief names nothing.
    """
    season = next((seasons()[e.value] for m in matches if not m.denied and (e := m.of("season"))), None)
    service = service_word(matches, shop)
    occasion = _occasion(brief, product.industry or shop.name, season, _short_name(product.korean), service)
    headline = brief.quotes[0] if brief.quotes else _headline(occasion)
    sub = brief.quotes[1] if len(brief.quotes) > 1 else _sub(occasion, headline, quoted=bool(brief.quotes))
    told = [row.tag for row in occasion.intents]
    tags = list_hashtags(brief.body, shop, product=occasion.name, service=service, season=season, occasions=told)
    return AdCopy(headline, sub, tags, provider)


def _occasion(brief: Brief, shop: str, season: Season | None, name: str, service: str) -> _Occasion:
    lines = copy_lines()
    meant = ((row, _meant_word(row, brief.body)) for row in lines.intents)
    return _Occasion(
        shop=lines.of_shop(shop),
        intents=tuple(row.with_word(word) for row, word in meant if word),
        season=lines.of_season(season.name if season else ""),
        name=name,
        service=service,
        facts=read_facts(brief.body),
        lucky=int.from_bytes(hashlib.blake2b(f"copy|{brief.text}".encode(), digest_size=8).digest(), "big"),
    )


def _headline(occasion: _Occasion) -> str:
    """An offer of the brief first, for it is what the ad is about; else the occasion, the season, the shop."""
    name = occasion.name or occasion.service
    if occasion.facts.offers and line_length(offer := occasion.facts.offers[0]) <= HEADLINE_CHARS:
        named = f"{name} {offer}".strip()
        return named if name not in offer and line_length(named) <= HEADLINE_CHARS else offer
    for row in occasion.intents:
        if not any(word in name for word in row.words):  # never 선물세트를 선물하세요
            rows = [line for line in row.headline if ("{n}" in line) == bool(name)] or row.headline
            if line := occasion.pick(rows, HEADLINE_CHARS, name):
                return line
    for rows in (occasion.season.headline, occasion.shop.headline):
        if occasion.name and (line := occasion.pick(rows, HEADLINE_CHARS, occasion.name)):
            return line
    return occasion.name or occasion.pick(occasion.shop.alone, HEADLINE_CHARS)


def _sub(occasion: _Occasion, headline: str, *, quoted: bool) -> str:
    """What else the brief promises, as much as fits; else a line on the season or the shop."""
    line = ""
    for fact in (*occasion.facts.offers, *occasion.facts.times):
        longer = f"{line} · {fact}" if line else fact
        if fact not in headline and line_length(longer) <= SUB_CHARS:
            line = longer
    if line:
        return line
    # the headline already tells the occasion, unless the user wrote it: do not say it twice
    told = (row.sub for row in occasion.intents) if quoted and not occasion.facts.offers else ()
    for pool in (*told, occasion.season.sub, occasion.shop.sub):
        if line := occasion.pick((row for row in pool if row not in headline), SUB_CHARS, occasion.name):
            return line
    return ""


_DENIED = re.compile(r"\s*(?:은|는|이|가|을|를)?\s*(?:말고|없이|없는|없음|아닌|아니|빼고|제외|금지|안\s?해|안\s?하)")


def _meant_word(intent: Lines, body: str) -> str:
    """Find the brief's word for an occasion; a denied one (``할인 없이``) does not count."""
    for word in intent.words:
        for hit in re.finditer(re.escape(word).replace(r"\ ", r"\s*"), body):
            if not _DENIED.match(body, hit.end()):
                return hit[0]
    return ""


def _short_name(product: str) -> str:
    """Cut a long product name at its front, word by word, for the noun comes last."""
    words = product.split()
    while len(words) > 1 and line_length(" ".join(words)) > _NAME_CHARS - 2:
        words.pop(0)
    name = " ".join(words)
    return name if line_length(name) <= _NAME_CHARS else ""


def line_length(line: str) -> int:
    """Length as the eye sees it, in Hangul: figures, spaces and Latin letters are half as wide."""
    return round(sum(1 if ord(char) > 0x2E7F else 0.5 for char in line) + 0.25)
