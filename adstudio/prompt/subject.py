"""Name what the picture shows, in a few English words: the brief's products with the words that describe them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .entries import Entry, entries
from .industries import GENERAL
from .lettering_words import asks_for_lettering, latin_words
from .scan import Match
from .tables import stamp

MAX_WORDS = 8
_MAX_LETTERS = 90
_JOIN = re.compile(
    r"(?:색|빛|톤|맛|향|한|인|의|로\s?만든|으로\s?만든|스러운|로운|운|은|는|제|산|표|형)?\s*"
    r"|(?:이|가|을|를)?\s*(?:들어간|들어있는|올라간|올린|얹은|가득|가득한|듬뿍|듬뿍\s?들어간|듬뿍\s?올린|넣은|든|품은|담은|곁들인)\s*"
)
_GLUED = re.compile(r"[가-힣]{0,2}")
_UNKNOWN_STEM = re.compile(r"\s[가-힣]{1,3}")  # 얼그레이 쉬폰|케이크
_ONLY_LOOKS = re.compile(r"\s?(?:배경|느낌|분위기|무늬|패턴|색|빛|톤|컬러|그림자|모양|무드)(?!연필)")
_STANDS_BY = re.compile(r"(?:이|가|의|을|를)?\s?(?:위(?!스키)|옆|앞|뒤|안에|속에|아래|밑)")
_ARTICLE = re.compile(r"^(?:an?|the|some)\s+", re.I)
_CONTAINER = re.compile(r"^((?:an?|the|some)\s+(?:[a-z-]+\s+)?[a-z]+\s+of\s+)(.+)$", re.I)
_VOWEL = re.compile(r"^(?:[aeio]|u(?!ni|se|ti))", re.I)
_PREPOSITIONS = frozenset("on in at by with for from near under over against beside and or to of into using".split())
_FILLERS = frozenset(
    "a an the this that our my your new please make made create generate ad ads advertising photo photograph picture image "
    "shot product style background backdrop instagram insta sns kakao naver png jpg jpeg web hd uhd k px cm mm ml kg g l pm am "
    "vs no not without is are want need me us it its only just be best open grand season version ver feat collection".split()
)


@dataclass(frozen=True, slots=True)
class Subject:
    """``english`` for the picture; ``korean`` the same words as the brief has them, for the copy; ``industry`` of the first."""

    english: str = ""
    korean: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Product:
    english: str
    industry: str
    start: int
    end: int
    weight: int  # 0 definite, 1 only something to stand on, 2 too general


_SHOP = re.compile(r".*(?:집|샵|숍|점|실|관|원|장|가게|방|소|당|살롱|카페|센터|학원|호텔|펜션|마트|시장|스튜디오|바|펍)$")


def industry_votes(body: str, matches: Sequence[Match]) -> dict[str, float]:
    """Weigh which industry a brief belongs to: names of shops most, then services, then products.

    Of an industry's several words the weightiest counts in full and the others little, so that a list of treatments does
    not outvote the shop's own name. In ``임산부 요가`` the first word only describes the second.
    """
    found: dict[str, list[float]] = {}
    for k, match in enumerate(matches):
        if not match.denied and (entry := match.of("industry")):
            following = matches[k + 1] if k + 1 < len(matches) else None
            head = following and following.of("industry") and not body[match.end : following.start].strip(" 의")
            weight = 1.5 if head else 4.0 if _SHOP.match(match.text) else 3.0
            found.setdefault(entry.value, []).append(weight * (1 - match.start / 100_000))
    for product in _products(body, matches):
        if product.industry == GENERAL:
            continue
        weight = (2.0, 0.5, 1.0)[product.weight]
        found.setdefault(product.industry, []).append(weight * (1 - product.start / 100_000))
    return {name: max(weights) + 0.3 * (sum(weights) - max(weights)) for name, weights in found.items()}


def name_subject(body: str, matches: Sequence[Match]) -> Subject:
    """Name the brief's product, or two of them; Latin words speak for themselves where no Korean product is named."""
    products = _products(body, matches)
    if not products:
        return _latin_subject(body, matches)
    best = min(product.weight for product in products)
    picked = [product for product in products if product.weight == best]
    first = picked[0]
    english = first.english
    if len(picked) > 1 and picked[1].english != first.english:
        both = f"{english} and {picked[1].english}"
        english = both if len(both.split()) <= MAX_WORDS else english
    korean = re.sub(r"\s+", " ", body[first.start : first.end])
    return Subject(english, korean, (f"‘{korean}’ → 제품: {english}",))


def _products(body: str, matches: Sequence[Match]) -> list[_Product]:
    found: list[_Product] = []
    taken: set[int] = set()
    for k in range(len(matches) - 1, -1, -1):
        match, entry = matches[k], matches[k].of("product")
        if entry is None or not entry.english or match.denied or k in taken or _ONLY_LOOKS.match(body[match.end :]):
            continue
        if entry.wrap and k and matches[k - 1].of("product") and not body[matches[k - 1].end : match.start].strip():
            continue  # the noun before it takes it along
        found.append(_compose(body, matches, k, entry, taken))
    return found[::-1]


