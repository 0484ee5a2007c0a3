"""What the copy may say of a brief: offers stay with their noun and condition, prices with their unit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.copy.claims import find_claims, flag_copy
from adstudio.prompt.copy.offers import read_facts
from adstudio.prompt.industries import industries
from adstudio.prompt.reading.counters import offer_words
from adstudio.prompt.reading.figures import find_figures
from adstudio.types import AdCopy


def words_of(copy: AdCopy) -> str:
    return "\n".join((copy.headline, copy.sub, copy.caption))


@pytest.mark.parametrize(
    ("brief", "whole", "never"),
    [
        ("정가 3만원 할인가 2만원 원피스", "정가 3만원 할인가 2만원", r"3만원 할인(?!가)"),
        ("삼겹살 1인분 12000원 소주 1+1", "소주 1+1", r"(?<!소주 )1\+1"),
        ("커트 2만원, 염색 50% 할인", "염색 50% 할인", r"(?<!염색 )50%"),
        ("생맥주 4천원 치킨 반값", "치킨 반값", r"(?<!치킨 )반값"),
        ("짜장면 6천원 탕수육 1만5천원", "탕수육 1만5천원", r"(?<!탕수육 )1만5천원"),
        ("무료배송 3만원 이상", "무료배송 3만원 이상", r"무료배송(?! 3만원 이상)|3만원(?! 이상)"),
        ("현금 결제시 5% 할인", "현금 결제시 5% 할인", r"(?<!현금 결제시 )5%"),
        ("10% 할인 20명 이상", "10% 할인 20명 이상", r"10% 할인(?! 20명 이상)"),
        ("헬스장 현금 결제시 5% 할인", "현금 결제시 5% 할인", r"(?<!현금 결제시 )5%"),
        ("볼링장 10% 할인 20명 이상", "10% 할인 20명 이상", r"10% 할인(?! 20명 이상)"),
    ],
)
def test_an_offer_is_never_cut_from_its_noun_or_condition(brief: str, whole: str, never: str) -> None:
    for tone in ("polite", "friendly", "emotional", "bold"):
        copy = processor.write_copy(brief, tone=tone)
        assert whole in f"{copy.headline}\n{copy.sub}"
        assert not re.search(never, words_of(copy)), words_of(copy)


def test_a_percentage_alone_is_no_offer() -> None:
    assert read_facts("공기청정기 99.9% 제거").offers == ()
    assert "99.9" not in words_of(processor.write_copy("공기청정기 99.9% 제거"))


@pytest.mark.parametrize(
    ("brief", "price"),
    [
        ("객실 1박 12만원", "1박 12만원"),
        ("펜션 1박 12만원", "1박 12만원"),
        ("렌트카 제주 3일 9만원", "3일 9만원"),
        ("스터디카페 1일권 9천원", "1일권 9천원"),
        ("반려견 호텔 1박 4만원", "1박 4만원"),
        ("여행사 다낭 3박5일 59만원", "3박5일 59만원"),
        ("감자탕 2인용 3만원", "2인용 3만원"),
        ("마사지 60분 5만원", "60분 5만원"),
        ("인생네컷 4컷 5천원", "4컷 5천원"),
        ("왁싱 10회권 30만원", "10회권 30만원"),
    ],
)
def test_a_price_keeps_its_unit(brief: str, price: str) -> None:
    assert read_facts(brief).offers == (price,)
    copy = processor.write_copy(brief)
    assert price in f"{copy.headline}\n{copy.sub}"


def test_figures_and_offers_count_by_one_table() -> None:
    for unit in offer_words("measures"):
        assert read_facts(f"무엇 2{unit} 3만원").offers == (f"2{unit} 3만원",)
        assert (0, 1 + len(unit)) in find_figures(f"2{unit}"), unit


def test_a_day_or_an_hour_is_no_unit_of_a_price() -> None:
    assert read_facts("6월 30일 라떼 4천원").offers == ("4천원",)
    assert read_facts("오후 3시 30분 라떼 4천원").offers == ("4천원",)


def test_a_list_that_begins_with_a_price_has_its_nouns_behind() -> None:
    assert read_facts("6천원 짜장면 1만5천원 탕수육").offers == ("6천원 짜장면", "1만5천원 탕수육")
    assert read_facts("1+1 소주 삼겹살 1인분 12000원").offers == ("1+1 소주", "1인분 12000원")


@pytest.mark.parametrize(
    ("brief", "offers"),
    [
        ("필라테스 8회 20만원 재등록시 10% 할인", ("8회 20만원", "재등록시 10% 할인")),
        ("5만원 이상 무료배송 원두 1kg 2만원", ("5만원 이상 무료배송", "1kg 2만원")),
        ("무료배송 3만원 이상 사과 5kg 2만원", ("무료배송 3만원 이상", "5kg 2만원")),
        ("3만원 구매시 5천원 할인", ("3만원 구매시 5천원 할인",)),
        ("현금가 3만원 카드가 3만3천원 운동화", ("현금가 3만원 카드가 3만3천원",)),
    ],
)
def test_a_condition_takes_no_price_of_another_offer(brief: str, offers: tuple[str, ...]) -> None:
    assert read_facts(brief).offers == offers


def test_a_price_names_the_product_where_the_headline_does_not() -> None:
    copy = processor.write_copy("5만원 이상 무료배송 원두 1kg 2만원", tone="bold")
    assert "원두 1kg 2만원" in f"{copy.headline}\n{copy.sub}"
    assert "원두 1kg 2만원" in copy.caption


def test_a_price_is_of_what_the_shop_sells_and_not_of_the_shop() -> None:
    assert "다낭 3박5일 59만원" in processor.write_copy("여행사 다낭 3박5일 59만원").headline
    assert "PT 10회 50만원" in processor.write_copy("헬스장 PT 10회 50만원").headline
    assert "만나" not in processor.write_copy("객실 1박 12만원").sub


@pytest.mark.parametrize(
    ("brief", "never"),
    [
        ("할인점 과일", "할인"),
        ("여행사 제주 패키지", "행사 소식|(?<!여)행사"),
        ("여행사 다낭 3박5일 59만원", "행사 소식|(?<!여)행사"),
        ("오픈런 소금빵", "오픈|문을 열|만나러 와요"),
        ("오픈키친", "오픈!|문을 열|첫인사"),
        ("오픈워터 자격증 과정", "오픈!|문을 열"),
        ("개업화분 금전수", "문을 열|문을 엽|오픈"),
        ("세일러복", "세일"),
        ("세일즈 교육", "세일"),
        ("피부과 전문의 소개", "문의드|증정"),
        ("피자 배달 3만원 이상 주문시 콜라 무료 증정", "피자 증정"),
    ],
)
def test_an_occasion_is_a_word_of_its_own(brief: str, never: str) -> None:
    for tone in ("polite", "friendly", "bold"):
        copy = processor.write_copy(brief, tone=tone)
        told = words_of(copy).replace(brief, "") + " ".join(
            tag for tag in copy.hashtags if tag in ("#행사", "#세일", "#오픈", "#할인")
        )
        assert not re.search(never, told), told


@pytest.mark.parametrize(
    ("brief", "word"),
    [
        ("여름세일 원피스", "세일"),
        ("카페 그랜드오픈", "오픈"),
        ("학생할인 커트", "할인"),
        ("타임세일 원피스", "세일"),
        ("원피스 세일합니다", "세일"),
        ("펜션 예약받아요", "예약"),
    ],
)
def test_a_glued_occasion_still_counts(brief: str, word: str) -> None:
    assert f"#{word}" in processor.write_copy(brief).hashtags


CURE = "비건 수분크림 여드름 치료 100% 효과, 국내 최고"


def test_the_trade_of_a_product_outvotes_its_symptoms() -> None:
    assert processor.write(CURE).industry == "cosmetics"
    assert processor.write("피부과 여드름 치료").industry == "clinic"
    assert processor.write("여드름 치료").industry == "clinic"
    copy = processor.write_copy(CURE)
    assert "치료" not in words_of(copy)
    assert "수분크림" in words_of(copy)
    assert not any("병원" in tag for tag in copy.hashtags)


def test_claims_are_found_by_the_rules_of_the_shop_and_of_the_product() -> None:
    assert find_claims("여드름 치료 상담", ("clinic", "cosmetics"))
    assert not find_claims("여드름 치료 상담", "clinic")
    assert any("여드름" in flag.text for flag in flag_copy(AdCopy("여드름 치료"), "clinic", CURE))


@pytest.mark.parametrize(
    ("brief", "never"),
    [
        ("반려견 간식 오리육포", "불 올렸다|지글지글|고기|불판|연기"),
        ("강아지 미용실 푸들 목욕 할인", "푸들"),
        ("세무사 사무실", "이사,|이사하|보금자리|새 동네|집 구하"),
        ("안경원", "병원|진료"),
        ("냉면", "따뜻|김이 오르"),
        ("딸기라때", "라때"),
    ],
)
def test_lines_suit_the_shop(brief: str, never: str) -> None:
    for tone in ("polite", "friendly", "emotional", "bold"):
        for seed in range(4):
            copy = processor.write_copy(brief, tone=tone, seed=seed)
            told = "\n".join((words_of(copy), *copy.hashtags))
            assert not re.search(never, told), told


def test_a_misspelt_product_is_printed_as_the_table_spells_it() -> None:
    assert "딸기라떼" in processor.write_copy("딸기라때").headline


@pytest.mark.parametrize("industry", ["cafe", "gym", "academy", "electronics", "cosmetics", "clinic", "general"])
@pytest.mark.parametrize(
    "text",
    [
        "100% 환불보장",
        "100% 환불 보장",
        "미세먼지 99.9% 제거",
        "제일 맛있는",
        "기적의 다이어트",
        "키 크는 우유",
        "합격률 95%",
        "대한민국 대표",
        "베스트",
    ],
)
def test_these_are_claims_in_every_trade(text: str, industry: str) -> None:
    assert find_claims(text, industry)


@pytest.mark.parametrize("industry", sorted(industries()))
@pytest.mark.parametrize(
    "text",
    [
        "최고의 하루 보내세요",
        "치료실 인테리어",
        "천연덕스럽게",
        "유일한 당신",
        "패딩 베스트 입고",
        "100% 환불 안내",
        "대표 번호 안내",
        "제일 좋아하는 색",
    ],
)
def test_these_are_no_claims(text: str, industry: str) -> None:
    assert not find_claims(text, industry)


@pytest.mark.parametrize(
    ("text", "line", "slot"),
    [
        ('shops:\n  cafe:\n    headline: ["{x} 한 잔"]\n', 3, "{x}"),
        ('shops:\n  cafe:\n    tags: [커피]\n    bold:\n      headline: ["{name}, 출동"]\n', 5, "{name}"),
        ('shops:\n  cafe: {headline: ["{w} 소식"]}\n', 2, "{w}"),
        ('intents:\n  sale: {headline: ["{n {w}"]}\n', 2, "{n "),
        ('shops:\n  cafe: {tags: ["{n}맛집"]}\n', 2, "{n}"),
    ],
)
def test_an_unknown_slot_is_told_with_file_and_line(user_folder: Path, text: str, line: int, slot: str) -> None:
    (user_folder / "copy.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(errors.InputError) as caught:
        processor.write_copy("아메리카노 세일")
    assert caught.value.code == "prompt.bad_table"
    assert f"copy.yaml: line {line}: " in caught.value.message
    assert f"'{slot}'" in caught.value.message


@pytest.mark.parametrize(
    ("brief", "offers"),
    [
        ("리모델링 2천만원부터", ("2천만원부터",)),
        ("중고차 1천200만원", ("1천200만원",)),
        ("전원주택 1억 5천만원", ("1억 5천만원",)),
        ("인테리어 5천 만 원", ("5천 만 원",)),
        ("국밥 3천 5백원", ("3천 5백원",)),
        ("캠핑카 이천오백만 원", ("이천오백만 원",)),
        ("코트 이십만 원", ("이십만 원",)),
        ("십만원 이상 구매시 5천원 할인", ("십만원 이상 구매시 5천원 할인",)),
        ("중고차 3천만원→2천500만원", ("3천만원→2천500만원",)),
        ("오늘만9900원", ("9900원",)),
        ("하지만 원하는 대로 고르는 빵", ()),
        ("수천만원 아끼는 인테리어", ()),
        ("몇천원으로 즐기는 분식", ()),
        ("코트 120 000원", ()),
        ("배송 0원", ("0원",)),
    ],
)
def test_a_sum_is_told_whole_or_not_at_all(brief: str, offers: tuple[str, ...]) -> None:
    assert read_facts(brief).offers == offers
    copy = processor.write_copy(brief)
    assert all(offer in f"{copy.headline}\n{copy.sub}\n{copy.caption}" for offer in offers)


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("한옥스테이 사우나 완비 주말 15만원", "한옥스테이 주말 15만원"),
        ("펜션 강아지 동반 가능 30% 할인", "펜션 30% 할인"),
        ("필라테스 주차 가능 체험 1만원", "필라테스 체험 1만원"),
        ("고깃집 놀이방 완비 삼겹살 1만2천원", "삼겹살 1만2천원"),
        ("악기 대여 월 2만원", "악기 대여 월 2만원"),
        ("조식 포함 1박 9만원", "조식 포함 1박 9만원"),
    ],
)
def test_a_price_takes_no_half_of_what_else_there_is(brief: str, headline: str) -> None:
    assert processor.write_copy(brief, provider="rules").headline == headline


@pytest.mark.parametrize(
    ("brief", "sub"),
    [
        ("배송 무료 사과 5kg 2만원", "사과 5kg 2만원"),
        ("호텔 헬스장 무료 이용 객실 9만9천원", "객실 9만9천원"),
    ],
)
def test_a_second_price_says_what_it_is_of(brief: str, sub: str) -> None:
    assert processor.write_copy(brief, provider="rules").sub == sub
