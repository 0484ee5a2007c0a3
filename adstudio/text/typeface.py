"""A face at a weight, measured in em and drawn as coverage: letters on quarter pixels, edges by area.

Advances are measured once at a large size and are linear from there, so fitting needs no trial drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from ..types import Array
from .characters import graphemes
from .fontfile import FontFile
from .fonts import open_font

_REFERENCE_PX = 1000
_INK_PX = 400
_OVERSAMPLE = 4
_LARGEST_CANVAS = 64_000_000  # pixels of one oversampled line; beyond it the oversampling drops to 2


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font face at one weight. ``tracking`` is added between letters, in em."""

    file: FontFile
    weight: int
    tracking: float = 0.0

    def measure(self, text: str) -> float:
        """Width of one line in em, from the ink of its first letter to the ink of its last."""
        parts = graphemes(text)
        if not parts:
            return 0.0
        advances = sum(_extent(self.file, self.weight, part)[0] for part in parts)
        first, last = (_extent(self.file, self.weight, part) for part in (parts[0], parts[-1]))
        return advances + self.tracking * (len(parts) - 1) - first[1] - (last[0] - last[2])

    def top(self, text: str) -> float:
        """Height above the baseline in em: that of Hangul, so that baselines line up, or of a taller letter."""
        return max(-_ink(self.file, self.weight, part)[1] for part in ("한글H", *graphemes(text)))

    def bottom(self, text: str) -> float:
        """Depth below the baseline in em: that of Latin descenders, or more."""
        return max(_ink(self.file, self.weight, part)[3] for part in ("한글gy", *graphemes(text)))

    def draw_line(
        self, text: str, size: float, fraction: tuple[float, float], stroke: float = 0.0
    ) -> tuple[Array, int, int]:
        """Draw one line as coverage.

        Args:
            size: em in pixels.
            fraction: the sub-pixel part ``(x, y)`` of the position, each 0..1.
            stroke: width in pixels added all around.

        Returns:
            coverage ``[h,w] float32 0..1``, and the pixel of it that holds the ink start of the line on its baseline.
        """
        pad = int(np.ceil(stroke + 0.12 * size)) + 2
        left, base = pad, pad + int(np.ceil(size * 1.1))
        width = left + int(np.ceil(self.measure(text) * size)) + pad
        height = base + int(np.ceil(size * 0.4)) + pad
        scale = _OVERSAMPLE if width * height * _OVERSAMPLE**2 <= _LARGEST_CANVAS else 2
        canvas = Image.new("L", (width * scale, height * scale))
        brush = ImageDraw.Draw(canvas)
        font = open_font(self.file, size * scale, self.weight)
        parts = graphemes(text)
        x = (left + fraction[0]) * scale - _extent(self.file, self.weight, parts[0])[1] * size * scale
        y = round((base + fraction[1]) * scale)
        for part in parts:
            brush.text((round(x), y), part, fill=255, font=font, anchor="ls", stroke_width=stroke * scale)
            x += (_extent(self.file, self.weight, part)[0] + self.tracking) * size * scale
        return np.asarray(canvas.reduce(scale), np.float32) / 255.0, left, base


@lru_cache(maxsize=16_384)
def _extent(file: FontFile, weight: int, part: str) -> tuple[float, float, float]:
    """Advance, ink start and ink end of one grapheme, in em."""
    advance = open_font(file, _REFERENCE_PX, weight).getlength(part) / _REFERENCE_PX
    left, _, right, _ = _ink(file, weight, part)
    return (advance, left, right) if right > left else (advance, 0.0, advance)


@lru_cache(maxsize=16_384)
def _ink(file: FontFile, weight: int, part: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is drawn, in em from the origin (Pillow's getbbox adds the advance)."""
    font = open_font(file, _INK_PX, weight)
    origin = _INK_PX
    canvas = Image.new("L", (int(font.getlength(part)) + 2 * origin, 3 * _INK_PX))
    ImageDraw.Draw(canvas).text((origin, 2 * _INK_PX), part, fill=255, font=font, anchor="ls")
    left, top, right, bottom = canvas.getbbox() or (origin, 2 * _INK_PX, origin, 2 * _INK_PX)
    return (
        (left - origin) / _INK_PX,
        (top - 2 * _INK_PX) / _INK_PX,
        (right - origin) / _INK_PX,
        (bottom - 2 * _INK_PX) / _INK_PX,
    )
