"""Name what the picture shows, in a few English words: the brief's products with the words that describe them.

Korean puts the head last and glues: in ``수제 딸기 케이크`` everything describes the cake, in ``간장떡볶이`` the first
half is no product of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..industries import GENERAL, industries
from .amenities import find_minor
from .entries import Entry, Kind
from .latin_subject import latin_subject
from .notes import ENGLISH_WORDS, became, said
from .noun_phrases import contents, describe, settle, wrap
from .scan import Match
from .trades import SOLD

MAX_WORDS = 8
_NOUNS: tuple[Kind, ...] = ("product", "modifier", "colour", "place", "mood", "season", "industry", "material", "name")
_MAX_MODIFIERS = 3
# Trades whose products are told by their material: suede boots, but no ceramic latte.
_MADE = frozenset(("fashion", "shoes_bags", "jewelry", "furniture", "kitchen", "stationery", "kids", "camping", "pets"))
# Words of one trade that others use as often: 통영 생굴 산지직송, 소가죽 광택, 은반지 공방.
_SHARED = frozenset(
    (
        "산지직송",
        "산지직판",
        "산지",
        "직송",
        "광택",
        "공방",
        "투어",
        "클래스",
        "체험수업",
        "방과후",
        "렌탈",
    )
)
# What people want to be rid of: clinics treat it, and creams and teas are advertised with it.
_SYMPTOMS = re.compile(
    "(?:여드름|아토피|탈모|흉터|기미|모공|주름|통증|관절염?|척추|디스크|거북목|허리|무릎|어깨|비염|충치|잇몸|불면증?|변비|노안|염증|"
    "치료|완치|진료|처방|예방|개선|완화|제거|다이어트)+"
)
_LESSONS = ("원데이클래스", "원데이", "클래스", "체험수업", "수업", "강의", "특강")  # given in shops: 꽃집 원데이클래스
_MOST_GOODS, _MINOR = 2.9, 0.5
_DEFINITE, _STANDS, _GENERIC = range(3)  # how much a product wants to be the subject
_JOIN = re.compile(
    r"(?:색|빛|톤|맛|향|향\s?나는|향이\s?나는|한|인|의|로\s?만든|으로\s?만든|스러운|로운|운|은|는|제|산|표|형)?\s*"
    r"|(?:이|가|을|를)?\s*(?:들어간|들어있는|올라간|올린|얹은|가득|가득한|듬뿍|듬뿍\s?들어간|듬뿍\s?올린|넣은|든|품은|담은|곁들인)\s*"
)
_GLUED = re.compile(r"[가-힣]{0,2}")
_STEM = re.compile(r"[가-힣]+$")
_UNKNOWN_STEM = re.compile(r"\s(?!조명|배경|벽|톤|느낌|무드|감성|불빛)[가-힣]{1,3}")  # 얼그레이 쉬폰|케이크
_FLAVOUR = re.compile(r"\s?맛(?![가-힣])")
_ONLY_LOOKS = re.compile(r"\s?(?:배경|느낌|분위기|무늬|패턴|색|빛|톤|컬러|그림자|모양|무드)(?!연필)")
_STANDS_BY = re.compile(
    r"(?:이|가|의|을|를)?\s?(?:위(?!스키)|옆|앞|뒤|안에|속에|아래|밑|곁들|고명|토핑|가루(?![가-힣]))"
)
_DESCRIBES = re.compile(r"(?:이|가)\s[^,.;!?\n]*")
_SHOP_ENDINGS = (
    *("집", "샵", "숍", "점", "실", "관", "원", "장", "가게", "방", "소", "당", "바", "펍"),
    *("살롱", "카페", "센터", "업체", "학원", "호텔", "펜션", "마트", "시장", "스튜디오"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """``english`` for the picture, ``korean`` in the brief's own words, for the copy; ``industry`` sells it.

    ``generic``: too general to be drawn where something definite is known, as 아파트 in 아파트 리모델링.
    """

    english: str = ""
    korean: str = ""
    industry: str = ""
    generic: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Product:
    english: str
    industry: str
    start: int
    end: int
    weight: int


def is_shop_name(word: str) -> bool:
    """Tell the name of a kind of shop (헤어샵, 꽃집) from a service (염색) by its ending."""
    return word.endswith(_SHOP_ENDINGS)


def industry_votes(body: str, matches: Sequence[Match]) -> dict[str, float]:
    """Weigh which industry a brief belongs to: names of shops most, then services, then products.

    Of an industry's several words the weightiest counts in full and the others little: a list of treatments must not
    outvote the shop's own name. In ``임산부 요가`` the first word only describes the second, in ``펜션 수영장`` the
    second is the first's. Earlier wins a tie.
    """
    found: dict[str, list[float]] = {}
    minor = find_minor(body, matches)
    for k, match in enumerate(matches):
        if not match.denied and (entry := match.of("industry")):
            following = matches[k + 1] if k + 1 < len(matches) else match
            other = following.of("industry")
            describes = (
                other
                and other.value != entry.value
                and following.text not in _LESSONS
                and k + 1 not in minor
                and not body[match.end : following.start].strip(" 의")
            )
            # 거북목 필라테스: the trade's own name; 숯불 장어구이: what is sold says more than how
            is_name = match.text in industries()[entry.value].korean.split("·")
            context = 1.9 if entry.value in SOLD else 3.5 if is_name else 3.0
            weight = 1.5 if describes else 4.0 if is_shop_name(match.text) else context
            is_shared = match.text in _SHARED or _SYMPTOMS.fullmatch("".join(match.text.split()))
            weight = _MINOR if k in minor else 1.0 if is_shared else weight
            found.setdefault(entry.value, []).append(weight * (1 - match.start / 100_000))
    goods: dict[str, list[float]] = {}
    for product in _products(body, matches):
        if product.industry != GENERAL:
            weight = {_DEFINITE: 2.0, _STANDS: 0.5, _GENERIC: 1.0}[product.weight]
            goods.setdefault(product.industry, []).append(weight * (1 - product.start / 100_000))
    for name, weights in goods.items():  # a long list of things must not outvote a service: 취미미술 물감 팔레트 붓
        found.setdefault(name, []).append(min(_sum(weights), _MOST_GOODS))
    return {name: _sum(weights) for name, weights in found.items()}


def _sum(weights: list[float]) -> float:
    return max(weights) + 0.3 * (sum(weights) - max(weights))


def name_subject(body: str, matches: Sequence[Match]) -> Subject:
    """Name the brief's product, or two of them; English words speak for themselves where no Korean product is named."""
    products = _products(body, matches)
    if not products:
        words = latin_subject(body, matches)
        return (
            Subject(words.lower(), words, notes=(became(ENGLISH_WORDS, "product", words.lower()),))
            if words
            else Subject()
        )
    best = min(product.weight for product in products)
    picked = [product for product in products if product.weight == best]
    first = picked[0]
    english = _join(first.english, picked[1].english) if len(picked) > 1 else first.english
    start = _whole_word(body, matches, first.start)
    korean = " ".join(dict.fromkeys(body[start : first.end].split()))  # 딸기 딸기 축제: once is enough
    return Subject(english, korean, first.industry, best == _GENERIC, (became(said(korean), "product", english),))


