"""The finished prompt: its wording, what wins over what, notes, seeds, and clear refusals."""

from __future__ import annotations

import re

import pytest

from adstudio import errors
from adstudio.prompt import processor
from adstudio.prompt.industries import get_industry, industries
from adstudio.prompt.sentence import vocabulary
from adstudio.prompt.styles import get_style, styles
from adstudio.types import Note

BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"


def test_the_example_of_the_node() -> None:
    prompt = processor.write(BRIEF)
    assert prompt.positive.startswith("Advertising photograph of a glass of strawberry latte on a wooden café table")
    assert prompt.positive.endswith(f"clear space at the top, realistic photograph, {vocabulary()['text_free']}.")
    assert prompt.positive.index("coffee beans") < prompt.positive.index("realistic photograph")
    assert (prompt.scene.place, prompt.scene.colour, prompt.scene.mood) == ("cafe_window", "pink", "cosy")
    assert (prompt.industry, prompt.style, prompt.copy_space, prompt.provider) == ("cafe", "realistic", "top", "rules")
    assert any("창가" in note and "window" in note for note in prompt.notes)
    assert all(isinstance(note, Note) and note.code.startswith("reading.") for note in prompt.notes), prompt.notes


@pytest.mark.parametrize(
    ("brief", "code"),
    [("오늘도 좋은 하루 되세요", "prompt.no_product"), ("창가 말고 카페 딸기라떼", "prompt.left_out")],
)
def test_what_somebody_should_look_at_is_no_usual_reading(brief: str, code: str) -> None:
    notes = [note for note in processor.write(brief).notes if isinstance(note, Note)]
    assert {note.code: note.is_usual for note in notes if note.code in (code, "reading.became")} == {
        code: False,
        "reading.became": True,
    }


def test_the_same_brief_gives_the_same_prompt() -> None:
    assert processor.write(BRIEF, seed=5) == processor.write(BRIEF, seed=5)


def test_words_win_over_the_product_the_product_over_the_season_and_that_over_the_shop() -> None:
    assert processor.write("카페").scene.colour == industries()["cafe"].colours[0] == "beige"
    assert processor.write("여름 카페").scene.colour == "blue"
    assert processor.write("여름 카페 딸기라떼").scene.colour == "pink"
    assert processor.write("여름 카페 딸기라떼 초록").scene.colour == "green"
    assert processor.write("여름 카페 딸기라떼 초록 잎, 보라색 배경").scene.colour == "purple"


def test_a_holiday_wins_over_the_product() -> None:
    assert processor.write("크리스마스 말차라떼").scene.colour == "red"


def test_the_last_named_place_is_the_place() -> None:
    assert processor.write("바다가 보이는 창가").scene.place == "cafe_window"
    assert processor.write("정원에 놓인 대리석 위 향수").scene.place == "marble"


def test_a_material_of_the_product_is_no_place() -> None:
    assert processor.write("린넨 셔츠").scene.place == "studio"  # no linen on a linen cloth
    assert processor.write("바다에서 입는 린넨 셔츠").scene.place == "seaside"
    assert processor.write("원목 식탁 위 김치찌개").scene.place == "wood"


def test_a_denied_default_is_not_taken() -> None:
    plain = processor.write("베이글 가게").scene
    denied = processor.write("베이글 가게, 나무 말고").scene
    assert plain.place == "wood" != denied.place


def test_seeds_vary_only_what_is_open() -> None:
    prompts = [processor.write("대리석 위 딸기라떼 왼쪽에서 빛", seed=seed) for seed in range(20)]
    assert {(p.scene.place, p.scene.colour, p.scene.light) for p in prompts} == {("marble", "pink", "left")}
    assert len({p.scene.mood for p in prompts}) > 1
    open_scenes = {processor.write("카페", seed=seed).scene for seed in range(20)}
    assert {scene.place for scene in open_scenes} <= set(industries()["cafe"].places)
    assert len(open_scenes) > 4


