"""Habits of the trade: which places on a picture a designer takes first, and how far a wish is from them."""

from __future__ import annotations

import numpy as np

from ...types import Side
from ..picture.sums import Values

PREFERENCE = 0.55  # weight of a wish that is not followed at all


def place_cost(x: Values, y: Values, *, is_left: bool, is_column: bool = False) -> Values:
    """What a place of copy (its middle, in fractions) costs: the upper part first, never across the very middle.

    Args:
        is_left: the lines begin at one edge, which belongs to the left.
        is_column: it stands beside something, at any height.
    """
    middle = 0.0 if is_column else 0.08 * np.maximum(0, 1 - np.abs(y - 0.5) / 0.14)
    return middle + 0.03 * y + (0.03 * (x > 0.5) if is_left else 0.0)


def distance(prefer: Side | None, x: Values, y: Values) -> Values | float:
    """How far places are from the side that was asked for: 0 = there, 1 = elsewhere."""
    if prefer is None:
        return 0.0
    away = {
        "top": y - 0.32,
        "bottom": 0.68 - y,
        "left": x - 0.34,
        "right": 0.66 - x,
        "center": np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) - 0.06,
    }[prefer]
    return np.clip(away / 0.35, 0, 1)
