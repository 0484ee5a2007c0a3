"""Write the ad copy from the brief's own words and facts, and from lines that promise nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...types import AdCopy, CopyRequest, Tone
from ..copy_limits import HEADLINE_CHARS as HEADLINE_CHARS
from ..copy_limits import SUB_CHARS as SUB_CHARS
from ..copy_limits import CopyLimits, find_excess, get_limits
from ..copy_limits import line_length as line_length
from ..industries import GENERAL, Industry
from ..reading.amenities import find_amenity, find_minor
from ..reading.brief import Brief
from ..reading.counters import join_words
from ..reading.scan import Match
from ..reading.subject import Subject
from ..seasons import seasons
from .caption import CaptionParts, write_caption
from .claims import flag_copy
from .contact_facts import Contact, read_contact
from .handed import find_handed, head_of
from .hashtags import list_hashtags, service_word
from .lines import CopyLines, Lines, copy_lines, fill, find_tone
from .offers import Facts, noun_phrase, read_facts
from .priced import is_named, name_priced, of_what
from .sold_name import NAME_CHARS, is_place, is_sold, name_sold, sends_goods, spell

_FEW = 3
_FIGURE = re.compile(r"\d[\d.,]*\s?(?:[a-zA-Z]{1,2}|[가-힣]{1,2})?")
_TAX = re.compile(r",?\s?\(?(?:부가세|VAT|vat|배송비|배달비|봉사료)\s?(?:별도|포함)\)?$")
_A_PRICE = re.compile(r"\d")
_EVOKES_FIRST = ("emotional",)  # a tone whose headline leaves the price to the line below


@dataclass(frozen=True, slots=True)
class _Occasion:
    """All that the copy of one brief draws from."""

    key: str
    seed: int
    tone: Tone
    limits: CopyLimits
    all_lines: CopyLines
    shop: Lines
    intents: tuple[Lines, ...]
    season: Lines
    name: str  # the product, or the service that is sold
    is_service: bool
    priced: str  # what the first price is of: only what the brief names before it
    place: str  # the kind of shop, as the brief calls it
    facts: Facts
    of_what: dict[str, str]  # the brief's word for what a price or a day is of: 체험수업
    contact: Contact

    def rows(self, lines: Lines, kind: str, name: str = "") -> list[str]:
        """Fill in a name and turn the lines so that each brief begins at another; without a name some will not do."""
        known = lines.of(self.tone, kind)
        if kind in ("headline", "place"):  # these are about a name, wherever there is one
            known = [row for row in known if "{n}" in row or not name] or known
        rows = [fill(row, name) for row in known if name or "{n}" not in row]
        start = self._lucky(f"{kind}|{lines.name}", len(rows)) if rows else 0
        return rows[start:] + rows[:start]

    def told(self, lines: Lines) -> list[str]:
        """The headlines that tell an occasion."""
        named = [*self.rows(lines, "headline", self.name), *self.rows(lines, "place", self.place or self.name)]
        return [*named, *self.rows(lines, "alone")]

    def exact(self, fact: str) -> str:
        """A price or a day with what it is of."""
        return f"{self.of_what.get(fact, '')} {fact}".strip()

    def beside(self, fact: str, told: str) -> str:
        """The same next to words that may not name the product: 1kg 2만원 is of 원두."""
        noun, exact = noun_phrase(self.facts.nouns.get(fact, "")), self.exact(fact)
        is_told = not noun or is_place(noun.split()[-1]) or head_of(noun) in told
        return exact if is_told or noun in exact else f"{noun} {fact}"

    def fits_offer(self, offer: str) -> bool:
        """An offer is kept whole in the headline, a little longer than other lines where the channel sets no limit."""
        return self.limits.fits("headline", offer) or (
            "headline" not in self.limits.limits and line_length(offer) <= HEADLINE_CHARS + _FEW
        )

    def choose(self, part: str, rows: Iterable[str], taken: Sequence[str] = (), whole: Sequence[str] = ()) -> str:
        """Take the line of this seed among those that fit or stay ``whole``, and say nothing a second time."""
        fitting = [row for row in dict.fromkeys(rows) if self.limits.fits(part, row) or row in whole]
        told = [line for line in taken if line]
        fresh = [row for row in fitting if not any(_repeats(row, line, self.name) for line in told)]
        fresh = fresh or [row for row in fitting if not any(row in line or line in row for line in told)]
        return fresh[self.seed % len(fresh)] if fresh else ""

    def _lucky(self, what: str, count: int) -> int:
        digest = hashlib.blake2b(f"copy|{what}|{self.key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % count


def write_lines(
    brief: Brief,
    matches: Sequence[Match],
    shop: Industry,
    product: Subject,
    *,
    provider: str,
    request: CopyRequest | None = None,
) -> AdCopy:
    """Write the copy of a brief; the same brief and request always get the same words.

    Args:
        product: what is sold; empty when the brief names nothing.

    Raises:
        InputError: ``prompt.unknown_tone``, ``prompt.unknown_channel``.
    """
    request = request or CopyRequest(brief.text)
    limits, tone = get_limits(request.channel), find_tone(request.tone)
    season = next((seasons()[e.value] for m in matches if not m.denied and (e := m.of("season"))), None)
    minor = find_minor(brief.body, matches)
    service = service_word([m for k, m in enumerate(matches) if k not in minor], shop) or service_word(matches, shop)
    lines = copy_lines()
    name, sold = name_sold(product, matches, shop.name)
    facts = read_facts(brief.body)
    handed = find_handed(brief.body, product.korean, NAME_CHARS)
    if handed and handed.counts_over(sold, facts.nouns.get(next(filter(_A_PRICE.search, facts.offers), ""), "")):
        name = sold = handed.name
    own = lines.of_trade(_trade(product, matches, shop.name, is_thing=bool(name) and name != sold), brief.body)
    if handed and name == handed.name and (handed.is_lesson or sends_goods(shop.name)):  # no 나다운 한복 대여
        own = replace(lines.of_shop("academy" if handed.is_lesson else GENERAL), tags=own.tags, words=own.words)
    occasion = _Occasion(
        key=brief.text,
        seed=request.seed,
        tone=tone,
        limits=limits,
        all_lines=lines,
        shop=own,
        intents=_told(lines, brief.body),
        season=lines.of_season(season.name if season else ""),
        name=spell(name, matches),
        is_service=bool(sold) and name == sold,
        priced=name_priced(brief.body, facts, (name, sold, service)),
        place=f"{service} {find_amenity(brief.body, matches, service)}".strip() if is_place(service) else "",
        facts=facts,
        of_what=of_what(brief.body, facts, (name, service)),
        contact=read_contact(brief.body),
    )
    headline = brief.quotes[0] if brief.quotes else _headline(occasion)
    sub = brief.quotes[1] if len(brief.quotes) > 1 else _sub(occasion, headline, quoted=bool(brief.quotes))
    action = _action(occasion, brief.body, shop.name)
    tags = list_hashtags(
        brief.body,
        replace(shop, tags=()) if own.words else shop,
        product=occasion.name,
        service=service if is_place(service) or is_sold(service) else "",
        season=season,
        occasions=[row.tag for row in occasion.intents],
        trade=(*own.tags, *(() if own.words else lines.of_shop(shop.name).tags)),
        limit=limits.most("hashtags"),
    )
    copy = AdCopy(
        headline=headline,
        sub=sub,
        hashtags=tags,
        provider=provider,
        call_to_action=occasion.choose("call_to_action", occasion.rows(action, "button")),
        caption=_caption(occasion, action, shop.name, (headline, sub)),
    )
    return replace(copy, flags=flag_copy(copy, shop.name, brief.text), notes=_notes(copy, limits))


def _trade(product: Subject, matches: Sequence[Match], shop: str, *, is_thing: bool) -> str:
    """Whose lines suit: those of the shop, but those of its trade for a thing in a place that sells none."""
    if product.generic and not any(e.value == shop for m in matches if (e := m.of("industry"))):
        return GENERAL if shop == "real_estate" == product.industry and not is_thing else shop  # 세무사 사무실
    return product.industry if product.industry and is_thing and not sends_goods(shop) else shop


def _told(lines: CopyLines, body: str) -> tuple[Lines, ...]:
    """What the brief tells, each with the brief's own word for it."""
    meant = ((row, _meant_word(row, body)) for row in lines.intents)
    return tuple(row.with_word(word) for row, word in meant if word)


