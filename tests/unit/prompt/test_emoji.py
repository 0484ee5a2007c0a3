"""Emoji that name things steer like their word, where the brief's own words leave it open."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor
from adstudio.prompt.reading.brief import read_brief
from adstudio.prompt.reading.keywords import read_keywords
from adstudio.prompt.reading.scan import scan
from adstudio.prompt.tables import PACKAGED, read_table


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("🍓 신메뉴 나왔어요", "fresh strawberries"),
        ("신메뉴 나왔어요 🍗🍗", "crispy fried chicken"),
        ("오늘의 추천 ☕️", "a cup of coffee"),
        ("예약 받아요 💐", "a flower bouquet"),
        ("선물로 딱 💍 예약", "a ring"),
    ],
)
def test_an_emoji_names_the_product_of_a_brief_that_names_none(text: str, subject: str) -> None:
    assert f"of {subject} on" in processor.write(text).positive


@pytest.mark.parametrize("text", ["복숭아 케이크 🍓", "복숭아 케이크, 포도 말고 🍇", "🍷 복숭아 케이크"])
def test_an_emoji_never_joins_a_product_that_is_named(text: str) -> None:
    assert "of a peach cake on" in processor.write(text).positive


def test_emoji_of_several_kinds_each_fill_what_is_open() -> None:
    prompt = processor.write("라떼 나왔어요 🎄🍓🌊")
    assert "latte" in prompt.positive
    assert "fir branches" in prompt.positive
    assert prompt.scene.place == "seaside"
    assert "strawberr" not in prompt.positive
    assert processor.write("라떼 벚꽃 🎄").positive.count("fir branches") == 0


def test_faces_and_hearts_say_nothing() -> None:
    assert read_brief("라떼 😍💛✨🙏").body == "라떼"


def test_the_words_of_emoji_are_no_part_of_the_text() -> None:
    brief = read_brief("신메뉴 🍓")
    assert (brief.text, brief.body) == ("신메뉴", "신메뉴 , 딸기")


def test_every_packaged_emoji_stands_for_a_known_word() -> None:
    table = read_table(PACKAGED / "emoji.yaml")
    assert len(table) >= 150
    lost = [word for word in table.values() if read_keywords(word, scan(word)).coverage < 1 or not scan(word)]
    assert not lost
    assert not [emoji for emoji in table if len(emoji) != 1]
