"""Spots that carry their own ground: buttons and badges hug their words and are read on any picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ad_blocks import BADGE, CTA, flat, one
from skimage import data, transform

from adstudio.errors import InputError
from adstudio.srgb import luminance, ratio
from adstudio.text.lettering import draw, letter, set_copy
from adstudio.text.lines.spot import spot_of
from adstudio.text.paint.ink import to_oklab
from adstudio.types import Array, Box, LayoutPlan, TextBlock, TextStyle


@pytest.fixture(scope="module")
def coffee() -> Array:
    return np.asarray(transform.resize(data.coffee()[:, :400], (512, 512)), np.float32)


def test_a_badge_is_drawn_at_every_size_down_to_the_smallest():
    badge = TextBlock("badge", "1+1", Box(0.1, 0.1, 0.9, 0.9))
    for side in range(8, 72):
        for shift in (0.0, 0.3):
            moved = replace(badge, box=Box(shift / side, shift / side, 0.8, 0.8))
            letter(flat(0.9, side), LayoutPlan((moved,)), TextStyle(min_px=1, shadow=False))


def test_button_hugs_its_words_evenly_and_is_read_on_any_ground():
    for value in (0.0, 0.45, 1.0):
        picture = flat(value)
        out = one(CTA, picture)
        (setting,) = set_copy(LayoutPlan((CTA,)), TextStyle(shadow=False), (400, 400))
        spot = spot_of(setting, (400, 400))
        assert spot is not None and spot.kind == "pill"
        left, top, right, bottom = spot.edges
        assert left == pytest.approx(0.06 * 400, abs=0.5)  # holds on to its box's side
        assert setting.ink[0] - left == pytest.approx(right - setting.ink[2], abs=0.5)
        middle, fill = round((top + bottom) / 2), out[round(top + 4), round((left + right) / 2)]
        letters = out[middle - 4 : middle + 4, round(setting.ink[0]) : round(setting.ink[2])].reshape(-1, 3)
        reads = [ratio(float(luminance(fill)), float(luminance(each))) for each in letters]
        assert max(reads) >= 4.5
        assert np.array_equal(out[round(top) + 1, round(left) + 1], picture[0, 0])  # round ends
        assert ratio(float(luminance(fill)), float(luminance(picture[0, 0]))) > 3


def test_a_button_that_needs_more_room_is_refused_with_its_box():
    with pytest.raises(
        InputError, match="'지금 주문하기' does not fit its box of 176x32 px with letters of at least 20"
    ):
        one(replace(CTA, box=Box(0.06, 0.42, 0.5, 0.5)), flat(1.0))
    two_lines = replace(CTA, text="지금 바로 주문하러 가기", box=Box(0.06, 0.4, 0.42, 0.62))
    (setting,) = set_copy(LayoutPlan((two_lines,)), TextStyle(), (400, 400))
    assert len(setting.lines) == 2 and setting.size >= 20


def test_a_button_without_its_pill_is_underlined():
    picture = flat(1.0)
    link = replace(CTA, plate="none")
    out = one(link, picture)
    (setting,) = set_copy(LayoutPlan((link,)), TextStyle(), (400, 400))
    below = round(setting.baselines[0] + 0.2 * setting.size)
    under = slice(below - 2, below + 2), slice(round(setting.ink[0]) + 1, round(setting.ink[2]) - 1)
    note = one(replace(link, role="note"), picture)
    assert (out[under] < 0.5).all(axis=(1, 2)).any() and not (note[under] < 0.5).all(axis=(1, 2)).any()


def test_badge_takes_a_colour_of_the_picture_and_keeps_its_letters_inside(coffee: Array):
    plan = LayoutPlan((BADGE,))
    out = draw(coffee, plan, TextStyle(shadow=False))
    (setting,) = set_copy(plan, TextStyle(), (512, 512))
    spot = spot_of(setting, (512, 512))
    assert spot is not None and spot.kind == "seal" and spot.is_scalloped
    left, top, right, bottom = spot.edges
    radius, x, y = (right - left) / 2, (left + right) / 2, (top + bottom) / 2
    corners = [
        np.hypot(i - x, j - y) for i in (setting.ink[0], setting.ink[2]) for j in (setting.ink[1], setting.ink[3])
    ]
    assert max(corners) < 0.95 * radius
    fill = out[round(top + 0.16 * radius), round(x)]
    _, a, b = to_oklab(fill)
    assert np.hypot(a, b) > 0.1 and -0.5 < np.arctan2(b, a) < 1.8  # coffee: a warm one
    assert ratio(float(luminance(fill)), 1.0) >= 3 and (out[round(top) : round(bottom)] > 0.99).all(axis=2).any()
    own = draw(coffee, LayoutPlan((replace(BADGE, color="#0B5FFF"),)), TextStyle(shadow=False))
    assert np.allclose(own[round(top + 0.16 * radius), round(x)], np.array([0x0B, 0x5F, 0xFF]) / 255, atol=2e-3)


def test_an_accent_too_light_for_white_letters_is_darkened_a_little():
    amber = np.array([0.98, 0.6, 0.2], np.float32)
    out = one(BADGE, flat(amber))
    fill = out[round(0.06 * 400 + 8), round(0.84 * 400)]
    assert 3 <= ratio(float(luminance(fill)), 1.0) < 3.2
    hues = [np.arctan2(*to_oklab(colour)[:0:-1]) for colour in (fill, amber)]
    assert hues[0] == pytest.approx(hues[1], abs=0.1)


def test_badge_in_a_wide_box_is_a_pill_and_without_figures_a_plain_disc():
    size = (400, 400)
    (wide,) = set_copy(
        LayoutPlan((replace(BADGE, text="선착순 100명", box=Box(0.1, 0.1, 0.6, 0.2)),)), TextStyle(), size
    )
    (disc,) = set_copy(LayoutPlan((replace(BADGE, text="인기"),)), TextStyle(), size)
    pill, seal = spot_of(wide, size), spot_of(disc, size)
    assert pill is not None and pill.kind == "pill" and seal is not None and not seal.is_scalloped
