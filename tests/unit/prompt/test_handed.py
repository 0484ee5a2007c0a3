"""Where a thing is lent, mended or made in a class, the ad says so: it does not sell the thing."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("골프채 렌탈 3만원", "골프채 렌탈 3만원"),
        ("스노보드 렌탈 1만원", "스노보드 렌탈 1만원"),
        ("도자기체험 1인 3만원", "도자기체험 1인 3만원"),
        ("드론 교육 수강 20만원", "드론 교육 수강 20만원"),
        ("가죽 지갑 만들기 원데이 클래스 6만원", "가죽 지갑 만들기 6만원"),
        ("전기차 렌트 하루 5만원", "전기차 렌트 하루 5만원"),
        ("쿠키 클래스 예약 받아요", "쿠키 클래스 예약받아요"),
        ("시계 수리 오픈", "시계 수리, 문 열어요"),
        ("한복대여 오픈", "한복대여, 문 열어요"),
    ],
)
def test_the_headline_says_what_is_done_with_the_thing(brief: str, headline: str) -> None:
    assert processor.write_copy(brief, provider="rules").headline == headline


@pytest.mark.parametrize("tone", ["polite", "friendly", "emotional", "bold"])
@pytest.mark.parametrize("seed", range(4))
def test_no_tone_sells_what_is_lent(tone, seed: int) -> None:
    copy = processor.write_copy("카메라 대여", tone=tone, seed=seed, provider="rules")
    assert "카메라 대여" in copy.headline
    assert copy.hashtags[0] == "#카메라대여"


@pytest.mark.parametrize(
    ("brief", "tag"),
    [
        ("비누 만들기 키트 1만원", "#비누"),
        ("코딩 로봇 교육용 3만원", "#코딩로봇"),
        ("한복 5만원, 대여는 2만원", "#한복"),
        ("취업 증명사진 정장 대여 무료", "#증명사진"),
    ],
)
def test_a_thing_that_is_sold_keeps_its_name(brief: str, tag: str) -> None:
    assert tag in processor.write_copy(brief, provider="rules").hashtags


def test_each_price_of_a_list_keeps_its_thing() -> None:
    copy = processor.write_copy("텐트 대여 3만원, 랜턴 대여 1만원", provider="rules")
    assert (copy.headline, copy.sub) == ("텐트 대여 3만원", "랜턴 대여 1만원")


@pytest.mark.parametrize(
    ("brief", "industry", "shown"),
    [
        ("한복 대여 종일 3만원", "fashion", "hanbok"),
        ("돌상 대여 12만원", "kids", "birthday table"),
        ("기타 레슨 첫 달 50% 할인", "academy", "acoustic guitar"),
        ("골프채 렌탈 3만원", "gym", "golf clubs"),
        ("정수기 렌탈 월 19,900원", "electronics", "appliance"),
    ],
)
def test_the_picture_shows_the_thing_and_its_trade(brief: str, industry: str, shown: str) -> None:
    prompt = processor.write(brief, provider="rules")
    assert prompt.industry == industry
    assert shown in prompt.positive


def test_the_fuller_of_two_things_stands_for_both() -> None:
    prompt = processor.write("중고서점 헌책 매입 빈티지 책더미", provider="rules")
    assert "books and books" not in prompt.positive
    assert "a stack of books wrapped in plain paper" in prompt.positive
