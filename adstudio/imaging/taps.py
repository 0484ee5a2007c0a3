"""What scipy and Pillow do for numpy, for arrays that live elsewhere: filters as taps along an axis.

Every separable filter is a table of taps: which cells of an axis make a new one, and by what weight. Written in the
array API alone, so that no library's convolution rounds on a card (cuDNN's would, to ten bits).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from ..types import Array
from .arrays import beside


@dataclass(frozen=True, slots=True, eq=False)
class Taps:
    """For each new cell of an axis, the cells that it is made of.

    Shapes: index ``[taps,cells]``, each within the old axis; weight ``float32`` the same, or ``[taps,1]`` where every
    cell is weighed alike. The weights of a cell add up to 1.
    """

    index: NDArray[np.int64]
    weight: Array


def blur(values: Array, sigma: tuple[float, float]) -> Array:
    """Blur over height and width as ``scipy.ndimage.gaussian_filter`` does, mirrored at the edges.

    Args:
        sigma: down and across, in pixels; 0 leaves that axis as it is.
    Shapes: ``[H,W]`` or ``[H,W,C] float32``, and back the same.
    """
    for axis in (0, 1):
        values = weigh(values, _gaussian(values.shape[axis], float(sigma[axis])), axis)
    return values


def resample(picture: Array, width_px: int, height_px: int) -> Array:
    """Resize as Pillow's ``BICUBIC`` does, without clipping.

    Shapes: ``[H,W]`` or ``[H,W,C] float32``, to ``[height_px,width_px]`` or ``[height_px,width_px,C]``.
    """
    wide = weigh(picture, _bicubic(picture.shape[1], width_px), axis=1)
    return weigh(wide, _bicubic(picture.shape[0], height_px), axis=0)


def weigh(values: Array, taps: Taps, axis: int) -> Array:
    """Make an axis anew from its taps.

    Shapes: ``axis`` (0 or more) of ``values`` becomes as long as ``taps`` has cells; the others stay.
    """
    xp = array_namespace(values)
    index, weight = beside(taps.index, values), beside(taps.weight, values)
    along = tuple(-1 if each == axis else 1 for each in range(values.ndim))
    total = xp.take(values, index[0, ...], axis=axis) * xp.reshape(weight[0, ...], along)
    for tap in range(1, len(taps.index)):
        total += xp.take(values, index[tap, ...], axis=axis) * xp.reshape(weight[tap, ...], along)
    return total


def highest(values: Array, size: int) -> Array:
    """Take the highest value of a square around each pixel, as ``scipy.ndimage.maximum_filter`` does.

    Args:
        size: side of the square in pixels, odd.
    Shapes: ``[H,W]`` or ``[H,W,C]``, and back the same.
    """
    xp = array_namespace(values)
    for axis in (0, 1):
        length, around = values.shape[axis], values
        for shift in range(1, size // 2 + 1):
            for step in (shift, -shift):
                index = np.clip(np.arange(length) + step, 0, length - 1)
                around = xp.maximum(around, xp.take(values, beside(index, values), axis=axis))
        values = around
    return values


def affine(values: Array, matrix: Array, offset: Sequence[float], shape: tuple[int, int]) -> Array:
    """Read ``values[matrix @ (row, column) + offset]`` between the pixels, 0 outside.

    As ``scipy.ndimage.affine_transform`` of order 1 does.

    Args:
        matrix: ``[2,2]``, from a new pixel to the old one. offset: two numbers, in old pixels.
        shape: height and width of the result.
    Shapes: ``[H,W]`` floats ``-> shape``, of the same dtype.
    """
    xp = array_namespace(values)
    rows, columns = values.shape
    y, x = beside(np.arange(shape[0])[:, None], values), beside(np.arange(shape[1])[None, :], values)
    down, across = ([float(each) for each in line] for line in matrix)
    read_y, read_x = (
        line[0] * y + line[1] * x + float(start) for line, start in zip((down, across), offset, strict=True)
    )
    inside = (read_y >= 0) & (read_y <= rows - 1) & (read_x >= 0) & (read_x <= columns - 1)
    top = xp.clip(xp.floor(read_y), 0, max(rows - 2, 0))
    left = xp.clip(xp.floor(read_x), 0, max(columns - 2, 0))
    part_y, part_x = read_y - top, read_x - left
    corner = xp.astype(top, xp.int64) * columns + xp.astype(left, xp.int64)
    flat = xp.reshape(values, (-1,))
    right, below = int(columns > 1), columns * int(rows > 1)
    upper = flat[corner] * (1 - part_x) + flat[corner + right] * part_x
    lower = flat[corner + below] * (1 - part_x) + flat[corner + below + right] * part_x
    return xp.astype(xp.where(inside, upper * (1 - part_y) + lower * part_y, 0.0), values.dtype, copy=False)


def _gaussian(length: int, sigma: float) -> Taps:
    reach = int(4 * sigma + 0.5)
    steps = np.arange(-reach, reach + 1)
    weight = np.exp(-0.5 * (steps / sigma) ** 2) if reach else np.ones(1)
    index = (np.arange(length) + steps[:, None]) % (2 * length)
    index = np.minimum(index, 2 * length - 1 - index)
    return Taps(index, (weight / weight.sum())[:, None].astype(np.float32))


def _bicubic(length: int, wanted: int) -> Taps:
    scale = length / wanted
    wide = max(scale, 1.0)  # to fewer pixels, each covers more of the old ones
    centre = (np.arange(wanted) + 0.5) * scale
    first = np.maximum((centre - 2 * wide + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + 2 * wide + 0.5).astype(np.int64), length)
    index = first + np.arange(int((last - first).max()))[:, None]
    weight = np.where(index < last, _cubic((index - centre + 0.5) / wide), 0.0)
    return Taps(np.minimum(index, length - 1), (weight / weight.sum(axis=0)).astype(np.float32))


def _cubic(away: Any) -> Any:
    """Keys' kernel with a = -0.5."""
    x = np.abs(away)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
