"""Names of brands that a language model brings along, and English that only looks like one."""

from __future__ import annotations

import re

import pytest
import yaml

from adstudio.prompt.picture.brand_names import without_names
from adstudio.prompt.tables import PACKAGED


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a Starbucks latte with the Nike swoosh", "a latte with the swoosh"),
        ("Coca-Cola can", "can"),
        ("a can of Coca-Cola, ice cubes", "a can, ice cubes"),
        ("an iPhone beside a McDonald's fries box", "an beside a fries box"),
        ("oak table, a Samsung-style oven", "oak table, a oven"),
        ("blue Levi's jeans", "blue jeans"),
        ("the Nike", ""),
    ],
)
def test_names_go_and_it_is_said(text: str, left: str) -> None:
    bare, notes = without_names(text)
    assert (bare, len(notes)) == (left, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("a glass of Einspänner cream coffee", "Soft light, Italian marble, a French café", "warm Korean-style tiles"),
        *("a small Christmas tree, New Year's light", "a cup under LED light, an 85mm view", "Oak table, Linen napkin"),
    ],
)
def test_usual_english_stays(text: str) -> None:
    assert without_names(text) == (text, ())


def test_a_title_is_no_row_of_names() -> None:
    assert without_names("A Tall Glass Of Iced Latte With Cream")[0] == "a tall glass of iced latte with cream"


def test_what_the_word_tables_say_stays() -> None:
    assert without_names("a Gimpo plum cake", "a slice of Gimpo cake") == ("a Gimpo plum cake", ())


def test_no_english_of_the_lexicon_goes() -> None:
    for path in [*PACKAGED.glob("lexicon/*.yaml"), *PACKAGED.glob("industries/*.yaml"), PACKAGED / "scenes.yaml"]:
        for text in _texts(yaml.safe_load(path.read_text("utf-8"))):
            for phrase in filter(str.strip, text.split(", ")):
                if not re.search("[가-힣]", phrase):
                    assert without_names(f"here {phrase}") == (f"here {phrase}", ()), path.name


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for row in rows for text in _texts(row)]
