"""Composites that must be the same on every device: real photos and rendered products, with all that they can hold."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch

from adstudio.imaging.composite.compose import compose
from adstudio.imaging.cutout.matting import cut_out
from adstudio.types import Array, Composite, CutOut, Placement
from benchmarks.still_life import render, render_room

STEP = 1 / 255
P = Placement


def photo(name: str) -> Array:
    return getattr(skimage.data, name)().astype(np.float32) / np.float32(255)


@cache
def cup() -> CutOut:
    return cut_out(photo("coffee"), method="geodesic")


def noisy() -> Array:
    room = render_room(-50.0, size=384).picture
    return np.clip(room + np.random.default_rng(0).normal(0, 0.03, room.shape), 0, 1).astype(np.float32)


SHOTS: dict[str, Any] = {
    "one product": lambda: (photo("coffee"), [render("jar", 400)], [P(0.4, 0.85, 0.5)], {}),
    "a group that shades itself": lambda: (
        render_room(-50.0, size=384).picture,
        [render("bottle", 500), render("jar", 380), render("mug", 300)],
        [P(0.3, 0.8, 0.6), P(0.45, 0.82, 0.4), P(0.6, 0.85, 0.3)],
        {"reflection": 0.5, "light_angle": -60.0, "light_height": 25.0},
    ),
    "a photo on a photo, turned": lambda: (
        photo("astronaut"), [cup()], [P(0.5, 0.95, 0.5, rotation=15.0)], {"harmonize": 1.0},
    ),
    "grain and softened rims": lambda: (
        noisy(), [cup(), render("shoe", 300)], [P(0.4, 0.9, 0.5), P(0.7, 0.85, 0.2)], {"detail": 1.0},
    ),
    "hanging": lambda: (
        photo("chelsea"), [render("mug", 350)], [P(0.5, 0.5, 0.4, anchor="center", stance="hanging")], {},
    ),
    "lying": lambda: (
        photo("rocket"), [render("box", 400)], [P(0.5, 0.5, 0.6, anchor="center", stance="flat_lay")],
        {"softness": 0.0, "shadow": 1.5},
    ),
    "nothing but the product": lambda: (photo("coffee"), [cup()], [P(0.2, 0.7, 0.3)], {"shadow": 0, "harmonize": 0}),
}  # fmt: skip


def pictures(made: Composite) -> dict[str, Array]:
    assert made.plate is not None
    layers = {f"layer {number}, {layer.name}": layer.rgba for number, layer in enumerate(made.layers)}
    return {"image": made.image, "mask": made.mask, "plate": made.plate, **layers}


def check_a_composite_is_the_same(shot: str, device: torch.device) -> None:
    """Compare with numpy's: every picture within 1/255, the receipt within 0.01 delta E."""
    backdrop, cutouts, places, settings = SHOTS[shot]()
    ours, theirs = (compose(backdrop, cutouts, places, layers=True, device=on, **settings) for on in (None, device))
    expected, found = pictures(ours), pictures(theirs)
    assert list(expected) == list(found)
    for name, picture in found.items():
        assert isinstance(picture, np.ndarray) and picture.dtype == np.float32, name
        assert float(np.abs(picture - expected[name]).max()) < STEP, name
    assert float(np.abs(found["image"] - expected["image"]).mean()) < 0.01 * STEP
    assert theirs.receipt.keys() == ours.receipt.keys()
    for name, figure in ours.receipt.items():
        assert theirs.receipt[name] == pytest.approx(figure, abs=0.01 if "delta_e" in name else 1e-3), name
    assert theirs.notes == ours.notes and theirs.light == ours.light
