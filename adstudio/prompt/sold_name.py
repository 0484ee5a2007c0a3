"""What the copy calls the thing that is sold: a product by its short name, or a service (염색), never the shop."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .copy_limits import line_length
from .scan import Match
from .spelling import fold
from .subject import Subject, is_shop_name

_NAME_CHARS = 12
# Trades whose services are what they sell; the words are too general to be sold.
_SERVICE_TRADES = (
    *("hair", "nail", "gym", "pilates", "photo", "laundry", "car", "clinic", "pets", "rice_cake"),
    *("bookshop", "phone_repair", "interiors", "travel", "stay", "wedding", "real_estate", "academy"),
)
# Trades whose things are only used (매트, 열쇠), and those that sell a service rather than a thing (아이폰 액정수리).
_SERVICE_ONLY = ("pilates", "gym", "photo", "stay", "real_estate")
_SERVICE_FIRST = ("phone_repair", "interiors", "clinic", "hair", "nail", "car", "travel", "academy", "wedding")
_SHIPPING_TRADES = ("pets", "rice_cake", "bookshop")  # of those, the ones that also send goods
_CLINICS = ("과", "병원", "의원", "약국", "클리닉", "헬스", "피트니스", "여행사")
_TOO_GENERAL = (
    *("헤어", "미용", "네일", "짐", "뷰티", "클리닉", "촬영", "매직", "체육관", "중고차", "자동차", "렌터카", "렌트카"),
    *("오토바이", "반려동물", "애견", "애완", "반려견", "반려묘", "댕댕이", "냥이", "펫", "이바지", "방앗간", "카샵"),
    *("새집증후군", "셀프인테리어", "사설수리", "책읽는", "읽어주", "자세", "코어", "헌책"),
    *(
        "여행",
        "여행사",
        "관광",
        "레저",
        "숙소",
        "스테이",
        "숙박",
        "객실예약",
        "체크인",
        "웨딩",
        "결혼",
        "결혼준비",
        "예식",
        "본식",
        "신부",
        "신부님",
    ),
    *(
        "사회자",
        "축가",
        "부동산",
        "임대",
        "중개",
        "공인중개",
        "공인중개사",
        "남향",
        "초등",
        "중등",
        "고등",
        "교육",
        "수업",
        "강의",
        "클래스",
    ),
    *(
        "원데이",
        "특강",
        "수강생",
        "공부",
        "과외쌤",
        "방과후",
        "개강",
        "투어",
        "이사견적",
        "이사업체",
        "예약제",
        "사진작가",
        "작가님",
    ),
)

# Symptoms, faults and stations of a service: nobody sells those.
_TOO_GENERAL += (
    *(
        "여드름",
        "거북목",
        "허리통증",
        "통증",
        "관절",
        "척추",
        "디스크",
        "충치",
        "사랑니",
        "잇몸",
        "백내장",
        "약사",
        "처방",
        "조제",
        "치료",
        "진료",
    ),
    *(
        "진료과목",
        "마취통증",
        "무테",
        "다초점",
        "다이어트",
        "땀",
        "운동",
        "유산소",
        "얼룩",
        "곰팡이",
        "찌든때",
        "밑단",
        "바지밑단",
        "드라이",
        "홈케어",
    ),
    *(
        "침수",
        "먹통",
        "광탈",
        "배터리광탈",
        "무한부팅",
        "부팅",
        "윈도우",
        "수리비",
        "수리비용",
        "자가수리",
        "구옥",
        "시공사례",
        "시공후기",
        "하자보수",
    ),
    *(
        "견적상담",
        "도배사",
        "건축",
        "저자",
        "출간",
        "출간기념",
        "신간소개",
        "절판",
        "베스트셀러",
        "다독",
        "완독",
        "필독서",
        "내신",
        "수능",
        "입시",
    ),
    *(
        "문해력",
        "취미클래스",
        "산전",
        "산후",
        "라운드숄더",
        "자세교정",
        "체형교정",
        "바른자세",
        "호흡",
        "마음챙김",
        "체험수업",
    ),
)
# Trades of goods that also sell these services.
_SOLD_ONLY = {
    "cosmetics": (
        "속눈썹펌",
        "속눈썹연장",
        "왁싱",
        "피부관리",
        "눈썹문신",
        "눈썹반영구",
        "반영구",
        "메이크업",
        "퍼스널컬러",
        "두피문신",
    ),
    "market": ("반찬", "반찬구독", "손두부"),
}

_ANIMAL = re.compile(r"\b(?:puppy|dog|cat|kitten)$")  # groomed and fed there, and not sold
_HALF = re.compile(
    r"[가-힣]+는|구운|튀긴|뽑은|만든|듬뿍|가득|잔뜩|조명|배경"
)  # half of a phrase: 매일 아침 굽는 | 소금빵


def name_sold(product: Subject, matches: Sequence[Match], shop: str) -> tuple[str, str]:
    """What is sold, and the service among it."""
    thing, service = short_name(product.korean), service_name(matches, shop)
    if shop == "pets" and _ANIMAL.search(product.english):
        return service, service
    if sends_goods(shop) or shop in _SOLD_ONLY:
        return thing or service, service
    own = thing if product.industry == shop and shop not in _SERVICE_ONLY else ""
    if own and not product.generic and shop not in _SERVICE_FIRST:
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
    if shop not in _SERVICE_TRADES and shop not in _SOLD_ONLY:
        return ""
    words = (m.text for m in matches if not (m.denied or m.of("name")) and (e := m.of("industry")) and e.value == shop)
    sold = [word for word in words if not is_place(word) and is_sold(word)]
    sold = [word for word in sold if shop not in _SOLD_ONLY or word.replace(" ", "") in _SOLD_ONLY[shop]]
    if not sold:
        return ""
    first = sold[-1] if shop == "academy" else sold[0]  # 영어 파닉스: the last is the most definite
    first = next((word for word in sold if first in word and word != first), first)  # 이사 … 포장이사
    return short_name(re.sub(r"\s+", " ", first))


def is_sold(word: str) -> bool:
    """Tell a service (뿌리염색) from a symptom, a claim (자세교정) and what is too general."""
    return word.replace(" ", "") not in _TOO_GENERAL


def is_place(word: str) -> bool:
    """Tell a kind of shop (꽃집, 피부과) from what is sold there."""
    return word.endswith(_CLINICS) or (is_shop_name(word) and not word.endswith("청소"))


def short_name(product: str) -> str:
    """Cut a long product name at its front, word by word, for the noun comes last."""
    words = product.split()
    while len(words) > 1 and line_length(" ".join(words)) > _NAME_CHARS - 2:
        words.pop(0)
    while len(words) > 1 and _HALF.fullmatch(words[0]):
        words.pop(0)
    name = " ".join(words)
    return name if line_length(name) <= _NAME_CHARS else ""


def sends_goods(shop: str) -> bool:
    """Tell whether a trade has things to order: nobody orders a haircut."""
    return shop not in _SERVICE_TRADES or shop in _SHIPPING_TRADES
