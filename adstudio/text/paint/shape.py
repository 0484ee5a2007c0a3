"""Shapes as coverage with smooth edges: bars, rounded rectangles, scalloped seals; and what lies blurred under them.

Units: pixels, fractions of one kept; coverage is ``[h,w] float32 0..1`` and comes with the corner it lies at.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from ...types import Array
from ..lines.rows import Edges

Coverage = tuple[Array, int, int]


def rounded(edges: Edges, radius: float) -> Coverage:
    """Cover a rectangle with round corners; ``radius`` is held to half the shorter side."""
    left, top, right, bottom = edges
    x0, y0, x1, y1 = int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))
    across, down = np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5
    cover = np.outer(_overlap(down, top, bottom), _overlap(across, left, right))
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    if radius <= 0:
        return cover.astype(np.float32), x0, y0
    for middle_x, columns in ((left + radius, across < left + radius), (right - radius, across > right - radius)):
        for middle_y, rows in ((top + radius, down < top + radius), (bottom - radius, down > bottom - radius)):
            if not (rows.any() and columns.any()):
                continue
            away = np.hypot(across[columns] - middle_x, (down[rows] - middle_y)[:, None])
            cover[np.ix_(rows, columns)] = np.clip(radius - away + 0.5, 0, 1)
    return cover.astype(np.float32), x0, y0


def seal(centre: tuple[float, float], radius: float, lobes: int = 0, depth: float = 0.0) -> Coverage:
    """Cover a disc, or with ``lobes`` a scalloped one; ``depth`` is that of the notches as a share of the radius."""
    x0, y0 = int(np.floor(centre[0] - radius)) - 1, int(np.floor(centre[1] - radius)) - 1
    side = int(np.ceil(2 * radius)) + 3
    x, y = np.arange(side) + x0 + 0.5 - centre[0], np.arange(side) + y0 + 0.5 - centre[1]
    away = np.hypot(x, y[:, None])
    if not lobes:
        return np.clip(radius - away + 0.5, 0, 1).astype(np.float32), x0, y0
    phase = np.arctan2(y[:, None], x) * lobes / 2
    bump = np.abs(np.cos(phase))  # round lobes that meet in notches
    edge = radius * (1 - depth * (1 - bump))
    slope = radius * depth * lobes / 2 * np.abs(np.sin(phase)) / np.maximum(away, 1.0)
    return np.clip((edge - away) / np.hypot(1.0, slope) + 0.5, 0, 1).astype(np.float32), x0, y0


def soften(cover: Coverage, radius: float, drop: int = 0) -> Coverage:
    """Blur coverage over its edges, and move it ``drop`` pixels down: the shadow of a shape."""
    alpha, left, top = cover
    step = max(1, int(radius / 3))  # what is so blurred looks the same drawn smaller, and is done sooner
    pad = -(-int(np.ceil(3 * radius)) // step) * step
    rest = [-size % step for size in alpha.shape]
    grey = (alpha * 255 + 0.5).astype(np.uint8)
    wide = Image.fromarray(np.pad(grey, [(pad, pad + rest[0]), (pad, pad + rest[1])]))
    soft = wide.reduce(step).filter(ImageFilter.GaussianBlur(radius / step))
    soft = soft.resize(wide.size, Image.Resampling.BILINEAR)
    return np.asarray(soft, np.float32) / 255.0, left - pad, top - pad + drop


def _overlap(middles: Array, start: float, end: float) -> Array:
    """How much of each pixel lies between two edges."""
    return np.clip(np.minimum(middles + 0.5, end) - np.maximum(middles - 0.5, start), 0, 1)
