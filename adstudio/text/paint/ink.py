"""Colours for copy: read on the picture behind it, and taken from the picture's own tint.

Contrast is WCAG 2.2 against the darkest and the brightest of the background, letter by letter, not against its mean: a
word is unreadable as soon as one letter is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...errors import InputError
from ...srgb import decode, encode, luminance, ratio
from ...types import Array

Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)
BLACK: Colour = (0.02, 0.02, 0.02)
ENOUGH_SMALL, ENOUGH_LARGE = 4.5, 3.0


@dataclass(frozen=True, slots=True)
class Palette:
    """A light and a dark ink: each the picture's tint first, then neutral, the surer the later."""

    light: tuple[Colour, Colour]
    dark: tuple[Colour, Colour]


def contrast(colour: Colour, cells: Array) -> float:
    """Lowest WCAG contrast of a colour against the ground of its letters.

    Shapes: ``cells [n,m,3]``, ``m`` colours from behind each of ``n`` letters.
    """
    return weakest(colour, extremes(cells))


def extremes(cells: Array) -> Array:
    """Pick what decides about contrast from the ground of letters. Shapes: ``[n,m,3] -> [k,3]``.

    That is the darkest and brightest twentieth of all, and the darker and brighter quarter behind any one letter.
    """
    bright = luminance(cells)
    count, each = bright.shape
    flat, quarters = cells.reshape(-1, 3), np.argsort(bright, axis=1)[:, [each // 4, each - 1 - each // 4]]
    order = np.argsort(bright, axis=None)
    twentieths = flat[order[[len(order) // 20, len(order) - 1 - len(order) // 20]]]
    return np.concatenate([twentieths, cells[np.arange(count)[:, None], quarters].reshape(-1, 3)])


def weakest(colour: Colour, ground: Array) -> float:
    """Lowest WCAG contrast of a colour against any of ``ground [k,3]``."""
    bright = luminance(ground)
    return between(brightness(colour), float(bright.min()), float(bright.max()))


def between(ink: float, low: float, high: float) -> float:
    """WCAG contrast of a luminance against a ground that reaches from ``low`` to ``high``; 1 where it lies within."""
    return 1.0 if low <= ink <= high else min(ratio(ink, low), ratio(ink, high))


@lru_cache(maxsize=256)
def brightness(colour: Colour) -> float:
    """WCAG relative luminance of one colour."""
    return float(luminance(np.asarray(colour, np.float32)))


def enough(size: float, weight: int, picture: tuple[int, int]) -> float:
    """The contrast that letters of this size need.

    WCAG calls letters large from 24 px, bold ones from 18.7 px, of a page; an advertisement fills a phone 390 px wide.
    """
    on_phone = size * 390 / min(picture)
    return ENOUGH_LARGE if on_phone >= (18.7 if weight >= 700 else 24.0) else ENOUGH_SMALL


def palette(image: Array) -> Palette:
    """Make the inks of a picture: its mean hue, held back to a trace in the light ink and the dark one."""
    _, a, b = to_oklab(sample(image).mean(axis=0))
    chroma, hue = float(np.hypot(a, b)), float(np.arctan2(b, a))

    def tint(lightness: float, most: float) -> Colour:
        return from_oklch(lightness, min(chroma, most), hue)

    return Palette((tint(0.985, 0.012), WHITE), (tint(0.24, 0.045), BLACK))


def sample(image: Array) -> Array:
    """Some 10,000 pixels from all over a picture. Shapes: ``[n,3]``."""
    step = max(1, round(np.sqrt(image.shape[0] * image.shape[1] / 10_000)))
    return image[step // 2 :: step, step // 2 :: step, :3].reshape(-1, 3)


def parse_colour(text: str) -> Colour:
    """Read ``#RRGGBB`` or ``#RGB``.

    Raises:
        InputError: ``text.bad_colour``.
    """
    digits = text.strip().removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        raise InputError(
            "text.bad_colour",
            f"Expected a colour like #FFAA00, but '{text}' came.",
            "Write six hex digits.",
            came=f"{text!s:.40}",
        )
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return (red, green, blue)


def to_hex(colour: Colour) -> str:
    """Write a colour as ``#RRGGBB``."""
    return "#" + "".join(f"{round(value * 255):02X}" for value in colour)


def to_oklab(colours: Array) -> Array:
    """Lightness and the two opponent hues of sRGB colours ``[...,3]``.

    Source: B. Ottosson, "A perceptual color space for image processing" (2020).
    """
    return np.cbrt(decode(colours) @ _TO_LMS.T) @ _TO_LAB.T


def from_oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """Turn lightness, chroma and hue (radians) into sRGB; what lies outside is clipped."""
    linear = _linear(lightness, chroma, hue)
    linear = np.clip(linear, 0.0, 1.0)
    red, green, blue = (float(v) for v in encode(linear))
    return (red, green, blue)


def vivid(hue: float, most: float = 0.19) -> Colour:
    """The most colourful sRGB of a hue at the lightness where that hue is itself: yellow is light, blue dark."""
    best = max(
        ((_gamut(lightness, hue, most), -abs(lightness - 0.62), lightness) for lightness in np.arange(0.5, 0.76, 0.02)),
    )
    return from_oklch(best[2], 0.97 * best[0], hue)


def toned(colour: Colour, is_enough: Callable[[Colour], bool]) -> Colour:
    """Darken a colour, its hue kept, by as little as is enough."""
    lightness, a, b = (float(value) for value in to_oklab(np.asarray(colour, np.float32)))
    chroma, hue = float(np.hypot(a, b)), float(np.arctan2(b, a))
    while not is_enough(colour) and lightness > 0.1:
        lightness -= 0.01
        colour = from_oklch(lightness, min(chroma, _gamut(lightness, hue, chroma)), hue)
    return colour


def _gamut(lightness: float, hue: float, most: float) -> float:
    """The chroma up to which a hue exists in sRGB at a lightness."""
    chromas = np.arange(0.01, most + 0.005, 0.01)
    inside = [
        bool(((v := _linear(lightness, chroma, hue)) >= -1e-4).all() and (v <= 1 + 1e-4).all()) for chroma in chromas
    ]
    return float(chromas[inside.index(False) - 1]) if False in inside else most


def _linear(lightness: float, chroma: float, hue: float) -> Array:
    lab = np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    return (_FROM_LMS @ (_FROM_LAB @ lab) ** 3).astype(np.float32)


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
_FROM_LMS, _FROM_LAB = np.linalg.inv(_TO_LMS), np.linalg.inv(_TO_LAB)
