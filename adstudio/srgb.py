"""Colours of sRGB as WCAG 2.2 reads them: linear light, relative luminance, and the contrast of two luminances.

For numpy's arrays, as copy is laid out and lettered; ``imaging.linear`` is for those of any device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .types import Array

_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def decode(colours: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Turn sRGB 0..1 into linear light."""
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def encode(linear: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Turn linear light into sRGB."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def luminance(colours: Array) -> Array:
    """Relative luminance of sRGB colours ``[...,3]``."""
    return (decode(colours) @ _WEIGHTS).astype(np.float32)


def ratio(one: float, other: float) -> float:
    """Contrast of two luminances, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
