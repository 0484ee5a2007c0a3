"""The picture as a graph of neighbouring pixels: cheapest ways from the border, and odds spread along like colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Array
from .filters import Bools

Indices = NDArray[np.intp]


def neighbours(height: int, width: int) -> tuple[Indices, Indices, Array]:
    """List every pair of 8-connected pixels once. Returns: ``(one, other, distance)`` as flat indices."""
    index = np.arange(height * width).reshape(height, width)
    pairs = [
        (index[:, :-1], index[:, 1:], 1.0),
        (index[:-1], index[1:], 1.0),
        (index[:-1, :-1], index[1:, 1:], 2**0.5),
        (index[:-1, 1:], index[1:, :-1], 2**0.5),
    ]
    one = np.concatenate([pair[0].ravel() for pair in pairs])
    other = np.concatenate([pair[1].ravel() for pair in pairs])
    length = np.concatenate([np.full(pair[0].size, pair[2], dtype=np.float32) for pair in pairs])
    return one, other, length


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


def spread(lab: Array, odds: Array, trust: Array, free: Bools | None = None) -> Array:
    """Smooth odds 0..1 over the picture, freely inside one colour and hardly across an edge.

    A random walker with priors: each pixel settles between its own ``odds`` (weighed by ``trust``) and its neighbours'.
    Pixels outside ``free`` keep their odds.
    """
    from scipy.sparse import coo_matrix, diags_array
    from scipy.sparse.linalg import cg

    height, width = odds.shape
    open_ = np.ones(height * width, dtype=bool) if free is None else free.ravel()
    if not open_.any():
        return odds
    one, other, length = neighbours(height, width)
    used = open_[one] | open_[other]
    one, other, length = one[used], other[used], length[used]
    flat = lab.reshape(-1, 3)
    change = _squared(flat, one, other)
    tie = (np.exp(-3.0 * change / (float(change.mean()) + 1e-6)) + 1e-3) / length
    start, weight = odds.ravel().astype(np.float64), trust.ravel().astype(np.float64)[open_]
    number = np.cumsum(open_) - 1
    count = int(open_.sum())
    rows, columns, ties = np.r_[one, other], np.r_[other, one], np.r_[tie, tie].astype(np.float64)
    mine = open_[rows]
    rows, columns, ties = rows[mine], columns[mine], ties[mine]
    degree = np.bincount(number[rows], ties, minlength=count) + weight
    inner = open_[columns]
    given = np.bincount(number[rows[~inner]], ties[~inner] * start[columns[~inner]], minlength=count)
    matrix = diags_array(degree) - coo_matrix(
        (ties[inner], (number[rows[inner]], number[columns[inner]])), shape=(count, count)
    )
    solved, _ = cg(
        matrix.tocsr(),
        weight * start[open_] + given,
        x0=start[open_],
        rtol=1e-4,
        maxiter=200,
        M=diags_array(1 / degree),
    )
    settled = start.copy()
    settled[open_] = solved
    return np.clip(settled, 0.0, 1.0).astype(np.float32).reshape(height, width)


def _squared(flat: Array, one: Indices, other: Indices) -> Array:
    """Square the colour change between pairs of pixels."""
    step = flat[one] - flat[other]
    return np.einsum("ij,ij->i", step, step)


def frame_of(height: int, width: int, band: int = 1) -> Bools:
    """Mark the outermost ``band`` pixels of a picture."""
    rim = np.ones((height, width), dtype=bool)
    rim[band:-band, band:-band] = False
    return rim
