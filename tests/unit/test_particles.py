"""Korean particles follow how a word ends when read aloud."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from adstudio.particles import PAIRS, Spoken, final_consonant, particle


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
        ("Nanum Gothic", "으로/로", "Nanum Gothic으로"),
        ("Noto Sans CJK KR", "으로/로", "Noto Sans CJK KR로"),
        ("Pretendard", "으로/로", "Pretendard로"),
        # a unit behind a figure is read as a word: 픽셀, 그램, 미터, 리터
        ("20px", "은/는", "20px은"),
        ("20px", "으로/로", "20px로"),
        ("500 g", "이/가", "500 g이"),
        ("2㎏", "으로/로", "2㎏으로"),
        ("3m", "을/를", "3m를"),
        ("500ml", "이/가", "500ml가"),
        ("1.5L", "은/는", "1.5L는"),
        ("300kcal", "을/를", "300kcal를"),
        ("4.2 MB", "이에요/예요", "4.2 MB예요"),
        ("25℃", "이에요/예요", "25℃예요"),
        ('12"', "이/가", '12"가'),
        ("XL", "은/는", "XL은"),  # no unit without a figure
        # quotes are silent, and what brackets add is not read with the word
        ("‘봄’", "은/는", "‘봄’은"),
        ('"라떼"', "이/가", '"라떼"가'),
        ("커피(한정)", "이/가", "커피(한정)가"),
        ("빵 (대)", "은/는", "빵 (대)은"),
        ("‘커피(한정)’", "이/가", "‘커피(한정)’가"),
        ("(봄)", "이/가", "(봄)이"),
        ("가을 세일!", "이/가", "가을 세일!이"),
        ("", "은/는", "는"),
    ],
)
def test_particles(word: str, pair: str, joined: str) -> None:
    assert f"{Spoken(word):{pair}}" == joined


def test_the_page_reads_the_same_words_alike() -> None:
    # web/js/page/particles.js has the same rules; its test reads the same file.
    rows = json.loads((Path(__file__).parent / "particles.json").read_text(encoding="utf-8"))
    kinds = {0: "open", 8: "rieul"}
    assert len(rows) > 60 and [(word, kinds.get(final_consonant(word), "closed")) for word, _ in rows] == [
        *map(tuple, rows)
    ]


def test_only_ro_takes_rieul_for_a_vowel() -> None:
    assert {pair: particle("네일", pair) for pair in PAIRS} == {
        pair: pair.split("/")[pair == "으로/로"] for pair in PAIRS
    }


def test_hangul_taken_apart_is_read_as_one() -> None:
    name = unicodedata.normalize("NFD", "소금빵")
    assert len(name) > 3 and final_consonant(name) == final_consonant("빵")


def test_the_particle_alone_follows_a_word_in_quotes() -> None:
    word = Spoken("오늘")
    assert f"‘{word}’{word:+은/는} {word} {word:>3}" == "‘오늘’은 오늘  오늘"


def test_a_pair_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError, match="가/이"):
        particle("빵", "가/이")
