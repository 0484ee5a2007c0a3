"""Find what a brief gives away: ``커트 무료``, ``첫 달 무료``, ``무료 레벨테스트``, ``에코백 증정``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..reading.counters import join_words, offer_words
from ..reading.subject import is_shop_name

_FREE = re.compile(
    r"(?<![가-힣])(?:무료|공짜|증정|서비스)(?![가-힣])|(?<![가-힣])(?:무료|공짜)(?=로(?![가-힣]))|증정(?=합|해|드|이)"
)
_DENIED = re.compile(r"\s?(?:아님|아니|아닌|안|없|불가|제외|X\b)")
_CLAUSE = re.compile(r"[,!?·/|;:\n()\[\]]|\.(?!\d)|\s[-–—]\s")
_TERM = re.compile(  # what comes free for a while or so many times
    rf"(?<![가-힣\d])(?:첫\s?(?:달|주|회|잔|방문|수업|구매|주문|등록|강습|레슨)"
    rf"|(?:\d+|[한두세네])\s?(?:{join_words('measures', 'native')}|달|주)(?:\s?체험)?)$"
)
IF = r"(?:(?<![라냉쫄장뽕빔국])면|때|하고)"  # 시키면, 리뷰 쓰면, 2근 사면, and no 냉면
_SAYS = re.compile(
    rf"[가-힣]*(?:요|다|까|죠|{IF}|까지|부터|중|는|에|엔)|(?:{join_words('acts')})?시|후|및|또는"
)  # 드려요, 있는
_ASKED = re.compile(rf"{IF}\s|(?:{join_words('acts')})\s?시\s")
_NO_PRICE = re.compile(rf"\s?(?:이상|이하|초과|미만|{join_words('acts')})")  # 리필 1만원 이상
_PLACE = re.compile(r"(?:동|역|에서|의)$")
_GIVEN = frozenset(("배송", "상담", "택배", "예약"))  # no name of what is sold, but free now and then
_MOST_WORDS, _MOST_CHARS = 3, 10


def find_gifts(body: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """List the spans of what is free, each with its noun; ``taken`` are spans of other offers and of times."""
    found: list[tuple[int, int]] = []
    for hit in _FREE.finditer(body):
        if any(start <= hit.start() < end for start, end in taken) or _DENIED.match(body, hit.end()):
            continue
        begin = max((end for _, end in (*taken, *found) if end <= hit.start()), default=0)
        until = min((start for start, _ in taken if start >= hit.end()), default=len(body))
        before = _CLAUSE.split(body[begin : hit.start()])[-1]
        after = _CLAUSE.split(body[hit.end() : until])[0]
        if term := _TERM.search(before.rstrip()):
            found.append((hit.start() - len(before) + term.start(), hit.end()))
        elif (
            (behind := _leading_noun(after)) and hit[0] in ("무료", "공짜") and not _is_priced(body, hit, behind, taken)
        ):
            found.append((hit.start(), hit.end() + behind))
        elif (ahead := _trailing_noun(before)) and (hit[0] != "서비스" or _ASKED.search(before)):  # and no 배달 서비스
            found.append((hit.start() - ahead, hit.end()))
    return found


def _is_priced(body: str, hit: re.Match[str], behind: int, taken: Sequence[tuple[int, int]]) -> bool:
    """``주차 무료 커트 2만원``: what stands before is free, and the noun behind has a price of its own."""
    price = next(((start, end) for start, end in taken if start >= hit.end() + behind), None)
    if price is None or body[hit.end() + behind : price[0]].strip() or _NO_PRICE.match(body, price[1]):
        return False
    return bool(_trailing_noun(_CLAUSE.split(body[: hit.start()])[-1]))


def _leading_noun(text: str) -> int:
    """How many characters the noun at the beginning of a text takes: `` 방문 견적 신청하세요`` → 6."""
    weak, acts = frozenset(offer_words("weak")), frozenset(offer_words("acts"))
    length = 0
    for word in list(re.finditer(r"\s*(\S+)", text))[:_MOST_WORDS]:
        bare = re.sub(r"[을를]$", "", word[1])
        is_name = re.fullmatch(r"[가-힣A-Za-z]+", bare) and not (_SAYS.fullmatch(bare) or is_shop_name(bare))
        if not is_name or (not length and bare == "로") or word.end() > _MOST_CHARS + 2:
            break
        if not length and bare in weak:  # 진단 무료 | 당일 수리
            break
        if bare not in weak and bare not in acts:  # 무료 방문 견적 | 신청
            length = word.end() - (len(word[1]) - len(bare))
        if bare != word[1]:
            break
    return length


def _trailing_noun(text: str) -> int:
    """Likewise at its end: ``성수동 미용실 커트 `` → 3; a shop, a town or a half sentence is no gift."""
    weak = frozenset(offer_words("weak")) - _GIVEN
    length = 0
    for count, word in enumerate(reversed(list(re.finditer(r"(\S+)\s*", text)))):
        bare, taken = word[1], len(text) - word.start()
        if count == _MOST_WORDS or (count and taken > _MOST_CHARS + 1) or not re.fullmatch(r"[가-힣A-Za-z\d+.]+", bare):
            break
        if bare in weak or _SAYS.fullmatch(bare) or (count and (is_shop_name(bare) or _PLACE.search(bare))):
            break
        length = taken
    return length
