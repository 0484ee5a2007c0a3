"""Contrast of a given colour on the ground of a picture."""

from __future__ import annotations

import numpy as np

from ..types import Array


def contrast_on(colour: str, ground: Array) -> float:
    """Worst-case WCAG contrast of letters of a colour like ``#FFFFFF`` on a ground ``[h,w,3]``; 1 = none."""
    ink = float(_luminance(np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])))
    low, high = (float(value) for value in np.percentile(_luminance(ground), (5, 95)))
    return 1.0 if low < ink < high else min(_ratio(ink, low), _ratio(ink, high))


def _luminance(colours: Array) -> Array:
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
