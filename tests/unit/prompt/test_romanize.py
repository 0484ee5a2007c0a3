"""Hangul in Latin letters, as the official rules spell it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstudio.prompt.reading.romanize import romanize


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        # plain spelling, finals, linking
        ("두텁떡", "duteoptteok"),
        ("떡볶이", "tteokbokki"),
        ("압구정", "apgujeong"),
        ("낙동강", "nakdonggang"),
        ("값이", "gapsi"),
        ("앉아", "anja"),
        ("읽다", "ikda"),
        ("여덟", "yeodeol"),
        ("의자", "uija"),
        ("영어", "yeongeo"),
        # nasals and l
        ("독립문", "dongnimmun"),
        ("왕십리", "wangsimni"),
        ("종로", "jongno"),
        ("국물", "gungmul"),
        ("백마", "baengma"),
        ("신라", "silla"),
        ("별내", "byeollae"),
        ("한라봉", "hallabong"),
        # i and h
        ("같이", "gachi"),
        ("해돋이", "haedoji"),
        ("좋고", "joko"),
        ("놓다", "nota"),
        ("낳지", "nachi"),
        ("잡혀", "japyeo"),
        ("묵호", "mukho"),
        ("싫어", "sireo"),
        ("않아", "ana"),
        # the rest stays
        ("ABC 카페 3호", "ABC kape 3ho"),
        ("", ""),
    ],
)
def test_words_are_spelled_as_they_sound(hangul: str, latin: str) -> None:
    assert romanize(hangul) == latin


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12))
def test_any_syllables_become_plain_letters(hangul: str) -> None:
    assert re.fullmatch("[a-z]*", romanize(hangul))
    assert bool(romanize(hangul)) == bool(hangul)
