"""Every figure of the score on pictures where the right answer is known by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.layout.picture import metrics
from adstudio.layout.picture.energy import measure
from adstudio.layout.picture.score import combine, score
from adstudio.layout.picture.sums import Cells, sum_up
from adstudio.types import Array, Box, LayoutPlan, Mark, Plate, TextBlock

LEFT, RIGHT = Box(0, 0, 0.5, 1), Box(0.5, 0, 1, 1)
QUARTER = Box(0, 0, 0.5, 0.5)


@pytest.fixture(scope="module")
def right_salient() -> Array:
    """A map of 20 x 20 whose right half certainly is the subject."""
    energy = np.zeros((20, 20), np.float32)
    energy[:, 10:] = 0.6
    return energy


def plan(*boxes: Box, **given) -> LayoutPlan:
    return LayoutPlan(tuple(TextBlock("headline", "세일", box, **given) for box in boxes))


# --- occlusion ---


@pytest.mark.parametrize(("boxes", "figure"), [([LEFT], 1), ([RIGHT], 0), ([Box(0.25, 0, 0.75, 1)], 0.5), ([], 1)])
def test_occlusion_is_the_share_of_the_subject_under_copy(boxes: list[Box], figure: float, right_salient: Array):
    assert metrics.occlusion(boxes, right_salient) == pytest.approx(figure)


def test_occlusion_counts_what_two_boxes_cover_once(right_salient: Array):
    assert metrics.occlusion([RIGHT, RIGHT, LEFT], right_salient) == pytest.approx(0.5)


def test_any_touch_of_the_product_counts_fourfold():
    calm, clear = np.zeros((20, 20), np.float32), np.zeros((20, 20), np.float32)
    clear[:2, :10] = 1  # a tenth of the left half
    assert metrics.occlusion([LEFT], calm, clear) == pytest.approx(1 - 4 * 0.1)
    assert metrics.occlusion([RIGHT], calm, clear) == 1


# --- readability ---


def test_readability_sees_an_edge_from_dark_to_bright_and_back_alike():
    # With gradients in eight bits without sign one of the two would be clipped away.
    rising = np.zeros((40, 40, 3), np.float32)
    rising[:, 20:] = 1
    figures = [
        metrics.readability([QUARTER, RIGHT], measure(p).gradient) for p in (rising, 1 - rising, rising[:, ::-1])
    ]
    assert figures[0] < 1
    assert figures == pytest.approx([figures[0]] * 3, abs=1e-6)


def test_readability_counts_steps_of_one_size_alike_on_dark_and_bright():
    gradients = []
    for base in (0.1, 0.7):
        stripes = np.full((40, 40, 3), base, np.float32)
        stripes[:, ::4] = base + 0.1
        gradients.append(measure(stripes).gradient.mean())
    assert gradients[0] == pytest.approx(gradients[1], rel=0.35)


def test_readability_falls_with_the_mean_gradient():
    assert metrics.readability([LEFT], np.full((8, 8), 0.125, np.float32)) == pytest.approx(0.75)
    assert metrics.readability([LEFT], np.ones((8, 8), np.float32)) == 0
    assert metrics.readability([], np.ones((8, 8), np.float32)) == 1


@pytest.mark.parametrize(("plate", "role", "is_bare"), [
    ("none", "headline", True), ("auto", "headline", True), ("scrim", "headline", True), ("panel", "headline", False),
    ("pill", "headline", False), ("auto", "badge", False), ("auto", "cta", False), ("none", "cta", True),
])  # fmt: skip
def test_copy_on_a_plate_does_not_suffer_from_the_ground(plate: Plate, role: str, is_bare: bool):
    noise = np.random.default_rng(1).uniform(0, 1, (160, 160, 3)).astype(np.float32)
    figures = score(noise, LayoutPlan((TextBlock(role, "세일", Box(0.1, 0.1, 0.6, 0.4), plate=plate),)))
    assert (figures.readability < 0.9) == is_bare
    assert (figures.contrast < 0.9) == (is_bare and plate != "scrim")


# --- utility ---


def test_utility_is_the_share_of_free_space_in_use(right_salient: Array):
    # The left half is free; a strip of it 2 of 20 rows high is a tenth.
    assert metrics.utility([Box(0, 0, 0.5, 0.1)], right_salient) == pytest.approx(0.1 / 0.15)
    assert metrics.utility([Box(0.5, 0, 1, 0.1)], right_salient) == 0
    assert metrics.utility([LEFT], right_salient) == 1
    assert metrics.utility([], right_salient) == 0


def test_utility_of_a_picture_without_free_space_divides_by_nothing():
    assert metrics.utility([LEFT], np.ones((9, 9), np.float32)) == 1


# --- alignment ---


def test_shared_edges_and_axes_are_aligned():
    assert metrics.alignment([Box(0.1, 0.1, 0.4, 0.2), Box(0.1, 0.3, 0.9, 0.5)]) == 1, "left edges"
    assert metrics.alignment([Box(0.1, 0.1, 0.4, 0.2), Box(0.3, 0.3, 0.4, 0.5)]) == 1, "right edges"
    assert metrics.alignment([Box(0.2, 0.1, 0.4, 0.2), Box(0.1, 0.3, 0.5, 0.9)]) == pytest.approx(1), "axes"
    assert metrics.alignment([Box(0.1, 0.1, 0.3, 0.4), Box(0.5, 0.2, 0.7, 0.3)]) == pytest.approx(1), "middles"


def test_alignment_falls_with_the_distance_and_stays_finite():
    shifts = [0, 0.0125, 0.025, 0.05, 0.3]
    figures = [metrics.alignment([Box(0.1, 0.1, 0.2, 0.16), Box(0.1 + s, 0.5, 0.6 + s, 0.7)]) for s in shifts]
    assert figures[:3] == pytest.approx([1, 0.75, 0.5])
    assert figures[3:] == pytest.approx([0, 0])
    # As far apart as two boxes can be: where a logarithm of 1 - distance would run to infinity.
    assert metrics.alignment([Box(0, 0, 1e-9, 1e-9), Box(1, 1, 1 + 1e-9, 1 + 1e-9)]) == 0


@pytest.mark.parametrize("boxes", [[], [QUARTER]])
def test_alone_is_aligned(boxes: list[Box]):
    assert metrics.alignment(boxes) == 1


# --- overlap ---


def test_overlap_is_the_share_of_the_smaller_box():
    assert metrics.overlap([QUARTER, Box(0.25, 0, 0.5, 0.25)]) == 0
    assert metrics.overlap([QUARTER, Box(0.25, 0, 0.75, 0.5)]) == pytest.approx(0.5)
    assert metrics.overlap([QUARTER, Box(0.5, 0, 1, 0.5)]) == 1, "side by side"
    assert metrics.overlap([]) == metrics.overlap([QUARTER]) == 1, "no pair to divide by"


def test_worst_pair_is_not_diluted_by_good_ones():
    apart = [Box(0.6, y / 10, 0.9, y / 10 + 0.05) for y in range(8)]
    assert metrics.overlap([QUARTER, QUARTER, *apart]) == 0


def test_area_of_overlap():
    assert QUARTER.overlap(Box(0.25, 0.25, 1, 1)) == pytest.approx(0.0625)
    assert QUARTER.overlap(Box(0.5, 0.5, 1, 1)) == 0


# --- underlay ---


def test_a_box_lies_in_another_only_with_all_four_edges():
    assert metrics.contains(QUARTER, Box(0.1, 0.1, 0.5, 0.5))
    for out in (Box(-0.1, 0.1, 0.4, 0.4), Box(0.1, -0.1, 0.4, 0.4), Box(0.1, 0.1, 0.6, 0.4), Box(0.1, 0.1, 0.4, 0.6)):
        assert not metrics.contains(QUARTER, out), out


def test_underlay_carries_what_lies_on_it_wholly():
    plate = Box(0.1, 0.1, 0.5, 0.5)
    assert metrics.underlay([plate], [Box(0.2, 0.2, 0.4, 0.4), Box(0.6, 0.6, 0.9, 0.9)]) == 1
    assert metrics.underlay([plate], [Box(0.4, 0.2, 0.6, 0.4)]) == pytest.approx(0.5), "sticks out at the right"
    assert metrics.underlay([], [plate]) == metrics.underlay([plate], []) == 1


def test_blank_plate_carries_copy_and_does_not_collide_with_it():
    calm = np.full((100, 100, 3), 0.5, np.float32)
    panel = TextBlock("note", "", Box(0.1, 0.1, 0.5, 0.5), plate="panel")
    figures = score(calm, LayoutPlan((panel, TextBlock("headline", "세일", Box(0.3, 0.2, 0.7, 0.4)))))
    assert (figures.underlay, figures.overlap) == (pytest.approx(0.5), 1)


# --- contrast ---


def test_contrast_is_wcags():
    assert metrics.copy_contrast(np.zeros((9, 9, 3), np.float32), 1.0) == pytest.approx(21)
    # Source: WCAG 2 examples, #777777 on white = 4.48.
    assert metrics.copy_contrast(np.full((9, 9, 3), 0x77 / 255, np.float32), 1.0) == pytest.approx(4.48, abs=0.01)


def test_contrast_sees_a_dark_corner_under_one_letter():
    wall = np.ones((60, 60, 3), np.float32)
    assert metrics.copy_contrast(wall) > 19
    wall[:12, :12] = 0.05
    assert metrics.copy_contrast(wall) < 3


def test_colour_between_the_grounds_extremes_has_no_contrast():
    halves = np.zeros((20, 20, 3), np.float32)
    halves[:, 10:] = 1
    assert metrics.copy_contrast(halves, 0.2) == 1


def test_colour_of_the_plan_is_what_is_measured():
    white = np.ones((50, 50, 3), np.float32)
    box = Box(0.2, 0.2, 0.8, 0.8)
    assert score(white, plan(box)).contrast == 1, "black letters are picked"
    assert score(white, plan(box, color="#fff")).contrast == pytest.approx(1 / 4.5, abs=1e-3)
    assert score(white, plan(box, color="#777777")).contrast == pytest.approx(4.48 / 4.5, abs=1e-3)


# --- safe zone ---


def test_safe_zone_falls_towards_the_edge():
    rooms = [metrics.safe_zone([Box(x, 0.3, x + 0.2, 0.5)], 100, 100) for x in (0.0, 0.02, 0.05, 0.1)]
    assert rooms == pytest.approx([0, 0.4, 1, 1])


def test_margin_is_of_the_shorter_side():
    assert metrics.safe_zone([Box(0.0125, 0.3, 0.5, 0.7)], 400, 100) == 1, "5 of 100 px"


def test_channels_safe_zone_holds_the_worst_box():
    safe = Box(0, 0.13, 1, 0.8)
    inside, outside = Box(0.1, 0.13, 0.9, 0.4), Box(0.1, 0.08, 0.9, 0.4)
    assert metrics.safe_zone([inside], 100, 100, safe) == 1, "up to the zone's own edge"
    assert metrics.safe_zone([inside, outside], 100, 100, safe) == pytest.approx(0)
    assert metrics.safe_zone([outside], 100, 100) == 1


# --- the whole ---


def test_what_does_not_apply_is_one_and_does_not_count():
    assert combine({}).total == 1
    half = combine({"overlap": 0.5, "contrast": 0.5})
    assert (half.total, half.occlusion) == (0.5, 1)
    assert combine({"overlap": -3}).overlap == 0


def test_marks_count_like_copy(disc: Array):
    over, beside = (
        LayoutPlan(marks=(Mark("qr", box, "x"),)) for box in (Box(0.65, 0.4, 0.8, 0.6), Box(0.1, 0.4, 0.25, 0.6))
    )
    assert score(disc, over).occlusion < score(disc, beside).occlusion - 0.3
    assert (
        score(
            disc, LayoutPlan(plan(Box(0.1, 0.1, 0.4, 0.4)).texts, marks=(Mark("qr", Box(0.1, 0.1, 0.4, 0.4)),))
        ).overlap
        == 0
    )


edges = st.floats(0, 1)
boxes = st.builds(lambda x, y, w, h: Box(x, y, min(1, x + w), min(1, y + h)), edges, edges, edges, edges)


@settings(max_examples=60)
@given(st.lists(boxes, max_size=5), st.sampled_from([(3, 3), (40, 90), (1, 1)]))
def test_every_figure_of_any_boxes_is_a_share(given_boxes: list[Box], size: tuple[int, int]):
    picture = np.random.default_rng(0).uniform(0, 1, (*size, 3)).astype(np.float32)
    figures = score(picture, plan(*given_boxes), safe=Box(0.1, 0.1, 0.9, 0.9))
    assert all(0 <= getattr(figures, name) <= 1 for name in figures.__dataclass_fields__)


def test_more_contrast_never_lowers_the_total(disc: Array):
    totals = [score(disc, plan(Box(0.1, 0.3, 0.4, 0.6), color=c)).total for c in ("#b3b3b3", "#777777", "#333", "#000")]
    assert all(a <= b for a, b in pairwise(totals)) and totals[-1] > totals[0] + 0.05


def test_a_box_has_the_mean_of_every_cell_that_it_touches() -> None:
    values = np.random.default_rng(0).random((6, 9)).astype(np.float32)
    sums = sum_up(values)
    x0, y0, x1, y1 = np.array([(0, 0, 90, 60), (10.5, 21, 30.5, 30), (85, 59, 86, 59.5)]).T
    cells = Cells.under(x0, y0, x1, y1, (90, 60), sums)
    wanted = [values.mean(), values[2:3, 1:4].mean(), values[5, 8]]  # all; three cells; the least, one
    assert cells.mean(sums) == pytest.approx(wanted, rel=1e-6)
