"""The order of a prompt, what it is enriched with, and how styles render it."""

from __future__ import annotations

import pytest

from adstudio.prompt import processor
from adstudio.prompt.industries import get_industry, industries
from adstudio.prompt.picture.assembler import assemble, dress, enrich, scene_sentence
from adstudio.prompt.picture.look import Look
from adstudio.prompt.picture.shots import Shot, read_shot, word_shot
from adstudio.prompt.sentence import scene_parts, vocabulary
from adstudio.prompt.styles import choose_style, get_style, styles
from adstudio.types import PromptParts, Scene

SCENE = Scene("marble", "pink", "left", "cosy")
BRIEF = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"


def test_a_bare_scene_is_worded_as_the_demo_model_learnt_it() -> None:
    assert scene_sentence(SCENE, "top", subject="a mug", style_phrase="realistic photograph", detail="beans") == (
        "Advertising photograph of a mug on a polished marble counter, beans, pink colour palette, "
        "light from the left, warm and cosy mood, clear space at the top, realistic photograph, "
        "plain surfaces without any lettering."
    )
    assert scene_sentence(SCENE, "left") == (
        "Empty advertising backdrop, a polished marble counter, pink colour palette, light from the left, "
        "warm and cosy mood, clear space on the left, plain surfaces without any lettering."
    )


def test_details_come_first_and_the_scene_s_own_words_stay_together() -> None:
    parts = PromptParts(
        subject="a mug",
        setting="oak",
        props="beans",
        palette="pink colour palette",
        light="hard sunlight, light from the left",
        mood="calm and gentle mood",
        camera="low angle",
        copy_space="clear space at the top",
        style="realistic photograph, fine detail",
        text_free=f"plain cups, {vocabulary()['text_free']}",
    )
    assert assemble(parts) == (
        "Advertising photograph of a mug on oak, beans, hard sunlight, low angle, fine detail, plain cups, "
        "pink colour palette, light from the left, calm and gentle mood, clear space at the top, realistic photograph, "
        "plain surfaces without any lettering."
    )


def test_a_brief_that_says_little_still_gives_a_long_concrete_prompt() -> None:
    shop = get_industry("cafe")
    prompt = processor.write("카페 라떼")
    for phrase in (*shop.props[:2], shop.light, shop.camera, shop.palette, shop.unmarked, shop.detail):
        assert phrase in prompt.positive
    assert processor.write("카페 라떼", seed=1).parts.props != prompt.parts.props


def test_the_brief_wins_over_the_shop() -> None:
    shop = get_industry("cafe")
    beige = processor.write("카페 라떼, 베이지 배경")
    assert "colour" in beige.decided and beige.scene.colour == shop.colours[0] and shop.palette not in beige.positive
    dark = processor.write("카페 라떼, 고급스럽고 어두운 분위기")
    assert shop.light not in dark.positive and "low-key" in dark.parts.light
    assert processor.write("카페 라떼, 오른쪽에서 빛").parts.light.startswith("light from the right")
    night = processor.write("카페 라떼 야경")
    assert "lamp glow" in night.parts.light and shop.light not in night.positive


def test_what_the_brief_wishes_wins_over_shot_and_shop() -> None:
    shop, parts = get_industry("cafe"), scene_parts(SCENE, "top", subject="a mug")
    wishes = Look(material="brushed brass", light_quality="backlight", camera="macro close-up", props=("steam",))
    shot = Shot(quality="hard light", camera="low angle", props="a fern")
    rich = enrich(parts, SCENE, shop, wishes=wishes, shot=shot)
    assert (rich.light, rich.camera) == ("light from the left, backlight", "macro close-up")
    assert rich.props == "steam, brushed brass, a fern"
    assert enrich(parts, SCENE, shop, shot=shot).camera == "low angle"


def test_a_backdrop_takes_nothing_that_is_made_for_the_product() -> None:
    for name, shop in industries().items():
        prompt = processor.write("신메뉴 광고", industry=name, backdrop_only=True)
        own = (*shop.props, shop.light, shop.palette, shop.unmarked, shop.subject)
        assert not [phrase for phrase in own if phrase and phrase in prompt.positive]
        assert "view" in prompt.parts.camera or "table" in shop.subject


