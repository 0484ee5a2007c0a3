"""Summed-area tables: the mean of a map under any box from four look-ups (Crow, SIGGRAPH 1984)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def sum_up(values: NDArray[np.floating[Any]]) -> Values:
    """Sum a map ``[h,w]`` up from its top left corner, with a row and a column of zeros before it: ``[h+1,w+1]``."""
    return np.pad(np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1), ((1, 0), (1, 0)))


@dataclass(frozen=True, slots=True)
class Cells:
    """The whole cells of a map that boxes touch, at least one each."""

    left: Any
    top: Any
    right: Any
    bottom: Any

    @classmethod
    def under(cls, x0: Any, y0: Any, x1: Any, y1: Any, size: tuple[float, float], sums: Values) -> Cells:
        """Find them.

        Args:
            x0, y0, x1, y1: edges of the boxes, numbers or arrays that broadcast.
            size: width and height that the map stands for, in the units of the edges.
            sums: a table of the map's size.
        """
        height, width = sums.shape[0] - 1, sums.shape[1] - 1
        across, down = width / size[0], height / size[1]
        left = np.clip(np.floor(np.multiply(x0, across)).astype(int), 0, width - 1)
        top = np.clip(np.floor(np.multiply(y0, down)).astype(int), 0, height - 1)
        right = np.maximum(np.clip(np.ceil(np.multiply(x1, across)).astype(int), 1, width), left + 1)
        bottom = np.maximum(np.clip(np.ceil(np.multiply(y1, down)).astype(int), 1, height), top + 1)
        return cls(left, top, right, bottom)

    def mean(self, sums: Values) -> Values:
        """Mean of a map under each box, from its table."""
        held = sums[self.bottom, self.right] - sums[self.top, self.right]
        held = held - sums[self.bottom, self.left] + sums[self.top, self.left]
        return held / ((self.bottom - self.top) * (self.right - self.left))
