"""Clean edges: fit a matte to its photo, smooth its steps, pull it in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling

from ...types import Array
from ..filters import blur, depth_inside
from ..resample import resample_planes, resize

_GUIDE_PX = 1024
_SMOOTH = 1e-3


def refine_matte(photo: Array, coarse: Array) -> Array:
    """Fit a coarse matte to the photo's own edges with a guided filter.

    Shapes: photo ``[H,W,3]``, coarse ``[h,w]`` of any size, out ``[H,W]``.
    """

    height, width = photo.shape[:2]
    # The filter's coefficients are smooth: found on a copy of modest size, they serve the full photo.
    scale = min(1.0, _GUIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    slope, offset = _fit(resize(photo, *size), resize(coarse, *size), 2 * max(2, round(0.006 * max(size))) + 1)
    refined = resample_planes(offset, width, height, Resampling.BILINEAR)
    for band in range(3):
        refined = refined + resample_planes(slope[..., band], width, height, Resampling.BILINEAR) * photo[..., band]
    return np.clip((refined - 0.1) / 0.8, 0.0, 1.0).astype(np.float32)


def _fit(guide: Array, matte: Array, window: int) -> tuple[Array, Array]:
    """Fit ``matte = slope . guide + offset`` in every window, in colour: grey would not tell red from green.

    Shapes: ``[h,w,3], [h,w] -> [h,w,3], [h,w]``.
    """
    from scipy.ndimage import uniform_filter

    def mean(values: NDArray[np.floating[Any]]) -> Array:
        return np.asarray(uniform_filter(values, window, mode="nearest", axes=(0, 1)), dtype=np.float32)

    middle, level = mean(guide), mean(matte)
    common = mean(guide * matte[..., None]) - middle * level[..., None]
    red, green, blue = (guide[..., i] for i in range(3))
    products = mean(np.stack([red * red, red * green, red * blue, green * green, green * blue, blue * blue], axis=-1))
    m = [middle[..., i] for i in range(3)]
    rr, rg, rb, gg, gb, bb = (
        products[..., i] - m[j] * m[k] + (np.float32(_SMOOTH) if j == k else np.float32(0))
        for i, (j, k) in enumerate(((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    )
    # The inverse of the 3x3 covariance, by its cofactors.
    c = (
        gg * bb - gb * gb,
        rb * gb - rg * bb,
        rg * gb - rb * gg,
        rr * bb - rb * rb,
        rg * rb - rr * gb,
        rr * gg - rg * rg,
    )
    scale = rr * c[0] + rg * c[1] + rb * c[2]
    x, y, z = (common[..., i] for i in range(3))
    slope = np.stack(
        [c[0] * x + c[1] * y + c[2] * z, c[1] * x + c[3] * y + c[4] * z, c[2] * x + c[4] * y + c[5] * z], axis=-1
    )
    slope = slope / scale[..., None]
    offset = level - (slope * middle).sum(axis=-1)
    return mean(slope), mean(offset)


def soften_steps(matte: Array) -> Array:
    """Smooth the stair steps of a mask ``[H,W]`` that knows only 0 and 1; soft mattes are returned as they are."""
    if bool(((matte > 0.02) & (matte < 0.98)).any()):
        return matte
    return np.clip(blur(matte, 0.8), 0.0, 1.0)


def shrink(matte: Array, by_px: float) -> Array:
    """Pull the outline of a matte ``[H,W]`` inwards by ``by_px`` pixels; 0 leaves it as it is."""
    if by_px <= 0:
        return matte
    # A product that the photo's edge cuts off keeps its straight side there.
    return np.minimum(matte, np.clip(depth_inside(matte > 0.5) - by_px + 0.5, 0.0, 1.0))
