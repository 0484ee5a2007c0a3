"""The facts that copy may repeat: prices, discounts, quantities, dates, as the brief has them and never split."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_UNITS = (
    "kg|키로|킬로|g|그램|ml|l|개월|개|팩|병|박스|상자|종|입|인분|인|명|회|잔|마리|판|송이|세트|켤레|장|포기|포|구|캔|시간|주|년|"
    "평|그릇|접시|줄|봉지|봉|통|망|근|조각|쪽|모|되|벌|권"
)
_COUNT = rf"\d[\d.,]*\s*(?:{_UNITS})"
_MONEY = (
    r"(?:\d[\d,.]*\s*만\s?\d[\d,]*\s*천?\s*원|\d[\d,.]*\s*(?:만|천|백)?\s*원"
    r"|[일이삼사오육칠팔구]?(?:만|천|백)\s*(?:[일이삼사오육칠팔구]?(?:천|백)\s*)?원"
    r"|₩\s?\d[\d,]*|\d[\d,.]*\s*달러)"
)
_OFF = (
    r"(?:\s*(?:할인\s?쿠폰|할인|세일|적립|쿠폰|균일가|특가|부터|대(?![가-힣])|OFF|off|페이백|캐시백|증정|행사|이벤트))"
)
_FREE = r"무료\s?(?:배송|증정|체험|상담|시식|쿠폰|주차|포장|각인|업그레이드|음료|입장)|각인\s?무료"
_OFFER = re.compile(
    rf"{_MONEY}\s?(?:→|->|=>|⇒|▶|에서)\s?{_MONEY}"
    rf"|\d+\s?\+\s?\d+(?:\s*(?:행사|이벤트|증정))?"
    rf"|(?:최대\s?)?\d[\d.]*\s?(?:%|퍼센트|프로(?![가-힣]))(?:{_OFF})?"
    rf"|(?:{_COUNT}(?:[^\d\n,.:]{{0,12}}?)\s*)?(?:{_MONEY})(?:{_OFF})?"
    rf"|반값(?:\s?(?:할인|세일|특가))?|{_FREE}"
    rf"|{_COUNT}\s*(?:한정|등록\s*(?:이벤트|할인)|등록|이용권|증정|무료)"
)
_WEEKDAY = r"(?:\s?\([월화수목금토일]\))?"
_DAY = rf"\d{{1,2}}월\s?\d{{1,2}}일{_WEEKDAY}"
_SLASH_DAY = rf"\d{{1,2}}/\d{{1,2}}{_WEEKDAY}"
_HOUR = r"\d{1,2}시(?:\s?\d{1,2}분|\s?반)?"
_NOON = r"(?:오전|오후|아침|저녁|밤)"
_WHEN = re.compile(
    rf"(?:\d{{4}}년\s?)?{_DAY}(?:\s?[~∼-]\s?(?:\d{{1,2}}월\s?)?\d{{1,2}}일{_WEEKDAY})?(?:\s?(?:까지|부터|한정|오픈|단\s?하루|마감))?"
    rf"|(?<![\d:]){_SLASH_DAY}\s?(?:[~∼-]\s?{_SLASH_DAY}(?:\s?까지)?|까지|부터|오픈)"
    rf"|(?:매일\s?|평일\s?|주말\s?)?{_NOON}\s?{_HOUR}(?:\s?[~∼-]\s?{_NOON}?\s?{_HOUR})?(?:\s?(?:까지|부터|오픈|마감))?"
    rf"|\d{{1,2}}월(?:\s?한\s?달)?\s?(?:까지만|까지|한정)"
    r"|선착순(?:\s?\d+\s?(?:명|분|개))?|이번\s?(?:주말|주|달)(?:만|까지)?|오늘만|주말\s?한정|단\s?하루|\d+일간"
)
_REACH = 28
_CONDITION = re.compile(rf"(?:{_COUNT}|{_MONEY})\s?(?:이상[^\d,.\n]{{0,10}}|[^\d,.\n]{{0,8}}(?:시|면|때|하고)\s*)$")
_WHOLE = re.compile(r"100\s?(?:%|퍼센트|프로)")  # 캐시미어 100%: what it is made of
_NOT_A_PRICE = re.compile(r"\s*(?:픽셀|px|비율|사이즈|크기|해상도|컷)")


@dataclass(frozen=True, slots=True)
class Facts:
    """Offers (``1+1``, ``5kg 9,900원``) and times (``6월 30일까지``), in reading order, verbatim but for spaces."""

    offers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


def read_facts(body: str) -> Facts:
    """Collect what the brief itself promises."""
    offers = [hit for hit in _OFFER.finditer(body) if _is_whole(body, hit)]
    offers = [hit for hit in offers if not (_NOT_A_PRICE.match(body, hit.end()) or _WHOLE.fullmatch(hit[0].strip()))]
    times = (hit[0] for hit in _WHEN.finditer(body) if _is_whole(body, hit))
    return Facts(_tidy(_with_conditions(body, offers)), _tidy(times))


_TOLD = re.compile(
    r"(?<![가-힣])(?:체험\s?(?:수업|권)?|원데이\s?클래스|일일\s?클래스|1회권?|첫\s?달|첫\s?(?:방문|구매|주문|등록)|신규\s?회원|한\s?달|월|세트|풀세트|[한두세네]\s?(?:판|마리|상자|박스|그릇|잔|병|상|개|통|단|다발|송이|켤레|장|벌|권|포기)|"
    r"주말|평일|주중|패키지|코스|정식|1인(?:분)?|숙박권|기본|남성?|여성?|학생|어린이|성인|시술|견적|"
    r"북토크|낭독회|독서\s?모임|원데이\s?수업|강연|설명회|특강|공연|전시|축제|개강|수업)$"
)


def find_fact(body: str, fact: str) -> int:
    """Where a fact stands in the brief; -1 when it does not stand there in one piece."""
    hit = re.search(re.escape(fact).replace(r"\ ", r"\s*"), body)
    return hit.start() if hit else -1


def told_word(body: str, fact: str) -> str:
    """What a price or a day is of, where the word right before it says so: ``체험수업 2만원``, ``북토크 10월 3일``."""
    at = find_fact(body, fact)
    hit = _TOLD.search(body[:at].rstrip()) if at > 0 else None
    return hit[0] if hit else ""


def _with_conditions(body: str, offers: list[re.Match[str]]) -> list[str]:
    """Keep ``2개 구매시 1개 증정`` and ``3만원 이상 5천원 할인`` whole: half of it would be another promise."""
    kept: list[str] = []
    covered = len(body) + 1
    for hit in reversed(offers):
        if hit.start() >= covered:
            continue
        before = body[max(0, hit.start() - _REACH) : hit.start()]
        condition = _CONDITION.search(before)
        covered = hit.start() - len(condition[0]) if condition else hit.start()
        kept.append(body[covered : hit.end()])
    return kept[::-1]


def _is_whole(body: str, hit: re.Match[str]) -> bool:
    """A figure cut out of a longer one (``19,900원`` from ``119,900원``) would be a lie."""
    before = body[: hit.start()]
    return not re.search(r"\d[.,+]?$", before)


def _tidy(facts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.sub(r"\s+", " ", _shorten(fact)).strip() for fact in facts))


def _shorten(fact: str) -> str:
    """``5kg 산지직송 9,900원`` → ``5kg 9,900원``: a price without its quantity would be another offer."""
    apart = re.fullmatch(rf"({_COUNT})([^\d]*?\s)({_MONEY}.*)", fact)
    if (
        not apart
        or _TOLD.search(apart[2].rstrip())
        or len(apart[2].strip()) <= 1
        or re.search(r"(?:시|면|때|하고|이상)\s*$", apart[2])
    ):
        return fact
    return f"{apart[1]} {apart[3]}"
