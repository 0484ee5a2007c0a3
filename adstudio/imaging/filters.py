"""The few image filters that the others share. scipy is slow to import, so each asks for it only when it is called."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array
from numpy.typing import NDArray

from ..types import Array
from . import taps

Bools = NDArray[np.bool_]

_SMALL_PX = 4  # a disc of so few pixels is laid on faster than distances are measured


def blur(values: NDArray[np.floating[Any]], sigma: float | tuple[float, float]) -> Array:
    """Blur over height and width; channels are kept apart. Shapes: ``[H,W]`` or ``[H,W,C]``. Units: sigma in pixels."""
    pair = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    if not is_numpy_array(values):
        return taps.blur(values, pair)
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(values, (*pair, *(0.0,) * (values.ndim - 2))), dtype=np.float32)


def blur_spot(values: Array, sigma: float | tuple[float, float]) -> Array:
    """Blur what is mostly zero, such as a shadow: the same as ``blur``, but only where something is.

    Shapes: ``[H,W]``.
    """
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    if len(rows) == 0:
        return np.zeros_like(values)
    down, across = (int(4 * each + 0.5) for each in (sigma if isinstance(sigma, tuple) else (sigma, sigma)))
    height, width = values.shape
    top, bottom = max(0, int(rows[0]) - down), min(height, int(rows[-1]) + 1 + down)
    left, right = max(0, int(columns[0]) - across), min(width, int(columns[-1]) + 1 + across)
    out = np.zeros_like(values)
    out[top:bottom, left:right] = blur(values[top:bottom, left:right], sigma)
    return out


def highest(values: Array, size: int) -> Array:
    """Take the highest value of a square of ``size`` pixels around each pixel; size is odd. Shapes: ``[H,W]``."""
    return _extreme(values, size, np.maximum) if is_numpy_array(values) else taps.highest(values, size)


def lowest(values: Array, size: int) -> Array:
    """Take the lowest value of a square of ``size`` pixels around each pixel; size is odd. Shapes: ``[H,W]``."""
    return _extreme(values, size, np.minimum) if is_numpy_array(values) else -taps.highest(-values, size)


def _extreme(values: Array, size: int, pick: np.ufunc) -> Array:
    """Join windows of two, four, eight values …: a fifth of the time of scipy's filter, which goes value by value."""
    found = np.pad(values, size // 2, mode="edge")
    for axis in (0, 1):
        reach = 1
        while reach < size:
            step = min(reach, size - reach)
            ahead, behind = (np.s_[step:], np.s_[:-step]) if axis == 0 else (np.s_[:, step:], np.s_[:, :-step])
            found, reach = pick(found[behind], found[ahead]), reach + step
    return found


def slopes(values: Array) -> tuple[Array, Array]:
    """Measure how steeply a map ``[H,W]`` rises, downwards and to the right, per pixel."""
    xp = array_namespace(values)
    down, across = xp.empty_like(values), xp.empty_like(values)
    for out, rise in ((down, values), (across, values.T)):
        to = out if out is down else out.T
        to[1:-1, :] = (rise[2:, :] - rise[:-2, :]) / 2
        to[0, :], to[-1, :] = rise[1, :] - rise[0, :], rise[-1, :] - rise[-2, :]
    return down, across


def affine(values: Array, matrix: Array, offset: tuple[float, float], shape: tuple[int, int]) -> Array:
    """Read ``values[matrix @ (row, column) + offset]`` between the pixels; 0 outside. Shapes: ``[H,W] -> shape``."""
    if not is_numpy_array(values):
        return taps.affine(values, matrix, offset, shape)
    from scipy.ndimage import affine_transform

    start: Any = offset
    read = affine_transform(values, matrix, offset=start, order=1, output_shape=shape, cval=0.0)
    return np.asarray(read, dtype=np.float32)


def grow(mask: Bools, by_px: int) -> Bools:
    """Widen a mask by so many pixels."""
    return ~erode(~mask, by_px)


def erode(mask: Bools, by_px: int) -> Bools:
    """Narrow a mask by so many pixels; the picture's edge counts as inside."""
    worn = mask.copy()
    for _ in range(by_px):
        before = worn.copy()
        worn[1:] &= before[:-1]
        worn[:-1] &= before[1:]
        worn[:, 1:] &= before[:, :-1]
        worn[:, :-1] &= before[:, 1:]
    return worn


def open_up(mask: Bools, radius_px: int) -> Bools:
    """Keep of a mask only what a disc of that radius fits into; at the same cost for any large radius.

    Beyond the picture's edge nothing counts as inside.
    """
    reach = np.sqrt(radius_px * (radius_px + 1) + 0.5)  # between two distances that pixels can have
    if radius_px <= _SMALL_PX:
        room = int(reach)
        return ~_wear(np.pad(~_wear(np.pad(mask, room), reach), room, constant_values=True), reach)
    from scipy.ndimage import distance_transform_edt

    core = np.asarray(distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1] > reach
    if not core.any():
        return core
    return np.asarray(distance_transform_edt(~core)) <= reach


def fill_holes(mask: Bools) -> Bools:
    """Close every hole in a mask."""
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(mask), dtype=bool)


def find_parts(mask: Bools) -> tuple[NDArray[np.intp], int]:
    """Number the connected parts of a mask ``[H,W]`` from 1. Returns: the numbers per pixel, and how many there are."""
    from scipy.ndimage import label

    found: Any = label(mask)
    return np.asarray(found[0], dtype=np.intp), int(found[1])


def depth_inside(mask: Bools) -> Array:
    """Measure how far each pixel of a mask ``[H,W]`` lies from its outline, in pixels; the picture's edge is none."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(np.pad(mask, 1, mode="edge")), dtype=np.float32)[1:-1, 1:-1]


def around(mask: Bools, room_px: int) -> tuple[slice, slice]:
    """Name the part of the picture that holds the mask, with room around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return np.s_[:, :]
    return (
        slice(max(0, int(rows[0]) - room_px), int(rows[-1]) + 1 + room_px),
        slice(max(0, int(columns[0]) - room_px), int(columns[-1]) + 1 + room_px),
    )


def rescale_part(part: slice, few: int, many: int) -> slice:
    """Name the same part of a side in a picture of another size, and what it touches."""
    start, stop, _ = part.indices(few)
    return slice(start * many // few, -(-stop * many // few))


def is_deep(mask: Bools, more_than_px: float) -> Bools:
    """Mark what lies farther than so few pixels inside a mask: the same as ``depth_inside``, for much less."""
    return _wear(np.pad(mask, int(more_than_px), mode="edge"), more_than_px)


def _wear(wide: Bools, by_px: float) -> Bools:
    """Keep the middle of each disc that lies inside a mask; the mask has room of that radius around it."""
    reach = int(by_px)
    height, width = (side - 2 * reach for side in wide.shape)
    deep = np.ones((height, width), dtype=bool)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if down * down + right * right <= by_px * by_px:
                deep &= wide[reach + down : reach + down + height, reach + right : reach + right + width]
    return deep


def lengths(vectors: Array) -> Array:
    """Measure vectors such as the colour change of each pixel. Shapes: ``[...,C] -> [...]``."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
