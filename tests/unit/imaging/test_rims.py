"""A round rim is completed where its oval and the photo tell where it runs, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.imaging.cutout.matting import cut_out, restore_frame
from adstudio.imaging.cutout.rims import complete_rim
from adstudio.imaging.resample import resize
from adstudio.types import Array, CutOut

from .conftest import draw_table, smooth_ellipse

HEIGHT, WIDTH, CENTRE, RADII = 300, 400, (150, 205), (95, 120)
RED = np.float32((0.6, 0.12, 0.08))
EDGE_PX = 1.5


def on_table(alpha: Array, colour: Array = RED) -> Array:
    table = draw_table(*alpha.shape)
    return (table * (1 - alpha[..., None]) + colour * alpha[..., None]).astype(np.float32)


def gap(from_degrees: float, to_degrees: float, deep: float) -> Array:
    """1 on a strip along the rim, ``deep`` of the radius wide."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    down, across = (y - CENTRE[0]) / RADII[0], (x - CENTRE[1]) / RADII[1]
    turn = np.degrees(np.arctan2(down, across)) % 360
    return ((np.hypot(down, across) > 1 - deep) & (turn > from_degrees) & (turn < to_degrees)).astype(np.float32)


PLATE = smooth_ellipse(HEIGHT, WIDTH, CENTRE, RADII)


def test_the_saucer_of_the_coffee_is_round(coffee: Array, coffee_cut: CutOut) -> None:
    alpha = restore_frame(coffee_cut)[..., 3]
    gleam = [(122, 425), (140, 445), (160, 458), (180, 467)]  # its upper right; ten pixels farther out is wood
    assert min(alpha[y, x] for y, x in gleam) > 0.95
    assert max(alpha[y - 8, x + 10] for y, x in gleam) < 0.05
    assert alpha[80, 170] > 0.95 and alpha[66, 160] < 0.05  # its upper left, beside the cup
    assert any("oval" in note for note in coffee_cut.notes)
    assert complete_rim(coffee, np.zeros_like(alpha), EDGE_PX).max() == 0


@pytest.mark.parametrize("size", [0.5, 1, 3], ids=["small", "as drawn", "large"])
def test_what_a_rim_lost_comes_back(size: float) -> None:
    height, width = round(HEIGHT * size), round(WIDTH * size)
    lost = PLATE * (1 - gap(290, 340, 0.08)) * (1 - gap(30, 50, 0.05))
    photo, found, truth = (resize(each, width, height) for each in (on_table(PLATE), lost, PLATE))
    whole = complete_rim(photo, found, EDGE_PX)
    assert np.abs(found - truth).sum() > 0.01 * truth.sum()
    assert np.abs(whole - truth).sum() < 0.004 * truth.sum()


def test_what_stands_before_the_rim_and_beside_it_stays() -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    cup = ((np.abs(x - 205) < 60) & (y > 20) & (y < 150)).astype(np.float32)
    truth = np.maximum(PLATE, cup)
    found = np.maximum(PLATE * (1 - gap(280, 340, 0.08)), cup)
    whole = complete_rim(on_table(truth), found, EDGE_PX)
    assert np.abs(whole - truth).sum() < 0.004 * truth.sum() < np.abs(found - truth).sum()
    assert (whole >= found).all()


SQUARE = np.zeros((HEIGHT, WIDTH), np.float32)
SQUARE[60:240, 80:320] = 1
BITE = PLATE * (1 - smooth_ellipse(HEIGHT, WIDTH, (150, 325), (40, 40)))
CROWN = PLATE * (1 - sum((gap(turn, turn + 9, 0.05) for turn in range(0, 360, 18)), np.zeros_like(PLATE)))
RING = PLATE - smooth_ellipse(HEIGHT, WIDTH, CENTRE, (75, 95))
HALF = PLATE.copy()
HALF[:150] = 0
FLAT = PLATE.copy()  # on four sides: its corners alone are round
FLAT[: 150 - 85] = FLAT[150 + 85 :] = FLAT[:, : 205 - 108] = FLAT[:, 205 + 108 :] = 0


@pytest.mark.parametrize("alpha", [PLATE, SQUARE, BITE, CROWN, RING, HALF],
                         ids=["whole", "square", "bite", "crown cap", "ring", "half"])  # fmt: skip
def test_what_is_not_round_or_whole_already_stays_as_it_is(alpha: Array) -> None:
    assert complete_rim(on_table(alpha), alpha, EDGE_PX) is alpha


@pytest.mark.parametrize("alpha", [BITE, RING, HALF, FLAT], ids=["bite", "ring", "half", "flat"])
def test_only_strips_of_what_is_round_for_the_most_part_come_back(alpha: Array) -> None:
    assert complete_rim(on_table(PLATE), alpha, EDGE_PX) is alpha  # though the photo shows the whole rim


def test_nothing_is_given_back_where_the_photo_shows_no_rim() -> None:
    alpha = PLATE * (1 - gap(290, 340, 0.08))
    assert complete_rim(on_table(alpha), alpha, EDGE_PX) is alpha  # so it was broken


def test_tiny_and_odd_mattes_are_left_alone() -> None:
    for shape in ((1, 1), (2, 9), (700, 3)):
        alpha = np.ones(shape, np.float32)
        assert complete_rim(np.zeros((*shape, 3), np.float32), alpha, EDGE_PX) is alpha
        alpha = np.zeros(shape, np.float32)
        alpha[0, 0] = 1
        assert complete_rim(np.zeros((*shape, 3), np.float32), alpha, EDGE_PX) is alpha


def test_the_same_photo_gives_the_same_rim(coffee: Array, coffee_cut: CutOut) -> None:
    assert np.array_equal(cut_out(coffee, method="geodesic").rgba, coffee_cut.rgba)
