"""A chain of faces at a weight, measured in em and drawn as coverage: letters on exact fractions of a pixel.

Advances are linear in the size, so fitting needs no trial drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...types import Array
from ..lines.characters import graphemes
from .fontfile import FontFile
from .glyphs import Glyph, glyphs_of

_AIR = 0.12  # em around what is drawn
_MIXED = {
    ("hangul", "latin"): 1.0,
    ("latin", "hangul"): 1.0,
    ("hangul", "figure"): 1.0,
    ("figure", "hangul"): 0.4,  # a number's unit stays close to it
}


@dataclass(frozen=True, slots=True)
class Typeface:
    """Font faces at one weight: each grapheme is drawn by the first that has it, all on one baseline.

    Args:
        tracking: added between letters, in em.
        mixed: added between Hangul and the Latin letters or figures that touch it, in em; less before a number's unit.
    """

    files: tuple[FontFile, ...]
    weight: int
    tracking: float = 0.0
    mixed: float = 0.0

    def glyph(self, part: str) -> Glyph:
        """One grapheme, measured."""
        return glyphs_of(self.files, self.weight)[part]

    def glyphs(self, text: str) -> list[Glyph]:
        """The graphemes of a line, measured."""
        known = glyphs_of(self.files, self.weight)
        return [known[part] for part in graphemes(text)]

    def measure(self, text: str) -> float:
        """Width of one line in em, from the ink of its first letter to the ink of its last."""
        glyphs = self.glyphs(text)
        if not glyphs:
            return 0.0
        advances = sum(glyph.advance for glyph in glyphs) + sum(self.gaps(glyphs))
        return advances - glyphs[0].left - (glyphs[-1].advance - glyphs[-1].right)

    def gaps(self, glyphs: Sequence[Glyph]) -> list[float]:
        """What is added between the graphemes of a line, in em."""
        return [self.tracking + self.mixed * _MIXED.get((a.script, b.script), 0.0) for a, b in pairwise(glyphs)]

    def top(self, text: str) -> float:
        """Height above the baseline in em: that of Hangul, so that baselines line up, or of a taller letter."""
        return max(-glyph.top for glyph in self.glyphs("한글H" + text))

    def bottom(self, text: str) -> float:
        """Depth below the baseline in em: that of Latin descenders, or more."""
        return max(glyph.bottom for glyph in self.glyphs("한글gy" + text))

    def rise(self, text: str) -> float:
        """Height of the ink of ``text`` above the baseline in em, at least that of small letters."""
        return max(-glyph.top for glyph in self.glyphs("x" + text))

    def fall(self, text: str) -> float:
        """Depth of the ink of ``text`` below the baseline in em, at least none."""
        return max(0.0, *(glyph.bottom for glyph in self.glyphs("x" + text)))

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
        pad = math.ceil(stroke + _AIR * size) + 2
        left, base = pad, pad + math.ceil(size * self.rise(text))
        width, height = (
            left + math.ceil(self.measure(text) * size) + pad,
            base + math.ceil(size * self.fall(text)) + pad,
        )
        cover = np.zeros((height, width), np.float32)
        self.write(cover, text, size, (left + fraction[0], base + fraction[1]), stroke)
        return cover, left, base

    def write(
        self,
        cover: Array,
        text: str,
        size: float,
        start: tuple[float, float],
        stroke: float = 0.0,
        squeeze: float = 1.0,
    ) -> None:
        """Add a line to coverage ``[h,w]``, its ink starting at ``start`` on the baseline."""
        glyphs = self.glyphs(text)
        x = start[0] - glyphs[0].left * size * squeeze
        for glyph, gap in zip(glyphs, [*self.gaps(glyphs), 0.0], strict=True):
            if not glyph.part.isspace():
                glyph.stamp(size, stroke).press(cover, x, start[1], size, squeeze)
            x += (glyph.advance + gap) * size * squeeze
