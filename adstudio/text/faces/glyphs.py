"""Letters measured and drawn once, at a large size; every other size is made of that picture.

Opening the bundled font anew for each size would cost a tenth of a second each time. Made of a larger picture, a letter
stands on any fraction of a pixel, and no hinting moves its stems.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from ...types import Array
from .coverage import font_for
from .fontfile import FontFile
from .fonts import open_font

_REFERENCE_PX = 384
_LARGE_PX = 1536  # for letters that would come near the reference
_SHARP = 1.5  # a picture is this much larger than the letters made of it


@dataclass(frozen=True, slots=True)
class Glyph:
    """One grapheme in the face that draws it. Units: em from its origin on the baseline, down positive.

    ``script`` is ``hangul``, ``latin``, ``figure`` or empty.
    """

    part: str
    file: FontFile
    weight: int
    advance: float
    left: float
    top: float
    right: float
    bottom: float
    script: str

    def stamp(self, size: float, stroke: float = 0.0) -> Stamp:
        """Its picture, large enough for letters of ``size`` pixels, grown by ``stroke`` pixels of that size."""
        grown = round(stroke / size, 3)
        if _SHARP * size > _REFERENCE_PX:
            return _large_stamp(self, max(_LARGE_PX, math.ceil(size)), grown)
        halvings = max(0, min(2, int(math.log2(_REFERENCE_PX / (2 * _SHARP * size)))))
        return _small_stamp(self, _REFERENCE_PX, grown, 2**halvings)


class Glyphs(dict[str, Glyph]):
    """The graphemes of a chain of faces, each measured when it is first asked for."""

    def __init__(self, files: tuple[FontFile, ...], weight: int) -> None:
        super().__init__()
        self.files, self.weight = files, weight

    def __missing__(self, part: str) -> Glyph:
        file = font_for(part, self.files) or self.files[0]
        font = open_font(file, _REFERENCE_PX, self.weight)
        advance = font.getlength(part)
        # Pillow's getbbox adds the advance; the mask's own box is the ink.
        mask, (x, y) = font.getmask2(part, "L", anchor="ls")
        left, top, right, bottom = mask.getbbox() or (-x, -y, advance - x, -y)
        edges = (value / _REFERENCE_PX for value in (advance, x + left, y + top, x + right, y + bottom))
        glyph = self[part] = Glyph(part, file, self.weight, *edges, script=_script(part))
        return glyph


@lru_cache(maxsize=64)
def glyphs_of(files: tuple[FontFile, ...], weight: int) -> Glyphs:
    """The graphemes of a chain of faces at a weight."""
    return Glyphs(files, weight)


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A letter's ink at ``px`` to the em; its corner lies at ``x``, ``y`` from the origin."""

    ink: Image.Image
    x: int
    y: int
    px: int

    def turned(self) -> Stamp:
        """The letter turned clockwise about its origin."""
        return Stamp(self.ink.transpose(Image.Transpose.ROTATE_270), -self.y - self.ink.height, self.x, self.px)

    def press(self, cover: Array, x: float, y: float, size: float, squeeze: float = 1.0) -> None:
        """Add the letter at ``size`` to coverage ``[h,w]``, its origin at ``x``, ``y``; cut off at the edges.

        Args:
            squeeze: how wide it is against its own width.
        """
        across, down = size * squeeze / self.px, size / self.px
        left, top = x + self.x * across, y + self.y * down
        column, row = math.floor(left), math.floor(top)
        wide, tall = (
            math.ceil(left + self.ink.width * across) - column + 1,
            math.ceil(top + self.ink.height * down) - row + 1,
        )
        # The picture with air around it, seen through a window that the target's pixels divide evenly.
        air_x, air_y = math.ceil(2 / across), math.ceil(2 / down)
        sheet = Image.new("L", (math.ceil(wide / across) + 2 * air_x, math.ceil(tall / down) + 2 * air_y))
        sheet.paste(self.ink, (air_x, air_y))
        x0, y0 = air_x - (left - column) / across, air_y - (top - row) / down
        window = (x0, y0, x0 + wide / across, y0 + tall / down)
        small = np.asarray(sheet.resize((wide, tall), Image.Resampling.HAMMING, window), np.float32) / 255.0
        rows, columns = slice(max(0, -row), cover.shape[0] - row), slice(max(0, -column), cover.shape[1] - column)
        small = small[rows, columns]
        target = cover[max(0, row) :, max(0, column) :][: small.shape[0], : small.shape[1]]
        target += small * (1 - target)


def _draw(glyph: Glyph, px: int, stroke: float, reduced: int = 1) -> Stamp:
    """Draw a letter at ``px``, and hand it on ``reduced`` times smaller: less to read for every small letter."""
    font = open_font(glyph.file, px, glyph.weight)
    grown = math.ceil(stroke * px) + 2
    left, top = (math.floor((edge * px - grown) / reduced) for edge in (glyph.left, glyph.top))
    right, bottom = (math.ceil((edge * px + grown) / reduced) for edge in (glyph.right, glyph.bottom))
    canvas = Image.new("L", ((right - left) * reduced, (bottom - top) * reduced))
    origin = (-left * reduced, -top * reduced)
    ImageDraw.Draw(canvas).text(origin, glyph.part, fill=255, font=font, anchor="ls", stroke_width=stroke * px)
    return Stamp(canvas.reduce(reduced), left, top, px // reduced)


# 512 small pictures are some 60 MB, 24 large ones as much.
_small_stamp, _large_stamp = lru_cache(maxsize=512)(_draw), lru_cache(maxsize=24)(_draw)


def _script(part: str) -> str:
    ch = part[0]
    if "가" <= ch <= "힣" or "ㄱ" <= ch <= "ㆎ":
        return "hangul"
    if ch == "%" or unicodedata.category(ch) in ("Nd", "Sc"):
        return "figure"
    return "latin" if unicodedata.east_asian_width(ch) not in "WF" and ch.isalpha() else ""
