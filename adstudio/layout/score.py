"""Measure how well a layout sits on its picture.

The same figures judge every proposal, whoever made it. They re-think the metrics of PosterLayout (CVPR 2023): occlusion
and readability as shares with float gradients on an absolute scale, no division by an empty plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..types import Array, Box, LayoutPlan, LayoutScore
from .energy import Busyness, measure, shrink_mask

SAFE_MARGIN = 0.05  # of the shorter side
_WEIGHTS = {"occlusion": 0.35, "readability": 0.2, "contrast": 0.25, "margins": 0.2}
_ENOUGH_CONTRAST = 4.5
_RESTLESS = 0.5  # mean gradient under copy at which reading becomes work


def score(
    image: Array, plan: LayoutPlan, keep_clear: Array | None = None, *, busy: Busyness | None = None
) -> LayoutScore:
    """Score the text boxes of a plan.

    A plan without text hides and blurs nothing: its figures are 1.

    Args:
        keep_clear: mask ``[H,W]`` of what copy must not cover, 1 = product.
        busy: the picture's maps, where they are known already.
    """
    boxes = [block.box for block in plan.texts]
    if not boxes:
        return LayoutScore(1.0, 1.0, 1.0, 1.0, 1.0)
    busy = busy or measure(image)
    small_clear = None if keep_clear is None else shrink_mask(keep_clear, busy.energy.shape)
    return combine(
        occlusion=1 - _occlusion(boxes, busy, small_clear),
        readability=1 - float(np.clip(_mean_under(boxes, busy.gradient) / _RESTLESS, 0, 1)),
        contrast=min(best_contrast(_under(busy.small, box)) for box in boxes) / _ENOUGH_CONTRAST,
        margins=_margins(boxes, image.shape[1], image.shape[0]),
    )


def combine(*, occlusion: float, readability: float, contrast: float, margins: float) -> LayoutScore:
    """Make a score of its four figures; each is held to 0..1."""
    values = {
        "occlusion": occlusion,
        "readability": readability,
        "contrast": contrast,
        "margins": margins,
    }
    figures = {name: round(float(np.clip(value, 0, 1)), 4) for name, value in values.items()}
    total = sum(_WEIGHTS[name] * figure for name, figure in figures.items())
    return LayoutScore(**figures, total=round(total, 4))


def luminance(colours: Array) -> Array:
    """WCAG relative luminance of sRGB colours ``[...,3]``."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return (linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)).astype(np.float32)


def best_contrast(background: Array) -> float:
    """Worst-case WCAG contrast of white or near-black copy, whichever reads better, on a background ``[h,w,3]``.

    A dark corner under one letter spoils the word, so single patches count beside the whole.
    """
    bright = luminance(background)
    extremes = [*np.percentile(bright, (5, 95))]
    for rows in np.array_split(bright, max(1, bright.shape[0] // 6)):
        for patch in np.array_split(rows, max(1, bright.shape[1] // 6), axis=1):
            extremes += [*np.percentile(patch, (30, 70))]
    return float(max(1.05 / (max(extremes) + 0.05), (min(extremes) + 0.05) / 0.0516))


def overlap_area(one: Box, other: Box) -> float:
    """Shared area of two boxes, in fractions of the picture."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0.0, across) * max(0.0, down)


def edge_room(box: Box, width: int, height: int) -> float:
    """Distance from a box to the nearest edge of the picture, in units of the shorter side; negative = outside."""
    shorter = min(width, height)
    across = min(box.x0, 1 - box.x1) * width
    down = min(box.y0, 1 - box.y1) * height
    return min(across, down) / shorter


def _occlusion(boxes: Sequence[Box], busy: Busyness, clear: Array | None) -> float:
    """The worse of two: how salient what is covered is, and what share of the copy lies on the product."""
    salient = _mean_under(boxes, np.clip(busy.energy / 0.6, 0, 1).astype(np.float32))
    covering = 0.0 if clear is None else _mean_under(boxes, (clear > 0.25).astype(np.float32))
    # Any touch of the product is a fault, so it counts fourfold.
    return min(1.0, max(salient, 4 * covering))


def _margins(boxes: Sequence[Box], width: int, height: int) -> float:
    room = min(edge_room(box, width, height) for box in boxes)
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
    crossing = max(
        (overlap_area(a, b) / max(min(a.width * a.height, b.width * b.height), 1e-9) for a, b in pairs), default=0.0
    )
    return float(np.clip(room / SAFE_MARGIN, 0, 1)) * (1 - min(1.0, crossing))


def _mean_under(boxes: Sequence[Box], values: Array) -> float:
    sums = [(float(part.sum()), part.size) for part in (_under(values, box) for box in boxes)]
    return sum(total for total, _ in sums) / max(sum(count for _, count in sums), 1)


def _under(values: Array, box: Box) -> Array:
    """The part of a small map under a box; at least one pixel, also for a box that lies outside."""
    height, width = values.shape[:2]
    x0, x1 = _span(box.x0, box.x1, width)
    y0, y1 = _span(box.y0, box.y1, height)
    return values[y0:y1, x0:x1]


def _span(start: float, end: float, length: int) -> tuple[int, int]:
    first = min(max(int(start * length), 0), length - 1)
    return first, min(max(int(np.ceil(end * length)), first + 1), length)
