"""The shadow a product throws on the ground it stands on, made from its alpha."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Array, Light
from .edges import resize
from .filters import blur

WORK_PX = 320
# How far the top of the product leans in the shadow, and how flat the shadow lies, in product heights.
_LEAN = {"left": 0.5, "right": -0.5, "above": 0.0}
_FLATNESS = {"left": 0.28, "right": 0.28, "above": 0.14}
_CAST_DARKNESS = 0.62
_CONTACT_DARKNESS = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """How dark the ground gets, 0..1, and where the map's corner lies relative to the product's."""

    density: Array
    left: int
    top: int


def cast(alpha: Array, light: Light) -> Shadow:
    """Throw a product's shadow: a dark line of contact, and a leaning shape that gets softer and paler with height.

    Shapes: alpha ``[H,W]``.
    """
    height, width = alpha.shape
    scale = min(1.0, WORK_PX / max(height, width))
    small = resize(alpha, max(4, round(width * scale)), max(4, round(height * scale)))
    rows, columns = small.shape
    side = float(np.sqrt(rows * columns))
    pad = int(np.ceil(0.3 * side)) + 2
    lean = int(np.ceil(abs(_LEAN[light]) * rows))
    left, right = pad + (lean if light == "right" else 0), pad + (lean if light == "left" else 0)
    floor = np.pad(small, ((pad, pad), (left, right)))
    base = float(pad + _lowest_row(small))
    leaning = _lean(floor, base, rows, light, side)
    contact = _contact(floor, base, side)
    density = (1 - (1 - _CAST_DARKNESS * leaning) * (1 - _CONTACT_DARKNESS * contact)).astype(np.float32)
    down, across = height / rows, width / columns
    full = resize(density, round(density.shape[1] * across), round(density.shape[0] * down))
    return Shadow(full, -round(left * across), -round(pad * down))


def _lowest_row(alpha: Array) -> int:
    return int(np.flatnonzero(alpha.max(axis=1) > 0.5)[-1]) + 1 if float(alpha.max()) > 0.5 else alpha.shape[0]


def _lean(floor: Array, base: float, rows: int, light: Light, side: float) -> Array:
    from scipy.ndimage import affine_transform

    flat, lean = _FLATNESS[light], _LEAN[light]
    # The product's point that shades ground point (y, x) lies (base - y) / flat above the base, moved back by the lean.
    offset: Any = (base * (1 - 1 / flat), -lean * base / flat)
    thrown = affine_transform(floor, np.array([[1 / flat, 0], [lean / flat, 1]]), offset=offset, order=1)
    far = np.clip((base - np.arange(floor.shape[0], dtype=np.float32)) / (flat * rows), 0, 1)[:, None]
    shade = np.zeros_like(floor)
    for centre, softness in ((0.0, 0.018), (0.5, 0.045), (1.0, 0.09)):
        share = np.clip(1 - np.abs(far - centre) * 2, 0, 1)
        shade += blur(thrown * share, softness * side)
    return (shade * (1 - 0.5 * far)).astype(np.float32)


def _contact(floor: Array, base: float, side: float) -> Array:
    """Darken the ground right under the product's underside, the more the closer it is to the ground."""
    solid = floor > 0.5
    rows, _ = floor.shape
    underside = np.where(solid.any(axis=0), rows - 1 - solid[::-1].argmax(axis=0), -1).astype(np.float32)
    closeness = np.where(underside >= 0, np.exp(-(((base - underside) / (0.3 * side)) ** 2)), 0.0)
    depth = np.arange(rows, dtype=np.float32)[:, None] - underside
    strip = np.where(np.abs(depth) <= 0.035 * side, closeness, 0.0).astype(np.float32)
    tight = blur(strip, 0.010 * side)
    wide = blur(strip, (0.03 * side, 0.05 * side))
    return np.clip(0.7 * tight + 1.1 * wide, 0.0, 1.0).astype(np.float32)
