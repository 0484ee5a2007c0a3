"""Korean particles follow how a word ends when read aloud."""

from __future__ import annotations

import pytest

from adstudio.prompt.particles import attach, fill


@pytest.mark.parametrize(
    ("word", "pair", "joined"),
    [
        ("라떼", "은/는", "라떼는"),
        ("빵", "은/는", "빵은"),
        ("커피", "이/가", "커피가"),
        ("떡", "을/를", "떡을"),
        ("와인", "과/와", "와인과"),
        ("펌", "으로/로", "펌으로"),
        ("네일", "으로/로", "네일로"),
        ("요가", "으로/로", "요가로"),
        ("1", "은/는", "1은"),
        ("2", "은/는", "2는"),
        ("10", "이/가", "10이"),
        ("1,000", "은/는", "1,000은"),
        ("8", "으로/로", "8로"),
        ("50%", "을/를", "50%를"),
        ("LED", "을/를", "LED를"),
        ("BTS", "은/는", "BTS는"),
        ("PIN", "은/는", "PIN은"),
        ("latte", "은/는", "latte는"),
        ("wine", "은/는", "wine은"),
        ("salon", "이/가", "salon이"),
        ("cup", "이/가", "cup이"),
        ("book", "이/가", "book이"),
        ("MacBook", "을/를", "MacBook을"),
        ("cake", "을/를", "cake를"),
        ("ale", "으로/로", "ale로"),
        ("‘봄’", "은/는", "‘봄’은"),
        ("", "은/는", "는"),
    ],
)
def test_particles(word: str, pair: str, joined: str) -> None:
    assert attach(word, pair) == joined


def test_templates_settle_their_particles() -> None:
    assert fill("새로 나온 {n}[을/를] 만나요", "소금빵") == "새로 나온 소금빵을 만나요"
    assert fill("{n}[과/와] {n}[이/가]", "커피") == "커피와 커피가"
