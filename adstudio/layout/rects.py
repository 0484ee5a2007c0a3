"""Rectangles in pixels: ``(left, top, right, bottom)``."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Box

Rect = tuple[float, float, float, float]


def pixels(box: Box, width: int, height: int) -> Rect:
    """A box of fractions in pixels, not rounded."""
    return box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height


def inset(rect: Rect, by: float) -> Rect:
    """A smaller one; a larger one where ``by`` is negative."""
    return rect[0] + by, rect[1] + by, rect[2] - by, rect[3] - by


def apart(one: Rect, other: Rect) -> bool:
    """Tell whether two do not overlap."""
    return one[2] <= other[0] or one[0] >= other[2] or one[3] <= other[1] or one[1] >= other[3]


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around several, in fractions."""
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def joined(rects: Sequence[Rect]) -> Rect:
    """The smallest one around several."""
    left, top, right, bottom = zip(*rects, strict=True)
    return min(left), min(top), max(right), max(bottom)
