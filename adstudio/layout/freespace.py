"""The free space of a picture: what copy would cost at every place of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..types import Array, Side
from .copysize import Copy
from .energy import Busyness, shrink_mask
from .habits import PREFERENCE, Values, distance, place_cost
from .stacks import Stack, size_cost, stacks, unit_of

MARGIN = 0.06  # of the shorter side; safe zones of the channels begin at 0.05
AIR = 0.28  # em of the headline that stay free around copy
_ROWS = 28
_HEAD = 2.0  # a face that is half covered spoils the ad
Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A picture's maps, summed up so that many boxes can be asked about at once. Units: pixels of the picture."""

    width: int
    height: int
    energy: Values
    occupied: Values
    clear: Values | None
    heads: Values | None = None

    @classmethod
    def of(cls, busy: Busyness, clear: Array | None, width: int, height: int) -> Ground:
        """Sum up the maps; ``clear`` is 1 on what copy must not cover, of the maps' size."""
        held = None if clear is None else _integral((clear > 0.1).astype(np.float32))
        heads = _integral(busy.heads) if busy.faces else None
        return cls(width, height, _integral(busy.energy), _integral(busy.occupied), held, heads)

    def cost(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """What is lost under boxes; the root makes even a corner of an object under the copy cost something."""
        occupied = self.busy(x0, y0, x1, y1)
        lost = self._means(self.energy, x0, y0, x1, y1) + 1.4 * occupied + 0.6 * np.sqrt(occupied)
        if self.heads is not None:  # where no energy would tell, a touched head spoils the whole
            lost = lost + _HEAD * np.sqrt(np.maximum(self._means(self.heads, x0, y0, x1, y1), 0))
        covered = self.covered(x0, y0, x1, y1)
        return lost + 8 * covered + (covered > 0)  # any touch is a fault, more of it is worse

    def busy(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on something."""
        return np.maximum(self._means(self.occupied, x0, y0, x1, y1), 0)

    def covered(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on what must stay clear."""
        if self.clear is None:
            return np.zeros(np.broadcast(x0, y0, x1, y1).shape)
        return np.maximum(self._means(self.clear, x0, y0, x1, y1), 0)

    def _means(self, total: Values, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        height, width = total.shape[0] - 1, total.shape[1] - 1
        across, down = width / self.width, height / self.height
        left = np.clip(np.floor(np.multiply(x0, across)).astype(int), 0, width - 1)
        right = np.maximum(np.clip(np.ceil(np.multiply(x1, across)).astype(int), 1, width), left + 1)
        top = np.clip(np.floor(np.multiply(y0, down)).astype(int), 0, height - 1)
        bottom = np.maximum(np.clip(np.ceil(np.multiply(y1, down)).astype(int), 1, height), top + 1)
        sums = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
        return sums / ((bottom - top) * (right - left))


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


def _integral(values: Array) -> Values:
    return np.pad(np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1), ((1, 0), (1, 0)))
