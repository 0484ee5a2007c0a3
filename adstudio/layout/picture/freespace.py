"""The free space of a picture: what copy would cost at every place of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...types import Array
from .energy import OCCUPIED, Busyness, shrink_mask
from .sums import Cells, Values, sum_up

MARGIN = 0.06  # of the shorter side; safe zones of the channels begin at 0.05
AIR = 0.28  # em of the headline that stay free around copy
_MIDDLE = 2.0  # how much dearer the middle of a picture is than its edges, where its subject is not known
_EDGE, _INNER = 0.12, 0.28  # of the picture: up to the one from an edge it is not, from the other on wholly
_AREA, _USUAL_AREA = 2.0, 0.15  # a stack that takes more of the picture than is usual hides more
_COVERS, _TOUCHES = 2.0, 0.6  # a box that lies on something, wholly; and already where its corner does
_UNEVEN = 1.0  # where light and dark lie apart under copy, no one colour of letters reads on both
_HEAD = 2.0  # a face that is half covered spoils the ad


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
        held = None if clear is None else sum_up((clear > 0.1).astype(np.float32))
        heads = sum_up(busy.heads) if busy.faces else None
        energy = busy.energy
        if clear is None:
            energy = np.asarray(energy * (1 + _MIDDLE * _middle(energy.shape)), np.float32)
        occupied = (energy > OCCUPIED).astype(np.float32)
        grey = busy.small.mean(axis=2)
        tone = sum_up(grey), sum_up(grey**2)
        return cls(width, height, sum_up(energy), sum_up(occupied), tone, held, heads)

    def cost(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """What is lost under boxes."""
        cells = self._under(x0, y0, x1, y1)
        occupied = np.maximum(cells.mean(self.occupied), 0)
        lost = cells.mean(self.energy) + _COVERS * occupied + _TOUCHES * np.sqrt(occupied)
        taken = np.subtract(x1, x0) * np.subtract(y1, y0) / (self.width * self.height)
        lost = lost * (1 + _AREA * (taken - _USUAL_AREA))
        tone, squares = (cells.mean(sums) for sums in self.tone)
        lost = lost + _UNEVEN * np.sqrt(np.maximum(squares - tone**2, 0))
        if self.heads is not None:  # where no energy would tell, a touched head spoils the whole
            lost = lost + _HEAD * np.sqrt(np.maximum(cells.mean(self.heads), 0))
        if self.clear is None:
            return lost
        covered = np.maximum(cells.mean(self.clear), 0)
        return lost + 8 * covered + (covered > 0)  # any touch is a fault, more of it is worse

    def busy(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on something."""
        return np.maximum(self._under(x0, y0, x1, y1).mean(self.occupied), 0)

    def covered(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Values:
        """Share of boxes that lies on what must stay clear."""
        if self.clear is None:
            return np.zeros(np.broadcast(x0, y0, x1, y1).shape)
        return np.maximum(self._under(x0, y0, x1, y1).mean(self.clear), 0)

    def _under(self, x0: Any, y0: Any, x1: Any, y1: Any) -> Cells:
        return Cells.under(x0, y0, x1, y1, (self.width, self.height), self.energy)


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
