"""Search the free space of a picture for a headline and the line under it.

Candidates are typographic: each is a real size, number of lines and column (left margin, middle, right margin), so what
wins looks set on a grid and not dropped into a hole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Array, Box, LayoutPlan, Side, TextBlock
from .copysize import (
    LEADING,
    SUB_LEADING,
    Copy,
    block_height,
    fewest_lines,
    line_em,
    most_lines,
    widest_line_em,
)
from .energy import Busyness, shrink_mask

MARGIN = 0.06  # of the shorter side; safe zones of the channels begin at 0.05
_SIZES = (0.145, 0.13, 0.117, 0.105, 0.094, 0.084, 0.075, 0.066, 0.058, 0.051, 0.045, 0.039, 0.034)
_IDEAL_SIZE = 0.108
_TIMID_SIZE = 0.066
_SUB_SHARE = 0.42
_ROWS = 28
_PREFERENCE = 0.55
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to set the copy, in pixels. ``size`` and ``sub_size`` are em."""

    size: float
    sub_size: float
    lines: int
    width: float
    headline_height: float
    gap: float
    sub_height: float

    @property
    def height(self) -> float:
        return self.headline_height + self.gap + self.sub_height


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape at a place, and what it costs there. ``covered`` is the share of it on what must stay clear."""

    shape: Shape
    left: float
    top: float
    align: Align
    cost: float
    occupied: float
    covered: float


def shapes(copy: Copy, width: int, height: int, min_px: int) -> Iterator[Shape]:
    """All ways to set the copy that fit between the margins of a picture of this size."""
    unit = min((width * height) ** 0.5, 1.6 * min(width, height))
    room_x, room_y = width - 2 * MARGIN * min(width, height), height - 2 * MARGIN * min(width, height)
    low, high = fewest_lines(copy.headline), max(fewest_lines(copy.headline), min(4, most_lines(copy.headline)))
    widths = {lines: widest_line_em(copy.headline, lines) for lines in range(low, high + 1)}
    floor = 1.04 * min_px
    for share in _SIZES:
        size = max(share * unit, floor)
        sub_size = min(max(_SUB_SHARE * size, 0.026 * unit, floor), max(0.58 * size, floor))
        for lines, em in widths.items():
            if em * size > room_x:
                continue
            shape = _shape(copy, size, sub_size, lines, em * size, room_x)
            if shape.height <= room_y:
                yield shape


def search(
    shape: Shape, busy: Busyness, clear: Array | None, width: int, height: int, prefer: Side | None
) -> Iterator[Candidate]:
    """Cost of one shape at every place of the margin grid."""
    margin = MARGIN * min(width, height)
    scale_x, scale_y = busy.energy.shape[1] / width, busy.energy.shape[0] / height
    columns: list[tuple[float, Align]] = [(margin, "left")]
    if shape.width < width - 2 * margin - 1:
        columns.append(((width - shape.width) / 2, "center"))
        columns.append((width - margin - shape.width, "left"))
    else:
        columns = [((width - shape.width) / 2, "center")]
    tops = np.unique(np.linspace(margin, max(margin, height - margin - shape.height), _ROWS))
    sums = [_integral(busy.energy), _integral(busy.occupied)]
    if clear is not None:
        sums.append(_integral((clear > 0.1).astype(np.float32)))
    air = 0.28 * shape.size
    for left, align in columns:
        x0, x1 = (left - air) * scale_x, (left + shape.width + air) * scale_x
        y0, y1 = (tops - air) * scale_y, (tops + shape.height + air) * scale_y
        means = [np.maximum(_means(total, x0, x1, y0, y1), 0) for total in sums]
        covered = means[2] if clear is not None else np.zeros_like(tops)
        centre_x = (left + shape.width / 2) / width
        for i, top in enumerate(tops):
            centre_y = (top + shape.height / 2) / height
            cost = (
                # The root makes even a corner of an object under the copy cost something.
                float(means[0][i] + 1.4 * means[1][i] + 0.6 * means[1][i] ** 0.5 + 8 * covered[i])
                + _size_cost(shape, width, height)
                + _place_cost(centre_x, centre_y, align)
                + _PREFERENCE * _distance(prefer, centre_x, centre_y)
            )
            yield Candidate(shape, left, float(top), align, cost, float(means[1][i]), float(covered[i]))


def to_plan(candidate: Candidate, copy: Copy, width: int, height: int) -> LayoutPlan:
    """The text blocks of a candidate: one column, the headline sitting on its sub line."""
    shape, left, top = candidate.shape, candidate.left, candidate.top
    middle = top + shape.headline_height

    def box(y0: float, y1: float) -> Box:
        # Plain floats, inside the picture also after rounding.
        edges = (left / width, y0 / height, (left + shape.width) / width, y1 / height)
        x0, y0, x1, y1 = (round(float(min(max(edge, 0.0), 1.0)), 5) for edge in edges)
        return Box(x0, y0, x1, y1)

    blocks = [TextBlock("headline", copy.headline, box(top, middle), candidate.align, anchor="bottom")]
    if copy.sub:
        start = middle + shape.gap
        blocks.append(TextBlock("sub", copy.sub, box(start, start + shape.sub_height), candidate.align, anchor="top"))
    return LayoutPlan(texts=tuple(blocks))


def clear_map(keep_clear: Array | None, busy: Busyness) -> Array | None:
    """A mask at the size of the picture's maps; None where there is nothing to keep clear."""
    if keep_clear is None or not (keep_clear > 0.1).any():
        return None
    return shrink_mask(keep_clear, busy.energy.shape)


