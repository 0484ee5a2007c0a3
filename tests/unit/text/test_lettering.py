"""Lettering: inside its box, readable on any ground, set with hierarchy, and the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from adstudio.errors import InputError
from adstudio.srgb import luminance
from adstudio.text.lettering import draw, set_copy
from adstudio.text.paint.ground import ink_rect
from adstudio.text.paint.ink import contrast, enough, parse_colour
from adstudio.types import Array, Box, LayoutPlan, TextBlock, TextStyle

HEADLINE = TextBlock("headline", "따뜻한 커피 한 잔의 여유", Box(0.06, 0.06, 0.8, 0.36), "left", anchor="bottom")
SUB = TextBlock("sub", "가을 한정 메뉴 50% 할인", Box(0.06, 0.4, 0.8, 0.5), "left", anchor="top")
PLAN = LayoutPlan((HEADLINE, SUB))


@pytest.fixture(scope="module")
def coffee() -> Array:
    return (data.coffee()[:, 100:500] / 255).astype(np.float32)


def flat(value: float, side: int = 400) -> Array:
    return np.full((side, side, 3), value, np.float32)


def changed(before: Array, after: Array) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(np.abs(before - after).max(axis=2) > 0.02)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize(
    ("text", "align", "anchor"),
    [
        ("세일", "left", "top"),
        ("세일", "right", "top"),
        ("따뜻한 커피 한 잔의 여유", "center", "middle"),
        ("따뜻한 커피 한 잔의 여유", "right", "bottom"),
        ("Ágypq 50% gjy", "left", "top"),
        ("Ágypq 50% gjy", "center", "bottom"),
        ("지금\n바로", "right", "middle"),
    ],
)
def test_ink_stays_in_its_box_and_fills_it(text: str, align, anchor):
    picture = flat(1.0)
    plan = LayoutPlan((TextBlock("headline", text, Box(0.1, 0.2, 0.9, 0.6), align, anchor=anchor),))
    left, top, right, bottom = changed(picture, draw(picture, plan, TextStyle(shadow=False)))
    assert left >= 39 and right <= 361 and top >= 78 and bottom <= 242
    assert right - left > 300 or bottom - top > 125
    off = {"left": left - 40, "center": (left + right) / 2 - 200, "right": right - 360}[align]
    assert abs(off) <= 1.5


def test_pixels_away_from_the_copy_stay_bit_exact(coffee: Array):
    out = draw(coffee, PLAN, TextStyle(plate="never"))
    below = int(0.62 * coffee.shape[0])
    assert np.array_equal(out[below:], coffee[below:])
    assert not np.array_equal(out[:below], coffee[:below])


def test_same_copy_gives_the_same_pixels_and_leaves_the_input_alone(coffee: Array):
    before = coffee.copy()
    assert np.array_equal(draw(coffee, PLAN), draw(coffee, PLAN))
    assert np.array_equal(before, coffee)


def test_result_is_a_picture(coffee: Array):
    out = draw(coffee, PLAN, TextStyle(outline=True, plate="always"))
    assert out.shape == coffee.shape and out.dtype == np.float32
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize("value", [0.0, 0.2, 0.45, 0.55, 0.8, 1.0])
@pytest.mark.parametrize("plate", ["auto", "always"])
def test_letters_are_readable_on_every_grey(value: float, plate):
    assert weakest_contrast(flat(value), TextStyle(plate=plate)) >= 1.0


@pytest.mark.parametrize("seed", range(3))
def test_letters_are_readable_on_noise_and_photo(seed: int, coffee: Array):
    noise = np.random.default_rng(seed).random((400, 400, 3)).astype(np.float32)
    assert weakest_contrast(noise, TextStyle()) >= 1.0
    assert weakest_contrast(np.roll(coffee, 97 * seed, axis=1), TextStyle()) >= 1.0


def weakest_contrast(picture: Array, style: TextStyle) -> float:
    """Contrast of the drawn letters over what they need: their core against the ground around them."""
    size = (picture.shape[1], picture.shape[0])
    black = replace(PLAN, texts=tuple(replace(block, color="#000") for block in PLAN.texts))
    ink = 1 - draw(np.ones_like(picture), black, replace(style, plate="never", shadow=False))[..., 0]
    out = draw(picture, PLAN, style)
    shares = []
    for setting in set_copy(PLAN, style, size):
        left, top, right, bottom = ink_rect(setting, size)
        patch, here = out[top:bottom, left:right], ink[top:bottom, left:right]
        letters = float(luminance(np.median(patch[here > 0.99], axis=0)))
        around = np.percentile(luminance(patch[here == 0]), (5, 95))
        ratio = min((max(letters, x) + 0.05) / (min(letters, x) + 0.05) for x in map(float, around))
        shares.append(ratio / enough(setting.size, setting.face.weight, size))
    return min(shares)


def test_plate_is_laid_only_where_contrast_asks_for_it():
    smooth, striped = (
        flat(0.95),
        np.tile(np.repeat(np.array([0.0, 1.0], np.float32), 8), 25)[None, :, None] * np.ones((400, 1, 3), np.float32),
    )
    corner = (slice(130, 140), slice(300, 319))  # beside the lines, inside a plate
    assert np.array_equal(draw(smooth, PLAN, TextStyle(shadow=False))[corner], smooth[corner])
    assert not np.array_equal(draw(striped, PLAN, TextStyle(shadow=False))[corner], striped[corner])
    assert np.array_equal(draw(striped, PLAN, TextStyle(shadow=False, plate="never"))[corner], striped[corner])


def test_ink_takes_the_pictures_tint_where_contrast_allows():
    blue = np.ones((400, 400, 3), np.float32) * np.array([0.75, 0.85, 1.0], np.float32)
    plan = LayoutPlan((HEADLINE,))
    out = draw(blue, plan, TextStyle(shadow=False))
    darkest = out.reshape(-1, 3)[luminance(out).argmin()]
    assert darkest[2] > 0.04 and darkest[2] > darkest[0] + 0.03


def test_headline_and_sub_share_one_ink():
    # On this rose the tinted ink is enough for the large headline, but not for the small line.
    rose = np.ones((400, 400, 3), np.float32) * np.array([0.62, 0.46, 0.5], np.float32)
    small = replace(SUB, box=Box(0.06, 0.4, 0.8, 0.44))
    out = draw(rose, LayoutPlan((HEADLINE, small)), TextStyle(shadow=False, min_px=10))
    headline, sub = (part.reshape(-1, 3)[luminance(part).argmin()] for part in (out[:150], out[155:]))
    assert float(luminance(headline)) < 0.1
    assert np.allclose(headline, sub, atol=0.01)


def test_colour_of_the_plan_is_used():
    plan = LayoutPlan((TextBlock("headline", "세일", Box(0.1, 0.1, 0.9, 0.9), color="#E60012"),))
    out = draw(flat(1.0), plan, TextStyle(shadow=False, plate="never"))
    assert np.abs(out - np.array([0xE6, 0, 0x12], np.float32) / 255).max(axis=2).min() < 1e-3


def test_sub_stays_below_the_headline():
    sub = TextBlock("sub", "작게", Box(0.0, 0.5, 1.0, 1.0))
    first, second = set_copy(LayoutPlan((sub, HEADLINE)), TextStyle(), (400, 400))
    assert (first.block.role, second.block.role) == ("headline", "sub")
    assert second.size <= 0.6 * first.size
    assert second.face.weight < first.face.weight


def test_left_edges_of_headline_and_sub_line_up():
    picture = flat(1.0, 800)
    out = draw(picture, LayoutPlan((HEADLINE, SUB)), TextStyle(shadow=False, weight=800))
    head, sub = changed(picture[:310], out[:310]), changed(picture[310:], out[310:])
    assert abs(head[0] - sub[0]) <= 1


def test_copy_that_does_not_fit_is_refused_with_its_size():
    tight = LayoutPlan((TextBlock("sub", "아주 긴 문구를 아주 작은 상자에 넣어 봅니다", Box(0.1, 0.1, 0.3, 0.15)),))
    with pytest.raises(InputError) as error:
        draw(flat(1.0), tight, TextStyle(min_px=20))
    assert error.value.code == "text.does_not_fit"
    assert "80x20 px" in error.value.message and "20 px" in error.value.message


def test_smallest_size_is_kept_to_the_pixel():
    box = Box(0.1, 0.1, 0.9, 0.2)
    size = set_copy(LayoutPlan((TextBlock("sub", "가을 한정 메뉴 할인", box),)), TextStyle(min_px=8), (400, 400))[
        0
    ].size
    fits, refuses = TextStyle(min_px=int(size)), TextStyle(min_px=int(size) + 1)
    draw(flat(1.0), LayoutPlan((TextBlock("sub", "가을 한정 메뉴 할인", box),)), fits)
    with pytest.raises(InputError):
        draw(flat(1.0), LayoutPlan((TextBlock("sub", "가을 한정 메뉴 할인", box),)), refuses)


@pytest.mark.parametrize("texts", [(), ("",), (" \n ", "\u200b")])
def test_empty_copy_is_refused(texts: tuple[str, ...]):
    plan = LayoutPlan(tuple(TextBlock("headline", text, Box(0.1, 0.1, 0.9, 0.9)) for text in texts))
    with pytest.raises(InputError) as error:
        draw(flat(1.0), plan)
    assert error.value.code == "text.no_copy"


def test_emoji_is_refused_before_anything_is_drawn():
    with pytest.raises(InputError, match="U\\+1F389"):
        draw(flat(1.0), LayoutPlan((TextBlock("headline", "축하 🎉", Box(0.1, 0.1, 0.9, 0.9)),)))


@pytest.mark.parametrize("colour", ["red", "#12", "#GGGGGG", "", "#1234567"])
def test_bad_colour_is_an_input_error(colour: str):
    with pytest.raises(InputError) as error:
        parse_colour(colour)
    assert error.value.code == "text.bad_colour"


def test_decomposed_hangul_is_drawn_like_composed():
    apart = LayoutPlan((TextBlock("headline", "\u1112\u1161\u11ab\u1100\u1173\u11af", Box(0.1, 0.1, 0.9, 0.9)),))
    whole = LayoutPlan((TextBlock("headline", "한글", Box(0.1, 0.1, 0.9, 0.9)),))
    assert np.array_equal(draw(flat(1.0), apart), draw(flat(1.0), whole))


@pytest.mark.parametrize("size", [(64, 400), (400, 64), (1029, 258), (1200, 1200)])
def test_any_shape_of_picture(size: tuple[int, int]):
    picture = np.linspace(0, 1, size[0] * size[1] * 3, dtype=np.float32).reshape(size[1], size[0], 3)
    plan = LayoutPlan((TextBlock("headline", "세일", Box(0.0, 0.0, 1.0, 1.0)),))
    assert draw(picture, plan, TextStyle(min_px=8)).shape == picture.shape


def test_contrast_counts_the_worst_letter():
    good, bad = np.ones((1, 9, 3), np.float32), np.full((1, 9, 3), 0.2, np.float32)
    assert contrast((0.0, 0.0, 0.0), np.concatenate([good] * 30)) > 20
    assert contrast((0.0, 0.0, 0.0), np.concatenate([good] * 30 + [bad])) < 2
