"""Columns from right to left: Hangul upright, Latin words turned, a short number upright in one cell.

A column is set as cells, each drawn like a line of its own: whoever paints the lines of a setting paints columns, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from ...types import Array, TextBlock
from ..faces.typeface import Typeface
from .characters import graphemes
from .rows import SHARE_BEFORE, Edges, Placed

_AIR = 0.09  # em between the ink of two cells
_SPACE = 0.36
_CORNER = 0.38  # right of the axis
_WIDEST_CELL = 0.94  # of upright figures; wider ones are squeezed
_SHORT_NUMBER = 3  # digits that still read when squeezed into one cell
_RUN = re.compile(r"\d[\d,.:]*\d|\d|[A-Za-z](?:[A-Za-z]|[-'&.](?=[A-Za-z]))*|.", re.DOTALL)
_IN_THE_CORNER = ".,、。"
_TURNED = "()[]{}<>「」『』《》〈〉【】~〜～-–—―…=:;"
_TURNED_QUOTES = "“”‘’\"'"


class Cell(str):
    """The letters of one cell, and how they stand in it."""

    __slots__ = ("way",)

    def __new__(cls, text: str, way: Literal["upright", "squeezed", "turned"]) -> Cell:
        cell = super().__new__(cls, text)
        cell.way = way
        return cell


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the ink of a cell lies, in em: down from the cell's start, and across from the column's axis."""

    advance: float
    top: float
    bottom: float
    left: float
    right: float
    baseline: float


def cells(text: str) -> list[Cell]:
    """Split a column into cells."""
    found: list[Cell] = []
    for run in _RUN.findall(text):
        if found and len(graphemes(found[-1] + run)) == len(graphemes(found[-1])):  # a mark upon the letter before
            found[-1] = Cell(found[-1] + run, found[-1].way)
        elif run.isdecimal() and 1 < len(run) <= _SHORT_NUMBER:
            found.append(Cell(run, "squeezed"))
        elif (len(run) > 1 and run.isascii()) or run in _TURNED + _TURNED_QUOTES:
            found += [Cell(ch, "turned") for ch in run]
        else:
            found.append(Cell(run, "upright"))
    return found


class ColumnFace(Typeface):
    """A typeface that draws cells. Plain text is drawn as a line."""

    def measure(self, text: str) -> float:
        """Width of a cell's ink in em."""
        if not isinstance(text, Cell) or text.way == "upright":
            return Typeface.measure(self, text)
        shape = self.shape(text)
        return shape.right - shape.left

    def shape(self, cell: Cell) -> Shape:
        """Measure a cell."""
        if cell.isspace():
            return Shape(_SPACE, 0.0, 0.0, 0.0, 0.0, 0.0)
        if cell.way == "turned":
            return self._turned_shape(cell)
        rise, fall = max(-self.glyph(ch).top for ch in cell), max(self.glyph(ch).bottom for ch in cell)
        if self.glyph(cell[0]).script == "hangul":  # all syllables stand equally far apart, however low they begin
            rise, fall = max(rise, -self.glyph("한").top), max(fall, self.glyph("가").bottom)
        width = Typeface.measure(self, cell)
        if cell.way == "squeezed":
            width = min(width, _WIDEST_CELL)
        left = -width / 2
        if cell in _IN_THE_CORNER:
            left = _CORNER - width
        elif self.glyph(cell[0]).script == "hangul":
            left = self.glyph(cell[0]).left - self.glyph(cell[0]).advance / 2
        return Shape(rise + fall + _AIR, 0.0, rise + fall, left, left + width, rise)

    def _turned_shape(self, cell: Cell) -> Shape:
        glyph = self.glyph(cell)
        # Letters stand on one line however deep they reach; a bracket or a dash keeps to the middle.
        middle = -self.glyph("H").top / 2 if cell not in _TURNED else -(glyph.top + glyph.bottom) / 2
        return Shape(
            glyph.advance, glyph.left, glyph.right, -middle - glyph.bottom, -middle - glyph.top, baseline=glyph.right
        )

    def draw_line(
        self, text: str, size: float, fraction: tuple[float, float], stroke: float = 0.0
    ) -> tuple[Array, int, int]:
        """Draw one cell as coverage, as a line is drawn; a turned one stands where its ink ends."""
        if not isinstance(text, Cell) or text.way == "upright":
            return Typeface.draw_line(self, text, size, fraction, stroke)
        shape = self.shape(text)
        pad = math.ceil(stroke + 0.12 * size) + 2
        above, below = shape.baseline - shape.top, shape.bottom - shape.baseline
        base = pad + math.ceil(above * size)
        width = 2 * pad + math.ceil((shape.right - shape.left) * size)
        cover = np.zeros((base + math.ceil(below * size) + pad, width), np.float32)
        x, y = pad + fraction[0], base + fraction[1]
        if text.way == "squeezed":
            squeeze = (shape.right - shape.left) / Typeface.measure(self, text)
            self.write(cover, text, size, (x, y), stroke, squeeze)
        else:
            glyph = self.glyph(text)
            stamp = glyph.stamp(size, stroke).turned()
            stamp.press(cover, x + glyph.bottom * size, y - glyph.right * size, size)
        return cover, pad, base


