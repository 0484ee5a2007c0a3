"""What a brief of each trade becomes: the service is named, a price says what it is of, and nothing is drawn twice."""

from __future__ import annotations

import re

import pytest

from adstudio.prompt import processor
from adstudio.prompt.copy.offers import read_facts, told_word
from adstudio.prompt.industries import GENERAL, industries
from adstudio.prompt.tables import PACKAGED, read_table


@pytest.mark.parametrize(
    ("brief", "industry"),
    [
        ("통영 생굴 산지직송", "seafood"),
        ("수제화 첼시부츠 소가죽 광택", "shoes_bags"),
        ("은반지 공방 체험", "jewelry"),
        ("거북목 직장인 필라테스", "pilates"),
        ("도배 장판 원룸", "interiors"),
        ("아이폰 액정수리 당일", "phone_repair"),
        ("동네책방 시집", "bookshop"),
        ("눈꽃빙수에 떡 고명 인절미 가루", "dessert"),
    ],
)
def test_a_word_that_many_trades_use_does_not_decide(brief: str, industry: str) -> None:
    assert processor.write(brief).industry == industry


@pytest.mark.parametrize(
    ("brief", "subject"),
    [
        ("수제 젤라또 피스타치오맛", "a cup of handmade pistachio gelato"),
        ("피스타치오맛 젤라또", "a cup of pistachio gelato"),
        ("강아지 수제간식 오리목뼈", "handmade dog treats"),
        ("24평 아파트 리모델링", industries()["interiors"].subject),
        ("아파트 매매 급매", "a small model house"),
    ],
)
def test_the_subject_is_one_sensible_thing(brief: str, subject: str) -> None:
    assert processor.write(brief).positive.removeprefix("Advertising photograph of ").startswith(f"{subject} on ")


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("필라테스 회원 모집 체험수업 2만원", "필라테스 체험수업 2만원"),
        ("떡볶이 튀김 세트 7천원", "떡볶이 튀김 세트 7천원"),
        ("제주 패키지여행 399,000원", "패키지여행 399,000원"),
        ("아이폰 액정수리 4만원부터", "액정수리 4만원부터"),
        ("딸기 케이크 3만8천원", "딸기 케이크 3만8천원"),
        ("추석 한과 선물세트 3만원부터", "한과 선물세트 3만원부터"),
        ("마카롱 세트 2만원", "마카롱 세트 2만원"),
        ("소가죽 반지갑 각인 무료", "소가죽 반지갑 각인 무료"),
        ("영어 파닉스 수강생 모집", "파닉스, 같이 해요"),
        ("매일 아침 굽는 소금빵 2,500원", "소금빵 2,500원"),
    ],
)
def test_the_headline_names_what_is_sold(brief: str, headline: str) -> None:
    assert processor.write_copy(brief, tone="friendly").headline == headline


def test_a_day_says_of_what_it_is_and_a_vague_one_is_no_line() -> None:
    assert told_word("책방 북토크 10월 3일", read_facts("책방 북토크 10월 3일").times[0]) == "북토크"
    assert processor.write_copy("동네책방 시집 북토크 10월 3일").sub == "북토크 10월 3일"
    assert "이번 주" not in processor.write_copy("우리 가게 이번 주 새 소식").sub


def test_nobody_orders_a_service() -> None:
    assert "주문" not in processor.write_copy("운동화세탁 수거 배달", tone="bold").caption
    assert "주문" in processor.write_copy("떡볶이 배달", tone="bold").caption


def test_new_members_are_no_new_product() -> None:
    assert not re.search("선보|나왔", processor.write_copy("헬스장 PT 10회 신규회원", tone="polite").caption)


@pytest.mark.parametrize("shop", [shop for shop in industries().values() if shop.name != GENERAL])
def test_nothing_of_a_trades_own_scene_is_told_twice(shop) -> None:
    props = processor.write(shop.words[0], industry=shop.name).parts.props.split(", ")
    assert len(props) >= 2
    nouns = [prop.split()[-1] for prop in props]
    assert len(set(nouns)) == len(nouns), props
    fixed = re.compile(r"\b(?:side|one side|frontal|backlight)\b")
    assert not fixed.search(shop.light), "the side of the light is drawn by the scene"


def test_a_material_of_the_subject_is_no_prop() -> None:
    drawn = processor.write("소가죽 반지갑").positive
    assert drawn.count("leather") == 1
    assert "natural wood" not in processor.write("원목 식탁 맞춤 제작").positive
    assert "soft suede" in processor.write("스웨이드 재질 가방").positive


def test_glued_names_are_copy() -> None:
    for brief, name in (("북토크 책방이음 노란 불빛", "책방이음"), ("저녁반 모집 숨결필라테스", "숨결필라테스")):
        assert name not in " ".join(note for note in processor.write(brief).notes if "모르는" in note)


def test_a_price_keeps_its_measure_and_a_shop_its_name() -> None:
    assert processor.write_copy("도배 장판 3평 39만원").headline == "도배 장판 3평 39만원"
    assert processor.write_copy("기구필라테스 1회 체험권 1만원").headline == "기구필라테스 1회 체험권 1만원"
    assert "펜션 주말 15만원" in processor.write_copy("펜션 주말 15만원").caption
    assert "책방이음을" not in processor.write_copy("책방이음 낭독회 3월 2일", tone="polite").headline
    assert processor.write("꽃집 원데이클래스 3만원").industry == "flowers"


def test_symptoms_and_cures_are_no_name() -> None:
    assert "여드름" not in processor.write_copy("피부과 여드름 상담").headline
    copy = processor.write_copy("자세교정 필라테스 회원 모집")
    assert "필라테스" in copy.headline and not copy.flags


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("헬스장 3개월 9만9천원 PT 2회 무료", "헬스장 3개월 9만9천원"),
        ("크로스핏 체험 1만원 케틀벨 로프", "크로스핏 체험 1만원"),
        ("마라탕 첫주문 2천원 할인", "마라탕 첫주문 2천원 할인"),
        ("부사사과 10키로 29900원", "부사사과 10키로 29900원"),
        ("수박 한통 9,800원", "수박 한통 9,800원"),
    ],
)
def test_a_price_is_told_of_what_the_brief_says(brief: str, headline: str) -> None:
    assert processor.write_copy(brief, tone="bold").headline == headline


def test_what_is_only_used_or_made_of_is_not_sold() -> None:
    assert "열쇠" not in processor.write_copy("공인중개사 매매 전세 열쇠").headline
    assert "100%" not in processor.write_copy("캐시미어 니트 100%").headline
    assert "조명" not in processor.write_copy("칵테일바 보라색 조명 코스모폴리탄").headline
    assert "문" not in processor.write_copy("조향 클래스 6월 예약 오픈").headline


def test_what_is_sold_where_is_told_of_trades_that_exist() -> None:
    table = read_table(PACKAGED / "sold.yaml")
    services = set(table["service_trades"])
    named = services.union(*(table[key] for key in ("service_only", "service_first", "shipping")))
    assert named == services, "what is told of service trades names another"
    assert services | set(table["service_of_goods"]) <= set(industries())
    words = table["too_general"] + table["not_sold"]
    assert len(words) == len(set(words))
