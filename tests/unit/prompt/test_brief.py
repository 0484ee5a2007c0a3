"""Reading a brief: what is refused, what is cleaned away, and which words are copy."""

from __future__ import annotations

import unicodedata

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.reading.brief import MAX_CHARS, read_brief


@pytest.mark.parametrize("text", ["", "   \n\t ", "🎉🎉🍓", "\x00\x07", "!!! ... ???", "50% 1+1", "\u200b\u200d\ufeff"])
def test_a_brief_without_words_is_refused(text: str) -> None:
    with pytest.raises(errors.InputError) as caught:
        read_brief(text)
    assert caught.value.code == "prompt.empty_brief"
    assert "딸기라떼" in caught.value.hint  # says how a good one looks


@pytest.mark.parametrize("length", [MAX_CHARS + 1, 10_000])
def test_a_brief_too_long_is_refused_with_both_lengths(length: int) -> None:
    with pytest.raises(errors.InputError, match=f"{MAX_CHARS:,}.*{length:,}") as caught:
        processor.write("가" * length)
    assert caught.value.code == "prompt.brief_too_long"


def test_the_longest_brief_is_taken_even_when_decomposed() -> None:
    text = unicodedata.normalize("NFD", "딸" * MAX_CHARS)
    assert len(text) > MAX_CHARS
    assert len(read_brief(text).text) == MAX_CHARS


@pytest.mark.parametrize("value", [None, 3, b"brief", ["brief"]])
def test_a_brief_that_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(errors.InputError) as caught:
        read_brief(value)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "prompt.brief_not_text"


def test_a_decomposed_brief_reads_like_a_composed_one() -> None:
    text = "딸기라떼를 대리석 위에, 왼쪽에서 빛"
    assert processor.write(unicodedata.normalize("NFD", text)) == processor.write(text)


def test_a_decomposed_accent_is_kept() -> None:
    assert read_brief("cafe\u0301 latte").text == "café latte"


def test_controls_emoji_and_widths_are_cleaned() -> None:
    assert read_brief("딸기\x00라떼🍓  신\u200b메뉴\tＡＢＣ ５㎏\r\n\r\n광고").text == "딸기라떼 신메뉴 ABC 5kg\n광고"


@pytest.mark.parametrize(
    ("text", "quotes", "body"),
    [
        ("딸기라떼 “봄을 마셔요” 광고", ("봄을 마셔요",), "딸기라떼 , 광고"),
        ('"오늘의 커피" 카페', ("오늘의 커피",), ", 카페"),
        ("‘한 잔의 여유’ 그리고 「천천히」 카페", ("한 잔의 여유", "천천히"), ", 그리고 , 카페"),
        ("'첫눈' 라떼", ("첫눈",), ", 라떼"),
        ("men's skin 'glow' 광고", ("glow",), "men's skin , 광고"),
        ('카페 "" 광고', (), "카페 , 광고"),
        ('12" 피자와 "오늘은 피자"', ("오늘은 피자",), '12" 피자와 ,'),
        ("꽃집 광고\n제목: 봄을 담다\n부제: 3월의 꽃", ("봄을 담다", "3월의 꽃"), "꽃집 광고 , ,"),
        ('따옴표 하나만 " 있는 카페', (), '따옴표 하나만 " 있는 카페'),
    ],
)
def test_quotes_are_copy(text: str, quotes: tuple[str, ...], body: str) -> None:
    brief = read_brief(text)
    assert brief.quotes == quotes
    assert " ".join(brief.body.split()) == body
