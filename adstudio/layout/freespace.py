"""The free space of a picture: what boxes would cost on it, and which ones are the emptiest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Array, Box
from .energy import Busyness, shrink_mask
from .metrics import overlap_area

Values = NDArray[np.float64]
_SHAPES = (  # width and height of free boxes as shares of the picture
    (0.86, 0.2), (0.86, 0.3), (0.86, 0.4), (0.6, 0.16), (0.6, 0.26), (0.6, 0.4), (0.44, 0.3), (0.44, 0.5), (0.44, 0.8),
    (0.34, 0.2), (0.34, 0.5), (0.34, 0.8), (0.26, 0.16), (0.26, 0.3),
)  # fmt: skip
_STEPS = 12
_SAME_BOX = 0.6  # shared part of two boxes, of the smaller one, from which on they are one proposal


@dataclass(frozen=True, slots=True)
class Ground:
    """A picture's maps, summed up so that many boxes can be asked about at once. Units: pixels of the picture."""

    width: int
    height: int
    energy: Values
    occupied: Values
    clear: Values | None

    @classmethod
    def of(cls, busy: Busyness, clear: Array | None, width: int, height: int) -> Ground:
        """Sum up the maps; ``clear`` is 1 on what copy must not cover, of the maps' size."""
        held = None if clear is None else _integral((clear > 0.1).astype(np.float32))
        return cls(width, height, _integral(busy.energy), _integral(busy.occupied), held)

    def cost(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """What is lost under boxes; the root makes even a corner of an object under the copy cost something."""
        occupied = self.busy(x0, y0, x1, y1)
        lost = self._means(self.energy, x0, y0, x1, y1) + 1.4 * occupied + 0.6 * np.sqrt(occupied)
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


def free_boxes(ground: Ground, count: int = 8, frame: Box = Box(0.05, 0.05, 0.95, 0.95)) -> list[Box]:  # noqa: B008
    """Find the emptiest boxes of several shapes inside a frame, the best one first, none much like another."""
    found: list[tuple[float, Box]] = []
    for wide, high in _SHAPES:
        wide, high = wide * frame.width, high * frame.height
        lefts, tops = np.meshgrid(
            np.linspace(frame.x0, frame.x1 - wide, _STEPS), np.linspace(frame.y0, frame.y1 - high, _STEPS)
        )
        edges = [edge.ravel() for edge in (lefts, tops, lefts + wide, tops + high)]
        pixels = [edge * size for edge, size in zip(edges, (ground.width, ground.height) * 2, strict=True)]
        middle = np.abs((edges[1] + edges[3]) / 2 - 0.5)
        costs = ground.cost(*pixels) - 0.35 * (wide * high) ** 0.5 - 0.06 * middle
        best = np.argsort(costs)[:12]
        found += [(float(costs[i]), Box(*(round(float(edge[i]), 5) for edge in edges))) for i in best]
    kept: list[Box] = []
    for _, box in sorted(found, key=lambda pair: pair[0]):
        if all(overlap_area(box, other) < _SAME_BOX * min(_area(box), _area(other)) for other in kept):
            kept.append(box)
    return kept[:count]


def clear_map(keep_clear: Array | None, busy: Busyness) -> Array | None:
    """A mask at the size of the picture's maps; None where there is nothing to keep clear."""
    if keep_clear is None or not (keep_clear > 0.1).any():
        return None
    return shrink_mask(keep_clear, busy.energy.shape)


def _integral(values: Array) -> Values:
    return np.pad(np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1), ((1, 0), (1, 0)))


def _area(box: Box) -> float:
    return box.width * box.height
