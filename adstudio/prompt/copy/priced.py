"""Tell what a price, a gift or a day of the brief is of: no price of a 커트 for a 염색."""

from __future__ import annotations

from collections.abc import Sequence

from .handed import head_of
from .offers import Facts, find_fact, noun_phrase, told_word
from .sold_name import is_place


def of_what(body: str, facts: Facts, names: Sequence[str]) -> dict[str, str]:
    """The brief's word for what a fact is of, where that is not what the headline names: 소주 1+1 beside 삼겹살."""
    found: dict[str, str] = {}
    for fact in (*facts.offers, *facts.times):
        words = facts.nouns.get(fact, "")
        shop = next((name for name in names if name and is_place(name) and name in words), "")
        word = told_word(body, fact)
        if shop or not is_named(words, names):  # a shop has many prices: 여행사 | 다낭 3박5일 59만원
            word = noun_phrase(words.partition(shop)[2] if shop else words) or word
        elif behind := _behind(words, names):
            word = behind if word in behind else f"{behind} {word}"
        others = (other for other in (*facts.offers, *facts.times) if other != fact)
        if word and word not in " ".join(names) and not any(word in other for other in others):
            found[fact] = word
    return found


def _behind(words: str, names: Sequence[str]) -> str:
    """What follows the name before an offer: 엔진오일 | 교환 | 59,000원."""
    for name in names:
        if name and (rest := words.rpartition(name)[2]).startswith(" ") and name in words:
            return noun_phrase(rest)
    return ""


def is_named(words: str, names: Sequence[str]) -> bool:
    """Tell whether some words say one of the names, by its noun at least."""
    return any(head_of(name) in words for name in names if name)


def _is_kind_of(word: str, name: str) -> bool:
    """잔치국수 is a 국수, and 대방어 a 방어."""
    return len(word) > len(name) > 1 and word.endswith(name) and not is_place(word)


def name_priced(body: str, facts: Facts, names: Sequence[str]) -> str:
    """What the first price is of: ``헬스장 3개월 9만원, PT 무료`` is no price of the PT.

    Args:
        names: the product first, then the service and the shop.
    """
    first = facts.offers[0] if facts.offers else ""
    price = find_fact(body, first) if first else -1
    words = facts.nouns.get(first, "")
    known = sorted((name for name in names if name), key=lambda name: name not in words)
    if longer := next((word for word in words.split() if _is_kind_of(word, names[0])), ""):
        return longer
    if noun_phrase(words) and not is_named(words, known):
        return ""
    if not noun_phrase(words) and len(facts.offers) == 1:  # 이번 주말만 1+1 소금빵
        behind = body[price + len(first) :].lstrip()
        if after := next((name for name in known if behind.startswith(name.split()[0])), ""):
            return after
    before = (name for name in known if -1 < body.find(head_of(name)) < price)
    return next(before, "" if price >= 0 else next(iter(known), ""))
