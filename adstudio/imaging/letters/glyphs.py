"""Shapes that could be letters: connected parts darker or lighter than their surroundings, measured all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Array

Ints = NDArray[np.intp]
Table = dict[str, Array]

WINDOW_PX = 41
LEAST_CONTRAST = 0.05
_DEVIATIONS = 0.3  # of the window: how far from its mean a pixel counts as ink
_SMALLEST_PX, _TALLEST_PX, _WIDEST_PX = 5, 60, 100
_LEAST_AREA = 8
_MOST = 4000  # shapes; a picture with more is all texture, and its boldest shapes say so as well


def local_statistics(grey: Array) -> tuple[Array, Array]:
    """Mean and standard deviation in the window around each pixel. Shapes: ``[h,w] -> [h,w], [h,w]``."""
    from scipy.ndimage import uniform_filter

    mean = np.asarray(uniform_filter(grey, WINDOW_PX, mode="nearest"), dtype=np.float32)
    square = np.asarray(uniform_filter(grey * grey, WINDOW_PX, mode="nearest"), dtype=np.float32)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0.0)).astype(np.float32)


def find_glyphs(grey: Array, mean: Array, deviation: Array, polarity: int) -> Table:
    """Measure every shape of letter size.

    Args:
        polarity: -1 = darker than the window's mean, 1 = lighter.
    Returns: one row per shape: its box, ``area``, ``rim`` (pixels on the outline), ``core`` (area left when a pixel is
        peeled off), ``holes``, brightness inside and just outside with its spread, ``sharp`` (slope at the outline),
        ``turn_0`` … ``turn_3`` (share of the outline that runs each way), strokes crossed by a row and by a column.
    Source: Niblack, An Introduction to Digital Image Processing (1986), for the threshold; Gray, Local properties of
        binary images in two dimensions (1971), for the holes.
    """
    from scipy.ndimage import label

    margin = np.maximum(np.float32(LEAST_CONTRAST / 2), np.float32(_DEVIATIONS) * deviation)
    ink = (grey < mean - margin) if polarity < 0 else (grey > mean + margin)
    found: Any = label(np.pad(ink, 2), structure=np.ones((3, 3), dtype=bool), output=np.int32)
    parts, count = found
    if count == 0:
        return {}
    values = np.pad(grey, 2, mode="edge")
    boxes, keep = _boxes(parts, count)
    if not keep.any():
        return {}
    number = np.full(count + 1, -1, dtype=np.intp)
    number[1:][keep] = np.arange(int(keep.sum()))
    table = dict(zip(("x0", "y0", "x1", "y1"), (boxes[keep] - 2).T.astype(np.float32), strict=True))
    table |= _measure(values, parts, number, int(keep.sum()))
    table["contrast"] = (table["outside"] - table["inside"]) * -polarity
    return _select(table)


def _boxes(parts: NDArray[np.int32], count: int) -> tuple[Ints, NDArray[np.bool_]]:
    from scipy.ndimage import find_objects

    # Specks by the thousand are cheap to count and dear to box.
    large = np.bincount(parts.ravel(), minlength=count + 1)[1:] >= _LEAST_AREA
    found, boxes = find_objects(parts), np.zeros((count, 4), dtype=np.intp)
    for index in np.flatnonzero(large):
        down, across = found[index]
        boxes[index] = across.start, down.start, across.stop, down.stop
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return boxes, large & (np.maximum(wide, tall) >= _SMALLEST_PX) & (tall <= _TALLEST_PX) & (wide <= _WIDEST_PX)


def _measure(values: Array, parts: NDArray[np.int32], number: Ints, count: int) -> Table:
    """Count over the pixels of each shape; ``number`` gives a part's row, or -1."""
    step = parts.shape[1]
    flat, bright = parts.ravel(), values.ravel()
    pixels = np.flatnonzero(flat)
    rows = number[flat[pixels]]
    pixels, rows = pixels[rows >= 0], rows[rows >= 0]

    def total(where: Ints, weights: Any = None) -> Array:
        return np.bincount(where, weights, minlength=count).astype(np.float32)

    # Two parts never touch, so a neighbour that is ink at all is of the same part.
    left, right, up, down = (flat[pixels + shift] > 0 for shift in (-1, 1, -step, step))
    on_rim = ~(left & right & up & down)
    rim, rim_rows = pixels[on_rim], rows[on_rim]
    area = total(rows)
    inside = total(rows, bright[pixels]) / area
    spread = total(rows, bright[pixels] ** 2) / area - inside**2
    core = total(rows[~on_rim])
    outline = np.maximum(total(rim_rows), 1)
    across, along = bright[rim + 1] - bright[rim - 1], bright[rim + step] - bright[rim - step]
    slope = np.hypot(across, along)
    turn = (np.floor((np.arctan2(along, across) / np.pi + 0.125) * 4).astype(np.intp)) % 4
    steep = np.maximum(total(rim_rows, slope), 1e-6)
    table = {
        "area": area,
        "rim": outline,
        "core": core,
        "inside": inside,
        "inner": np.sqrt(np.maximum(spread, 0)),
        "sharp": steep / outline,
        "runs_x": total(rows[~left]),
        "runs_y": total(rows[~up]),
        "holes": _holes(flat, pixels, rows, step, count),
    }
    for way in range(4):
        table[f"turn_{way}"] = total(rim_rows[turn == way], slope[turn == way]) / steep
    # The ground next to the outline, two pixels out: the first one is half ink where the picture is soft.
    grounds, owners = [], []
    for shift, open_side in ((-2, ~left), (2, ~right), (-2 * step, ~up), (2 * step, ~down)):
        outer = pixels[open_side] + shift
        free = flat[outer] == 0
        grounds.append(bright[outer[free]])
        owners.append(rows[open_side][free])
    ground, owner = np.concatenate(grounds), np.concatenate(owners)
    seen = np.maximum(total(owner), 1)
    table["outside"] = total(owner, ground) / seen
    table["outer"] = np.sqrt(np.maximum(total(owner, ground**2) / seen - table["outside"] ** 2, 0))
    return table


def _holes(flat: NDArray[np.int32], pixels: Ints, rows: Ints, step: int, count: int) -> Array:
    """Count the holes of each shape from its two-by-two neighbourhoods."""
    # Each neighbourhood is looked at from its ink pixel that comes first; corners = 4 ways to sit in one.
    euler = np.zeros(count, dtype=np.float32)
    for dy in (-step, 0):
        for dx in (-1, 0):
            corner = pixels + dy + dx
            a, b, c, d = (flat[corner + shift] > 0 for shift in (0, 1, step, step + 1))
            ink = a.astype(np.int8) + b + c + d
            diagonal = (ink == 2) & (a == d)
            # Seen once per ink pixel in it, so each is weighed by one over their number.
            share = np.where(ink == 1, 1.0, np.where(ink == 3, -1 / 3, np.where(diagonal, -2 / 2, 0.0)))
            euler += np.bincount(rows, share, minlength=count).astype(np.float32)
    return np.maximum(1 - np.round(euler / 4), 0).astype(np.float32)


def _select(table: Table) -> Table:
    good = table["contrast"] >= LEAST_CONTRAST
    if int(good.sum()) > _MOST:
        weight = np.where(good, table["contrast"] * np.sqrt(table["area"]), -1.0)
        good = np.zeros_like(good)
        good[np.argsort(-weight, kind="stable")[:_MOST]] = True
    return {name: column[good] for name, column in table.items()}
