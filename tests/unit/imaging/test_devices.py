"""The same composite on torch tensors as on numpy's arrays, by the same formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from array_api_compat import array_namespace
from devices_alike import SHOTS, check_a_composite_is_the_same, cup, noisy, photo
from scipy import ndimage
from skimage.color import deltaE_ciede2000
from torch.utils._python_dispatch import TorchDispatchMode

from adstudio.errors import InputError
from adstudio.imaging import filters
from adstudio.imaging.arrays import beside, fetch, pad, put
from adstudio.imaging.composite.compose import compose, workspace_bytes
from adstudio.imaging.composite.texture import measure_edges, measure_grain
from adstudio.imaging.linear import ciede2000, to_lab, to_linear, to_srgb
from adstudio.imaging.resample import resample
from adstudio.types import CutOut, Placement
from benchmarks.gauges import watched_tensors

from .test_golden import product

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def like_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse what a CPU's tensor bears and a card's does not: that numpy reads it by itself."""

    def refuse(tensor: Any, *_: Any, **__: Any) -> Any:
        raise TypeError(f"numpy reads a tensor of {list(tensor.shape)} by itself")

    monkeypatch.setattr(torch.Tensor, "__array__", refuse)


def test_the_guard_of_these_tests_guards() -> None:
    with pytest.raises(TypeError, match="by itself"):
        np.add(torch.ones(2), np.ones(2))


@pytest.mark.parametrize("shot", SHOTS)
def test_a_composite_is_the_same_on_tensors(shot: str) -> None:
    check_a_composite_is_the_same(shot, CPU)


def test_a_product_one_pixel_wide_stands_in_the_shade_of_another() -> None:
    bars = [CutOut(np.full((80, width, 4), (0.6, 0.2, 0.2, 1.0), np.float32), "mask") for width in (50, 1)]
    made = compose(
        np.full((120, 180, 3), 0.7, np.float32), bars, [Placement(0.35, 0.85, 0.6), Placement(0.6, 0.86, 0.4)],
        light_angle=-70.0, light_height=20.0, detail=0.0, layers=True, device=CPU,
    )  # fmt: skip
    assert "shade 2" in [layer.name for layer in made.layers]


@pytest.mark.parametrize("density", [0.01, 0.3, 0.5])
def test_a_glass_stands_where_all_of_it_stands(density: float) -> None:
    """Nowhere is it half opaque; where it is densest by a rounding says nothing."""
    glass = CutOut(np.full((90, 60, 4), (0.6, 0.2, 0.2, density), np.float32), "mask")
    ground, places = np.full((200, 180, 3), 0.5, np.float32), [Placement(0.5, 0.8, 0.5)]
    made, on_tensors = (
        compose(ground, [glass], places, harmonize=0.0, light="above", device=device) for device in (None, CPU)
    )
    assert np.abs(made.image - on_tensors.image).max() < 1 / 255
    dark = made.image[160:170].mean(axis=(0, 2))
    assert dark[65:115].max() < 0.48, "its shadow lies all along its foot"


def test_inputs_are_left_alone() -> None:
    backdrop, cut = photo("coffee"), product()
    before = backdrop.copy(), cut.rgba.copy()
    compose(backdrop, [cut], [Placement(0.5, 0.8, 0.5)], device=CPU)
    assert np.array_equal(backdrop, before[0]) and np.array_equal(cut.rgba, before[1])


def test_a_refusal_is_the_same_on_tensors() -> None:
    with pytest.raises(InputError, match="delta E"):
        compose(noisy(), [cup()], [Placement(0.5, 0.9, 0.5)], harmonize=1.0, fidelity_limit=0.01, device=CPU)


@pytest.mark.parametrize("sigma", [0.5, 1.2, (3.0, 7.5), 40.0])
@pytest.mark.parametrize("shape", [(64, 48), (30, 50, 4), (5, 7)])
def test_blur_is_scipys(sigma: Any, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).random(shape, dtype=np.float32)
    assert np.allclose(fetch(filters.blur(put(values, CPU), sigma)), filters.blur(values, sigma), atol=2e-6)


