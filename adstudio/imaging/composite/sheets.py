"""A composite as a stack of sheets, blended from back to front in linear light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from array_api_compat import array_namespace, device

from ...types import Array, Layer
from ..arrays import differs, fetch
from ..linear import to_linear, to_srgb

Slices = tuple[slice, slice]
STRIP_PX = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet. Shapes: colour ``[h,w,3]`` or one ``[3]``, linear and straight; alpha ``[h,w]``."""

    name: str
    colour: Array
    alpha: Array
    left: int
    top: int
    blend: Literal["normal", "multiply"] = "normal"

    def lay(self, lit: Array, left: int = 0, top: int = 0) -> None:
        """Blend this sheet over a linear picture whose corner lies at ``left``, ``top``."""
        here, there = overlap(lit.shape, self.left - left, self.top - top, self.alpha.shape)
        weight = self.alpha[there][..., None]
        colour = self.colour if self.colour.ndim == 1 else self.colour[there]
        if self.blend == "multiply":
            lit[here] *= 1 - weight * (1 - colour)
        else:
            lit[here] = colour * weight + lit[here] * (1 - weight)

    def as_layer(self, width: int, height: int) -> Layer:
        """Turn it into sRGB, cut to the picture."""
        xp = array_namespace(self.alpha)
        here, there = overlap((height, width), self.left, self.top, self.alpha.shape)
        alpha = self.alpha[there][..., None]
        colour = xp.broadcast_to(self.colour, (*self.alpha.shape, 3)) if self.colour.ndim == 1 else self.colour
        rgba = xp.concat([to_srgb(colour[there]), alpha], axis=-1)
        return Layer(self.name, fetch(rgba), here[1].start, here[0].start, self.blend)


def bounds(sheets: Sequence[Sheet], width: int, height: int) -> tuple[int, int, int, int]:
    """Find what part of the picture the sheets touch: ``(left, top, right, bottom)``."""
    if not sheets:
        return 0, 0, 0, 0
    left = min(max(min(sheet.left for sheet in sheets), 0), width)
    top = min(max(min(sheet.top for sheet in sheets), 0), height)
    right = min(max(sheet.left + sheet.alpha.shape[1] for sheet in sheets), width)
    bottom = min(max(sheet.top + sheet.alpha.shape[0] for sheet in sheets), height)
    return left, top, max(left, right), max(top, bottom)


def flatten(scene: Array, sheets: Sequence[Sheet]) -> Array:
    """Lay all sheets over an sRGB picture; what none of them changes keeps its very values."""
    xp = array_namespace(scene)
    height, width = scene.shape[:2]
    left, top, right, bottom = bounds(sheets, width, height)
    image = xp.asarray(scene, copy=True)
    step = max(1, STRIP_PX // max(1, right - left))
    for first in range(top, bottom, step):  # in strips, so that a huge picture needs little beside itself
        last = min(first + step, bottom)
        before = to_linear(scene[first:last, left:right])
        lit = xp.asarray(before, copy=True)
        for sheet in sheets:
            sheet.lay(lit, left, first)
        touched = differs(lit, before)
        image[first:last, left:right][touched] = to_srgb(lit[touched])
    return image


def lift(sheets: Sequence[Sheet], width: int, height: int) -> Array:
    """Join the sheets without a backdrop. Returns: ``[H,W,4]`` sRGB, straight alpha."""
    xp = array_namespace(*(sheet.alpha for sheet in sheets))
    left, top, right, bottom = bounds(sheets, width, height)
    lit = xp.zeros((bottom - top, right - left, 3), dtype=xp.float32, device=device(sheets[0].alpha))
    cover = xp.zeros_like(lit[..., 0])
    for sheet in sheets:
        here, there = overlap(cover.shape, sheet.left - left, sheet.top - top, sheet.alpha.shape)
        weight = sheet.alpha[there]
        colour = sheet.colour if sheet.colour.ndim == 1 else sheet.colour[there]
        free = (1 - cover[here])[..., None]
        strength = weight[..., None]
        if sheet.blend == "multiply":
            # What lies there is shaded exactly; over nothing, a shadow is a dark veil.
            lit[here] = lit[here] * (1 - strength * (1 - colour)) + free * strength * colour
        else:
            lit[here] = lit[here] * (1 - strength) + colour * strength
        cover[here] = weight + cover[here] * (1 - weight)
    plate = np.zeros((height, width, 4), dtype=np.float32)
    colour = to_srgb(lit / xp.maximum(cover, 1e-4)[..., None])
    plate[top:bottom, left:right] = fetch(xp.concat([colour, cover[..., None]], axis=-1))
    return plate


def overlap(shape: tuple[int, ...], left: int, top: int, size: tuple[int, ...]) -> tuple[Slices, Slices]:
    """Clip a rectangle to the picture. Returns: its slices in the picture, and the same part in its own frame."""
    x0, y0 = min(max(left, 0), shape[1]), min(max(top, 0), shape[0])
    x1, y1 = max(min(left + size[1], shape[1]), x0), max(min(top + size[0], shape[0]), y0)
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
