"""The free space of a picture: what copy would cost at every place of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...types import Array, Side
from ..copy.copysize import Copy
from ..copy.habits import PREFERENCE, Values, distance, place_cost
from ..copy.stacks import Stack, size_cost, stacks, unit_of
from .energy import OCCUPIED, Busyness, shrink_mask

MARGIN = 0.06  # of the shorter side; safe zones of the channels begin at 0.05
AIR = 0.28  # em of the headline that stay free around copy
_ROWS = 28
_MIDDLE = 2.0  # how much dearer the middle of a picture is than its edges, where its subject is not known
_EDGE, _INNER = 0.12, 0.28  # of the picture: up to the one from an edge it is not, from the other on wholly
_AREA, _USUAL_AREA = 2.0, 0.15  # a stack that takes more of the picture than is usual hides more
_COVERS, _TOUCHES = 2.0, 0.6  # a box that lies on something, wholly; and already where its corner does
_UNEVEN = 1.0  # where light and dark lie apart under copy, no one colour of letters reads on both
_HEAD = 2.0  # a face that is half covered spoils the ad
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A picture's maps, summed up so that many boxes can be asked about at once. Units: pixels of the picture."""

    width: int
    height: int
    energy: Values
    occupied: Values
    tone: tuple[Values, Values]
    clear: Values | None
    heads: Values | None = None

    @classmethod
    def of(cls, busy: Busyness, clear: Array | None, width: int, height: int) -> Ground:
        """Sum up the maps; ``clear`` is 1 on what copy must not cover, of the maps' size.

        Where nobody says what the subject is, the middle of the picture is dearer: that is where people put it, and on
        a photo that it fills no map tells it from its ground.
        """
        held = None if clear is None else _integral((clear > 0.1).astype(np.float32))
        heads = _integral(busy.heads) if busy.faces else None
        energy = busy.energy
        if clear is None:
            energy = np.asarray(energy * (1 + _MIDDLE * _middle(energy.shape)), np.float32)
        occupied = (energy > OCCUPIED).astype(np.float32)
        grey = busy.small.mean(axis=2)
        tone = _integral(grey), _integral(grey**2)
        return cls(width, height, _integral(energy), _integral(occupied), tone, held, heads)

    def cost(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """What is lost under boxes."""
        window = self._window(x0, y0, x1, y1)
        occupied = np.maximum(window.mean(self.occupied), 0)
        lost = window.mean(self.energy) + _COVERS * occupied + _TOUCHES * np.sqrt(occupied)
        taken = np.subtract(x1, x0) * np.subtract(y1, y0) / (self.width * self.height)
        lost = lost * (1 + _AREA * (taken - _USUAL_AREA))
        tone, squares = (window.mean(sums) for sums in self.tone)
        lost = lost + _UNEVEN * np.sqrt(np.maximum(squares - tone**2, 0))
        if self.heads is not None:  # where no energy would tell, a touched head spoils the whole
            lost = lost + _HEAD * np.sqrt(np.maximum(window.mean(self.heads), 0))
        if self.clear is None:
            return lost
        covered = np.maximum(window.mean(self.clear), 0)
        return lost + 8 * covered + (covered > 0)  # any touch is a fault, more of it is worse

    def busy(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on something."""
        return np.maximum(self._window(x0, y0, x1, y1).mean(self.occupied), 0)

    def covered(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on what must stay clear."""
        if self.clear is None:
            return np.zeros(np.broadcast(x0, y0, x1, y1).shape)
        return np.maximum(self._window(x0, y0, x1, y1).mean(self.clear), 0)

    def _window(self, x0: Any, y0: Any, x1: Any, y1: Any) -> _Window:
        height, width = self.energy.shape[0] - 1, self.energy.shape[1] - 1
        across, down = width / self.width, height / self.height
        left = np.clip(np.floor(np.multiply(x0, across)).astype(int), 0, width - 1)
        right = np.maximum(np.clip(np.ceil(np.multiply(x1, across)).astype(int), 1, width), left + 1)
        top = np.clip(np.floor(np.multiply(y0, down)).astype(int), 0, height - 1)
        bottom = np.maximum(np.clip(np.ceil(np.multiply(y1, down)).astype(int), 1, height), top + 1)
        return _Window(left, top, right, bottom)


@dataclass(frozen=True, slots=True)
class _Window:
    """Boxes on the maps, in whole cells."""

    left: Any
    top: Any
    right: Any
    bottom: Any

    def mean(self, total: Values) -> Values:
        """Mean of a map under each box, read from its sums."""
        sums = total[self.bottom, self.right] - total[self.top, self.right]
        sums = sums - total[self.bottom, self.left] + total[self.top, self.left]
        return sums / ((self.bottom - self.top) * (self.right - self.left))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A headline and the line under it at a place, and what that costs. Units: pixels.

    ``occupied`` is the share of it that lies on something, ``covered`` the share on what must stay clear.
    """

    shape: Stack
    left: float
    top: float
    align: Align
    cost: float
    occupied: float
    covered: float


def shapes(copy: Copy, width: int, height: int, min_px: int) -> list[Stack]:
    """All ways to set the headline and the line under it that fit between the margins of a picture of this size."""
    margin = MARGIN * min(width, height)
    words = Copy(copy.headline, copy.sub)
    found = stacks(words, unit_of(width, height), width - 2 * margin, min_px)
    return [shape for shape in found if shape.height <= height - 2 * margin]


def search(
    shape: Stack, busy: Busyness, clear: Array | None, width: int, height: int, prefer: Side | None = None
) -> Iterator[Candidate]:
    """Cost of one shape at the left margin, in the middle and at the right margin, at every height."""
    ground, margin, air = Ground.of(busy, clear, width, height), MARGIN * min(width, height), AIR * shape.size
    columns: tuple[tuple[float, Align], ...] = (
        (margin, "left"), ((width - shape.width) / 2, "center"), (width - margin - shape.width, "left"),
    )  # fmt: skip
    tops = np.unique(np.linspace(margin, max(margin, height - margin - shape.height), _ROWS))
    for left, align in columns if shape.width < width - 2 * margin - 1 else columns[1:2]:
        x, y = (left + shape.width / 2) / width + 0 * tops, (tops + shape.height / 2) / height
        box = (left - air, tops - air, left + shape.width + air, tops + shape.height + air)
        habit = place_cost(x, y, is_left=align == "left") + PREFERENCE * distance(prefer, x, y)
        cost = ground.cost(*box) + habit + size_cost(shape, unit_of(width, height))
        for row in zip(tops, cost, ground.busy(*box), ground.covered(*box), strict=True):
            top, each, occupied, covered = map(float, row)
            yield Candidate(shape, left, top, align, each, occupied, covered)


def clear_map(keep_clear: Array | None, busy: Busyness) -> Array | None:
    """A mask at the size of the picture's maps; None where there is nothing to keep clear."""
    if keep_clear is None or not (keep_clear > 0.1).any():
        return None
    return shrink_mask(keep_clear, busy.energy.shape)


def _middle(shape: tuple[int, ...]) -> Array:
    """1 in the middle of a map, 0 along its edges."""
    down, across = (
        np.clip((0.5 - np.abs((np.arange(n) + 0.5) / n - 0.5) - _EDGE) / (_INNER - _EDGE), 0, 1) for n in shape[:2]
    )
    return np.outer(down, across).astype(np.float32)


def _integral(values: Array) -> Values:
    return np.pad(np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1), ((1, 0), (1, 0)))