@dataclass(frozen=True, slots=True)
class Columns:
    """Sets columns of a block from ink to ink. Units: em."""

    face: ColumnFace
    block: TextBlock

    def measure(self, text: str) -> float:
        """Length of one column."""
        placed = self._column(text)
        return max((at + shape.bottom for _, at, shape in placed), default=0.0)

    def length(self, lines: Sequence[str]) -> float:
        """Room along the columns: that of the longest."""
        return max(map(self.measure, lines))

    def before(self, line: str) -> float:
        """Width of a first column right of its axis."""
        return max((shape.right for _, _, shape in self._column(line)), default=0.4)

    def after(self, line: str) -> float:
        """Width of a last column left of its axis."""
        return max((-shape.left for _, _, shape in self._column(line)), default=0.4)

    def place(self, lines: Sequence[str], size: float, leading: float, box: Edges) -> Placed:
        """Cells, their ink starts, their baselines and the ink of all, in a box that they fit. Units: pixels."""
        left, top, right, bottom = box
        before, after = self.before(lines[0]) * size, self.after(lines[-1]) * size
        wide = (len(lines) - 1) * leading * size + before + after
        axis = left + (right - left - wide) * SHARE_BEFORE[self.block.align] + wide - before
        placed: list[tuple[Cell, float, float]] = []
        tops, ends = [], []
        for number, line in enumerate(lines):
            x, tall = axis - number * leading * size, self.measure(line) * size
            y = top + (bottom - top - tall) * SHARE_BEFORE[self.block.anchor]
            tops.append(y)
            ends.append(y + tall)
            for cell, at, shape in self._column(line):
                placed.append((cell, x + shape.left * size, y + (at + shape.baseline) * size))
        last = axis - (len(lines) - 1) * leading * size
        ink = (last - after, min(tops), axis + before, max(ends))
        letters, starts, baselines = zip(*placed, strict=True)
        return letters, starts, baselines, ink

    def _column(self, text: str) -> list[tuple[Cell, float, Shape]]:
        """The cells that hold ink, each with its start below the top of the column's ink."""
        letters = cells(text)
        if not letters:  # a blank line keeps its column
            return []
        shapes = [self.face.shape(cell) for cell in letters]
        gaps = [*(self.face.gaps(self.face.glyphs(a[-1] + b[0]))[0] for a, b in pairwise(letters)), 0.0]
        placed, at = [], -shapes[0].top
        for cell, shape, gap in zip(letters, shapes, gaps, strict=True):
            if not cell.isspace():
                placed.append((cell, at, shape))
            at += shape.advance + gap
        return placed
