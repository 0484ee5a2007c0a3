"""A chain of faces at a weight, measured in em and drawn as coverage: letters on quarter pixels, edges by area.

Advances are measured once at a large size and are linear from there, so fitting needs no trial drawing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from ..types import Array
from .characters import graphemes
from .coverage import font_for
from .fontfile import FontFile
from .fonts import open_font

_REFERENCE_PX = 1000
_INK_PX = 400
_OVERSAMPLE = 4
_LARGEST_CANVAS = 64_000_000  # pixels of one oversampled line; beyond it the oversampling drops to 2


@dataclass(frozen=True, slots=True)
class Glyph:
    """One grapheme in the face that draws it. Units: em from its origin on the baseline, ``top`` upwards negative."""

    file: FontFile
    advance: float
    left: float
    top: float
    right: float
    bottom: float
    script: str


@dataclass(frozen=True, slots=True)
class Typeface:
    """Font faces at one weight: each grapheme is drawn by the first that has it, all on one baseline.

    Args:
        tracking: added between letters, in em.
        mixed: added between Hangul and the Latin letters or figures that touch it, in em.
    """

    files: tuple[FontFile, ...]
    weight: int
    tracking: float = 0.0
    mixed: float = 0.0

    def glyph(self, part: str) -> Glyph:
        """One grapheme, measured."""
        return _glyphs(self.files, self.weight)[part]

    def measure(self, text: str) -> float:
        """Width of one line in em, from the ink of its first letter to the ink of its last."""
        glyphs = self._line(text)
        if not glyphs:
            return 0.0
        advances = sum(glyph.advance for glyph in glyphs) + sum(self._gaps(glyphs))
        return advances - glyphs[0].left - (glyphs[-1].advance - glyphs[-1].right)

    def top(self, text: str) -> float:
        """Height above the baseline in em: that of Hangul, so that baselines line up, or of a taller letter."""
        return max(-glyph.top for glyph in self._line("한글H" + text))

    def rise(self, text: str) -> float:
        """Height of the ink of ``text`` above the baseline in em, at least that of small letters."""
        return max(-glyph.top for glyph in self._line("x" + text))

    def fall(self, text: str) -> float:
        """Depth of the ink of ``text`` below the baseline in em, at least none."""
        return max(0.0, *(glyph.bottom for glyph in self._line("x" + text)))

    def gap(self, left: str, right: str) -> float:
        """What is added between two graphemes, in em."""
        return self._gaps([self.glyph(left), self.glyph(right)])[0]

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
        left, base = pad, pad + int(np.ceil(size * max(1.1, self.rise(text))))
        width = left + int(np.ceil(self.measure(text) * size)) + pad
        height = base + int(np.ceil(size * max(0.4, self.fall(text)))) + pad
        scale = oversampling(width, height)
        canvas = Image.new("L", (width * scale, height * scale))
        x = (left + fraction[0] - self.glyph(graphemes(text)[0]).left * size) * scale
        self.write(canvas, text, size * scale, (x, (base + fraction[1]) * scale), stroke * scale)
        return np.asarray(canvas.reduce(scale), np.float32) / 255.0, left, base

    def write(
        self, canvas: Image.Image, text: str, size: float, origin: tuple[float, float], stroke: float = 0.0
    ) -> None:
        """Write a line on a grey canvas, the origin of its first letter on the baseline at ``origin``."""
        brush = ImageDraw.Draw(canvas)
        x, y = origin
        glyphs = self._line(text)
        for part, glyph, gap in zip(graphemes(text), glyphs, [*self._gaps(glyphs), 0.0], strict=True):
            font = open_font(glyph.file, size, self.weight)
            brush.text((round(x), round(y)), part, fill=255, font=font, anchor="ls", stroke_width=stroke)
            x += (glyph.advance + gap) * size

    def _line(self, text: str) -> list[Glyph]:
        known = _glyphs(self.files, self.weight)
        return [known[part] for part in graphemes(text)]

    def _gaps(self, glyphs: Sequence[Glyph]) -> list[float]:
        scripts = [glyph.script for glyph in glyphs]
        return [self.tracking + (self.mixed if a and b and a != b else 0.0) for a, b in pairwise(scripts)]


def oversampling(width: int, height: int) -> int:
    """How many times larger a canvas is drawn than it is shown."""
    return _OVERSAMPLE if width * height * _OVERSAMPLE**2 <= _LARGEST_CANVAS else 2


class _Glyphs(dict[str, Glyph]):
    """The graphemes of a chain of faces, each measured when it is first asked for."""

    def __init__(self, files: tuple[FontFile, ...], weight: int) -> None:
        super().__init__()
        self.files, self.weight = files, weight

    def __missing__(self, part: str) -> Glyph:
        file = font_for(part, self.files) or self.files[0]
        advance = open_font(file, _REFERENCE_PX, self.weight).getlength(part) / _REFERENCE_PX
        # Pillow's getbbox adds the advance; the mask's own box is the ink.
        mask, (x, y) = open_font(file, _INK_PX, self.weight).getmask2(part, "L", anchor="ls")
        left, top, right, bottom = mask.getbbox() or (-x, -y, advance * _INK_PX - x, -y)
        ink = ((x + left) / _INK_PX, (y + top) / _INK_PX, (x + right) / _INK_PX, (y + bottom) / _INK_PX)
        glyph = self[part] = Glyph(file, advance, *ink, script=_script(part))
        return glyph


@lru_cache(maxsize=64)
def _glyphs(files: tuple[FontFile, ...], weight: int) -> _Glyphs:
    return _Glyphs(files, weight)


def _script(part: str) -> str:
    """``hangul``, ``latin`` (figures and currency signs are set like it), or empty for marks and blanks."""
    ch = part[0]
    if "가" <= ch <= "힣" or "ㄱ" <= ch <= "ㆎ":
        return "hangul"
    is_narrow = unicodedata.east_asian_width(ch) not in "WF"
    return "latin" if ch == "%" or (is_narrow and unicodedata.category(ch)[0] in "LN") else ""
