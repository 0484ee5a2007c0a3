"""A shop is what it sells, not what it has besides nor what it stands beside."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor


@pytest.mark.parametrize(
    ("brief", "industry"),
    [
        ("펜션 수영장 오픈", "stay"),
        ("글램핑 수영장 무료 1박 15만원", "stay"),
        ("리조트 골프장 패키지 19만원", "stay"),
        ("애견호텔 수영장 1박 4만원", "pets"),
        ("카페 놀이방 있어요 신메뉴 딸기라떼", "cafe"),
        ("고깃집 놀이방 완비 삼겹살 1만2천원", "meat"),
        ("놀이방 있는 식당 돈까스 9천원", "korean_food"),
        ("헬스장 있는 오피스텔 분양", "real_estate"),
        ("미용실 2층 네일샵 오픈", "nail"),
        ("병원 앞 꽃집 오픈", "flowers"),
    ],
)
def test_what_a_shop_has_or_stands_beside_does_not_tell_its_trade(brief: str, industry: str) -> None:
    assert processor.write(brief, provider="rules").industry == industry


@pytest.mark.parametrize(
    ("brief", "industry"),
    [
        ("수영장 오픈", "gym"),
        ("호텔 피트니스 회원권 30만원", "gym"),
        ("호텔 수영장 수영강습 회원 모집", "gym"),
        ("호텔 옆 수영장 오픈", "gym"),
        ("요가원 헬스장 오픈", "gym"),
        ("학원 옆 볼링장", "gym"),
        ("키즈카페 놀이방", "kids"),
    ],
)
def test_a_room_that_is_the_shop_itself_tells_its_trade(brief: str, industry: str) -> None:
    assert processor.write(brief, provider="rules").industry == industry


@pytest.mark.parametrize(
    ("brief", "headline"),
    [
        ("펜션 수영장 오픈", "펜션 수영장 오픈해요"),
        ("키즈펜션 놀이방 오픈", "키즈펜션 놀이방 오픈해요"),
        ("병원 1층 약국 오픈", "약국, 문 열어요"),
    ],
)
def test_the_copy_says_what_opens(brief: str, headline: str) -> None:
    assert processor.write_copy(brief, provider="rules").headline == headline


def test_a_pool_stands_on_no_tablecloth() -> None:
    assert "tablecloth" not in processor.write("펜션 수영장 오픈", provider="rules").positive
