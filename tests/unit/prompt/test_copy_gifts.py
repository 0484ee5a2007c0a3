"""What a shop gives away, to whom, when and for what: all of it is told, and no more than that."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor
from adstudio.prompt.copy.offers import read_facts


@pytest.mark.parametrize(
    ("brief", "headline", "sub"),
    [
        ("선착순 30명 무료 네일 케어", "무료 네일 케어", "선착순 30명"),
        ("신규 회원 첫 달 무료 필라테스", "필라테스 신규 회원 첫 달 무료", None),
        ("수학학원 무료 레벨테스트, 선착순 20명", "수학학원 무료 레벨테스트", "선착순 20명"),
        ("삼겹살 1근 9,900원, 2근 사면 파채 무료 우리동네정육점", "삼겹살 1근 9,900원", "2근 사면 파채 무료"),
        ("헬스장 3개월 등록하면 1개월 무료, PT 2회 증정", "헬스장 3개월 등록하면 1개월 무료", "PT 2회 증정"),
        ("손세차 5회권 구매시 왁스 1회 무료", "손세차 5회권 구매시 왁스 1회 무료", None),
        ("족발 대자 시키면 막국수 공짜, 오늘 밤 9시까지", "족발 대자 시키면 막국수 공짜", "오늘 밤 9시까지"),
        ("서점 북토크 11월 3일 저녁 7시, 참가비 무료", "북토크 참가비 무료", "11월 3일 · 저녁 7시"),
        ("요가원 1일 체험 무료, 매주 토요일 오전 10시", "요가원 1일 체험 무료", "매주 토요일 오전 10시"),
        ("스터디카페 오픈 이벤트 첫 100명 4시간 무료", "스터디카페 4시간 무료", "첫 100명"),
        ("애견카페 평일 입장료 무료, 음료 주문 시", None, "애견카페 평일 입장료 무료, 음료 주문 시"),
        ("정육점 돼지갈비 1kg 사면 쌈채소 서비스", "돼지갈비 1kg 사면 쌈채소 서비스", None),
        ("와인바 목요일 여성 고객 첫 잔 무료", "와인바 여성 고객 첫 잔 무료", "목요일"),
    ],
)
def test_a_gift_is_told_with_all_that_it_depends_on(brief: str, headline: str | None, sub: str | None) -> None:
    copy = processor.write_copy(brief)
    assert headline is None or copy.headline == headline
    assert sub is None or copy.sub == sub


@pytest.mark.parametrize(
    ("brief", "offers"),
    [
        ("치킨 반반 18,000원 콜라 1.25L 무료", ("18,000원", "콜라 1.25L 무료")),
        ("꽃다발 당일 배송 무료 3만원 이상", ("배송 무료 3만원 이상",)),
        ("필라테스 신규 등록 시 양말 증정", ("신규 등록 시 양말 증정",)),
        ("무료 방문 견적 신청하세요", ("무료 방문 견적",)),
        ("노트북 진단 무료 당일 수리", ("노트북 진단 무료",)),
        ("배달 리뷰 쓰면 음료 1개 무료", ("배달 리뷰 쓰면 음료 1개 무료",)),
        ("무료 와이파이 있는 스터디카페 시간당 1,500원", ("무료 와이파이", "시간당 1,500원")),
        ("체험은 무료 아님", ()),
        ("친절한 배달 서비스", ()),
        ("이번엔 무료로 드려요", ()),
    ],
)
def test_a_gift_is_read_with_its_noun(brief: str, offers: tuple[str, ...]) -> None:
    assert read_facts(brief).offers == offers


@pytest.mark.parametrize(
    ("brief", "offers", "times"),
    [
        ("반찬 4종 세트 만원, 저녁 7시 이후 30% 할인", ("4종 세트 만원", "저녁 7시 이후 30% 할인"), ()),
        ("식빵 1+1 저녁 8시 이후", ("1+1",), ("저녁 8시 이후",)),
        ("레이저 토닝 10회 50만원, 부가세 별도", ("10회 50만원, 부가세 별도",), ()),
        ("필라테스 1:1 레슨 10회 55만원 → 44만원", ("10회 55만원 → 44만원",), ()),
        ("에어컨 청소 6월 예약 시 1만원 할인", ("6월 예약 시 1만원 할인",), ()),
        ("도시락 월 20회 12만원 배달비 포함", ("월 20회 12만원 배달비 포함",), ()),
        ("입주청소 평당 12,000원", ("평당 12,000원",), ()),
        ("반찬 주 2회 월 8만원", ("주 2회 월 8만원",), ()),
        ("찜닭 포장 3천원 할인", ("포장 3천원 할인",), ()),
        ("펜션 7월 1일부터 8월 31일까지", (), ("7월 1일부터 8월 31일까지",)),
        ("라떼 4월 한 달간", (), ("4월 한 달간",)),
        ("세탁 이번 달 말까지", (), ("이번 달 말까지",)),
        ("영어 특강 7월 22일 개강 정원 12명", (), ("7월 22일 개강", "정원 12명")),
        ("런치 평일 11시 30분부터 2시까지", (), ("평일 11시 30분부터 2시까지",)),
        ("삼계탕 7월 20일 하루만 9,900원", ("9,900원",), ("7월 20일 하루만",)),
        ("꽃집 토요일 일요일만", (), ("토요일 일요일만",)),
        ("국밥집 월요일 휴무", (), ()),
        ("두피 케어 첫 회 반값 29,000원", ("반값 29,000원",), ()),
    ],
)
def test_an_offer_and_its_days_are_read_whole(brief: str, offers: tuple[str, ...], times: tuple[str, ...]) -> None:
    facts = read_facts(brief)
    assert (facts.offers, facts.times) == (offers, times)


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("국수집 개업 기념 잔치국수 1,000원", "잔치국수 1,000원"),
        ("횟집 방어 제철, 대방어 한 접시 49,000원", "대방어 한 접시 49,000원"),
        ("자동차 엔진오일 교환 59,000원", "엔진오일 교환 59,000원"),
        ("인테리어 도배 평당 35,000원", "인테리어 도배 평당 35,000원"),
        ("청소업체 입주청소 평당 12,000원", "입주청소 평당 12,000원"),
        ("영어학원 첫 달 수강료 반값", "영어학원 첫 달 수강료 반값"),
        ("두피 케어 첫 회 반값 29,000원 일산", "두피 케어 첫 회 반값 29,000원"),
    ],
)
def test_a_price_is_of_just_what_the_brief_says(brief: str, headline: str) -> None:
    assert processor.write_copy(brief).headline == headline


def test_a_price_beside_a_gift_names_its_own_service() -> None:
    copy = processor.write_copy("이삿짐센터 무료 방문 견적, 원룸 이사 15만원부터")
    assert (copy.headline, copy.sub) == ("이삿짐 무료 방문 견적", "원룸 이사 15만원부터")


@pytest.mark.parametrize(
    ("brief", "headline", "sub"),
    [
        ("미용실 주차 무료 커트 2만원", "미용실 주차 무료", "커트 2만원"),
        ("상담 무료 임플란트 90만원", "상담 무료", "임플란트 90만원"),
        ("리뷰 쓰면 음료 무료 파스타 1만2천원", "리뷰 쓰면 음료 무료", "파스타 1만2천원"),
        ("헬스장 사우나 무료 월 3만원", "헬스장 사우나 무료", "월 3만원"),
        ("커피 무료 리필 1만원 이상", "커피 무료 리필 1만원 이상", None),
    ],
)
def test_what_has_a_price_is_not_free(brief: str, headline: str, sub: str | None) -> None:
    copy = processor.write_copy(brief, provider="rules")
    assert copy.headline == headline
    assert sub is None or copy.sub == sub
