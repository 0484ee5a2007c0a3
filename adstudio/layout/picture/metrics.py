"""The figures that a layout is judged by, each 0..1 and higher = better, of boxes and of a picture's maps.

They re-think the metrics of PosterLayout (CVPR 2023): gradients are floats on an absolute scale, a box lies in another
only if all four of its edges do, nothing is divided by a count that may be 0, and nothing runs to infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ...srgb import luminance, ratio
from ...types import Array, Box

SAFE_MARGIN = 0.05  # of the shorter side
_SALIENT = 0.6  # energy of what certainly is the subject
_RESTLESS = 0.5  # mean gradient under copy at which reading becomes work
_FULL_USE = 0.15  # share of the free space under copy from which on more is no gain
_ASTRAY = 0.05  # of the picture: from here on two edges have nothing to do with each other
_ENOUGH_CONTRAST = 4.5  # WCAG AA of small type, asked of large type too: an ad is read in passing
_SAME = 1e-6


def occlusion(boxes: Sequence[Box], energy: Array, clear: Array | None = None) -> float:
    """How little of the subject is covered: of what is salient, and of what must stay clear (``clear`` 1 = product)."""
    salient = _mean(saliency(energy), _cover(boxes, energy.shape))
    touching = 0.0 if clear is None else _mean((clear > 0.25).astype(np.float32), _cover(boxes, clear.shape))
    # Any touch of the product is a fault, so it counts fourfold.
    return 1 - min(1.0, max(salient, 4 * touching))


def readability(boxes: Sequence[Box], gradient: Array) -> float:
    """How calm the ground is under letters that stand on no plate."""
    return 1 - min(1.0, _mean(gradient, _cover(boxes, gradient.shape)) / _RESTLESS)


def utility(boxes: Sequence[Box], energy: Array) -> float:
    """How far the free space is made use of; a picture without any asks for nothing."""
    free = 1 - saliency(energy)
    room = float(free.sum())
    return 1.0 if room < _SAME else min(1.0, float(free[_cover(boxes, free.shape)].sum()) / room / _FULL_USE)


def alignment(boxes: Sequence[Box]) -> float:
    """How well every box shares an edge or an axis with some other one."""
    if len(boxes) < 2:
        return 1.0
    guides = np.array([
        [b.x0, (b.x0 + b.x1) / 2, b.x1, b.y0, (b.y0 + b.y1) / 2, b.y1] for b in boxes
    ])  # fmt: skip
    apart = np.abs(guides[:, None] - guides[None]).min(axis=2)
    np.fill_diagonal(apart, np.inf)
    return 1 - float(np.minimum(apart.min(axis=1) / _ASTRAY, 1).mean())


def overlap(boxes: Sequence[Box]) -> float:
    """How little boxes lie over each other: of the worst pair, the share of the smaller one that is hit."""
    return 1 - max((a.overlap_share(b) for a, b in combinations(boxes, 2)), default=0.0)


def underlay(plates: Sequence[Box], boxes: Sequence[Box]) -> float:
    """How far a box that touches a plate lies on it; of the worst one."""
    shares = [
        1.0 if contains(plate, box) else plate.overlap(box) / box.area
        for plate in plates
        for box in boxes
        if plate.overlap(box) > _SAME
    ]
    return min(shares, default=1.0)


def safe_zone(boxes: Sequence[Box], width: int, height: int, safe: Box | None = None) -> float:
    """How well the worst box keeps its margin to the picture's edges, and stays inside the channel's safe zone."""
    rooms = [edge_room(box, width, height) / SAFE_MARGIN for box in boxes]
    if safe is not None:
        rooms += [1 + edge_room(box, width, height, safe) / SAFE_MARGIN for box in boxes]
    return float(np.clip(min(rooms, default=1.0), 0, 1))


def contrast(grounds: Sequence[tuple[Array, float | None]]) -> float:
    """How well the worst of several pieces of copy differs from its ground; each as :func:`copy_contrast` takes it."""
    return min(1.0, min((copy_contrast(*ground) / _ENOUGH_CONTRAST for ground in grounds), default=1.0))


def copy_contrast(ground: Array, ink: float | None = None) -> float:
    """Worst-case WCAG contrast of letters of luminance ``ink`` on a ground ``[h,w,3]``.

    A dark corner under one letter spoils the word, so single patches count beside the whole. Without ``ink``, white or
    near-black, whichever reads better.
    """
    bright = luminance(ground)
    whole, patches = np.sort(bright, axis=None), np.sort(_patches(bright), axis=1)
    low = min(whole[_rank(0.05, whole)], patches[:, _rank(0.3, patches[0])].min())
    high = max(whole[_rank(0.95, whole)], patches[:, _rank(0.7, patches[0])].max())
    low, high = float(low), float(high)
    if ink is None:
        return max(ratio(1.0, high), ratio(0.0016, low))
    return 1.0 if low < ink < high else min(ratio(ink, low), ratio(ink, high))


def saliency(energy: Array) -> Array:
    """Energy stretched so that 1 certainly is the subject."""
    return np.clip(energy / _SALIENT, 0, 1).astype(np.float32)


def contains(outer: Box, inner: Box) -> bool:
    """Tell whether a box lies in another with all four edges."""
    return (
        outer.x0 <= inner.x0 + _SAME
        and outer.y0 <= inner.y0 + _SAME
        and outer.x1 >= inner.x1 - _SAME
        and outer.y1 >= inner.y1 - _SAME
    )


def edge_room(box: Box, width: int, height: int, frame: Box = Box(0.0, 0.0, 1.0, 1.0)) -> float:  # noqa: B008 - frozen
    """Distance from a box to the nearest edge of a frame, in units of the shorter side; negative = outside."""
    across = min(box.x0 - frame.x0, frame.x1 - box.x1) * width
    down = min(box.y0 - frame.y0, frame.y1 - box.y1) * height
    return min(across, down) / min(width, height)


def under(values: Array, box: Box) -> Array:
    """The part of a small map under a box; at least one pixel, also for a box that lies outside."""
    height, width = values.shape[:2]
    return values[_span(box.y0, box.y1, height), _span(box.x0, box.x1, width)]


def _cover(boxes: Sequence[Box], shape: tuple[int, ...]) -> np.ndarray:
    """Where a map lies under any of the boxes; what two of them cover counts once."""
    covered = np.zeros(shape[:2], bool)
    for box in boxes:
        under(covered, box)[...] = True
    return covered


def _mean(values: Array, where: np.ndarray) -> float:
    return float(values[where].mean()) if where.any() else 0.0


def _span(start: float, end: float, length: int) -> slice:
    first = min(max(int(start * length + _SAME), 0), length - 1)
    return slice(first, min(max(int(np.ceil(end * length - _SAME)), first + 1), length))


def _patches(values: Array) -> Array:
    """Cut a map into patches of about 6 x 6, which overlap a little. Shapes: ``[h,w]`` to ``[patches,36]``."""
    down, across = (_patch_indices(length) for length in values.shape)
    patches = values[down[:, None, :, None], across[None, :, None, :]]
    return patches.reshape(len(down) * len(across), -1)


def _rank(share: float, values: Array) -> int:
    return round(share * (len(values) - 1))


def _patch_indices(length: int) -> np.ndarray:
    count = max(1, length // 6)
    size = -(-length // count)
    return np.linspace(0, length - size, count).round().astype(int)[:, None] + np.arange(size)
