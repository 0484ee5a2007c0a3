"""The maths as a small picture: four composites that may only change on purpose.

To write it anew, after looking at the pictures: python -m tests.unit.imaging.test_golden
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from adstudio.imaging.composite.compose import compose
from adstudio.types import Array, CutOut, Placement

GOLDEN = Path(__file__).parent / "golden" / "composite.png"
SIZE = 96


def product() -> CutOut:
    y, x = np.mgrid[0:60, 0:40]
    alpha = np.clip(20.5 - np.hypot(x - 19.5, np.maximum(np.abs(y - 29.5) - 10, 0)), 0, 1)
    colour = np.stack([0.2 + 0.6 * x / 40, 0.5 - 0.3 * y / 60, 0.25 + 0 * x], axis=-1)
    return CutOut(np.concatenate([colour, alpha[..., None]], axis=-1).astype(np.float32), "mask")


def scene() -> Array:
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    wall = np.where((y < 0.55)[..., None], np.array([0.75, 0.78, 0.85]), np.array([0.62, 0.50, 0.40]))
    return np.clip(wall * (1.15 - 0.5 * x)[..., None], 0, 1).astype(np.float32)


def drawn() -> Array:
    one, other = Placement(0.4, 0.85, 0.5), Placement(0.62, 0.92, 0.4)
    shots = [
        compose(scene(), [product()], [one]),
        compose(scene(), [product(), product()], [one, other], reflection=0.5, light_angle=130.0, light_height=35.0),
        compose(scene(), [product()], [Placement(0.5, 0.5, 0.6, anchor="center", stance="hanging", rotation=20.0)]),
        compose(scene(), [product()], [Placement(0.5, 0.5, 0.6, anchor="center", stance="flat_lay")], softness=0.0),
    ]
    return np.concatenate([shot.image for shot in shots], axis=1)


def test_composites_are_as_they_were() -> None:
    golden = np.asarray(Image.open(GOLDEN), np.float32) / np.float32(255)
    apart = np.abs(drawn() - golden)
    assert float(apart.max()) < 4 / 255 and float(apart.mean()) < 0.6 / 255


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    Image.fromarray((drawn() * 255 + 0.5).astype(np.uint8)).save(GOLDEN, optimize=True)
