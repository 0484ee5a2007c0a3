"""The visible label: small, readable on any ground, and out of the way of copy and product."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from adstudio.errors import InputError
from adstudio.srgb import luminance
from adstudio.text.paint.label import LABELS, draw_label
from adstudio.types import Box


def changed(before: np.ndarray, after: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what was drawn."""
    rows, columns = np.nonzero(np.abs(before - after).max(axis=-1) > 0)
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize("label", LABELS)
def test_it_stands_small_in_the_lower_right_corner_and_nothing_else_changes(label: str) -> None:
    photo = (data.astronaut() / 255).astype(np.float32)
    before = photo.copy()
    drawn = draw_label(photo, label)
    left, top, right, bottom = changed(photo, drawn)
    assert left > 512 / 2 and top > 512 * 0.9 and right < 512 - 5 and bottom < 512 - 3
    assert np.array_equal(photo, before), "the picture that came is not touched"
    assert np.array_equal(draw_label(photo, label), drawn)


GROUNDS = {
    "white": np.ones((400, 600, 3), np.float32),
    "black": np.zeros((400, 600, 3), np.float32),
    "grey": np.full((400, 600, 3), 0.46, np.float32),
    "noise": np.random.default_rng(0).random((400, 600, 3), np.float32),
    "stripes": np.repeat(np.tile([0.0, 0.0, 1.0, 1.0], 150)[None, :, None], 400, 0).repeat(3, 2).astype(np.float32),
    "coffee": (data.coffee() / 255).astype(np.float32),
    "rocket": (data.rocket() / 255).astype(np.float32),
}


@pytest.mark.parametrize("ground", GROUNDS)
def test_it_is_readable_on_any_ground(ground: str) -> None:
    """Its strongest pixels against the plate around them, both as they were drawn."""
    picture = GROUNDS[ground]
    drawn = draw_label(picture, LABELS[0])
    left, top, right, bottom = changed(picture, drawn)
    there = luminance(drawn[top : bottom + 1, left : right + 1])
    ink = there.max() if there.mean() < 0.4 else there.min()
    with_ink = np.abs(there - ink) < 0.02
    assert 0.0015 < with_ink.mean() < 0.5
    behind = np.median(there[np.abs(there - ink) > 0.15])  # the soft edges of letters lie on either side of it
    assert (max(ink, behind) + 0.05) / (min(ink, behind) + 0.05) >= 4.0


@pytest.mark.parametrize(
    ("boxes", "corner"),
    [
        ((Box(0.5, 0.7, 1.0, 1.0),), "bottom left"),
        ((Box(0.0, 0.7, 1.0, 1.0),), "top right"),
        ((Box(0.0, 0.7, 1.0, 1.0), Box(0.5, 0, 1, 0.3)), "top left"),
    ],
)
def test_copy_is_never_covered(boxes: tuple[Box, ...], corner: str) -> None:
    picture = GROUNDS["coffee"]
    left, top, right, bottom = changed(picture, draw_label(picture, LABELS[1], boxes=boxes))
    height, width = picture.shape[:2]
    assert ("bottom" if top > height / 2 else "top") + (" left" if right < width / 2 else " right") == corner
    for box in boxes:
        x0, y0, x1, y1 = box.pixels(width, height)
        assert right < x0 or left > x1 or bottom < y0 or top > y1


def test_the_product_is_spared_unless_the_copy_would_suffer() -> None:
    picture = GROUNDS["coffee"]
    product = np.zeros(picture.shape[:2], np.float32)
    product[300:, 300:] = 1
    left, *_ = changed(picture, draw_label(picture, LABELS[1], keep_clear=product))
    assert left < 300
    everywhere = (Box(0, 0, 1, 0.4), Box(0, 0.6, 0.5, 1))
    left, *_ = changed(picture, draw_label(picture, LABELS[1], keep_clear=product, boxes=everywhere))
    assert left > 300


@pytest.mark.parametrize("size", [(258, 1029), (1920, 1080), (150, 228), (1350, 1080)])
def test_every_shape_of_ad_takes_it(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 0.5, np.float32)
    left, top, right, bottom = changed(picture, draw_label(picture, LABELS[0]))
    assert 0 < left < right < size[1] - 1 and 0 < top < bottom < size[0] - 1
    assert bottom - top < 0.13 * size[0]


def test_nothing_is_drawn_for_no_words_and_what_cannot_be_drawn_is_refused() -> None:
    picture = GROUNDS["grey"]
    assert draw_label(picture, "  ") is picture
    for image, text, code in (
        (picture, "AI \U0001f600", "text.missing_glyph"),
        (np.zeros((40, 60, 3), np.float32), LABELS[0], "text.does_not_fit"),
    ):
        with pytest.raises(InputError) as refused:
            draw_label(image, text)
        assert refused.value.code == code
