"""What a Korean reader takes in at one glance: words between which a line should not end, and where it may well.

Told from the two words alone, by their form: no analyser of Korean knows more of a headline's three words, and none
starts fast enough. Numbers keep what they count, prices their won, times their half of the day.
"""

from __future__ import annotations

import re

# Prices, in units of "one line as wide as the average, to the fourth power".
TORN = 9.0  # a break inside what belongs together
_SPLIT_RANGE = 3.0  # a break beside the "~" of opening hours
_LEANING = 2.0  # a break after a word that only colours the next
_PAUSES = dict.fromkeys(".!?…", -0.7) | dict.fromkeys(",·|/", -0.3)  # a reader breathes here anyway

_COUNTERS = (
    "원|만원|천원|개|개입|개월|개점|잔|병|팩|캔|종|장|매|권|박스|세트|접시|그릇|판|조각|컵|봉|봉지|포|줄|마리|켤레|벌|대|명|분|인분|인|회|번|위"
    "|년|월|일|주|주일|박|시|시간|초|층|호|호점|주년|가지|배|평|도|쪽|구"
)
_UNITS = "off|sale|kg|g|mg|ml|l|cm|mm|m|km|kcal|pcs|ea|inch|am|pm"
_PARTICLES = (
    "은|는|가|을|를|의|에|와|과|도|로|으로|까지|부터|에서|에게|께|처럼|보다|라도|이라도|이랑|랑|하고|마다|밖에|조차|씩|쯤|뿐"
    "|입니다|이에요|예요"
)
_TAIL = r"[!?.,~)\]”’]*$"

_NUMBER = re.compile(
    r"\d[십백천만억]*$|[%℃°]$|^[일이삼사오육칠팔구십백천만억]+$|^(다섯|여섯|일곱|여덟|아홉|열|열두|스무|스물|서른|마흔|쉰)$"
)
_AREA_CODE = re.compile(r"^\(?0\d{1,2}\)$")  # "(02) 123-4567"
_DATE_PART = re.compile(r"^(\d{4}|\d{1,2})\.$")  # "2026. 3. 1.(일)": these points end no sentence
_NEXT_DATE_PART = re.compile(r"^\d{1,2}\.?(\(.\))?[~까]?")
_OPERATOR = re.compile(r"^[+&×x=\-:]$")  # between two halves of one thing
_RANGE = re.compile(r"^[~–—]$")
_SEPARATOR = re.compile(r"^[/·|ㆍ・]$")  # between two things: a line may end with it
_OPENING = re.compile(r"[(\[{<「『《〈“‘]$")
_CLOSING = re.compile(r"^[)\]}>」』》〉”’!?.,…~♥★☆]+$")
# Words that lean on the number before them ("50% 할인", "3 개입", "9,900 원에", "300 ml").
_UNIT = re.compile(
    rf"^[%℃°]|^({_COUNTERS}|{_UNITS}|만|천|억)(입|짜리|당|째|간|이|만|이상|이하|미만|{_PARTICLES})?{_TAIL}"
    rf"|^(할인|세일|적립|쿠폰|증정|특가|당첨|가격|행사|이벤트|이상|이하|미만|초과|한정)[가-힣]{{0,2}}{_TAIL}",
    re.IGNORECASE,
)
# "3개 묶음", "2만 원 이상", "10명 선착순"
_COUNTED = re.compile(rf"^(원|개|잔|명|시|일|월)$|\d[\d,.]*[십백천만억]*({_COUNTERS}|{_UNITS})$", re.IGNORECASE)
_AFTER_COUNT = re.compile(
    r"^(묶음|구성|구매|주문|이상|이하|미만|초과|한정|선착순|할인|특가|증정|무료|추가|적립|행사|동안|만에|이내|전|후|까지|부터|정도|단위|짜리)"
    rf"[가-힣]{{0,2}}{_TAIL}"
)
_DATE = re.compile(r"\d(년|월|일|시)$")  # "3월 1일", "10시 30분"
# "오후 2시", "최대 50%", "단돈 990원", "문의 02-…"
_BEFORE_NUMBER = re.compile(
    r"^(오전|오후|새벽|아침|점심|저녁|밤|낮|최대|최소|최저|최고|단돈|무려|선착순|하루|정가|원가|할인가|특가|판매가|가격|전화|문의|예약"
    r"|tel|call|t|no|vol|ver|am|pm|[₩￦$€¥☎☏📞📱])[.:]?$",
    re.IGNORECASE,
)
# One-syllable words that lean on the next word ("한 잔", "새 메뉴") or on the one before ("할 수", "마신 뒤").
_LEANS_FORWARD = frozenset("한두세네이그저온첫새헌매각약단총내제더꼭딱안못및또갓막")
_LEANS_BACK = re.compile(r"^[수것때곳줄뿐중뒤후전시등만데채듯분날밤곁속안밖위앞옆][은는이가을를에도의만로]?[!?.,]*$")
_WHOLE = re.compile("^(메뉴|품목|상품|제품|매장|지점|좌석|객실|코스|고객)")  # what "전" means all of
_ONLY_PARTICLE = re.compile(rf"^({_PARTICLES}){_TAIL}")
# Adverbs say nothing without what follows ("새로 만나는"), nor helping verbs without theirs ("먹어 보세요").
_ADVERB = re.compile(
    r"^(새로|바로|다시|매일|매주|매월|매년|더욱|가장|아주|정말|진짜|너무|항상|언제나|미리|먼저|직접|가득|듬뿍|살짝|방금|모두|많이|조금|빨리|잘"
    r"|우리|저희|그리고|또는|혹은|모든|어떤|다른|여러)$"
)
_HELPING = re.compile(
    rf"^(보세요|볼까요|보자|봐요|보실|드려요|드립니다|드릴게요|주세요|줘요|있는|있어요|있습니다|없는|없이|싶은|싶을|않는|않은|마세요|함께|같이)"
    rf"{_TAIL}"
)


