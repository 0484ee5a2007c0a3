"""The picture as a graph of neighbouring pixels: cheapest ways from the border, and odds spread along like colours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from ..filters import Bools, grow

Indices = NDArray[np.integer[Any]]

_SEALED = 1e-5  # what passes across a sharp edge


_PAIRS = (
    (np.s_[:, :-1], np.s_[:, 1:], 1.0),
    (np.s_[:-1], np.s_[1:], 1.0),
    (np.s_[:-1, :-1], np.s_[1:, 1:], 2**0.5),
    (np.s_[:-1, 1:], np.s_[1:, :-1], 2**0.5),
)
_OFFSETS = ((0, 1), (1, 0), (1, 1), (1, -1))  # of the pairs, down and right
_NONE = np.zeros(0, dtype=np.intp)
_MOST_ROUNDS = 200


@lru_cache(maxsize=2)
def neighbours(height: int, width: int) -> tuple[Indices, Indices]:
    """List every pair of 8-connected pixels once, by flat indices (row * width + column).

    Shapes: two ``[P] int32``; ``[i]`` of both is a pair. Kept for the last two sizes, so not to be written to.
    """
    index = np.arange(height * width, dtype=np.int32).reshape(height, width)
    one = np.concatenate([index[pair[0]].ravel() for pair in _PAIRS])
    other = np.concatenate([index[pair[1]].ravel() for pair in _PAIRS])
    return one, other


def border_distance(lab: Array, rim: Bools) -> Array:
    """Measure the colour change on the cheapest way from the frame's edge to each pixel.

    Change as small as the border's own texture costs next to nothing, so wood grain or cloth does not add up.

    Args:
        lab: the photo in L*a*b*. rim: where the border's texture is measured; at least one pixel of it.
    Shapes: ``[H,W,3], [H,W] bool -> [H,W] float32``.
    Units: L*a*b*, summed along the way; 0 on the frame's edge.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    height, width = lab.shape[:2]
    one, other = neighbours(height, width)
    change = np.sqrt(np.concatenate([_squares(lab[pair[0]] - lab[pair[1]]).ravel() for pair in _PAIRS]))
    texture = float(np.percentile(change[rim.ravel()[one]], 60))
    cost = np.maximum(change - texture, 0.0) + 0.02 * texture + 0.02
    graph = coo_matrix((cost.astype(np.float64), (one, other)), shape=(height * width,) * 2).tocsr()
    reach: Any = dijkstra(graph, directed=False, indices=np.flatnonzero(frame_of(height, width)), min_only=True)
    return np.asarray(reach, dtype=np.float32).reshape(height, width)


