"""How a product is held is read from its outline and the scene, on real surfaces and on drawn ones."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data

from adstudio.imaging.composite.stance import foot_share, settle_stances
from adstudio.types import Array, CutOut, Placement, Stance

from .conftest import draw_table, flat, smooth_ellipse


def wall_and_table(line: float = 0.6) -> Array:
    """A wall over a darker table, lit from the left."""
    scene = flat((0.8, 0.78, 0.75))
    scene[round(line * 400) :] = (0.4, 0.25, 0.15)
    return scene * np.linspace(1.0, 0.7, 400, dtype=np.float32)[None, :, None]


def surface(name: str) -> Array:
    grey = getattr(skimage.data, name)().astype(np.float32) / 255
    return np.repeat(grey[..., None], 3, axis=2)


def pendant() -> CutOut:
    """A drop that hangs from a point and ends in one."""
    y, x = np.mgrid[0:120, 0:80]
    rgba = np.full((120, 80, 4), 0.6, np.float32)
    rgba[..., 3] = np.abs(x - 40) < 38 * np.minimum(y, 119 - y) / 60
    return CutOut(rgba, "mask")


def stance(scene: Array, product: CutOut, base_y: float = 0.85) -> tuple[Stance, str]:
    (placed,), (note,) = settle_stances(scene, [product], [Placement(0.5, base_y, 0.35)])
    return placed.stance, note


def test_a_product_stands_on_the_ground_and_hangs_above_it(block: CutOut) -> None:
    assert stance(wall_and_table(), block)[0] == "standing"
    found, note = stance(wall_and_table(), block, base_y=0.45)
    assert found == "hanging" and "45%" in note and "60%" in note
    assert stance(wall_and_table(0.4), block, base_y=0.45)[0] == "standing"


@pytest.mark.parametrize("name", ["gravel", "brick", "grass"])
def test_a_product_lies_on_a_surface_that_fills_the_picture(block: CutOut, name: str) -> None:
    found, note = stance(surface(name), block)
    assert found == "flat_lay" and "seen from above" in note


def test_a_wooden_table_top_is_one_too(block: CutOut) -> None:
    assert stance(draw_table(), block)[0] == "flat_lay"


@pytest.mark.parametrize("kind", ["plain", "sweep"])
def test_on_a_studio_ground_the_outline_decides(block: CutOut, kind: str) -> None:
    sweep = np.linspace(0.95, 0.6, 400, dtype=np.float32)[:, None, None] * np.ones((1, 400, 3), np.float32)
    scene = sweep if kind == "sweep" else flat((0.8, 0.8, 0.8))
    assert stance(scene, block)[0] == "standing"
    found, note = stance(scene, pendant())
    assert found == "flat_lay" and "foot" in note


def test_the_share_of_the_foot(block: CutOut) -> None:
    assert foot_share(block.rgba[..., 3]) == 1.0
    assert foot_share(pendant().rgba[..., 3]) < 0.15
    assert 0.2 < foot_share(smooth_ellipse(100, 100, (50, 50), (45, 45))) < 0.6
    assert foot_share(0.3 * block.rgba[..., 3]) == 1.0, "a glass stands as well"
    assert foot_share(np.zeros((9, 9), np.float32)) == 0


def test_tiny_and_long_scenes_and_one_pixel(block: CutOut) -> None:
    dot = CutOut(np.ones((1, 1, 4), np.float32), "mask")
    nothing = CutOut(np.ones((0, 5, 4), np.float32), "mask")  # refused later, by the composite
    settle_stances(flat((0.5, 0.5, 0.5)), [nothing], [Placement(0.5, 0.9, 0.3)])
    for shape in ((8, 8), (40, 900), (900, 40)):
        scene = np.full((*shape, 3), 0.5, np.float32)
        places, notes = settle_stances(scene, [block, dot], [Placement(0.5, 0.9, 0.3)] * 2)
        assert len(places) == len(notes) == 2
