"""Real photos, and scenes drawn so that the truth about them is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import skimage.data

from adstudio.imaging.cutout.matting import cut_out
from adstudio.types import Array, CutOut


@pytest.fixture(scope="session")
def coffee() -> Array:
    return skimage.data.coffee().astype(np.float32) / np.float32(255)


@pytest.fixture(scope="session")
def coffee_cut(coffee: Array) -> CutOut:
    return cut_out(coffee, method="geodesic")


@dataclass(frozen=True)
class Drawn:
    """A photo together with what it was made of."""

    photo: Array
    alpha: Array
    product: Array


def draw_table(height: int = 300, width: int = 400, seed: int = 0) -> Array:
    """A wooden table: grain along the rows, darker to the right."""
    rng = np.random.default_rng(seed)
    grain = np.repeat(rng.normal(0, 0.03, (height, 1)), width, axis=1) + rng.normal(0, 0.01, (height, width))
    light = np.linspace(1.1, 0.8, width)[None, :]
    wood = np.array([0.55, 0.38, 0.24])[None, None, :]
    return np.clip(wood * light[..., None] + grain[..., None], 0, 1).astype(np.float32)


def smooth_ellipse(height: int, width: int, centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    y, x = np.mgrid[0:height, 0:width]
    distance = np.sqrt(((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2)
    return np.clip((1 - distance) * min(radii) / 1.5 + 0.5, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def plate() -> Drawn:
    """A shaded teal plate on the wooden table."""
    table = draw_table()
    height, width = table.shape[:2]
    alpha = smooth_ellipse(height, width, (150, 205), (95, 120))
    shade = np.linspace(1.2, 0.7, height)[:, None, None]
    product = np.clip(np.array([0.1, 0.5, 0.55]) * shade, 0, 1) * np.ones((1, width, 1))
    product = product.astype(np.float32)
    photo = (product * alpha[..., None] + table * (1 - alpha[..., None])).astype(np.float32)
    return Drawn(photo, alpha, product)


@pytest.fixture(scope="session")
def block() -> CutOut:
    """A plain upright product: opaque, 80 wide and 120 high."""
    rgba = np.empty((120, 80, 4), dtype=np.float32)
    rgba[...] = (0.7, 0.25, 0.2, 1.0)
    return CutOut(rgba=rgba, method="mask")


def flat(colour: tuple[float, float, float], height: int = 400, width: int = 400) -> Array:
    return np.broadcast_to(np.array(colour, dtype=np.float32), (height, width, 3)).copy()
