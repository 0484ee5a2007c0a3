from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.imaging.composite.placement import find_spot, line_up
from adstudio.types import Placement


def test_fitting_product_is_put_exactly() -> None:
    spot = find_spot(Placement(x=0.25, base_y=0.75, height=0.5), aspect=0.5, width_px=800, height_px=400)
    assert (spot.left, spot.top, spot.width, spot.height) == (150, 100, 100, 200)
    assert spot.bottom == 300
    assert spot.shrunk is None and not spot.is_moved


@settings(max_examples=300)
@given(
    x=st.floats(-0.5, 1.5),
    base_y=st.floats(0.01, 1.5),
    height=st.floats(0.001, 5),
    aspect=st.floats(0.05, 20),
    width_px=st.integers(32, 3000),
    height_px=st.integers(32, 3000),
)
def test_every_product_ends_inside_the_picture(
    x: float, base_y: float, height: float, aspect: float, width_px: int, height_px: int
) -> None:
    spot = find_spot(Placement(x, base_y, height), aspect, width_px, height_px)
    assert spot.left >= 0 and spot.top >= 0 and spot.width >= 1 and spot.height >= 1
    assert spot.left + spot.width <= width_px and spot.bottom <= height_px
    if min(spot.width, spot.height) >= 20:
        assert spot.width / spot.height == pytest.approx(aspect, rel=0.06)


def test_group_stands_around_its_first_product() -> None:
    first, left, right = line_up([1.0, 0.5, 0.5], 1.0, x=0.5, base_y=0.9, height=0.4)
    assert (first.x, first.base_y, first.height) == (0.5, 0.9, 0.4)
    assert left.x < first.x < right.x
    assert 0.5 - left.x == pytest.approx(right.x - 0.5)
    assert left.base_y < first.base_y and left.height < first.height
    assert first.order > left.order and first.order > right.order
    half = 0.5 * 0.4
    assert left.x + left.height * 0.5 / 2 > 0.5 - half  # overlaps the first a little …
    assert left.x < 0.5 - half  # … but is mostly seen


def test_one_and_none() -> None:
    assert line_up([], 1.0) == ()
    assert line_up([2.0], 1.0, x=0.3, base_y=0.7, height=0.2) == (Placement(0.3, 0.7, 0.2),)
