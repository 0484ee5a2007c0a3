"""Clean edges: fit a matte to its photo, take the old background's colour out of the rim, resize without fringes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..types import Array
from .filters import blur, depth_inside
from .linear import to_linear, to_srgb

OPAQUE = 0.95
_GUIDE_PX = 1024


def resize(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize a picture or a matte with anti-aliasing. Shapes: ``[H,W]`` or ``[H,W,C]``."""
    if picture.shape[:2] == (height_px, width_px):
        return picture.astype(np.float32)
    planes = picture[..., None] if picture.ndim == 2 else picture
    done = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., i], dtype=np.float32)).resize(
                (width_px, height_px), Image.Resampling.BICUBIC
            )
        )
        for i in range(planes.shape[2])
    ]
    out = np.clip(np.stack(done, axis=-1), 0.0, 1.0)
    return out[..., 0] if picture.ndim == 2 else out


def resize_rgba(rgba: Array, width_px: int, height_px: int) -> Array:
    """Resize a cut-out premultiplied and in linear light, so that clear pixels lend no colour to the rim.

    Shapes: ``[H,W,4] -> [height_px,width_px,4]``, straight alpha in and out.
    """
    if rgba.shape[:2] == (height_px, width_px):
        return rgba.astype(np.float32)
    alpha = rgba[..., 3:]
    small = resize(np.concatenate([to_linear(rgba[..., :3]) * alpha, alpha], axis=-1), width_px, height_px)
    weight = small[..., 3:]
    colour = to_srgb(np.divide(small[..., :3], np.maximum(weight, 1e-4), dtype=np.float32))
    return np.concatenate([colour, weight], axis=-1)


def refine_matte(photo: Array, coarse: Array) -> Array:
    """Fit a coarse matte to the photo's own edges with a guided filter.

    Shapes: photo ``[H,W,3]``, coarse ``[h,w]`` of any size, out ``[H,W]``.
    """
    from scipy.ndimage import uniform_filter

    height, width = photo.shape[:2]
    # The filter's coefficients are smooth: found on a copy of modest size, they serve the full photo.
    scale = min(1.0, _GUIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    guide: Array = resize(photo, *size).mean(axis=-1, dtype=np.float32)
    matte = resize(coarse, *size)
    window = 2 * max(2, round(0.006 * max(size))) + 1

    def mean(values: NDArray[np.floating[Any]]) -> Array:
        return np.asarray(uniform_filter(values, window, mode="nearest"), dtype=np.float32)

    mean_guide, mean_matte = mean(guide), mean(matte)
    variance = mean(guide * guide) - mean_guide**2
    slope = (mean(guide * matte) - mean_guide * mean_matte) / (variance + np.float32(1e-3))
    offset = mean_matte - slope * mean_guide
    slope, offset = _stretch(mean(slope), width, height), _stretch(mean(offset), width, height)
    refined = slope * photo.mean(axis=-1) + offset
    return np.clip((refined - 0.1) / 0.8, 0.0, 1.0).astype(np.float32)


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


def clean_colours(photo: Array, alpha: Array) -> Array:
    """Replace the colour of every half-clear pixel by that of the nearest opaque one.

    A rim pixel of a photo is a mix of product and old background; on a new backdrop the old one would show as a halo.
    Shapes: ``[H,W,3], [H,W] -> [H,W,3]``.
    """
    from scipy.ndimage import distance_transform_edt

    rim = alpha < OPAQUE
    if not rim.any() or rim.all():
        return photo
    nearest = distance_transform_edt(rim, return_distances=False, return_indices=True)
    if nearest is None:
        return photo
    rows, columns = nearest
    return photo[rows, columns]


def _stretch(values: Array, width: int, height: int) -> Array:
    if values.shape == (height, width):
        return values
    plane = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