def break_price(left: str, right: str, after: str = "") -> float:
    """What a line break between two neighbouring words costs; negative where it does good.

    Args:
        after: the word that follows ``right``.
    """
    if _RANGE.match(left) or _RANGE.match(right):
        return _SPLIT_RANGE if _RANGE.match(left) else 1.3 * _SPLIT_RANGE  # "10시 ~" tells that more comes
    if belong_together(left, right, after):
        return TORN
    if left[-1] in _PAUSES:
        return _PAUSES[left[-1]]
    return _LEANING if _ADVERB.match(left) or _HELPING.match(right) else 0.0


def belong_together(left: str, right: str, after: str = "") -> bool:
    """Say whether a line break between two neighbouring words would read badly."""
    if right == "전" and _WHOLE.match(after):  # "출시 | 전 메뉴", not "출시 전 | 메뉴"
        return False
    if left == "전" and _WHOLE.match(right):
        return True
    if _SEPARATOR.match(left):
        return right.isdecimal()
    if _OPERATOR.match(left) or _OPERATOR.match(right) or _CLOSING.match(right):
        return True
    if _SEPARATOR.match(right) or _OPENING.search(left):
        return True
    if right[0].isdigit() and (_BEFORE_NUMBER.match(left) or _AREA_CODE.match(left)):  # "Tel." is no end either
        return True
    if _DATE_PART.match(left) and _NEXT_DATE_PART.match(right):
        return True
    if left[-1] in _PAUSES:
        return False
    if right[0].isdigit() and (_NUMBER.search(left) or _DATE.search(left)):
        return True
    if (_NUMBER.search(left) and _UNIT.match(right)) or (_COUNTED.search(left) and _AFTER_COUNT.match(right)):
        return True
    if left == "수" and right[0] in "있없":  # "할 수 있는"
        return True
    return left in _LEANS_FORWARD or bool(_LEANS_BACK.match(right) or _ONLY_PARTICLE.match(right))
