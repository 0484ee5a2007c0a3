"""Where the light of a picture comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...types import Array, Light
from ..arrays import fetch
from ..filters import blur
from ..linear import luminance, to_linear
from ..resample import resize

# Change of log luminance over the picture's width from which on a side counts as lit; about 28 %.
LEAST_SLOPE = 0.25
LIGHTS = ("auto", "left", "right", "above")
_VIEW = 0.5  # how much of the ground's depth is seen from a camera that looks down by some 25 degrees
_LEVELNESS = 0.03  # a shadow never lies flatter than this, even under a light from straight above
# Fitted to rendered rooms with a lamp at one to two widths of the picture (benchmarks/composite.py).
_SIDE_DEG = 80.0
_STEEPNESS = 2.0


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light over the scene.

    Args:
        angle_deg: seen from above, where it stands: 0 = behind the camera, -90 = left, 90 = right, 180 = behind.
        height_deg: over the horizon; a low light throws long shadows.
        softness: 0 = the sun, 1 = an overcast sky.
    """

    angle_deg: float
    height_deg: float = 50.0
    softness: float = 0.5

    @property
    def lean(self) -> float:
        """How far to the right the shadow of the top falls, in product heights."""
        return -math.sin(math.radians(self.angle_deg)) * self._reach

    @property
    def rise(self) -> float:
        """How far up in the picture the shadow of the top falls, in product heights; below 0 towards the viewer."""
        deep = math.cos(math.radians(self.angle_deg)) * self._reach * _VIEW
        return math.copysign(max(abs(deep), _LEVELNESS), deep)

    def rise_to(self, right_px: float, down_px: float) -> float:
        """How much a ray climbs from a spot on the ground back to another, so far to the right and down in the picture.

        Below 0 where the way goes towards the lamp.
        """
        across, deep = self.lean, -self.rise / _VIEW
        return (right_px * across + down_px / _VIEW * deep) / (across**2 + deep**2)

    def rise_to_aside(self, length_px: float) -> float:
        """How much a ray climbs over a length along its own way."""
        return length_px / math.hypot(self.lean, self.rise / _VIEW)

    @property
    def facing(self) -> float:
        """How far the sides that the viewer sees are lit: 1 from the front, 0 from behind."""
        return (1 + math.cos(math.radians(self.angle_deg))) / 2

    @property
    def side(self) -> Light:
        """The side in one word."""
        across = math.sin(math.radians(self.angle_deg))
        return "above" if abs(across) < 0.3 else "left" if across < 0 else "right"

    @property
    def _reach(self) -> float:
        return min(1 / math.tan(math.radians(min(max(self.height_deg, 5.0), 89.9))), 2.5)


@dataclass(frozen=True, slots=True)
class LightEstimate:
    """The side that the light comes from, and the slopes of log luminance it was read from (right, down positive)."""

    side: Light
    slope_x: float
    slope_y: float

    @property
    def lamp(self) -> Lamp:
        """The light as far as it can be read: the steeper the picture's fall of light, the more from the side."""
        angle = _SIDE_DEG * math.tanh(_STEEPNESS * self.slope_x)
        return Lamp(angle, 70.0 - 20.0 * min(abs(angle) / 50.0, 1.0))


_PRESETS = {"left": Lamp(-55.0), "right": Lamp(55.0), "above": Lamp(0.0, 70.0)}


def estimate_light(picture: Array) -> LightEstimate:
    """Read the light's side from a picture: the tilt of a plane through its blurred log luminance.

    Shapes: ``[H,W,3] float32 sRGB 0..1``.
    """
    small = blur(luminance(to_linear(fetch(resize(picture, 64, 64)))), 3)
    # The offset keeps deep shadows, where a little noise is a large ratio, from deciding.
    brightness = np.log(small + np.float32(0.02)).ravel()
    y, x = np.mgrid[0:64, 0:64] / 63.0 - 0.5
    plane = np.stack([x.ravel(), y.ravel(), np.ones(64 * 64)], axis=1)
    (slope_x, slope_y, _), *_ = np.linalg.lstsq(plane, brightness, rcond=None)
    side: Light = "above" if abs(slope_x) < LEAST_SLOPE else "left" if slope_x < 0 else "right"
    return LightEstimate(side, float(slope_x), float(slope_y))


def find_lamp(
    light: str | Lamp,
    estimate: LightEstimate | None = None,
    *,
    angle_deg: float | None = None,
    height_deg: float | None = None,
    softness: float | None = None,
) -> Lamp:
    """Settle the light: a named side or what was read from the picture, and what is set by hand over it.

    Raises: InputError ``composite.light``.
    """
    if isinstance(light, Lamp):
        lamp = light
    elif light == "auto":
        lamp = estimate.lamp if estimate is not None else _PRESETS["above"]
    elif light in _PRESETS:
        lamp = _PRESETS[light]
    else:
        raise InputError(
            "composite.light",
            f"Light must be auto, left, right or above, but '{light}' came.",
            "Use auto when unsure.",
            came=f"{light!s:.40}",
        )
    found = Lamp(
        lamp.angle_deg if angle_deg is None else angle_deg,
        lamp.height_deg if height_deg is None else height_deg,
        lamp.softness if softness is None else softness,
    )
    limits = {"angle": (found.angle_deg, -180.0, 180.0), "height": (found.height_deg, 5.0, 90.0)}
    limits["softness"] = (found.softness, 0.0, 1.0)
    for name, (value, least, most) in limits.items():
        if not least <= value <= most:
            raise InputError(
                "composite.light",
                f"The light's {name} must lie within {least:g}..{most:g}, but {value:g} came.",
                "Angle and height are in degrees; a height of 90 is straight above.",
                came=f"{value:g}",
            )
    return found