def test_the_asked_side_of_the_copy_wins_over_the_brief() -> None:
    prompt = processor.write("카페 라떼, 글자는 위에", copy_space="left")
    assert prompt.copy_space == "left" and "clear space on the left" in prompt.positive


@pytest.mark.parametrize("name", styles())
def test_a_style_opens_renders_and_leaves_out(name: str) -> None:
    style = get_style(name)
    prompt, backdrop = processor.write(BRIEF, style=name), processor.write(BRIEF, style=name, backdrop_only=True)
    assert prompt.positive.startswith(f"{style.opening or 'Advertising photograph of'} a glass of strawberry latte on ")
    assert backdrop.positive.startswith(f"{style.backdrop or 'Empty advertising backdrop'}, a wooden café table")
    for phrase in (style.phrase, style.rendering):
        assert phrase in prompt.positive
    if not style.has_lens:
        assert not [word for word in ("lens", "depth of field", "focus", "photograph") if word in prompt.positive]
        assert "close-up" in prompt.positive, "from where it is seen stays"


def test_what_a_style_leaves_out_is_left_out_of_props_light_and_camera() -> None:
    parts = PromptParts(subject="a mug", props="film grain, a fern", light="soft shadows, light from the left")
    flat = dress(parts, get_style("flat"))
    assert (flat.props, flat.light) == ("a fern", "light from the left")
    seen = PromptParts(subject="a mug", camera="low angle, 85mm at f/2.8")
    assert dress(seen, get_style("illustration")).camera == "low angle"
    assert dress(seen, get_style("realistic")).camera == seen.camera


@pytest.mark.parametrize(
    ("brief", "style"),
    [
        ("수채화 느낌으로 꽃집 오픈", "watercolor"),
        ("3D 렌더 스타일의 도넛", "3d"),
        ("애니풍 라멘집", "anime"),
        ("일러스트 느낌의 강아지 미용", "illustration"),
        ("플랫 디자인으로 학원 모집", "flat"),
        ("실사 사진처럼 나온 치킨", "realistic"),
        ("수채화 느낌 말고 실사 느낌으로", "realistic"),
        ("만화 느낌은 빼고", "realistic"),
        ("수채화 클래스 수강생 모집", "realistic"),
        ("일러스트 학원", "realistic"),
        ("딸기라떼", "realistic"),
    ],
)
def test_the_brief_chooses_the_style_where_it_may(brief: str, style: str) -> None:
    assert processor.write(brief, style="auto").style == style
    fixed = processor.write(brief, style="none")
    assert fixed.style == "none"


def test_a_chosen_style_stays_and_the_brief_s_other_wish_is_told() -> None:
    style, notes = choose_style("realistic", "수채화 느낌 꽃집")
    assert style.name == "realistic" and "auto" in notes[0] and "수채화 느낌" in notes[0]
    assert choose_style("realistic", "꽃집")[1] == ()
    assert "수채화" in choose_style("auto", "수채화 느낌 꽃집")[1][0]


def test_a_direction_is_read_as_it_was_worded() -> None:
    shot = Shot(
        "linen", "right", "hard midday sunlight with sharp shadows", "seen straight from above as a flat lay", "a fern"
    )
    assert read_shot(word_shot(shot)) == shot
    foreign = read_shot('seen from above, light from the right, on linen, "SALE" poster')
    assert (foreign.light, foreign.camera) == ("right", "seen from above, on linen")
    assert read_shot("") == Shot()


def test_a_direction_decides_only_what_the_brief_leaves_open() -> None:
    from adstudio.prompt.providers.rules import compose
    from adstudio.types import PromptRequest

    direction = "seen straight from above as a flat lay, light from the right, on a soft linen tablecloth"
    free = compose(PromptRequest("카페 라떼", variant=direction))
    assert (free.scene.place, free.scene.light) == ("linen", "right")
    assert free.parts.camera == "seen straight from above as a flat lay"
    fixed = compose(PromptRequest("대리석 위 라떼, 왼쪽에서 빛", variant=direction))
    assert (fixed.scene.place, fixed.scene.light) == ("marble", "left")
    denied = compose(PromptRequest("카페 라떼, 린넨 말고", variant=direction))
    assert denied.scene.place != "linen"