class Ties:
    """How closely neighbouring pixels belong together: freely inside one colour and hardly across an edge.

    Made once for a picture, it settles any number of odds on it.
    """

    def __init__(self, lab: Array, free: Bools | None = None, steps: Array | None = None) -> None:
        """Tie a picture's pixels.

        Args:
            free: pixels outside of it keep their odds.
            steps: how sharp an edge each pixel lies on, where 1 counts as one; taken instead of the colours.
            lab: the picture in L*a*b*; only their differences count.
        Shapes: ``[H,W,3], [H,W] bool, [H,W] float32``, H and W 2 or more.
        """
        shape = lab.shape[:2]
        self._open = np.flatnonzero(np.ones(shape, dtype=bool) if free is None else free)
        self._given: tuple[Indices, Indices, Array] = (_NONE, _NONE, np.zeros(0, dtype=np.float32))
        self._by_colour = steps is None
        told = lab if steps is None else steps
        if free is None:
            self._tie_all(told)
        else:
            self._tie_some(told, free)

    def _tie_all(self, told: Array) -> None:
        """Tie all pixels: each direction is one diagonal of the matrix."""
        from scipy.sparse import dia_array

        height, width = told.shape[:2]
        changes = [self._change(told[one], told[other]) for one, other, _ in _PAIRS]
        mean = sum(float(each.sum()) for each in changes) / sum(each.size for each in changes)
        diagonals = np.zeros((8, height, width), dtype=np.float32)
        degree = np.zeros((height, width), dtype=np.float32)
        offsets: list[int] = []
        for each, (one, other, length) in enumerate(_PAIRS):
            tie = self._weigh(changes[each], mean) / np.float32(length)
            degree[one] += tie
            degree[other] += tie
            # A diagonal holds its numbers by columns.
            diagonals[2 * each][other], diagonals[2 * each + 1][one] = -tie, -tie
            offset = _OFFSETS[each][0] * width + _OFFSETS[each][1]
            offsets += [offset, -offset]
        self._degree = degree.ravel()
        self._between: Any = dia_array((diagonals.reshape(8, -1), offsets), shape=(degree.size, degree.size))

    def _tie_some(self, told: Array, free: Bools) -> None:
        """Tie what is free to its neighbours, free or not, pixel by pixel."""
        from scipy.sparse import csr_array

        height, width = free.shape
        count = len(self._open)
        # With a frame around it every pixel has eight neighbours; those in the frame are tied to nothing.
        wide = width + 2
        is_free, within, told = _framed(free), _framed(np.ones((height, width), dtype=bool)), _framed(told)
        # Each pair is weighed once, from the pixel that comes first; that one may be a neighbour of what is free.
        met = np.flatnonzero(_framed(grow(free, 2)))  # diagonals are two steps away
        weighed = np.zeros(len(told), dtype=np.int32)
        weighed[met] = np.arange(len(met), dtype=np.int32)
        own = told[met]
        change = np.empty((len(met), 4), dtype=np.float32)
        pairs = np.empty((len(met), 4), dtype=bool)
        for each, (down, right) in enumerate(_OFFSETS):
            there = met + (down * wide + right)
            change[:, each] = self._change(told[there], own)
            pairs[:, each] = within[there] & (is_free[met] | is_free[there])
        mean = float((change * pairs).sum() / max(int(pairs.sum()), 1))
        forward = self._weigh(change, mean) * pairs
        forward /= np.array([pair[2] for pair in _PAIRS], dtype=np.float32)

        here = np.flatnonzero(is_free)
        number = np.full(len(told), -1, dtype=np.int32)
        number[here] = np.arange(count, dtype=np.int32)
        tie = np.empty((count, 8), dtype=np.float32)
        whom = np.empty((count, 8), dtype=np.int32)
        tie[:, :4] = forward[weighed[here]]
        steps = np.array([down * wide + right for down, right in _OFFSETS])
        for each, step in enumerate(steps):
            back = here - step
            tie[:, 4 + each] = np.where(within[back], forward[weighed[back], each], np.float32(0))
            whom[:, each], whom[:, 4 + each] = number[here + step], number[back]
        self._degree = tie.sum(axis=1)
        rows, which = np.nonzero((whom < 0) & (tie > 0))
        row, column = np.divmod(here[rows] + np.concatenate([steps, -steps])[which], wide)
        self._given = rows, (row - 1) * width + column - 1, tie[rows, which]
        tied = whom >= 0
        ends = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(tied.sum(axis=1), out=ends[1:])
        self._between = csr_array((-tie[tied], whom[tied], ends), shape=(count, count))

    def _change(self, one: Array, other: Array) -> Array:
        """Square what lies between pixels: the change of their colours, or the higher of both steps."""
        return _squares(one - other) if self._by_colour else np.maximum(one, other) ** 2

    def _weigh(self, change: Array, mean: float) -> Array:
        """Tie pixels the closer the less lies between them."""
        if self._by_colour:
            return np.exp(change * np.float32(-3.0 / (mean + 1e-6))) + np.float32(1e-3)
        return np.exp(-change) + np.float32(_SEALED)

    def settle(self, odds: Array, trust: Array, close: float = 1e-3, start: Array | None = None) -> Array:
        """Smooth odds 0..1 over the picture.

        A random walker with priors: each pixel settles between its own ``odds`` (weighed by ``trust``) and its
        neighbours'.

        Args:
            close: how exactly; a step on the way to something needs little.
                Units: length of what is left to solve over that of the right side.
            start: a guess, from which it takes fewer rounds; by default the odds.
            trust: 0 or more, beside ties of at most 1 to each of eight neighbours.
        Shapes: all ``[H,W]``, and back ``[H,W] float32`` 0..1; pixels that are not free keep their odds.
        """
        if len(self._open) == 0:
            return odds
        out, weight = odds.astype(np.float32).ravel(), trust.astype(np.float32).ravel()[self._open]
        row, column, tie = self._given
        given = np.bincount(row, tie * out[column], minlength=len(self._open)).astype(np.float32)
        first = (out if start is None else start.astype(np.float32).ravel())[self._open]
        out[self._open] = self._solve(self._degree + weight, weight * out[self._open] + given, first, close)
        return np.clip(out, 0.0, 1.0).reshape(odds.shape)

    def _solve(self, degree: Array, right: Array, start: Array, close: float) -> Array:
        """Find ``x`` in ``(degree + between) x = right`` by conjugate gradients, each pixel scaled by its degree.

        scipy's own does the same, but spends more time between its operations than in them.
        """
        solved = start
        left = right - (degree * solved + self._between @ solved)
        enough = close**2 * _dot(right, right)
        scaled = left / degree
        way, along = scaled, _dot(left, scaled)
        for _ in range(_MOST_ROUNDS):
            if _dot(left, left) <= enough:
                break
            turned = degree * way + self._between @ way
            step = along / _dot(way, turned)
            solved = solved + step * way
            left -= step * turned
            scaled = left / degree
            along, before = _dot(left, scaled), along
            way = scaled + (along / before) * way
        return solved


def _framed(values: Any) -> Any:
    """Lay a frame of nothing around a picture, one pixel wide, and its pixels in a row."""
    height, width = values.shape[:2]
    out = np.zeros((height + 2, width + 2, *values.shape[2:]), dtype=values.dtype)
    out[1:-1, 1:-1] = values
    return out.reshape((-1, *values.shape[2:]))


def _dot(one: Array, other: Array) -> np.float32:
    return np.einsum("i,i->", one, other)  # unlike a BLAS the same for any number of threads


def spread(lab: Array, odds: Array, trust: Array, free: Bools | None = None) -> Array:
    """Tie a picture's pixels and settle one field of odds on it; see ``Ties``.

    Shapes: ``[H,W,3]`` L*a*b*, ``[H,W]`` 0..1, ``[H,W]``, ``[H,W] bool -> [H,W] float32`` 0..1.
    """
    return Ties(lab, free).settle(odds, trust)


def _squares(vectors: Array) -> Array:
    return np.einsum("...i,...i->...", vectors, vectors)


def frame_of(height: int, width: int, band: int = 1) -> Bools:
    """Mark the outermost ``band`` pixels of a picture, 1 or more. Shapes: ``-> [height,width] bool``."""
    rim = np.ones((height, width), dtype=bool)
    rim[band:-band, band:-band] = False
    return rim
