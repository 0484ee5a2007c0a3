"""The packaged industries: all the trades, each told whole, and none that breaks its own rules."""

from __future__ import annotations

import re

import pytest

from adstudio.prompt.industries import get_industry, industries
from adstudio.prompt.lettering_words import asks_for_lettering
from adstudio.prompt.sentence import vocabulary

TRADES = {
    "카페": "cafe", "식당": "korean_food", "레스토랑": "pizza", "베이커리": "bakery", "바": "bar", "치킨": "chicken",
    "미용실": "hair", "네일": "nail", "꽃집": "flowers", "서점": "bookshop", "헬스장": "gym", "필라테스": "pilates",
    "펜션": "stay", "펫샵": "pets", "화장품": "cosmetics", "패션": "fashion", "주얼리": "jewelry", "마트": "market",
    "어시장": "seafood", "학원": "academy", "병원": "clinic", "세차장": "car", "세탁소": "laundry",
    "휴대폰수리": "phone_repair", "인테리어시공": "interiors",
}  # fmt: skip


@pytest.mark.parametrize(("word", "name"), TRADES.items())
def test_every_trade_is_known_by_its_korean_word(word: str, name: str) -> None:
    assert get_industry(word).name == name


@pytest.mark.parametrize("name", industries())
def test_every_industry_is_told_whole(name: str) -> None:
    shop = industries()[name]
    assert shop.english and shop.theme and shop.light and shop.palette and shop.camera and shop.unmarked
    assert 2 <= len(shop.taboos) <= 6 and 2 <= len(shop.channels) <= 4
    if name != "general":
        assert shop.subject and shop.detail and shop.words and len(shop.props) == 3
        assert shop.places and shop.colours and shop.moods
    for phrase in (shop.english, shop.theme, *shop.taboos):
        assert re.fullmatch(r"[A-Za-zÀ-ÿ,' -]+", phrase), phrase
    assert not asks_for_lettering(" ".join((shop.theme, shop.light, shop.palette, shop.camera, *shop.props)))
    sides = [row["phrase"].split()[-1] for row in vocabulary()["lights"].values()]
    assert not re.search(rf"\b(?:{'|'.join(sides)})\b", f"{shop.light}"), "the side of the light is the brief's"


def test_the_taboos_of_the_strict_trades_are_there() -> None:
    known = {name: " ".join(shop.taboos) for name, shop in industries().items()}
    assert "before-and-after" in known["clinic"] and "medical" in known["cosmetics"]
    assert "minors" in known["bar"] and "raw" in known["korean_food"]


def test_no_word_tells_two_industries() -> None:
    words = [word.replace(" ", "").lower() for shop in industries().values() for word in shop.words]
    assert sorted(words) == sorted(set(words))
