"""Channels: every number has a source, rules keep it, and the user's own words are never cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.copy_limits import OWN_LIMITS, channel_choices, find_excess, get_limits
from adstudio.types import AdCopy


@pytest.mark.parametrize(
    ("channel", "part", "most"),
    [
        ("kakao_rich_pop", "headline", 25),
        ("kakao_search_recommended", "headline", 13),
        ("kakao_search_recommended", "sub", 13),
        ("kakao_search_custom", "headline", 20),
        ("kakao_search_custom", "sub", 18),
        ("kakao_search_custom", "call_to_action", 6),
        ("kakao_message_text", "caption", 1300),
        ("kakao_message_wide", "call_to_action", 8),
        ("instagram_feed", "caption", 2200),
        ("instagram_feed", "hashtags", 5),
    ],
)
def test_numbers(channel: str, part: str, most: int) -> None:
    limit = get_limits(channel).limits[part]
    assert limit.most == most
    assert "." in limit.source or "Instagram" in limit.source
    assert limit.checked.startswith("20")


def test_what_is_not_known_stays_unknown() -> None:
    for channel in ("kakao_bizboard", "baemin", "daangn", "coupang"):
        assert not get_limits(channel).limits
        assert get_limits(channel).most("headline") == OWN_LIMITS.most("headline")


def test_how_long_a_part_may_be_is_told_as_its_channel_counts() -> None:
    google = get_limits("google_search")
    assert google.describe("headline") == "30자(한글은 2자로 셈)"
    assert "call_to_action" not in google.limits and google.describe("call_to_action").endswith("자")
    assert get_limits("kakao_rich_pop").describe("headline") == "25자"


def test_kakao_counts_every_character_once_and_google_hangul_twice() -> None:
    assert get_limits("kakao_rich_pop").length("headline", "라떼 AB 1,") == 8
    assert get_limits("google_search").length("headline", "라떼 AB 1,") == 10


@pytest.mark.parametrize("name", ["instagram_feed", "인스타그램", "인스타 피드", "Instagram", "instagram-feed"])
def test_a_channel_is_found_by_its_names(name: str) -> None:
    assert get_limits(name).channel == "instagram_feed"


def test_an_unknown_channel_is_told_with_near_ones() -> None:
    with pytest.raises(errors.InputError) as caught:
        processor.write_copy("라떼", channel="kakao_ritch_pop")
    assert caught.value.code == "prompt.unknown_channel"
    assert "Did you mean kakao_rich_pop" in caught.value.hint
    assert "instagram_feed" in caught.value.hint


def test_quoted_words_too_long_are_kept_and_noted() -> None:
    quote = "오래오래 기억에 남을 우리 동네 작은 카페 이야기"
    copy = processor.write_copy(f'카페 "{quote}"', channel="kakao_search_recommended")
    assert copy.headline == quote
    assert any("제목이" in note or "제목은" in note or "제목" in note for note in copy.notes)
    assert "13자" in copy.notes[0]
    assert not processor.write_copy("카페 라떼", channel="kakao_search_recommended").notes


def test_excess_is_worded_in_korean() -> None:
    copy = AdCopy("가" * 30, call_to_action="지금 바로 주문하러 가기", hashtags=tuple(f"#가{n}" for n in range(9)))
    found = find_excess(copy, get_limits("kakao_search_custom"))
    assert [str(each) for each in found] == [
        "제목이 30자예요. ‘카카오 채널검색 맞춤소재’의 한도는 20자예요.",
        "버튼이 13자예요. ‘카카오 채널검색 맞춤소재’의 한도는 6자예요.",
    ]
    note = found[1].kept()
    assert note == f"{found[1]} 자르지 않고 그대로 두었어요." and note.code == "copy.too_long"
    assert (note.figures["piece"], note.figures["length"], note.figures["limit"]) == ("call to action", 13, "6")


def test_a_user_adds_channels_and_a_broken_one_is_told(user_folder: Path) -> None:
    text = "mall:\n  korean: 우리 몰\n  headline: {max: 7, source: 내부, checked: '2026-01-01'}\n"
    (user_folder / "copy_limits.yaml").write_text(text, encoding="utf-8")
    assert "mall" in channel_choices()
    assert len(processor.write_copy("카페 라떼 신메뉴", channel="우리 몰").headline) <= 7
    for broken, says in (("max: 7.5", "whole number"), ("max: many", "number"), ("most: 7", "unknown field")):
        (user_folder / "copy_limits.yaml").write_text(text.replace("max: 7", broken), encoding="utf-8")
        with pytest.raises(errors.InputError, match=says):
            get_limits("mall")