def _join(first: str, other: str) -> str:
    """Name two things at once; the fuller alone where it holds the other: books are in the pile of books."""
    if set(contents(other).split()) <= set(first.split()):
        return first
    if set(contents(first).split()) <= set(other.split()):
        return other
    ways = ((first, other), (first, contents(other)), (contents(first), contents(other)))
    pairs = (" and ".join(way) for way in ways)
    return next((pair for pair in pairs if len(pair.split()) <= MAX_WORDS), first)


def _whole_word(body: str, matches: Sequence[Match], start: int) -> int:
    """Where the word begins whose end alone is known: the copy says 모락떡, though the picture shows any rice cake."""
    known = max((m.end for m in matches if m.end <= start), default=0)
    stem = _STEM.search(body, known, start)
    return stem.start() if stem else start


def _products(body: str, matches: Sequence[Match]) -> list[_Product]:
    # what stands between is judged by its letters (딸기 듬뿍 올린 케이크), so words without a noun only block the view
    matches = [match for match in matches if match.of(*_NOUNS)]
    found: list[_Product] = []
    taken: set[int] = set()
    for k in range(len(matches) - 1, -1, -1):
        match, entry = matches[k], matches[k].of("product")
        if entry is None or not entry.english or match.denied or k in taken or _ONLY_LOOKS.match(body[match.end :]):
            continue
        if _flavour_end(body, matches, k) or _is_flavour(body, matches, k):
            continue  # it describes a noun before it
        if entry.wrap and k and matches[k - 1].of("product") and not body[matches[k - 1].end : match.start].strip():
            continue  # the noun before it takes it along
        found.append(_compose(body, matches, k, entry, taken))
    return found[::-1]


