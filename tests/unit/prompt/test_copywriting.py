"""The Korean copy: quotes verbatim, facts whole, nothing promised that the brief does not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from adstudio.prompt import processor
from adstudio.prompt.copy.copywriting import HEADLINE_CHARS, SUB_CHARS, line_length

HERE = Path(__file__).parent
BRIEFS = [
    row["brief"]
    for name in ("briefs_dev", "briefs_held_out", "briefs_hard", "briefs_fresh")
    for row in yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
]
# What only the brief itself may promise.
PROMISES = (
    "할인",
    "세일",
    "무료",
    "증정",
    "특가",
    "최고",
    "1위",
    "매일",
    "수제",
    "유기농",
    "100%",
    "국내산",
    "당일",
    "최저",
)


@pytest.mark.parametrize("brief", BRIEFS)
def test_copy_fits_and_promises_only_what_the_brief_says(brief: str) -> None:
    copy = processor.write_copy(brief)
    assert 0 < line_length(copy.headline) <= HEADLINE_CHARS + 3  # an offer is kept whole, a little longer if need be
    assert 0 < line_length(copy.sub) <= SUB_CHARS
    assert 5 <= len(copy.hashtags) <= 15
    assert len(set(copy.hashtags)) == len(copy.hashtags)
    assert all(re.fullmatch(r"#[0-9A-Za-z가-힣_]{2,15}", tag) for tag in copy.hashtags)
    assert copy.provider == "rules"
    words = f"{copy.headline} {copy.sub}"
    assert all(promise in brief for promise in PROMISES if promise in words)
    assert all(number in brief for number in re.findall(r"\d[\d,.]*", words))
    assert copy.headline != copy.sub
    assert not re.search(r"[\[\]{}]", words)
    assert processor.write_copy(brief) == copy


@pytest.mark.parametrize(
    ("brief", "headline", "sub"),
    [
        ('꽃집 "봄을 건네요" 광고', "봄을 건네요", None),
        ("빵집 ‘오늘의 빵’ 「아침 8시에 만나요」", "오늘의 빵", "아침 8시에 만나요"),
        ("쿠키 1+1, 6월 30일까지", "쿠키 1+1", "6월 30일까지"),
        ("제주 감귤 5kg 산지직송 9,900원", "감귤 5kg 9,900원", None),
        ("치킨 최대 50% 할인 4/1~4/30", "치킨 최대 50% 할인", "4/1~4/30"),
        ("핸드크림 2개 구매시 1개 증정", "핸드크림 2개 구매시 1개 증정", None),
        ("3만원 이상 구매시 5천원 할인 쿠폰 화장품", "화장품 할인", "3만원 이상 구매시 5천원 할인 쿠폰"),
        ("피자 23,000원 → 19,900원", "피자 23,000원 → 19,900원", None),
        ("라떼 4,500원부터 선착순 100명", "라떼 4,500원부터", "선착순 100명"),
        ("다육이 3개 만원", "다육이 3개 만원", None),
        ("원목 책상 특가", "원목 책상 특가", None),
    ],
)
def test_facts_and_quotes_are_kept_whole(brief: str, headline: str, sub: str | None) -> None:
    copy = processor.write_copy(brief)
    assert copy.headline == headline
    assert sub is None or copy.sub == sub


@pytest.mark.parametrize(
    "brief",
    [
        "1:1 비율로 케이크",
        "1080x1080 케이크",
        "케이크 문의 010-1234-5678",
        "할인 없이 정가로 파는 케이크",
        "2024 케이크",
    ],
)
def test_figures_that_are_no_offer_stay_out(brief: str) -> None:
    copy = processor.write_copy(brief)
    assert not re.search(r"\d|할인", copy.headline + copy.sub)


def test_the_occasion_is_told_in_the_briefs_word() -> None:
    assert "세일" in processor.write_copy("여성 구두 세일").headline
    assert "할인" not in processor.write_copy("여성 구두 세일").headline


def test_neighbourhoods_become_hashtags() -> None:
    assert "#연남동꽃집" in processor.write_copy("연남동 꽃집 오픈").hashtags
    assert not any("성수" in tag for tag in processor.write_copy("펜션 여름 성수기 예약").hashtags)


def test_a_product_of_another_trade_gets_lines_of_its_own_trade() -> None:
    copy = processor.write_copy("펜션 테라스에서 마시는 와인")
    assert "하룻밤" not in copy.headline


@pytest.mark.parametrize(
    ("brief", "headline", "sub"),
    [
        ("핸드드립 원두커피 오늘만 3,900원", "핸드드립 3,900원", "오늘만"),
        ("이번 주말만 1+1 소금빵", "소금빵 1+1", "이번 주말만"),
        ("오늘 하루만 반값 딸기 케이크", "딸기 케이크 반값", "오늘 하루만"),
        ("9월 30일까지 국화 꽃다발 20% 할인", "국화 꽃다발 20% 할인", "9월 30일까지"),
    ],
)
def test_an_offer_is_told_with_its_product_and_its_day(brief: str, headline: str, sub: str) -> None:
    copy = processor.write_copy(brief)
    assert (copy.headline, copy.sub) == (headline, sub)