def _compose(body: str, matches: Sequence[Match], k: int, entry: Entry, taken: set[int]) -> _Product:
    """Gather what stands right before a noun (``수제 딸기 | 케이크``) and what wraps it (``| 선물세트``)."""
    head, end, start = entry.english, matches[k].end, matches[k].start
    generic = entry.generic
    j, modifiers = k, []
    while j > 0 and len(modifiers) < 3:
        before = matches[j - 1]
        word = _modifier(before, entry)
        between = body[before.end : matches[j].start]
        glued = bool(_GLUED.fullmatch(between)) and before.of("product") is not None  # 간장떡볶이, 옥수수술빵
        if before.denied or not (glued or (word and (_JOIN.fullmatch(between) or _UNKNOWN_STEM.fullmatch(between)))):
            break
        j -= 1
        taken.add(j)
        start = matches[j].start
        named = before.of("product")
        if glued and not word and generic and named and named.english:  # 곱창볶음: the first half says more than the second
            head, generic = named.english, named.generic
        generic = generic and named is None
        modifiers.insert(0, word)
    for word in reversed(modifiers):
        if len(head.split()) + len(word.split()) <= MAX_WORDS:
            head = describe(head, word)
    if k + 1 < len(matches) and not matches[k + 1].denied and (wrapper := matches[k + 1].of("product")) and wrapper.wrap:
        wrapped = wrapper.wrap.format(_ARTICLE.sub("", head))
        if not body[end : matches[k + 1].start].strip() and len(wrapped.split()) <= MAX_WORDS:
            head, end = wrapped, matches[k + 1].end
    weight = 2 if generic else 1 if _STANDS_BY.match(body[end:]) else 0
    return _Product(head.replace("~", "", 1), entry.value, start, end, weight)


def _modifier(match: Match, head: Entry) -> str:
    entry = match.of("modifier")
    if entry and (not entry.only_for or head.value in entry.only_for):
        return entry.modifier
    if (entry := match.of("product")) and entry.modifier:
        return entry.modifier
    if (entry := match.of("colour")) and entry.explicit:
        return {"teal": "mint green"}.get(entry.value, entry.value)
    return ""


def describe(head: str, word: str) -> str:
    """Put an adjective before the noun: ``("a cup of latte", "iced")`` → ``a cup of iced latte``; mends a/an; never doubles a word."""
    have = {part.lower().rstrip("s") for part in head.split()}
    word = " ".join(part for part in word.split() if part.lower().rstrip("s") not in have)
    if not word:
        return head
    if "~" in head:
        before, after = head.split("~", 1)
        return re.sub(r"^an?(?= $)", _article(word), before) + f"{word} ~{after}"
    if hit := _CONTAINER.match(head):
        return f"{hit[1]}{word} {_ARTICLE.sub('', hit[2])}"
    if hit := _ARTICLE.match(head):
        article = hit[0].strip().lower()
        if article in ("a", "an"):
            article = _article(word)
        return f"{article} {word} {head[hit.end() :]}"
    return f"{word} {head}"


def _article(word: str) -> str:
    return "an" if _VOWEL.match(word) else "a"


def _latin_subject(body: str, matches: Sequence[Match]) -> Subject:
    """Let English product words through, up to the first preposition, without what asks for text or names a brand."""
    scenery = [(m.start, m.end) for m in matches if m.of("place", "mood", "season", "industry") or m.denied]
    kept: list[str] = []
    for clause in re.finditer(r"[^,.;:!?\n/|()\[\]가-힣]+", body):
        for hit in re.finditer(r"[A-Za-zÀ-ÿ]+(?:['-][A-Za-zÀ-ÿ]+)*", clause[0]):
            word, low = hit[0], hit[0].lower()
            at = clause.start() + hit.start()
            if kept and (low in _PREPOSITIONS or asks_for_lettering(low)):
                break
            brand = len(word) > 1 and word.isupper() and low not in _known_english(stamp("lexicon/*"))
            known_scenery = any(start <= at < end for start, end in scenery)
            if brand or known_scenery or low in _FILLERS or low in _PREPOSITIONS or asks_for_lettering(low):
                continue
            kept.append(low)
        if kept:
            break
    english = " ".join(kept[:MAX_WORDS])
    if len(english) < 3 or len(english) > _MAX_LETTERS:
        return Subject()
    return Subject(english, english, (f"영어 낱말 → 제품: {english}",))


@lru_cache(maxsize=4)
def _known_english(_: object) -> frozenset[str]:
    """Every English word of our own descriptions: ``LATTE`` in capitals is a product, ``ACME`` a brand."""
    return frozenset(word.lower() for entry in entries() for word in latin_words(f"{entry.english} {entry.modifier}"))