def _headline(occasion: _Occasion) -> str:
    """An offer of the brief first, for it is what the ad is about; else the occasion, the season, the shop."""
    name = occasion.name
    rows: list[str] = []
    offered = _offered(occasion)
    is_told = occasion.tone in _EVOKES_FIRST or any(occasion.limits.fits("headline", row) for row in offered)
    for row in occasion.intents:
        if is_told and any(word in offer for offer in occasion.facts.offers for word in row.words):
            continue  # the offer itself says so, here or in the line below
        if name and not any(word in name for word in row.words):  # never 선물세트를 선물하세요
            is_shop = occasion.is_service and row.name == "open"  # 휴대폰수리, 문을 엽니다
            rows += occasion.rows(row, "place" if is_shop else "headline", name)
        if not name:
            rows += [line for line in occasion.rows(row, "place", occasion.place) if occasion.place]
            rows += occasion.rows(row, "alone")
    if name:
        pools = (occasion.shop,) if occasion.is_service else (occasion.season, occasion.shop)  # no 봄을 담은 도배
        rows += [line for lines in pools for line in occasion.rows(lines, "headline", name)]
        if sum(occasion.limits.fits("headline", row) for row in rows) < _FEW:  # the noun comes last: 갓 구운 | 소금빵
            rows += [line for lines in pools for line in occasion.rows(lines, "headline", head_of(name))]
    else:
        rows += [line for lines in (occasion.season, occasion.shop) for line in occasion.rows(lines, "alone")]
    is_bare = bool(offered) and all(
        _FIGURE.sub("", _TAX.sub("", row)).strip() in ("", "부터") for row in offered
    )  # a price, and not of what
    rows = [*rows, *offered] if is_bare or occasion.tone in _EVOKES_FIRST else [*offered, *rows]
    return (
        occasion.choose(
            "headline",
            rows,
            whole=[row for row in offered if is_named(row, (occasion.priced, name)) and occasion.fits_offer(row)],
        )
        or name
        or occasion.choose("headline", occasion.rows(occasion.shop, "alone"))
    )


