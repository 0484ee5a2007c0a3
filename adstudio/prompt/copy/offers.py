"""The facts that copy may repeat: prices, discounts, quantities, dates, as the brief has them and never split."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..reading.counters import join_words, offer_words
from ..reading.handed_words import handed_words
from .gifts import IF, find_gifts

_MEASURES = rf"(?:{join_words('latin')})(?![A-Za-z])|(?:{join_words('measures')})(?:권|짜리|용)?"
# 6월 30일 and 3시 30분 are times, and no measure of a price
_COUNT = (
    r"(?<![\d.,])(?<!\d월)(?<!\d월\s)(?<!\d시)(?<!\d시\s)\d[\d.,]*(?:\s?[~∼-]\s?\d[\d.,]*)?\s*"
    rf"(?:박\s?\d{{1,2}}\s?일|{_MEASURES})"
)
_DIGIT = "[일이삼사오육칠팔구]"
# Whole sums alone, 2천만원 and 1억 5천만원: the end of one would be another price
_MONEY = (
    r"(?:(?<![\d십백천억])(?!0\d)(?:\d[\d,.]*\s*[십백천]*[십백천만억]\s?)*\d[\d,.]*\s*[십백천]*\s?[만억]?\s*원"
    rf"|(?<![\d.,십백천만억수몇])(?:{_DIGIT}?[십백천만억])+(?:\s+(?:{_DIGIT}?[십백천])+)?\s*원(?!하|두|목|형)"
    r"|₩\s?\d[\d,]*|\d[\d,.]*\s*달러)"
)
# 정가 3만원 할인가 2만원: the word belongs to the second price
_CHEAPER = rf"(?:할인\s?쿠폰|할인(?![가율점])|세일(?![가러즈])|특가|행사(?!가)|이벤트(?!가)|균일가)(?!\s?{_MONEY})"
_SAVES = rf"(?:{_CHEAPER}|적립|쿠폰|OFF|off|SALE|sale|페이백|캐시백)"
_OFF = rf"(?:\s*(?:{_SAVES}|부터|대(?![가-힣])|증정))"
_SAVES_SOON = rf"\s*(?:(?:즉시|특별|추가|깜짝|오픈|파격|여름|겨울|봄|가을|시즌|회원|전\s?품목)\s?)?{_SAVES}"
_FREE = r"무료\s?(?:배송|증정|체험|상담|시식|쿠폰|주차|포장|각인|업그레이드|음료|입장)|각인\s?무료"
_PERCENT = r"\d[\d.]*\s?(?:%|퍼센트|프로(?![가-힣]))"
_LABEL = rf"(?:{join_words('labels')})"
_EACH = rf"(?:\d+\s?)?(?<![가-힣])(?:{join_words('measures')})당\s?"  # 평당, 1인당
_ARROW = r"(?:→|->|=>|⇒|▶|에서)"  # from the old price to the new one
_OFTEN = r"(?:(?<![가-힣])[주월연]\s)?"  # 주 2회 월 8만원
_OFFER = re.compile(
    rf"{_LABEL}\s?{_MONEY}\s?[,/→>-]*\s?{_LABEL}\s?{_MONEY}"
    rf"|{_MONEY}\s?{_ARROW}\s?{_MONEY}"
    rf"|\d+\s?\+\s?\d+(?:\s*(?:행사|이벤트|증정))?"
    rf"|(?:최대\s?)?{_PERCENT}{_SAVES_SOON}|(?:최대\s?)?(?:할인|세일|적립)\s?{_PERCENT}"
    rf"|(?:{_LABEL}\s?|{_EACH}|{_OFTEN}{_COUNT}(?:[^\d\n,.:]{{0,12}}?)\s*)?(?:{_MONEY})(?:\s?{_ARROW}\s?{_MONEY})?(?:{_OFF})?"
    rf"|반값(?:\s?(?:할인|세일|특가))?(?:\s?{_MONEY})?|{_FREE}"
    rf"|{_COUNT}\s*(?:한정|등록\s*(?:이벤트|할인)|등록(?!하|\s?시)|이용권|(?:추가\s?|무료\s?)?증정|(?:추가\s?)?서비스(?![가-힣]))"
)
_WEEKDAY = r"(?:\s?\([월화수목금토일]\))?"
_DAY = rf"\d{{1,2}}월\s?\d{{1,2}}일{_WEEKDAY}"
_SLASH_DAY = rf"\d{{1,2}}/\d{{1,2}}{_WEEKDAY}"
_HOUR = r"\d{1,2}시(?:\s?\d{1,2}분|\s?반)?"
_NOON = r"(?:오전|오후|아침|저녁|밤)"
_WEEKLY = r"(?:매주\s?)?(?<![가-힣])[월화수목금토일]요일(?:\s?[,·/~-]?\s?[월화수목금토일]요일)*(?:마다|만|\s?한정)?"
_WHEN = re.compile(
    rf"(?:\d{{4}}년\s?)?{_DAY}(?:\s?[~∼-]\s?(?:\d{{1,2}}월\s?)?\d{{1,2}}일{_WEEKDAY})?(?:\s?(?:까지|부터\s?(?:\d{{1,2}}월\s?)?\d{{1,2}}일{_WEEKDAY}\s?까지|부터|한정|오픈|(?:단\s?|딱\s?)?하루만?|마감|개강|개막))?"
    rf"|(?<![\d:]){_SLASH_DAY}\s?(?:[~∼-]\s?{_SLASH_DAY}(?:\s?까지)?|까지|부터|오픈)"
    rf"|(?:(?:매일|평일|주말|오늘|{_WEEKLY})\s?)?{_NOON}\s?{_HOUR}(?:\s?[~∼-]\s?{_NOON}?\s?{_HOUR})?(?:\s?(?:까지|부터|이후|이전|오픈|마감))?"
    rf"|(?:(?:매일|평일|주말|오늘|{_WEEKLY})\s?)?(?<!\d){_HOUR}\s?(?:부터\s?|[~∼-]\s?){_HOUR}(?:\s?까지)?"
    rf"|{_WEEKLY}(?!\s?(?:휴무|휴점|휴진|휴관|정기|쉽|쉬|제외))"
    r"|\d{1,2}월(?:\s?한\s?달|\s?초|\s?중순|\s?말)?\s?(?:까지만|까지|한정)|\d{1,2}월\s?한\s?달(?:\s?(?:간|동안))?"
    r"|선착순(?:\s?\d+\s?(?:명|분|개|팀|쌍))?|(?:정원|첫)\s?\d+\s?(?:명|팀)"
    r"|이번\s?(?:주말|주|달)(?:\s?말|\s?[월화수목금토일]요일)?(?:만|까지)?|오늘만|(?:오늘\s?)?(?:단\s?|딱\s?)?하루만|주말\s?한정|단\s?하루|\d+일간"
)
_REACH = 28
_ACT = rf"(?:{join_words('acts')})\s?(?:하시면|하면|하고|할\s?때|한\s?분|시|고객|회원)(?![가-힣])"
_LIMIT = r"(?:이상|이하|초과|미만)"
_WHO = r"(?:고객|회원|손님|어르신|학생|군인|임산부|생일자|가족)(?!\s(?:모집|문의|상담|후기))"
_GIFT = r"(?:(?:[가-힣A-Za-z]+\s){1,2})?"  # 예약하면 | 액자 | 무료
_CONDITION = re.compile(
    rf"(?:{_COUNT}|{_MONEY})\s?(?:{_LIMIT}[^\d,.\n]{{0,10}}|[^\d,.\n]{{0,8}}(?:시|{IF})\s*){_GIFT}$"
    rf"|(?:\d{{1,2}}월\s)?(?<![가-힣\d])(?:[가-힣]+\s)?[가-힣]*{_ACT}\s*{_GIFT}$"
    rf"|(?<![가-힣])(?:[가-힣]+\s){{1,2}}[가-힣]+{IF}\s{_GIFT}$"
    rf"|(?<![가-힣])[가-힣]+\s{_WHO}(?:은|는|에게|께)?\s{_GIFT}$"
    rf"|(?:{_NOON}\s?)?{_HOUR}\s?(?:이후|이전)(?:에는|에|엔)?\s$"
)
_BY_ACT = re.compile(rf"(?<![가-힣])(?:{join_words('acts')})\s$")  # 포장 | 3천원 할인
_SAVED = re.compile(r"할인|무료|증정|공짜|반값")
_OTHERS_LIMIT = re.compile(rf"{_LIMIT}\s+(?!(?:[가-힣]+\s?)?{_ACT})[가-힣]")
_CONDITION_AFTER = re.compile(
    rf"\s*\(?\s*(?:{_COUNT}|{_MONEY})\s?{_LIMIT}(?:\s(?:[가-힣]+\s?)?{_ACT})?\)?"
    rf"|\s*[,(]?\s*(?:{_COUNT}\s?)?(?:[가-힣]+\s)?[가-힣]*{_ACT}\)?"
    r"|\s*[,(]?\s*(?:부가세|VAT|vat|배송비|배달비|봉사료)\s?(?:별도|포함)\)?"
)
_NOUN_CHARS = 10
# What ends the words before an offer: a mark, or what only tells what else there is (사우나 완비 | 주말 15만원).
_BREAK = re.compile(
    r"[,.!?·/|;\n()\[\]]|(?<!\d):|:(?!\d)|\s[-–—]\s|(?<=\s)(?:완비|구비|보유|가능|있음|있어요|있습니다)(?=\s)"
)
_WHOLE = re.compile(r"100\s?(?:%|퍼센트|프로)")  # 캐시미어 100%: what it is made of
_NOT_A_PRICE = re.compile(r"\s*(?:픽셀|px|비율|사이즈|크기|해상도|컷)")


@dataclass(frozen=True, slots=True)
class Facts:
    """Offers (``1+1``, ``5kg 9,900원``) and times (``6월 30일까지``), in reading order, verbatim but for spaces.

    ``nouns`` holds the words that stand before an offer: in ``커트 2만원, 염색 50% 할인`` the second is not of a 커트.
    """

    offers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    nouns: dict[str, str] = field(default_factory=dict)


def read_facts(body: str) -> Facts:
    """Collect what the brief itself promises."""
    offers = [hit for hit in _OFFER.finditer(body) if _is_whole(body, hit)]
    offers = [hit for hit in offers if not (_NOT_A_PRICE.match(body, hit.end()) or _WHOLE.fullmatch(hit[0].strip()))]
    times = [hit for hit in _WHEN.finditer(body) if _is_whole(body, hit)]
    offered, told = [hit.span() for hit in offers], [hit.span() for hit in times]
    spans = _with_conditions(body, sorted([*offered, *find_gifts(body, [*offered, *told])]))
    spans = _with_nouns_after(body, spans)
    times = [hit for hit in times if not any(start <= hit.start() < end for start, end in spans)]
    ends = [end for _, end in spans] + [hit.end() for hit in times]
    found: dict[str, str] = {}
    for start, end in spans:
        found.setdefault(_plain(body[start:end]), _nouns_before(body, start, ends))
    return Facts(tuple(found), tuple(dict.fromkeys(_plain(hit[0]) for hit in times)), found)


def noun_phrase(words: str) -> str:
    """The end of the words before an offer, short enough to stand with it; empty where they name nothing."""
    weak = offer_words("weak")
    named = re.split(r"(?<!첫)\s+", words.strip())  # 첫 달 is one word
    while named and named[0] in weak:
        named.pop(0)
    if all(word in weak or _TOLD.fullmatch(word) for word in named):
        return ""
    named = named[-3:] if len(named) > 2 and re.fullmatch(handed_words(), named[-2]) else named[-2:]  # 악기 | 대여 월
    while len(named) > 1 and (len(" ".join(named)) > _NOUN_CHARS or named[0] in weak):
        named.pop(0)
    return " ".join(named)


def _with_nouns_after(body: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """``6천원 짜장면 1만5천원 탕수육``: where a list begins with a price, the noun stands behind each."""
    if len(spans) < 2 or body[: spans[0][0]].strip() or not re.search(r"\d|원|반값", body[slice(*spans[0])]):
        return spans
    if not re.match(r"\s*[가-힣A-Za-z]", body[spans[-1][1] :]):
        noun = re.match(
            r"\s*[가-힣A-Za-z]+(?=\s[가-힣A-Za-z])", body[spans[0][1] : spans[1][0]]
        )  # 1+1 소주 | 삼겹살 만원
        return [(spans[0][0], spans[0][1] + len(noun[0])), *spans[1:]] if noun else spans
    starts = [start for start, _ in spans[1:]] + [len(body)]
    nouns = [re.match(r"\s*[가-힣A-Za-z ]*", body[end:until]) for (_, end), until in zip(spans, starts, strict=True)]
    return [
        (start, end + len(noun[0].rstrip()) if noun else end) for (start, end), noun in zip(spans, nouns, strict=True)
    ]


def _nouns_before(body: str, start: int, ends: list[int]) -> str:
    after = max((end for end in ends if end <= start), default=0)
    return _BREAK.split(body[after:start])[-1].strip()


_TOLD = re.compile(
    r"(?<![가-힣])(?:체험\s?(?:수업|권)?|원데이\s?클래스|일일\s?클래스|1회권?|첫\s?(?:달|주|회|잔|방문|구매|주문|등록)|신규\s?회원|한\s?달|월|세트|풀세트|[한두세네]\s?(?:상|"
    + join_words("native")
    + r")|"
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


def _with_conditions(body: str, offers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep ``2개 구매시 1개 증정`` and ``10% 할인 20명 이상`` whole: half of it would be another promise."""
    kept: list[tuple[int, int]] = []
    covered = len(body) + 1
    offers = [span for span in offers if not _is_condition(body, *span)]
    for before, (start, end) in zip([(0, 0), *offers][-2::-1], offers[::-1], strict=True):
        if start >= covered:
            continue
        reach = max(before[1], start - _REACH)
        condition = _CONDITION.search(body, reach, start)
        if (
            condition
            and before[1]
            and not body[reach : condition.start()].strip()
            and _OTHERS_LIMIT.search(condition[0])
        ):
            condition = None  # 무료배송 3만원 이상 | 사과 5kg 2만원
        if not condition and _SAVED.search(body, start, end):
            condition = _BY_ACT.search(body, reach, start)
        start = condition.start() if condition else start
        after = _CONDITION_AFTER.match(body, end)
        if after and after.end() <= covered and not _OFFER.match(body[after.end() :].lstrip()):
            end = after.end()
        kept.append((start, end))
        covered = start
    return kept[::-1]


def _is_condition(body: str, start: int, end: int) -> bool:
    """``3만원 이상`` and ``3만원 구매시`` are no price."""
    rest = body[end:]
    return bool(
        re.match(rf"\s?{_LIMIT}", rest) or (re.fullmatch(_MONEY, body[start:end]) and re.match(rf"\s?{_ACT}", rest))
    )


def _is_whole(body: str, hit: re.Match[str]) -> bool:
    """A figure cut out of a longer one (``19,900원`` from ``119,900원``) would be a lie."""
    before = body[: hit.start()]
    return not re.search(r"\d[.,+]?$", before)


def _plain(fact: str) -> str:
    return re.sub(r"\s+", " ", _shorten(fact)).strip()


def _shorten(fact: str) -> str:
    """``5kg 산지직송 9,900원`` → ``5kg 9,900원``: a price without its quantity would be another offer."""
    apart = re.fullmatch(rf"({_COUNT})([^\d]*?\s)({_MONEY}.*)", fact)
    if not apart or any(word not in offer_words("fillers") for word in apart[2].split()):
        return fact
    return f"{apart[1]} {apart[3]}"
