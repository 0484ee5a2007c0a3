"""The composite as sheets, its tone and texture, and the receipt with its limit."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.imaging.composite.compose import compose, compose_each
from adstudio.imaging.composite.placement import find_spot
from adstudio.imaging.composite.texture import measure_edges, measure_grain
from adstudio.imaging.linear import delta_e2000, to_linear, to_srgb
from adstudio.types import Anchor, Array, Composite, CutOut, Placement
from benchmarks.still_life import render, render_room

from .conftest import flat

PAIR = [Placement(0.45, 0.75, 0.4), Placement(0.6, 0.82, 0.3)]


@pytest.fixture(scope="module")
def room() -> Array:
    return render_room(-50.0, size=256).picture


@pytest.fixture(scope="module")
def layered(room: Array) -> Composite:
    cuts = [render("bottle", 150), render("mug", 120)]
    return compose(room, cuts, PAIR, layers=True, reflection=0.4)


def blend(composite: Composite) -> Array:
    """What any layered compositor does that blends in linear light."""
    lit = np.zeros_like(composite.image)
    for layer in composite.layers:
        rows, columns = layer.rgba.shape[:2]
        here = np.s_[layer.top_px : layer.top_px + rows, layer.left_px : layer.left_px + columns]
        colour, alpha = to_linear(layer.rgba[..., :3]), layer.rgba[..., 3:]
        wanted = lit[here] * colour if layer.blend == "multiply" else colour
        lit[here] = lit[here] * (1 - alpha) + wanted * alpha
    return to_srgb(lit)


def test_layers_blended_again_give_the_picture(layered: Composite) -> None:
    assert [layer.name for layer in layered.layers] == [
        "backdrop", "shadow", "reflection 1", "reflection 2", "product 1", "occlusion 2", "product 2",
    ]  # fmt: skip
    assert np.abs(blend(layered) - layered.image).max() < 1 / 255


def test_layers_are_made_only_when_asked_for(room: Array) -> None:
    done = compose(room, [render("mug", 80)], PAIR[:1])
    assert done.layers == () and done.plate is None


def test_plate_holds_products_and_shadows_without_the_backdrop(room: Array, layered: Composite) -> None:
    assert layered.plate is not None
    colour, alpha = to_linear(layered.plate[..., :3]), layered.plate[..., 3:]
    assert alpha[0, 0] == 0 and np.allclose(alpha[..., 0][layered.mask == 1], 1)
    laid = to_srgb(colour * alpha + to_linear(room) * (1 - alpha))
    # A veil stands for the tinted shadow, so a few levels may differ there; the products are exact.
    assert np.abs(laid - layered.image)[layered.mask > 0.999].max() < 1 / 255
    assert np.abs(laid - layered.image).max() < 14 / 255 and np.abs(laid - layered.image).mean() < 0.2 / 255


@pytest.mark.parametrize("anchor", get_args(Anchor))
def test_anchor_is_the_point_that_is_placed(anchor: str) -> None:
    spot = find_spot(Placement(0.5, 0.5, 0.2, anchor=anchor), 1.5, 800, 800)  # pyright: ignore[reportArgumentType]
    x = spot.left + (0 if "left" in anchor else spot.width if "right" in anchor else spot.width / 2)
    y = spot.top + (0 if "top" in anchor else spot.height if "bottom" in anchor else spot.height / 2)
    assert (x, y) == pytest.approx((400, 400), abs=1)


def test_turned_product_keeps_its_size_and_stands_on_its_lowest_point(block: CutOut) -> None:
    done = compose(flat((0.7, 0.7, 0.7)), [block], [Placement(0.5, 0.8, 0.3, rotation=30.0)], shadow=0, harmonize=0)
    assert done.mask.sum() == pytest.approx(120 * 80, rel=0.02)
    rows = np.flatnonzero(done.mask.max(axis=1) > 0.5)
    assert rows[-1] == pytest.approx(319, abs=2)
    assert len(rows) == pytest.approx(120 * np.cos(np.pi / 6) + 80 * np.sin(np.pi / 6), abs=3)
    assert done.receipt["scale"] == pytest.approx(1.0, abs=0.02)


def test_each_product_gets_a_picture_of_its_own(room: Array, block: CutOut) -> None:
    cuts = [render("bottle", 150), block]
    made = compose_each(room, cuts, [Placement(0.5, 0.8, 0.4)])
    assert len(made) == 2
    assert np.array_equal(made[1].image, compose(room, [block], [Placement(0.5, 0.8, 0.4)]).image)
    with pytest.raises(InputError) as caught:
        compose_each(room, cuts, [Placement(0.5, 0.8, 0.4)] * 3)
    assert caught.value.code == "composite.placements"


def noisy(sigma: float, size: int = 300) -> Array:
    rng = np.random.default_rng(0)
    return np.clip(0.5 + sigma * rng.standard_normal((size, size, 1)) + np.zeros(3), 0, 1).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.0, 0.01, 0.02])
def test_grain_is_measured(sigma: float) -> None:
    assert measure_grain(noisy(sigma)) == pytest.approx(sigma, abs=0.002)


def test_product_takes_on_the_grain_of_its_scene(block: CutOut) -> None:
    grain = []
    for detail in (0.0, 1.0):
        done = compose(noisy(0.02), [block], [Placement(0.5, 0.8, 0.4)], harmonize=0.01, detail=detail, shadow=0)
        grain.append(measure_grain(done.image, done.mask))
        assert done.receipt["max_delta_e"] < 12 * detail + 1
    assert grain[0] < 0.002 and grain[1] == pytest.approx(0.02, abs=0.004)


def test_exact_pixels_need_no_other_switch(block: CutOut) -> None:
    done = compose(noisy(0.02), [block], [Placement(0.5, 0.8, 0.4)], harmonize=0, detail=1.0)
    assert done.receipt["unchanged_share"] == 1.0 and done.receipt["grain"] == 0


def test_outline_is_no_sharper_than_the_scene_and_the_label_stays_crisp() -> None:
    x = np.mgrid[0:300, 0:300][1]
    stripes = 0.5 + 0.35 * np.tanh(np.sin(x / 15) * 2.5)  # soft edges, many of them
    scene = np.repeat(stripes[..., None], 3, 2).astype(np.float32)
    rgba = np.ones((90, 90, 4), np.float32)
    rgba[..., :3] = np.where((np.indices((90, 90)).sum(0) // 10 % 2)[..., None], 0.85, 0.2)
    done = compose(scene, [CutOut(rgba, "mask")], [Placement(0.5, 0.7, 0.3)], harmonize=0.01, detail=1.0, shadow=0)
    assert done.receipt["blur_px"] > 0.25
    assert ((done.mask > 0.05) & (done.mask < 0.95)).sum() > 200
    inside = np.s_[130:200, 115:185]
    assert np.abs(done.image[inside] - rgba[10:80, 10:80, :3]).max() < 0.02
    assert measure_edges(flat((0.5, 0.5, 0.5))) is None


def test_tone_is_the_same_for_all_products_of_a_scene_and_measured_for_each(layered: Composite) -> None:
    receipt = layered.receipt
    assert 0 < receipt["mean_delta_e"] < 4.05 and receipt["mean_delta_e_1"] > 0 and receipt["mean_delta_e_2"] > 0
    assert 0 <= receipt["occluded_share"] < 0.2


def test_limit_of_fidelity_refuses_the_picture(room: Array, block: CutOut) -> None:
    options = {"harmonize": 1.0, "light": "left"}
    changed = compose(room, [block], PAIR[:1], **options).receipt["mean_delta_e"]  # pyright: ignore[reportArgumentType]
    assert changed > 1
    compose(room, [block], PAIR[:1], fidelity_limit=changed + 0.1, **options)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="delta E") as caught:
        compose(room, [block], PAIR[:1], fidelity_limit=changed - 0.1, **options)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "composite.fidelity" and "harmonize" in caught.value.hint
    assert compose(room, [block], PAIR[:1], harmonize=0, fidelity_limit=0.0).receipt["max_delta_e"] == 0


def test_a_large_product_does_not_speak_for_a_small_one(room: Array, block: CutOut) -> None:
    black = CutOut(
        np.concatenate([np.zeros((400, 300, 3)), np.ones((400, 300, 1))], axis=-1).astype(np.float32), "mask"
    )
    places = [Placement(0.25, 0.9, 0.15), Placement(0.7, 0.9, 0.8)]
    receipt = compose(room, [block, black], places, harmonize=1.0).receipt
    small, large = receipt["mean_delta_e_1"], receipt["mean_delta_e_2"]
    assert large < receipt["mean_delta_e"] < small
    with pytest.raises(InputError, match="product 1") as caught:
        compose(room, [block, black], places, harmonize=1.0, fidelity_limit=(receipt["mean_delta_e"] + small) / 2)
    assert caught.value.code == "composite.fidelity"
    compose(room, [block, black], places, harmonize=1.0, fidelity_limit=small + 0.01)


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_limit_that_is_none_is_named(room: Array, block: CutOut, limit: float) -> None:
    with pytest.raises(InputError) as caught:
        compose(room, [block], PAIR[:1], harmonize=0, fidelity_limit=limit)
    assert caught.value.code == "composite.fidelity_limit"


def test_delta_e2000_of_known_pairs() -> None:
    # Two pairs of Sharma, Wu and Dalal (2005), by way of RGB they would be rounded: their property is checked instead.
    one = to_linear(np.array([[0.2, 0.4, 0.6], [0.9, 0.1, 0.1]], np.float32))
    assert delta_e2000(one, one).tolist() == [0, 0]
    assert (delta_e2000(one, one * np.float32(0.8)) > 2).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2)])
def test_product_of_a_single_pixel_is_drawn(room: Array, size: tuple[int, int]) -> None:
    rgba = np.ones((*size, 4), np.float32)
    height = min(0.1, 7 * size[0] / room.shape[0])
    done = compose(room, [CutOut(rgba, "mask")], [Placement(0.5, 0.8, height)], reflection=0.5, layers=True)
    assert np.isfinite(done.image).all() and done.mask.max() > 0.9
    tiny = compose(room, [CutOut(rgba, "mask")], [Placement(0.5, 0.8, 0.004)], reflection=0.5)
    assert np.isfinite(tiny.image).all()


def test_product_larger_than_8k_is_fitted(room: Array) -> None:
    wide = np.broadcast_to(np.array([0.8, 0.2, 0.1, 1.0], np.float32), (500, 9000, 4))
    done = compose(room, [CutOut(wide, "mask")], [Placement(0.5, 0.9, 0.5)], harmonize=0)
    assert any("made smaller" in note for note in done.notes)
    assert np.abs(done.image[done.mask > 0.999] - [0.8, 0.2, 0.1]).max() < 0.01


def test_product_with_holes_in_its_numbers_is_named(room: Array, block: CutOut) -> None:
    rgba = block.rgba.copy()
    rgba[3, 3, 0] = np.nan
    with pytest.raises(InputError) as caught:
        compose(room, [CutOut(rgba, "mask")], PAIR[:1])
    assert caught.value.code == "composite.not_a_number"


@pytest.mark.parametrize(
    "place",
    [Placement(0.5, 0.8, 0.3, anchor="middle"), Placement(0.5, 0.8, 0.3, stance="flying"),  # pyright: ignore[reportArgumentType]
     Placement(0.5, 0.8, 0.3, rotation=float("inf")), Placement(0.5, 0.8, 0.3, rotation=999.0)],
)  # fmt: skip
def test_impossible_placement_is_named(room: Array, block: CutOut, place: Placement) -> None:
    with pytest.raises(InputError) as caught:
        compose(room, [block], [place])
    assert caught.value.code == "composite.placement"


@pytest.mark.parametrize("options", [{"detail": 2.0}, {"reflection": -0.1}])
def test_figures_out_of_range_are_named(room: Array, block: CutOut, options: dict[str, float]) -> None:
    with pytest.raises(InputError) as caught:
        compose(room, [block], PAIR[:1], **options)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == f"composite.{next(iter(options))}"