def _offered(occasion: _Occasion) -> list[str]:
    """The first offer, with the name of what is offered where there is room."""
    name = occasion.priced
    for offer in occasion.facts.offers[:1]:
        exact = occasion.exact(offer)
        ways = [f"{part} {exact}".strip() for part in (name, head_of(name))] if name not in exact else []
        ways = ways[:1] if exact != offer else ways  # 도자기 만들기 4만원 names itself what it is of
        return [next((way for way in ways if occasion.fits_offer(way)), exact)]
    return []


def _sub(occasion: _Occasion, headline: str, *, quoted: bool) -> str:
    """What else the brief promises, as much as fits; else a line on the season or the shop."""
    line = ""
    for fact in (*occasion.facts.offers, *occasion.facts.times):
        exact = occasion.beside(fact, headline)
        longer = f"{line} · {exact}" if line else exact
        if fact not in headline and occasion.limits.fits("sub", longer):
            line = longer
    is_day = line.endswith(("요일", "까지")) and bool(occasion.facts.offers)  # 목요일 of an offer
    if is_day or re.search(r"\d|무료|반값|공짜|증정|만$|한정$|하루$", line):
        return line  # 오늘만 is part of what is promised; 이번 주 alone tells nothing
    # where the headline tells the occasion already, do not say it twice
    said = [line for row in occasion.intents for line in occasion.told(row)]
    told = occasion.intents if (quoted or headline not in said) and not occasion.facts.offers else ()
    rows = [
        row for lines in (*told, occasion.season, occasion.shop) for row in occasion.rows(lines, "sub", occasion.name)
    ]
    name = occasion.name
    if occasion.facts.offers and name and head_of(name) not in headline:  # 5회권 구매시 왁스 무료 | 내 차엔 손세차
        rows = occasion.rows(occasion.shop, "headline", name)
    short = [row for lines in (occasion.season, occasion.shop) for row in occasion.rows(lines, "alone")]
    return occasion.choose("sub", rows, [headline]) or occasion.choose("sub", short, [headline])


