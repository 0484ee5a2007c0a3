"""Another size on purpose: what is kept stays in view, nothing is squeezed, what lacks is filled in quietly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from adstudio.errors import InputError
from adstudio.imaging.reframe import choose_window, reframe, reframe_mask

ROCKET = np.asarray(data.rocket()[::2, ::2], np.float32) / 255
GREY = np.full((300, 300, 3), 0.5, np.float32)


def mask(top: int, bottom: int, left: int, right: int, size: tuple[int, int] = (300, 300)) -> np.ndarray:
    keep = np.zeros(size, np.float32)
    keep[top:bottom, left:right] = 1
    return keep


@settings(max_examples=40)
@given(
    wide=st.integers(40, 900),
    tall=st.integers(40, 900),
    top=st.integers(0, 250),
    left=st.integers(0, 250),
    side=st.integers(10, 50),
)
def test_what_is_kept_stays_in_view_and_in_shape(wide: int, tall: int, top: int, left: int, side: int):
    keep = mask(top, top + side, left, left + side)
    window = choose_window(GREY, (wide, tall), keep)
    assert window.lost == pytest.approx(0, abs=1e-6)
    assert window.box.width / window.box.height == pytest.approx(wide / tall, rel=1e-6)
    assert window.box.x0 <= left / 300 + 1e-6
    assert (left + side) / 300 <= window.box.x1 + 1e-6


def test_a_picture_is_cut_and_not_extended_where_that_suffices():
    window = choose_window(GREY, (300, 150), mask(200, 280, 100, 200))
    assert window.beyond == 0
    assert (window.box.width, window.box.height) == (1, 0.5)
    assert window.box.y1 > 280 / 300


def test_it_grows_beyond_its_edges_only_where_it_must():
    tall = mask(10, 290, 120, 180)
    window = choose_window(GREY, (800, 200), tall, lean=1.0)
    assert window.lost == 0
    assert window.box.x0 < -1
    assert window.box.x1 == pytest.approx(1)
    cut = choose_window(GREY, (800, 200), tall, extend=False)
    assert cut.beyond == 0
    assert cut.lost > 0.5


def test_interest_decides_where_nothing_must_stay():
    interest = np.zeros((30, 30), np.float32)
    interest[22:28] = 1
    assert choose_window(GREY, (300, 100), interest=interest).box.y1 > 0.9


def test_sizes_are_exact_and_a_flat_colour_stays_what_it_is():
    for size in ((1029, 258), (77, 400), (300, 300)):
        window = choose_window(GREY, size, mask(0, 300, 100, 200))
        made = reframe(GREY, window, size)
        assert made.shape == (size[1], size[0], 3)
        assert np.abs(made - 0.5).max() < 1e-3


@pytest.mark.parametrize("lean", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("picture", "size"), [((300, 16), (128, 2)), ((2, 300), (7, 333)), ((97, 97), (1, 128))])
def test_sizes_are_exact_where_next_to_nothing_of_the_window_is_picture(
    lean: float, picture: tuple[int, int], size: tuple[int, int]
):
    whole, scene = np.ones(picture, np.float32), np.full((*picture, 3), 0.5, np.float32)
    assert reframe(scene, choose_window(scene, size, whole, lean=lean), size).shape == (size[1], size[0], 3)


def test_light_is_averaged_as_light():
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::2] = 1
    made = reframe(stripes, choose_window(stripes, (16, 16)), (16, 16))
    assert made[4:12, 4:12].mean() == pytest.approx(0.735, abs=0.02)  # half the light; half the numbers would be 0.5


def test_the_fill_continues_the_picture_without_a_seam_or_streaks():
    window = choose_window(ROCKET, (900, 213), mask(5, 208, 100, 220, ROCKET.shape[:2]))
    made = reframe(ROCKET, window, (900, 213))
    seam = round(-window.box.x0 / window.box.width * 900)
    assert 200 < seam < 400
    step = np.abs(made[:, seam] - made[:, seam - 1]).mean()
    assert step < 2 * np.abs(np.diff(made[:, :seam], axis=1)).mean() + 0.01
    far = made[:, : seam // 2]
    assert np.abs(np.diff(far.mean(axis=1), axis=0)).max() < 0.02
    assert np.array_equal(made, reframe(ROCKET, window, (900, 213)))  # the grain is the same each time


def test_busy_edges_are_told():
    cat = np.asarray(data.chelsea(), np.float32) / 255
    assert choose_window(cat, (1200, 300), mask(10, 290, 200, 250, cat.shape[:2])).restless
    assert not choose_window(GREY, (1200, 300), mask(10, 290, 100, 200)).restless


def test_a_mask_goes_the_same_way_as_its_picture():
    keep = mask(60, 240, 120, 180)
    picture = np.repeat(keep[..., None], 3, axis=2)
    window = choose_window(picture, (600, 200), keep)
    made = reframe(picture, window, (600, 200))[..., 0]
    assert np.abs(made - reframe_mask(keep, window, (600, 200))).mean() < 0.02


def test_a_size_of_nothing_is_refused():
    with pytest.raises(InputError) as caught:
        choose_window(GREY, (0, 10))
    assert caught.value.code == "reframe.bad_size"