def _shape(copy: Copy, size: float, sub_size: float, lines: int, width: float, room_x: float) -> Shape:
    headline_height = block_height(lines, size, LEADING)
    if not copy.sub:
        return Shape(size, sub_size, lines, width, headline_height, 0.0, 0.0)
    # The sub line may run wider than the headline, but not so that the headline hangs lost above it.
    reach = min(room_x, max(1.35 * width, 11 * sub_size, 1.02 * max(line_em(w) for w in copy.sub.split()) * sub_size))
    low, high = fewest_lines(copy.sub), max(fewest_lines(copy.sub), most_lines(copy.sub))
    sub_lines = next((n for n in range(low, high + 1) if widest_line_em(copy.sub, n) * sub_size <= reach), high)
    sub_width = min(widest_line_em(copy.sub, sub_lines) * sub_size, room_x)
    return Shape(
        size,
        sub_size,
        lines,
        max(width, sub_width),
        headline_height,
        0.26 * size + 0.12 * sub_size,
        block_height(sub_lines, sub_size, SUB_LEADING),
    )


def _size_cost(shape: Shape, width: int, height: int) -> float:
    unit = min((width * height) ** 0.5, 1.6 * min(width, height))
    share = shape.size / unit
    small = max(0.0, float(np.log(_IDEAL_SIZE / share)))
    large = max(0.0, float(np.log(share / _IDEAL_SIZE)))
    timid = max(0.0, float(np.log(_TIMID_SIZE / share)))  # a headline below this is no headline on a phone
    return 0.5 * small + 1.3 * timid + 0.25 * large + 0.05 * max(0, shape.lines - 2)


def _place_cost(x: float, y: float, align: Align) -> float:
    """Small habits of the trade: the upper part first, never across the very middle."""
    middle = max(0.0, 1 - abs(y - 0.5) / 0.14) * 0.08
    return middle + 0.03 * y + (0.03 if align == "left" and x > 0.5 else 0.0)


def _distance(prefer: Side | None, x: float, y: float) -> float:
    if prefer is None:
        return 0.0
    away = {
        "top": y - 0.32,
        "bottom": 0.68 - y,
        "left": x - 0.34,
        "right": 0.66 - x,
        "center": max(abs(x - 0.5), abs(y - 0.5)) - 0.06,
    }[prefer]
    return min(max(away / 0.35, 0.0), 1.0)


def _integral(values: Array) -> NDArray[np.float64]:
    return np.pad(np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1), ((1, 0), (1, 0)))


def _means(total: NDArray[np.float64], x0: float, x1: float, y0: Array, y1: Array) -> Array:
    height, width = total.shape[0] - 1, total.shape[1] - 1
    left = min(max(int(np.floor(x0)), 0), width - 1)
    right = max(min(int(np.ceil(x1)), width), left + 1)
    top = np.clip(np.floor(y0).astype(int), 0, height - 1)
    bottom = np.maximum(np.clip(np.ceil(y1).astype(int), 1, height), top + 1)
    sums = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return (sums / ((bottom - top) * (right - left))).astype(np.float32)
