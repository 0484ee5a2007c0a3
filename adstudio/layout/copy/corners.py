"""What stands by itself on an ad: the QR code and the logo in corners, the badge beside the product. Units: pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..picture.freespace import Ground
from ..rects import Rect
from .copysize import block_height, fewest_lines, widest_line_em
from .habits import Values
from .stacks import seal

_CODE, _SMALLEST_CODE = 0.155, 110.0  # of the unit; a code of 33 modules needs 2.7 px for each to be scanned
LEAST_CODE = 94.0  # what the shortest link takes: 21 modules and 5 of white on each side, of 3 px, and a rounded edge
_LOGO, _LOGO_WIDTH = 0.07, 2.6  # of the unit, and of its height
_SEAL_LETTERS, _SMALLEST_SEAL, _LARGEST_SEAL = 0.36, 0.135, 0.27
_GRID = 15


def place_code(ground: Ground, frame: Rect, unit: float, taken: Sequence[Rect], copy_is_right: bool) -> Rect | None:
    """A square corner for a QR code: a lower one, away from the copy; none where no phone could read it."""
    side = code_side(frame, unit)
    if side < LEAST_CODE:
        return None
    left, top, right, bottom = frame[0], frame[1], frame[2] - side, frame[3] - side
    first, second = (left, right) if copy_is_right else (right, left)
    wanted = [(first, bottom, 0.0), (second, bottom, 0.15), (first, top, 0.3), (second, top, 0.35)]
    return _among(ground, [((x, y, x + side, y + side), dear) for x, y, dear in wanted], taken)


def code_side(frame: Rect, unit: float) -> float:
    """How large a QR code may become."""
    return min(max(_CODE * unit, _SMALLEST_CODE), 0.6 * (frame[3] - frame[1]), 0.45 * (frame[2] - frame[0]))


def place_logo(
    ground: Ground, frame: Rect, unit: float, taken: Sequence[Rect], align: Literal["left", "center"], is_right: bool
) -> Rect | None:
    """A slot for a logo at an edge, on the line on which the copy is set."""
    high = max(_LOGO * unit, 28.0)
    wide = min(_LOGO_WIDTH * high, frame[2] - frame[0])
    left, middle, right = frame[0], (frame[0] + frame[2] - wide) / 2, frame[2] - wide
    top, bottom = frame[1], frame[3] - high
    first = middle if align == "center" else right if is_right else left
    choices = [(x, y, (0.0 if x == first else 0.3) + (0.25 if y == bottom else 0.0))
               for x in (left, middle, right) for y in (top, bottom)]  # fmt: skip
    return _among(ground, [((x, y, x + wide, y + high), dear) for x, y, dear in choices], taken)


def place_badge(
    ground: Ground,
    frame: Rect,
    unit: float,
    taken: Sequence[Rect],
    text: str,
    subject: Rect | None,
    main: Rect | None,
    headline: float,
    min_px: int,
) -> Rect | None:
    """A spot near the product and not over it; without one, an upper corner.

    Args:
        headline: em of the headline, which the badge's letters follow, down to ``min_px``.
    """
    letters = max(_SEAL_LETTERS * (headline or 0.09 * unit), 1.04 * min_px)
    wide = high = seal(text, letters, _SMALLEST_SEAL * unit)
    if wide > _LARGEST_SEAL * unit:  # too many words for a round one
        lines = max(fewest_lines(text), 1)
        wide = (widest_line_em(text, lines) + 1.9) * letters
        high = block_height(lines, letters, 1.12) + 1.04 * letters
    if wide > frame[2] - frame[0] or high > frame[3] - frame[1]:
        return None
    x, y = np.meshgrid(
        np.linspace(frame[0], frame[2] - wide, _GRID), np.linspace(frame[1], frame[3] - high, _GRID), indexing="ij"
    )
    places = np.stack([x, y, x + wide, y + high]).reshape(4, -1)
    if subject is not None:
        # Near its upper half, where the eye goes first.
        dear = 1.6 * _distances(places, (subject[0], subject[1], subject[2], (subject[1] + subject[3]) / 2)) / unit
    else:
        right, left = (_distances(places, (corner, frame[1], corner, frame[1])) for corner in (frame[2], frame[0]))
        dear = np.minimum(right, 0.1 * unit + left) / unit
    if main is not None:
        dear += 0.15 * np.maximum(0.0, 1 - _distances(places, main) / (0.06 * unit))
    return _cheapest(ground, places, dear, taken)


def _among(ground: Ground, wanted: Sequence[tuple[Rect, float]], taken: Sequence[Rect]) -> Rect | None:
    places, dear = zip(*wanted, strict=True)
    return _cheapest(ground, np.array(places).T, np.array(dear), taken)


def _cheapest(ground: Ground, places: Values, dear: Values, taken: Sequence[Rect]) -> Rect | None:
    """The best of places ``[4, n]`` that cost what the ground takes and ``dear`` more."""
    x0, y0, x1, y1 = places
    free = np.ones(len(x0), bool)
    for other in taken:
        free &= (x1 <= other[0]) | (x0 >= other[2]) | (y1 <= other[1]) | (y0 >= other[3])
    if not free.any():
        return None
    best = int(np.argmin(np.where(free, ground.cost(x0, y0, x1, y1) + dear, np.inf)))
    left, top, right, bottom = (float(edge[best]) for edge in places)
    return left, top, right, bottom


def _distances(places: Values, other: Rect) -> Values:
    """Air between places ``[4, n]`` and a rectangle."""
    across = np.maximum(np.maximum(places[0] - other[2], other[0] - places[2]), 0.0)
    return np.hypot(across, np.maximum(np.maximum(places[1] - other[3], other[1] - places[3]), 0.0))
