"""Clean edges: fit a matte to its photo, smooth its steps, pull it in."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array
from numpy.typing import NDArray
from PIL import Image

from ...types import Array
from .. import taps
from ..filters import blur, depth_inside

_GUIDE_PX = 1024
_SMOOTH = 1e-3


def resize(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize a picture or a matte with anti-aliasing. Shapes: ``[H,W]`` or ``[H,W,C]``."""
    xp = array_namespace(picture)
    if picture.shape[:2] == (height_px, width_px):
        return xp.astype(picture, xp.float32)
    return xp.clip(resample(picture, width_px, height_px), 0.0, 1.0)


def resample(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize without clipping: sharp steps swing over by a few per cent."""
    if not is_numpy_array(picture):
        return taps.resample(picture, width_px, height_px)
    return _resample(picture, width_px, height_px)


def _resample(
    picture: Array, width_px: int, height_px: int, box: tuple[float, float, float, float] | None = None
) -> Array:
    planes = picture[..., None] if picture.ndim == 2 else picture
    done = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., i], dtype=np.float32)).resize(
                (width_px, height_px), Image.Resampling.BICUBIC, box
            )
        )
        for i in range(planes.shape[2])
    ]
    return done[0] if picture.ndim == 2 else np.stack(done, axis=-1)


def resize_part(picture: Array, width_px: int, height_px: int, part: tuple[slice, slice]) -> Array:
    """Resize only what will be a part of the resized picture; the same as ``resize(…)[part]`` but for its rim."""
    height, width = picture.shape[:2]
    rows, columns = (range(*each.indices(side)) for each, side in zip(part, (height_px, width_px), strict=True))
    down, across = height / height_px, width / width_px
    box = (columns.start * across, rows.start * down, columns.stop * across, rows.stop * down)
    return np.clip(_resample(picture, len(columns), len(rows), box), 0.0, 1.0)


def refine_matte(photo: Array, coarse: Array) -> Array:
    """Fit a coarse matte to the photo's own edges with a guided filter.

    Shapes: photo ``[H,W,3]``, coarse ``[h,w]`` of any size, out ``[H,W]``.
    """

    height, width = photo.shape[:2]
    # The filter's coefficients are smooth: found on a copy of modest size, they serve the full photo.
    scale = min(1.0, _GUIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    slope, offset = _fit(resize(photo, *size), resize(coarse, *size), 2 * max(2, round(0.006 * max(size))) + 1)
    refined = _stretch(offset, width, height)
    for band in range(3):
        refined = refined + _stretch(slope[..., band], width, height) * photo[..., band]
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
    """Smooth the stair steps of a mask that knows only 0 and 1; soft mattes are returned as they are."""
    if bool(((matte > 0.02) & (matte < 0.98)).any()):
        return matte
    return np.clip(blur(matte, 0.8), 0.0, 1.0)


def shrink(matte: Array, by_px: float) -> Array:
    """Pull a matte's outline inwards by ``by_px`` pixels; 0 leaves it as it is."""
    if by_px <= 0:
        return matte
    # A product that the photo's edge cuts off keeps its straight side there.
    return np.minimum(matte, np.clip(depth_inside(matte > 0.5) - by_px + 0.5, 0.0, 1.0))


def _stretch(values: Array, width: int, height: int) -> Array:
    if values.shape == (height, width):
        return values
    plane = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
