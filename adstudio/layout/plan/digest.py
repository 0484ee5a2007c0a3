"""Name a picture by its pixels, so that a plan can tell whether it was made for this one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...types import Array, LayoutPlan


def digest_of(picture: Array) -> str:
    """The first 16 hex digits of the SHA-256 of a picture's size and of its pixels in 8 bits.

    Shapes: ``[H,W,3] float32 sRGB 0..1``.
    """
    pixels = np.rint(picture * 255).clip(0, 255).astype(np.uint8)
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:16]


def bind(plan: LayoutPlan, pictures: Sequence[Array]) -> LayoutPlan:
    """Note in a plan, and in each of its frames, the size and the digest of the picture it was made for."""
    if plan.frames:
        frames = tuple(_bound(plan.for_frame(index), picture) for index, picture in enumerate(pictures))
        return replace(_bound(plan, pictures[0]), frames=frames)
    return _bound(plan, pictures[0]) if len(pictures) == 1 else plan


def _bound(plan: LayoutPlan, picture: Array) -> LayoutPlan:
    return replace(plan, size_px=(picture.shape[1], picture.shape[0]), picture=digest_of(picture))
