"""What an editor shows of the copy is what the drawing lays on the picture."""

from __future__ import annotations

import numpy as np

from adstudio.text.lettering import letter
from adstudio.text.preview import draw_copy
from adstudio.types import Box, LayoutPlan, Mark, TextBlock, TextStyle

UPRIGHT = TextBlock("headline", "밤라떼", Box(0.8, 0.05, 0.95, 0.7), color="#FFD27A", color_to="#FF6A3D", vertical=True)
BUTTON = TextBlock("cta", "주문하기", Box(0.05, 0.8, 0.4, 0.95))
CROWDED = TextBlock("note", "좁은 곳에 들어가지 않는 긴 문구", Box(0.05, 0.3, 0.08, 0.32))
CODE = Mark("qr", Box(0.5, 0.5, 0.75, 0.9), "https://example.kr")
LOGO = Mark("logo", Box(0.05, 0.05, 0.2, 0.2))
STYLE = TextStyle(min_px=12)


def picture() -> np.ndarray:
    return np.random.default_rng(3).random((360, 480, 3), np.float32) * 0.3 + 0.2


def test_upright_lines_gradients_buttons_codes_and_logos_are_the_drawings_own():
    logo = {"": np.ones((20, 20, 4), np.float32)}
    plan = LayoutPlan((UPRIGHT, BUTTON), marks=(CODE, LOGO))
    shown, left_out = draw_copy(picture(), plan, STYLE, logo)
    assert not left_out
    np.testing.assert_array_equal(shown, letter(picture(), plan, STYLE, logo).plate)


def test_what_cannot_be_drawn_yet_hides_nothing_else():
    tiny, nowhere = Mark("qr", Box(0.5, 0.1, 0.55, 0.15), "https://example.kr"), Mark("qr", CODE.box)
    plan = LayoutPlan((CROWDED, BUTTON, TextBlock("sub", " ", BUTTON.box)), marks=(LOGO, CODE, tiny, nowhere))
    shown, left_out = draw_copy(picture(), plan, STYLE)
    assert {place: problem.code for place, problem in left_out.items()} == {
        0: "text.logo_missing",
        2: "text.qr_too_small",
        3: "text.qr_empty",
    }
    np.testing.assert_array_equal(shown, letter(picture(), LayoutPlan((BUTTON,), marks=(CODE,)), STYLE).plate)


def test_an_empty_plan_is_a_clear_sheet():
    shown, left_out = draw_copy(picture(), LayoutPlan((CROWDED,)), STYLE)
    assert shown.shape == (360, 480, 4) and not shown.any() and not left_out
