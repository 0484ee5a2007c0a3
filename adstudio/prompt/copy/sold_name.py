"""What the copy calls the thing that is sold: a product by its short name, or a service (염색), never the shop.

Which trades sell services and which words nobody sells stands in ``data/sold.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..copy_limits import line_length
from ..reading.scan import Match
from ..reading.spelling import fold
from ..reading.subject import Subject, is_shop_name
from ..tables import PACKAGED, read_table

NAME_CHARS = 12
_ANIMAL = re.compile(r"\b(?:puppy|dog|cat|kitten)$")  # groomed and fed there, and not sold
# Half of a phrase: 매일 아침 굽는 | 소금빵.
_HALF = re.compile(r"[가-힣]+는|구운|튀긴|뽑은|만든|듬뿍|가득|잔뜩|조명|배경")


def name_sold(product: Subject, matches: Sequence[Match], shop: str) -> tuple[str, str]:
    """What is sold, and the service among it."""
    thing, service = short_name(product.korean), service_name(matches, shop)
    if shop == "pets" and _ANIMAL.search(product.english):
        return service, service
    if sends_goods(shop) or shop in _words().service_of_goods:
        return thing or service, service
    own = thing if product.industry == shop and shop not in _words().service_only else ""
    if own and not product.generic and shop not in _words().service_first:
        return own, service
    return service or own, service


def spell(name: str, matches: Sequence[Match]) -> str:
    """Write a misspelt product as the tables do: 딸기라때 → 딸기라떼."""
    for match in matches:
        text = "".join(match.text.split())
        words = [word for entry in match.entries if entry.kind in ("product", "industry") for word in entry.words]
        alike = [word for word in words if fold(word) == fold(text)]
        if text in name and alike and text not in words:
            return name.replace(text, alike[0])
    return name


def service_name(matches: Sequence[Match], shop: str) -> str:
    """A service that can be sold under its own name: 염색, not 미용실 nor 헤어."""
    of_goods = _words().service_of_goods
    if shop not in _words().service_trades and shop not in of_goods:
        return ""
    words = (m.text for m in matches if not (m.denied or m.of("name")) and (e := m.of("industry")) and e.value == shop)
    sold = [word for word in words if not is_place(word) and is_sold(word)]
    sold = [word for word in sold if shop not in of_goods or word.replace(" ", "") in of_goods[shop]]
    if not sold:
        return ""
    first = sold[-1] if shop == "academy" else sold[0]  # 영어 파닉스: the last is the most definite
    first = next((word for word in sold if first in word and word != first), first)  # 이사 … 포장이사
    return short_name(re.sub(r"\s+", " ", first))


def is_sold(word: str) -> bool:
    """Tell a service (뿌리염색) from a symptom, a claim (자세교정) and what is too general."""
    return word.replace(" ", "") not in _words().unsold


def is_place(word: str) -> bool:
    """Tell a kind of shop (꽃집, 피부과) from what is sold there."""
    return word.endswith(_words().clinics) or (is_shop_name(word) and not word.endswith("청소"))


def short_name(product: str) -> str:
    """Cut a long product name at its front, word by word, for the noun comes last."""
    words = product.split()
    while len(words) > 1 and line_length(" ".join(words)) > NAME_CHARS - 2:
        words.pop(0)
    while len(words) > 1 and _HALF.fullmatch(words[0]):
        words.pop(0)
    name = " ".join(words)
    return name if line_length(name) <= NAME_CHARS else ""


def sends_goods(shop: str) -> bool:
    """Tell whether a trade has things to order: nobody orders a haircut."""
    return shop not in _words().service_trades or shop in _words().shipping


@dataclass(frozen=True, slots=True)
class _Words:
    service_trades: frozenset[str]
    service_only: frozenset[str]
    service_first: frozenset[str]
    shipping: frozenset[str]
    service_of_goods: dict[str, frozenset[str]]
    clinics: tuple[str, ...]
    unsold: frozenset[str]


@cache
def _words() -> _Words:
    table = read_table(PACKAGED / "sold.yaml")
    return _Words(
        service_trades=frozenset(table["service_trades"]),
        service_only=frozenset(table["service_only"]),
        service_first=frozenset(table["service_first"]),
        shipping=frozenset(table["shipping"]),
        service_of_goods={trade: frozenset(words) for trade, words in table["service_of_goods"].items()},
        clinics=tuple(table["clinics"]),
        unsold=frozenset(table["too_general"] + table["not_sold"]),
    )