def test_backdrop_only_names_no_product() -> None:
    prompt = processor.write(BRIEF, backdrop_only=True)
    assert prompt.positive.startswith("Empty advertising backdrop, a wooden café table")
    assert not re.search("latte|coffee beans", prompt.positive)


def test_the_industry_can_be_given() -> None:
    assert processor.write("신메뉴 광고", industry="bakery").industry == "bakery"
    assert processor.write("신메뉴 광고", industry="빵집").industry == "bakery"
    assert "bread" in processor.write("신메뉴 광고", industry="bakery").positive


@pytest.mark.parametrize(
    "brief", ["간판에 카페 이름 글씨 크게", "50% 세일 문구 들어간 카페 포스터", '"SALE" 써 있는 카페']
)
def test_lettering_never_reaches_the_picture(brief: str) -> None:
    prompt = processor.write(brief)
    words = prompt.positive.replace(vocabulary()["text_free"], "").lower()
    assert not re.search(r"sign|text|letter|sale|word|poster|%|\d", words)
    assert any("글자" in note or "문구" in note for note in prompt.notes)


def test_a_quote_is_copy_unless_it_is_only_the_products_name() -> None:
    assert "latte" not in processor.write('"라떼보다 좋은 날" 꽃집').positive
    assert "strawberry latte" in processor.write("'딸기라떼' 신메뉴").positive


def test_what_is_drawn_where_no_product_is_named_is_said() -> None:
    props = processor.write("카페")
    assert industries()["cafe"].subject in props.positive
    assert any("제품 낱말이 없어" in note and industries()["cafe"].subject in note for note in props.notes)
    empty = processor.write("화사하고 밝은 분위기", industry="general")
    assert any("빈 배경" in note for note in empty.notes), empty.notes


def test_seasons_add_their_detail() -> None:
    assert "autumn leaves" in processor.write("가을 카페 라떼").positive
    assert "autumn leaves" not in processor.write("가을 느낌 말고 카페 라떼").positive


@pytest.mark.parametrize("style", styles())
def test_every_style_words_the_prompt(style: str) -> None:
    phrase = styles()[style].phrase
    assert phrase in processor.write(BRIEF, style=style).positive


def test_styles_name_their_adapters() -> None:
    assert {name: style.lora for name, style in styles().items()} == {
        "realistic": None,
        "semi-realistic": None,
        "anime": "anime",
        "illustration": "illustration",
        "watercolor": "watercolor",
        "3d": None,
        "flat": None,
        "none": None,
    }
    assert get_style("수채화") is get_style("watercolor") or get_style("수채화") == get_style("watercolor")


def test_there_are_industries_enough_and_each_makes_a_whole_prompt() -> None:
    assert len(industries()) >= 30
    for name in industries():
        prompt = processor.write("신메뉴 광고", industry=name, backdrop_only=False)
        assert prompt.industry == name
        assert 45 <= len(prompt.positive.split()) <= 110


@pytest.mark.parametrize(
    ("given", "code", "near"),
    [
        ({"industry": "cafee"}, "prompt.unknown_industry", "cafe"),
        ({"industry": "카페테리"}, "prompt.unknown_industry", "카페"),
        ({"style": "anmie"}, "prompt.unknown_style", "anime"),
        ({"style": "수채"}, "prompt.unknown_style", "수채화"),
        ({"provider": "rule"}, "prompt.unknown_provider", "rules"),
        ({"provider": "opnai"}, "prompt.unknown_provider", "openai"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(given: dict[str, str], code: str, near: str) -> None:
    with pytest.raises(errors.InputError) as caught:
        processor.write(BRIEF, **given)
    assert caught.value.code == code
    assert near in caught.value.hint


def test_korean_industry_names_are_understood() -> None:
    assert get_industry("카페·커피").name == get_industry("카페").name == get_industry("CAFE").name == "cafe"