def _compose(body: str, matches: Sequence[Match], k: int, entry: Entry, taken: set[int]) -> _Product:
    """Gather what stands right before a noun (``수제 딸기 | 케이크``) and what wraps it (``| 선물세트``)."""
    head, generic = entry.english, entry.generic
    start, end = matches[k].start, matches[k].end
    following = matches[k + 1] if k + 1 < len(matches) else None
    if following and (flavour_end := _flavour_end(body, matches, k + 1)):
        head, end, following = describe(head, _modifier(following, entry)), flavour_end, None
    modifiers: list[str] = []
    for j in range(k, max(0, k - _MAX_MODIFIERS), -1):
        before, between = matches[j - 1], body[matches[j - 1].end : matches[j].start]
        word, product = _modifier(before, entry), before.of("product")
        glued = product is not None and bool(_GLUED.fullmatch(between))  # 간장떡볶이, 옥수수술빵
        joined = word and (_JOIN.fullmatch(between) or _UNKNOWN_STEM.fullmatch(between))
        holds = generic and entry.value == "kitchen" and product and not glued  # 꿀 유리병: the honey is what is sold
        if before.denied or holds or not (glued or joined):
            break
        taken.add(j - 1)
        start = before.start
        if glued and product and product.english and generic and not word:
            head, generic = product.english, product.generic  # 곱창볶음: the first half says more than the second
        generic = generic and product is None
        modifiers.append(word)
    for word in modifiers:
        if len(head.split()) + len(word.split()) <= MAX_WORDS:
            head = describe(head, word) if word else head
    wrapper = following.of("product") if following and not following.denied else None
    if following and wrapper and wrapper.wrap and not body[end : following.start].strip():
        wrapped = wrap(head, wrapper.wrap)
        if len(wrapped.split()) <= MAX_WORDS:
            head, end = wrapped, following.end
    weight = _GENERIC if generic else _STANDS if _is_beside(body, matches[k + 1 :], end) else _DEFINITE
    return _Product(settle(head), entry.value, start, end, weight)


def _flavour_end(body: str, matches: Sequence[Match], k: int) -> int:
    """Where a flavour ends that follows its noun (``젤라또 피스타치오맛``); 0 for one that leads (``밤맛 라떼``)."""
    match = matches[k]
    hit = _FLAVOUR.match(body, match.end - match.text.endswith("맛"))
    noun = matches[k - 1] if k else match
    if not hit or match.denied or not noun.of("product") or body[noun.end : match.start].strip() or noun is match:
        return 0
    following = matches[k + 1] if k + 1 < len(matches) else None
    leads = following and following.of("product") and not body[hit.end() : following.start].strip()
    return 0 if leads else hit.end()


def _is_flavour(body: str, matches: Sequence[Match], k: int) -> bool:
    """Tell the flavour of something named before: ``치킨 신메뉴 마늘맛``."""
    hit = _FLAVOUR.match(body, matches[k].end)
    following = matches[k + 1] if k + 1 < len(matches) else None
    leads = hit and following and following.of("product") and not body[hit.end() : following.start].strip()
    return bool(hit) and not leads and any(m.of("product") and not m.denied for m in matches[:k])


def _is_beside(body: str, later: Sequence[Match], end: int) -> bool:
    """Tell what only carries or describes another product: ``도마 위에 …``, ``치즈가 늘어나는 피자``."""
    if _STANDS_BY.match(body, end):
        return True
    describes = _DESCRIBES.match(body, end)
    return bool(describes) and any(m.of("product") and not m.denied and m.start < describes.end() for m in later)


def _modifier(match: Match, head: Entry) -> str:
    entry = match.of("modifier")
    if entry and (not entry.only_for or head.value in entry.only_for):
        return entry.modifier
    if (entry := match.of("product")) and entry.modifier:
        return entry.modifier
    if (entry := match.of("material")) and head.value in _MADE:
        return entry.english
    if (entry := match.of("colour")) and entry.explicit:
        return {"teal": "mint green"}.get(entry.value, entry.value)
    return ""
