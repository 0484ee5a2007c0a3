"""Where on a picture there is room: inside the safe zone, off what must stay in view, on what is calm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Array, Box, Channel
from .energy import OCCUPIED, shrink_mask
from .sums import Cells, Values, sum_up

_MAP_PX = 160
_ROWS, _COLUMNS = 25, 17
_KEEP = 6.0  # cost of copy that lies wholly on what must stay in view
_BUSY, _EDGE = 0.8, 0.4
_STANDS = 1.4  # what it adds that something stands there
_UNEVEN = 1.2
_FAR = 0.5
_DROPPED = 0.12
_TOUCHES = 0.012  # share of a place that may lie on what is kept


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, in pixels from the picture's left and top."""

    left: float
    top: float
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The safe zone of a picture in pixels, and sums over what lies on it."""

    size_px: tuple[int, int]
    left: float
    top: float
    width: float
    height: float
    keep: Values | None
    busy: Values | None
    tone: tuple[Values, Values] | None

    @classmethod
    def of(cls, channel: Channel, keep: Array | None, energy: Array | None, tone: Array | None, margin: float) -> Room:
        """Read the room of a channel; where it asks for no safe zone, a margin of the shorter side is kept."""
        width, height = channel.size_px
        edge = margin * min(width, height)
        x0, y0 = max(channel.safe.x0 * width, edge), max(channel.safe.y0 * height, edge)
        x1, y1 = min(channel.safe.x1 * width, width - edge), min(channel.safe.y1 * height, height - edge)
        busy = None
        if energy is not None:
            busy = _sums(energy + _STANDS * (energy > OCCUPIED).astype(np.float32), channel)
        tones = None if tone is None else (_sums(tone, channel), _sums(tone**2, channel))
        return cls(
            (width, height), x0, y0, x1 - x0, y1 - y0, None if keep is None else _sums(keep, channel), busy, tones
        )

    def find(
        self,
        width: float,
        height: float,
        centre: tuple[float, float],
        taken: Sequence[Box],
        *,
        air: float,
        pinned: bool,
    ) -> Spot | None:
        """Find the best place for a rectangle; None where it would lie on what stands already.

        Args:
            centre: where its middle stood before, in fractions of that picture.
            air: room that is left round it.
            pinned: as near to that as can be, whatever lies there: a person chose it.
        """
        spare_x, spare_y = self.width - width, self.height - height
        share = np.linspace(0, 1, _COLUMNS)
        lefts = self.left + spare_x * share
        tops = self.top + spare_y * np.linspace(0, 1, _ROWS)
        x, y = np.meshgrid(lefts, tops)
        free = np.ones(x.shape, bool)
        for box in taken:
            x0, x1 = box.x0 * self.size_px[0], box.x1 * self.size_px[0]
            y0, y1 = box.y0 * self.size_px[1], box.y1 * self.size_px[1]
            free &= (x >= x1 + air) | (x + width + air <= x0) | (y >= y1 + air) | (y + height + air <= y0)
        if not free.any():
            return None
        wanted_x, wanted_y = (centre[0] * self.size_px[0], centre[1] * self.size_px[1])
        away = np.hypot((x + width / 2 - wanted_x) / self.size_px[0], (y + height / 2 - wanted_y) / self.size_px[1])
        if pinned:
            return self._spot(x, y, np.where(free, away, np.inf))
        hidden = self._mean(self.keep, x - air, y - air, width + 2 * air, height + 2 * air)
        busy = self._mean(self.busy, x, y, width, height)
        cost = (
            _KEEP * np.maximum(hidden - _TOUCHES, 0)
            + _BUSY * busy
            + _EDGE * np.sqrt(busy)  # even the corner of an object under the copy costs something
            + _UNEVEN * self._deviation(x, y, width, height)
            + _FAR * away
            # On a margin or in the middle it looks set; anywhere else it looks dropped.
            + _DROPPED * np.abs(2 * share - np.round(2 * share))[None]
        )
        return self._spot(x, y, np.where(free, cost, np.inf))

    def _spot(self, x: Values, y: Values, cost: Values) -> Spot:
        best = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return Spot(float(x[best]), float(y[best]), float(cost[best]))

    def _deviation(self, x: Values, y: Values, width: float, height: float) -> Values:
        """How far light and dark lie apart under a place: no one colour of letters reads on both."""
        if self.tone is None:
            return np.zeros(x.shape)
        mean, squares = (self._mean(sums, x, y, width, height) for sums in self.tone)
        return np.sqrt(np.maximum(squares - mean**2, 0))

    def _mean(self, sums: Values | None, x: Values, y: Values, width: float, height: float) -> Values:
        if sums is None:
            return np.zeros(x.shape)
        return Cells.under(x, y, x + width, y + height, self.size_px, sums).mean(sums)


def _sums(values: NDArray[np.floating[Any]], channel: Channel) -> Values:
    scale = min(1.0, _MAP_PX / max(channel.size_px))
    shape = (max(1, round(channel.size_px[1] * scale)), max(1, round(channel.size_px[0] * scale)))
    small = values if values.shape == shape else shrink_mask(np.asarray(values, np.float32), shape)
    return sum_up(small)
