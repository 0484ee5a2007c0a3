"""The picture as a graph of neighbouring pixels: cheapest ways from the border, and odds spread along like colours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from ..filters import Bools

Indices = NDArray[np.int32]

_SEALED = 1e-5  # what passes across a sharp edge


_PAIRS = (
    (np.s_[:, :-1], np.s_[:, 1:], 1.0),
    (np.s_[:-1], np.s_[1:], 1.0),
    (np.s_[:-1, :-1], np.s_[1:, 1:], 2**0.5),
    (np.s_[:-1, 1:], np.s_[1:, :-1], 2**0.5),
)


@lru_cache(maxsize=2)
def neighbours(height: int, width: int) -> tuple[Indices, Indices, Array]:
    """List every pair of 8-connected pixels once. Returns: ``(one, other, distance)`` as flat indices."""
    return _neighbours_of(np.ones((height, width), dtype=bool))


def _neighbours_of(free: Bools) -> tuple[Indices, Indices, Array]:
    """List as ``neighbours`` does the pairs of which at least one pixel is free."""
    index = np.arange(free.size, dtype=np.int32).reshape(free.shape)
    used = [free[one] | free[other] for one, other, _ in _PAIRS]
    one = np.concatenate([index[pair[0]][kept] for pair, kept in zip(_PAIRS, used, strict=True)])
    other = np.concatenate([index[pair[1]][kept] for pair, kept in zip(_PAIRS, used, strict=True)])
    lengths = [np.full(int(kept.sum()), pair[2], dtype=np.float32) for pair, kept in zip(_PAIRS, used, strict=True)]
    return one, other, np.concatenate(lengths)


def border_distance(lab: Array, rim: Bools) -> Array:
    """Measure the colour change on the cheapest way from the frame's edge to each pixel.

    Change as small as the border's own texture costs next to nothing, so wood grain or cloth does not add up.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    height, width = lab.shape[:2]
    one, other, _ = neighbours(height, width)
    flat = lab.reshape(-1, 3)
    change = np.sqrt(_squared(flat, one, other))
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
        Shapes: ``[H,W,3], [H,W], [H,W]``.
        """
        from scipy.sparse import coo_matrix

        height, width = lab.shape[:2]
        self._open = np.ones(height * width, dtype=bool) if free is None else free.ravel()
        one, other, length = neighbours(height, width) if free is None else _neighbours_of(free)
        if steps is None:
            change = _squared(lab.reshape(-1, 3), one, other)
            tie = (np.exp(-3.0 * change / (float(change.mean()) + 1e-6)) + 1e-3) / length
        else:
            tie = (np.exp(-(np.maximum(steps.ravel()[one], steps.ravel()[other]) ** 2)) + _SEALED) / length
        rows, columns, ties = np.r_[one, other], np.r_[other, one], np.r_[tie, tie].astype(np.float32)
        self._count = int(self._open.sum())
        number = np.cumsum(self._open, dtype=np.int32) - np.int32(1)
        if free is not None:
            mine = self._open[rows]
            rows, columns, ties = rows[mine], columns[mine], ties[mine]
        inner = self._open[columns]
        self._degree = np.bincount(number[rows], ties, minlength=self._count).astype(np.float32)
        self._given = number[rows[~inner]], columns[~inner], ties[~inner]
        kept = (number[rows[inner]], number[columns[inner]])
        self._between = coo_matrix((-ties[inner], kept), shape=(self._count, self._count)).tocsr()

    def settle(self, odds: Array, trust: Array, close: float = 1e-3, start: Array | None = None) -> Array:
        """Smooth odds 0..1 over the picture.

        A random walker with priors: each pixel settles between its own ``odds`` (weighed by ``trust``) and its
        neighbours'.

        Args:
            close: how exactly; a step on the way to something needs little.
            start: a guess, from which it takes fewer rounds; by default the odds.
        """
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import cg

        if self._count == 0:
            return odds
        out, weight = odds.astype(np.float32).ravel(), trust.astype(np.float32).ravel()[self._open]
        degree = self._degree + weight
        row, column, tie = self._given
        given = np.bincount(row, tie * out[column], minlength=self._count).astype(np.float32)
        solved, _ = cg(
            (self._between + diags_array(degree)).tocsr(),
            weight * out[self._open] + given,
            x0=(out if start is None else start.astype(np.float32).ravel())[self._open],
            rtol=close,
            maxiter=200,
            M=diags_array(1 / degree),
        )
        out[self._open] = solved
        return np.clip(out, 0.0, 1.0).reshape(odds.shape)


def spread(lab: Array, odds: Array, trust: Array, free: Bools | None = None) -> Array:
    """Tie a picture's pixels and settle one field of odds on it; see ``Ties``."""
    return Ties(lab, free).settle(odds, trust)


def _squared(flat: Array, one: Indices, other: Indices) -> Array:
    """Square the colour change between pairs of pixels."""
    step = flat[one] - flat[other]
    return np.einsum("ij,ij->i", step, step)


def frame_of(height: int, width: int, band: int = 1) -> Bools:
    """Mark the outermost ``band`` pixels of a picture."""
    rim = np.ones((height, width), dtype=bool)
    rim[band:-band, band:-band] = False
    return rim
