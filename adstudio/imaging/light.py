"""Where the light of a picture comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array, Light
from .edges import resize
from .filters import blur
from .linear import luminance, to_linear

# Change of log luminance over the picture's width from which on a side counts as lit; about 28 %.
LEAST_SLOPE = 0.25


@dataclass(frozen=True, slots=True)
class LightEstimate:
    """The side that the light comes from, and the slopes of log luminance it was read from (right, down positive)."""

    side: Light
    slope_x: float
    slope_y: float


def estimate_light(picture: Array) -> LightEstimate:
    """Read the light's side from a picture: the tilt of a plane through its blurred log luminance.

    Shapes: ``[H,W,3] float32 sRGB 0..1``.
    """
    small = blur(luminance(to_linear(resize(picture, 64, 64))), 3)
    # The offset keeps deep shadows, where a little noise is a large ratio, from deciding.
    brightness = np.log(small + np.float32(0.02)).ravel()
    y, x = np.mgrid[0:64, 0:64] / 63.0 - 0.5
    plane = np.stack([x.ravel(), y.ravel(), np.ones(64 * 64)], axis=1)
    (slope_x, slope_y, _), *_ = np.linalg.lstsq(plane, brightness, rcond=None)
    side: Light = "above" if abs(slope_x) < LEAST_SLOPE else "left" if slope_x < 0 else "right"
    return LightEstimate(side, float(slope_x), float(slope_y))