@pytest.mark.parametrize("size", [(20, 30), (131, 17), (500, 400), (1, 1), (64, 48)])
@pytest.mark.parametrize("shape", [(64, 48), (64, 48, 4)])
def test_resampling_is_pillows(size: tuple[int, int], shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(2).random(shape, dtype=np.float32)
    assert np.allclose(fetch(resample(put(values, CPU), *size)), resample(values, *size), atol=3e-6)


def test_highest_lowest_slopes_and_padding_are_numpys_and_scipys() -> None:
    values = np.random.default_rng(3).random((40, 33), dtype=np.float32)
    tensor = put(values, CPU)
    assert np.array_equal(fetch(filters.highest(tensor, 9)), ndimage.maximum_filter(values, 9))
    assert np.array_equal(fetch(filters.lowest(tensor, 9)), ndimage.minimum_filter(values, 9))
    for ours in (filters.slopes(values), map(fetch, filters.slopes(tensor))):
        assert all(np.array_equal(one, other) for one, other in zip(ours, np.gradient(values), strict=True))
    widths = ((2, 3), (0, 4))
    for array in (values, tensor):
        assert np.array_equal(fetch(pad(array, *widths)), np.pad(values, widths))
        assert np.array_equal(fetch(pad(array, *widths, edge=True)), np.pad(values, widths, mode="edge"))


def test_an_affine_read_is_scipys() -> None:
    values = np.random.default_rng(4).random((50, 60), dtype=np.float32)
    matrix, offset, shape = np.array([[0.4, 0.0], [-0.8, 1.0]]), (3.37, 12.63), (70, 40)
    ours = filters.affine(put(values, CPU), matrix, offset, shape)
    assert np.allclose(fetch(ours), filters.affine(values, matrix, offset, shape), atol=2e-5)


def test_the_colour_difference_is_skimages() -> None:
    rng = np.random.default_rng(5)
    one = rng.random((20_000, 3), dtype=np.float32)
    other = np.clip(one + rng.normal(0, 0.1, one.shape), 0, 1).astype(np.float32)
    one[:50] = one[:50, :1]  # greys, which have no hue
    other[:25] = 0
    labs = to_lab(to_linear(one)), to_lab(to_linear(other))
    expected = deltaE_ciede2000(*labs)
    assert float(np.abs(ciede2000(*labs) - expected).max()) < 1e-3
    on_tensors = ciede2000(*(to_lab(to_linear(put(each, CPU))) for each in (one, other)))
    apart = np.abs(fetch(on_tensors) - expected)
    assert float(apart.max()) < 0.02 and float(apart.mean()) < 1e-4


# Of the pairs that the formula's authors published to find wrong implementations: L*, a*, b* twice, and the difference.
PUBLISHED = (
    (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
    (50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000),
    (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792),
    (50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195),
    (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
    (50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
)


@pytest.mark.parametrize("pair", PUBLISHED)
def test_the_colour_difference_is_the_published_one(pair: tuple[float, ...]) -> None:
    one, other = np.array([pair[:3]]), np.array([pair[3:6]])
    assert float(ciede2000(one, other)[0]) == pytest.approx(pair[6], abs=6e-5)


def test_texture_is_measured_alike() -> None:
    for picture in (photo("astronaut"), photo("chelsea"), noisy()):
        tensor = put(picture, CPU)
        assert measure_grain(tensor) == pytest.approx(measure_grain(picture), rel=1e-4)
        assert measure_edges(tensor) == pytest.approx(measure_edges(picture), rel=1e-4)


def test_no_matrix_product_rounds_a_composite() -> None:
    """Where a program has allowed TF32, a card's products keep ten bits, which is a tenth of a delta E."""
    products = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.overloadpacket.__name__ in ("mm", "mv", "bmm", "addmm", "addmv", "dot", "convolution"):
                products.append(str(func))
            return func(*args, **(kwargs or {}))

    backdrop, cuts, places, settings = SHOTS["grain and softened rims"]()
    with Watch():
        torch.ones(2, 2) @ torch.ones(2, 2)
        assert len(products) == 1, "it would be seen"
        compose(backdrop, cuts, places, layers=True, device=CPU, **settings)
    assert products[1:] == []


def test_a_mirrored_product_reaches_the_device() -> None:
    cut = product()
    turned = CutOut(cut.rgba[:, ::-1], "mask")
    backdrop, places = photo("coffee"), [Placement(0.5, 0.8, 0.5)]
    ours, theirs = (compose(backdrop, [turned], places, device=on) for on in (None, CPU))
    assert np.abs(ours.image - theirs.image).max() < 1 / 255


def test_arrays_stay_where_they_are() -> None:
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 2, 3)
    assert put(values, None) is values and fetch(values) is values and beside(values, values) is values
    tensor = put(values, CPU)
    tensor += 1
    assert values.max() == 1, "a tensor is a copy, on a CPU too"
    assert array_namespace(to_srgb(to_linear(tensor))).__name__ == "array_api_compat.torch"


def test_what_is_asked_for_is_enough() -> None:
    for shot in ("a group that shades itself", "lying"):
        backdrop, cuts, places, settings = SHOTS[shot]()
        with watched_tensors() as peak:
            compose(backdrop, cuts, places, layers=True, device=CPU, **settings)
        assert 0.2 < peak[0] / workspace_bytes(backdrop, cuts, places) < 0.9, shot


def test_what_cannot_be_composed_is_refused_before_room_is_made() -> None:
    with pytest.raises(InputError, match="2 products came, but 1 placement"):
        workspace_bytes(photo("coffee"), [product(), product()], [Placement(0.5, 0.8, 0.5)])
    with pytest.raises(InputError, match="must be a number"):
        workspace_bytes(photo("coffee"), [product()], [Placement(0.5, 0.8, float("nan"))])
