"""Resize pictures and mattes, and resize and turn cut-outs without fringes.

Cut-outs are premultiplied, in linear light, and worked on in strips where they are huge.
"""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array
from PIL import Image
from PIL.Image import Resampling

from ..types import Array
from . import taps
from .linear import to_linear, to_srgb

STRIP_PX = 4_000_000
# Of a product. By eye, at full size, on a cup, a cat and a dahlia: at 2 soft, at 4 without texture, at 6 blurred but
# known for what it is, at 8 steps instead of outlines.
MOST_ENLARGED = 8.0
_SPARE = 2  # a huge cut-out is first brought to about this many times the wanted size
_SEEN = 0.004


def resize(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize a picture or a matte with anti-aliasing. Shapes: ``[H,W]`` or ``[H,W,C]``."""
    xp = array_namespace(picture)
    if picture.shape[:2] == (height_px, width_px):
        return xp.astype(picture, xp.float32)
    return xp.clip(resample(picture, width_px, height_px), 0.0, 1.0)


def resize_part(picture: Array, width_px: int, height_px: int, part: tuple[slice, slice]) -> Array:
    """Resize only what will be a part of the resized picture; the same as ``resize(…)[part]`` but for its rim.

    Shapes: ``[H,W]`` or ``[H,W,C]``; ``part`` counts in pixels of the resized picture.
    """
    height, width = picture.shape[:2]
    rows, columns = (range(*each.indices(side)) for each, side in zip(part, (height_px, width_px), strict=True))
    down, across = height / height_px, width / width_px
    box = (columns.start * across, rows.start * down, columns.stop * across, rows.stop * down)
    return np.clip(resample_planes(picture, len(columns), len(rows), box=box), 0.0, 1.0)


def resample(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize without clipping: sharp steps swing over by a few per cent. Shapes: ``[H,W]`` or ``[H,W,C]``."""
    if not is_numpy_array(picture):
        return taps.resample(picture, width_px, height_px)
    return resample_planes(picture, width_px, height_px)


def resample_planes(
    picture: Array,
    width_px: int,
    height_px: int,
    kind: Resampling = Resampling.BICUBIC,
    box: tuple[float, float, float, float] | None = None,
) -> Array:
    """Have Pillow resample each plane of a picture of numpy's, without clipping. Shapes: ``[H,W]`` or ``[H,W,C]``.

    Args:
        box: left, top, right and bottom of the part that is taken, in pixels of the picture.
    """
    planes = picture[..., None] if picture.ndim == 2 else picture
    done = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., i], dtype=np.float32)).resize(
                (width_px, height_px), kind, box
            )
        )
        for i in range(planes.shape[2])
    ]
    return done[0] if picture.ndim == 2 else np.stack(done, axis=-1)


def resize_rgba(rgba: Array, width_px: int, height_px: int) -> Array:
    """Resize a cut-out premultiplied and in linear light, so that clear pixels lend no colour to the rim.

    Shapes: ``[H,W,4] -> [height_px,width_px,4]``, straight alpha in and out.
    """
    if rgba.shape[:2] == (height_px, width_px):
        xp = array_namespace(rgba)
        return xp.astype(rgba, xp.float32)
    return unmultiply(resample(premultiply(rgba, width_px, height_px), width_px, height_px))


def turn_rgba(rgba: Array, degrees: float, longest_px: int) -> Array:
    """Turn a cut-out ``[h,w,4]`` clockwise and trim it to its new bounds.

    Args:
        longest_px: of the result, about; a larger cut-out is reduced on the way.
    """
    height, width = rgba.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    planes = premultiply(rgba, max(1, round(width * scale)), max(1, round(height * scale)))
    planes = np.pad(planes, ((1, 1), (1, 1), (0, 0)))  # so that the cut edges turn smooth as well
    turned = np.stack(
        [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(planes[..., i])).rotate(-degrees, Resampling.BICUBIC, expand=True)
            )
            for i in range(4)
        ],
        axis=-1,
    )
    rows, columns = (
        np.flatnonzero(turned[..., 3].max(axis=1) > _SEEN),
        np.flatnonzero(turned[..., 3].max(axis=0) > _SEEN),
    )
    if len(rows) == 0:
        return rgba
    return unmultiply(turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def premultiply(rgba: Array, width_px: int, height_px: int) -> Array:
    """Bring a cut-out into premultiplied linear light, reduced by a whole factor where it is far too large.

    Shapes: ``[H,W,4] -> [h,w,4]`` with ``h >= height_px``. The memory beside the result stays within one strip.
    """
    xp = array_namespace(rgba)
    height, width = rgba.shape[:2]
    factor = max(1, min(height // max(1, _SPARE * height_px), width // max(1, _SPARE * width_px)))
    if factor == 1 and height * width <= STRIP_PX:
        return _weigh(rgba)
    rows, columns = height // factor, width // factor
    out = xp.empty((rows, columns, 4), dtype=xp.float32, device=device(rgba))
    step = max(1, STRIP_PX // (columns * factor * factor))
    for top in range(0, rows, step):
        strip = rgba[top * factor : min(top + step, rows) * factor, : columns * factor]
        weighed = _weigh(strip)
        out[top : top + step] = xp.mean(xp.reshape(weighed, (-1, factor, columns, factor, 4)), axis=(1, 3))
    return out


def unmultiply(planes: Array) -> Array:
    """Turn premultiplied linear light back into straight sRGB. Shapes: ``[h,w,4]``."""
    xp = array_namespace(planes)
    weight = planes[..., 3:]
    # Colour and weight swing over together, so they are divided before either is clipped.
    colour = to_srgb(planes[..., :3] / xp.maximum(weight, 1e-3))
    return xp.concat([colour, xp.clip(weight, 0.0, 1.0)], axis=-1)


def _weigh(rgba: Array) -> Array:
    alpha = rgba[..., 3:]
    return array_namespace(rgba).concat([to_linear(rgba[..., :3]) * alpha, alpha], axis=-1)
