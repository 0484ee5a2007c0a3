"""Products stand on the ground, in the frame, side by side, where the light and the copy leave them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.layout.picture.energy import shrink
from adstudio.layout.picture.rest import find_rest, light_side
from adstudio.layout.saliency import LocalAnalyzer
from adstudio.layout.stand import bound_heights, product_box
from adstudio.types import Array, Side


def place(backdrop: Array, aspects: list[float], prefer: Side | None = None):
    return LocalAnalyzer().place_products(backdrop, aspects, prefer=prefer)


def test_product_stands_on_the_table_below_its_edge(table: Array):
    (product,) = place(table, [1.0]).products
    assert find_rest(shrink(table)).kind == "table"
    assert 0.66 < product.base_y < 0.92


@pytest.mark.parametrize("edge", [0.4, 0.5, 0.65, 0.7])
def test_base_follows_the_edge(edge: float):
    picture = np.full((300, 300, 3), 0.8, np.float32)
    picture[int(300 * edge) :] = 0.35
    assert place(picture, [1.0]).products[0].base_y > edge + 0.1


def test_product_stands_on_the_platforms_top_face(podium: Array):
    (product,) = place(podium, [0.5]).products
    assert 250 / 400 < product.base_y < 290 / 400
    assert product.x == pytest.approx(210 / 400, abs=0.03)
    assert product_box(product, 0.5, 400, 400).width <= 160 / 400


def test_group_does_not_crowd_onto_a_platform(podium: Array):
    plan = place(podium, [0.5, 1.0, 0.5])
    assert min(product.height for product in plan.products) > 0.25


def test_seamless_backdrop_has_no_edge():
    sweep = np.broadcast_to(np.linspace(0.9, 0.5, 300, dtype=np.float32)[:, None, None], (300, 300, 3))
    assert find_rest(shrink(sweep)).kind == "open"
    assert 0.7 <= place(sweep, [1.0]).products[0].base_y <= 0.92


def test_cloth_is_no_platform():
    rng = np.random.default_rng(3)
    weave = rng.normal(0.5, 0.06, (300, 300, 1)).astype(np.float32).repeat(3, 2).clip(0, 1)
    assert find_rest(shrink(weave)).kind == "open"


def test_tall_things_are_taller_and_wide_ones_lower():
    calm = np.full((400, 400, 3), 0.6, np.float32)
    heights = [place(calm, [aspect]).products[0].height for aspect in (0.3, 1.0, 2.5)]
    assert heights[0] > heights[1] > heights[2] > 0.1


aspects = st.lists(st.floats(0.1, 6.0), min_size=1, max_size=6)
sizes = st.sampled_from([(100, 100), (80, 160), (160, 80), (160, 40)])


@settings(max_examples=30)
@given(
    aspects,
    st.sampled_from([(200, 200), (160, 320), (320, 160), (400, 100)]),
    st.sampled_from([None, "top", "left", "right"]),
)
def test_products_stay_in_the_frame_and_apart(shapes: list[float], size: tuple[int, int], prefer: Side | None):
    height, width = size
    backdrop = np.full((height, width, 3), 0.7, np.float32)
    backdrop[height * 6 // 10 :] = 0.4
    plan = place(backdrop, shapes, prefer)
    boxes = [product_box(p, aspect, width, height) for p, aspect in zip(plan.products, shapes, strict=True)]
    for box in boxes:
        assert box.x0 > 0 and box.x1 < 1 and box.y0 > 0.02 and box.y1 < 1
    for i, box in enumerate(boxes):
        assert all(box.overlap(other) < 1e-6 for other in boxes[i + 1 :])
    assert all(a.x < b.x for a, b in pairwise(plan.products))
    assert sorted(p.order for p in plan.products) == list(range(len(shapes)))
    front_to_back = sorted(plan.products, key=lambda p: p.order)
    assert all(a.base_y <= b.base_y for a, b in pairwise(front_to_back))


@settings(max_examples=60)
@given(
    aspects,
    st.sampled_from([(200, 200), (160, 320), (320, 160), (400, 100)]),
    st.floats(0.25, 0.8),
    st.floats(0.15, 0.6),
    st.sampled_from([None, "top", "left", "right"]),
)
def test_no_backdrop_makes_products_smaller_than_the_bound(
    shapes: list[float], size: tuple[int, int], edge: float, wide: float, prefer: Side | None
):
    height, width = size
    backdrop = np.full((height, width, 3), 0.45, np.float32)
    backdrop[int(height * edge) :] = 0.4
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width])[:, None, None]
    side = (abs(x - 0.5) < wide / 2) & (y > edge + 0.05) & (y < edge + 0.22)
    backdrop[side] = 0.35
    backdrop[((x - 0.5) / (wide / 2)) ** 2 + ((y - edge - 0.05) / 0.05) ** 2 < 1] = 0.8
    least, _ = bound_heights(shapes, width, height, (prefer,))
    placed = place(backdrop, shapes, prefer).products
    assert all(p.height >= tall - 1e-5 for p, tall in zip(placed, least, strict=True))


def test_the_bound_of_a_product_alone_is_nearly_met_by_a_narrow_platform(podium: Array):
    (product,) = place(podium, [1.0]).products
    (least,), (usual,) = bound_heights([1.0], 400, 400, (None,))
    assert least < product.height < 2 * least and product.height < usual


@pytest.mark.parametrize(("side", "least", "most"), [("left", 0.58, 1.0), ("right", 0.0, 0.42)])
def test_product_leaves_the_copys_side(table: Array, side: Side, least: float, most: float):
    assert least < place(table, [0.6], side).products[0].x < most


def test_copy_at_the_top_keeps_the_product_low(table: Array):
    (product,) = place(table, [0.3], "top").products
    assert product.base_y - product.height >= 0.33


def test_something_on_the_table_is_stepped_around(table: Array):
    picture = table.copy()
    y, x = np.mgrid[0:400, 0:400]
    picture[((x - 200) % 16 < 8) & (abs(x - 200) < 20) & (y > 290) & (y < 360)] = 1.0
    assert place(picture, [0.2]).products[0].x != 0.5


@pytest.mark.parametrize(("mirrored", "side"), [(False, "left"), (True, "right")])
def test_side_of_the_light(table: Array, mirrored: bool, side: str):
    picture = np.ascontiguousarray(table[:, ::-1]) if mirrored else table
    assert light_side(shrink(picture)) == side
    word = {"left": "왼쪽에서", "right": "오른쪽에서"}[side]
    assert any(word in reason for reason in place(picture, [1.0]).reasons)


def test_even_light_comes_from_above():
    assert light_side(np.full((50, 50, 3), 0.5, np.float32)) == "above"


def test_score_sees_a_dark_ground_and_a_restless_one(table: Array):
    good = place(table, [1.0]).score
    dark = place(table * np.array([1, 1, 1], np.float32) * 0.05, [1.0]).score
    rough = table.copy()
    rough[240:] += np.random.default_rng(1).normal(0, 0.15, rough[240:].shape).astype(np.float32)
    restless = place(rough.clip(0, 1), [1.0]).score
    assert good and dark and restless
    assert good.contrast > dark.contrast + 0.3
    assert good.readability > restless.readability + 0.1


@pytest.mark.parametrize("shapes", [[], [0.0], [-1.0], [float("nan")], [float("inf")], [1.0] * 13])
def test_no_products_or_impossible_ones_are_refused(shapes: list[float]):
    with pytest.raises(InputError):
        place(np.zeros((50, 50, 3), np.float32), shapes)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (20, 20)])
def test_tiny_backdrops_do_not_break(size: tuple[int, int]):
    plan = place(np.full((*size, 3), 0.5, np.float32), [1.0])
    assert replace(plan, score=None).products[0].height > 0