def _action(occasion: _Occasion, body: str, shop: str) -> Lines:
    """What the brief asks people to do; else what suits the shop."""
    actions = occasion.all_lines.actions
    for row in actions:
        if _meant_word(row, body) and (row.name != "order" or sends_goods(shop)):
            return row
    if occasion.contact.phones:
        return next((row for row in actions if row.name == "call"), actions[0])
    return next((row for row in actions if shop in row.shops), actions[0])


def _caption(occasion: _Occasion, action: Lines, shop: str, told: tuple[str, str]) -> str:
    name, facts = occasion.name, occasion.facts
    captions = occasion.all_lines.captions
    anything = next((row for row in captions.values() if shop in row.shops), captions.get("any", Lines()))
    hooks = [row for lines in (occasion.season, occasion.shop) for row in occasion.rows(lines, "hook", name)]
    hook = occasion.choose("caption", hooks, told)
    whats = [row for lines in occasion.intents for row in occasion.rows(lines, "what", name)]
    whats += occasion.rows(anything, "what", name) if name else occasion.rows(anything, "alone")
    what = occasion.choose("caption", whats, (hook, *told)) or occasion.choose("caption", whats, (hook,))
    offers = [occasion.exact(offer) for offer in facts.offers]
    if offers and occasion.priced not in offers[0]:
        offers[0] = f"{occasion.priced} {offers[0]}"
    offers[1:] = [occasion.beside(offer, offers[0]) for offer in facts.offers[1:]]
    times = [occasion.exact(time) for time in facts.times if not any(time in hours for hours in occasion.contact.hours)]
    contact = occasion.contact.labelled(facts.times)
    call = occasion.choose("caption", occasion.rows(action, "line"), (hook, what))
    return write_caption(CaptionParts(hook, what, (*offers, *times), contact, call), occasion.limits)


def _notes(copy: AdCopy, limits: CopyLimits) -> tuple[str, ...]:
    """Words in quotes stand as they are, too long or not; a price is never cut either."""
    return tuple(excess.kept() for excess in find_excess(copy, limits))


_DENIED = re.compile(r"\s*(?:은|는|이|가|을|를)?\s*(?:말고|없이|없는|없음|아닌|아니|빼고|제외|금지|안\s?해|안\s?하)")


_BOOKING_OPENS = re.compile(r"(?:예약|신청|접수|모집|시즌|사전|판매|\d시|\d분)\s?$")  # 예약 오픈: no shop opens


_BEFORE = rf"(?:(?<![가-힣])|(?<![가-힣])(?:{join_words('before')})+)"
_AFTER = rf"(?=$|[^가-힣]|{join_words('after')})"
_STEMS = ("새로 열", "톡 주", "놀러", "들러", "찾아오", "새로 만들", "수강")  # these go on as they like


def _meant_word(lines: Lines, body: str) -> str:
    """Find the brief's word for an occasion: a whole word, and no denied one (``할인 없이``)."""
    others = [hit.span() for word in lines.within for hit in re.finditer(_spaced(word), body, re.I)]
    for word in lines.words:
        for hit in re.finditer(f"{_BEFORE}({_spaced(word)}){'' if word in _STEMS else _AFTER}", body, re.I):
            if word == "오픈" and _BOOKING_OPENS.search(body, 0, hit.start(1)):
                continue
            if any(start <= hit.start(1) < end for start, end in others):
                continue
            if not _DENIED.match(body, hit.end(1)):
                return hit[1]
    return ""


def _spaced(word: str) -> str:
    return re.escape(word).replace(r"\ ", r"\s*")


def _repeats(line: str, told: str, name: str) -> bool:
    """Tell whether two lines share a word, other than the product's name."""
    return line in told or told in line or bool(_stems(line, name) & _stems(told, name))


def _stems(line: str, name: str) -> set[str]:
    bare = line.replace(name, " ") if name else line
    return {word[:2] for word in re.findall(r"[가-힣]{2,}", bare)}
