"""Colours for copy: read on the picture behind it, and taken from the picture's own tint.

Contrast is WCAG 2.2 against the darkest and the brightest of the background, letter by letter, not against its mean: a
word is unreadable as soon as one letter is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..types import Array

Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)
BLACK: Colour = (0.02, 0.02, 0.02)
ENOUGH_SMALL, ENOUGH_LARGE = 4.5, 3.0


@dataclass(frozen=True, slots=True)
class Palette:
    """A light and a dark ink: each the picture's tint first, then neutral, the surer the later."""

    light: tuple[Colour, Colour]
    dark: tuple[Colour, Colour]


def luminance(colours: Array) -> Array:
    """WCAG relative luminance of sRGB colours ``[...,3]``."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return (linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)).astype(np.float32)


def contrast(colour: Colour, cells: Array) -> float:
    """Lowest WCAG contrast of a colour against the ground of its letters.

    Shapes: ``cells [n,m,3]``, ``m`` colours from behind each of ``n`` letters. What counts is the darkest and brightest
    twentieth of all, and the darker and brighter quarter behind any one letter.
    """
    ink = float(luminance(np.asarray(colour, np.float32)))
    bright = luminance(cells)
    extremes = [*np.percentile(bright, (5, 95)), *np.percentile(bright, (25, 75), axis=1).ravel()]
    low, high = float(min(extremes)), float(max(extremes))
    if low <= ink <= high:
        return 1.0
    return min(_ratio(ink, low), _ratio(ink, high))


def enough(size: float, weight: int, picture: tuple[int, int]) -> float:
    """The contrast that letters of this size need.

    WCAG calls letters large from 24 px, bold ones from 18.7 px, of a page; an advertisement fills a phone 390 px wide.
    """
    on_phone = size * 390 / min(picture)
    return ENOUGH_LARGE if on_phone >= (18.7 if weight >= 700 else 24.0) else ENOUGH_SMALL


def palette(image: Array) -> Palette:
    """Make the inks of a picture: its mean hue, held back to a trace in the light ink and the dark one."""
    step = max(1, int(np.sqrt(image.shape[0] * image.shape[1] / 10_000)))
    _, a, b = _oklab(image[::step, ::step].reshape(-1, 3).mean(axis=0))
    chroma, hue = float(np.hypot(a, b)), float(np.arctan2(b, a))

    def tint(lightness: float, most: float) -> Colour:
        amount = min(chroma, most)
        return _srgb(lightness, amount * np.cos(hue), amount * np.sin(hue))

    return Palette((tint(0.985, 0.012), WHITE), (tint(0.24, 0.045), BLACK))


def parse_colour(text: str) -> Colour:
    """Read ``#RRGGBB`` or ``#RGB``.

    Raises:
        InputError: ``text.bad_colour``.
    """
    digits = text.strip().removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        raise InputError(
            "text.bad_colour", f"Expected a colour like #FFAA00, but '{text}' came.", "Write six hex digits."
        )
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return (red, green, blue)


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _oklab(colour: Array) -> tuple[float, float, float]:
    # Source: B. Ottosson, "A perceptual color space for image processing" (2020).
    c = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4).astype(np.float64)
    lms = np.cbrt(_TO_LMS @ c)
    lightness, a, b = _TO_LAB @ lms
    return float(lightness), float(a), float(b)


def _srgb(lightness: float, a: float, b: float) -> Colour:
    linear = np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ np.array([lightness, a, b])) ** 3
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (float(v) for v in encoded)
    return (red, green, blue)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
