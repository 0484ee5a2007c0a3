"""Complete the rim of what is round.

Plates, bowls and tins are ovals in a photo. Where a gleam or the shade on their rim has the ground's hue, the search
loses a strip of them, and a plate with a corner cut off is the first thing that anybody sees. The rest of the outline
tells where the rim runs; the strip is given back where the photo shows an edge there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ...types import Array
from ..filters import Bools, around, blur, find_parts, grow, lengths, rescale_part
from ..linear import to_lab, to_linear
from ..resample import resize

_SIDE_PX = 768
_OFF = 0.003  # of the longest side: how far from its oval an outline may run
_LEAST_FOLLOWED = 0.5  # of the way round the oval
_LEAST_AXIS = 0.08  # of the longest side
_DEEPEST = 0.06  # of the oval's longer axis, that a lost strip may be wide
_MOST_STRIPS = 4  # a crown cap has notches all the way round, and they are its own
_LEAST_DEEP_PX, _LEAST_LOST = 1.5, 0.0005  # a strip, as deep and of such a share of the oval at least
_LEAST_STEP, _APART = 8.0, 6  # L*a*b* units across a rim, between what is six half pixels apart
_LEAST_SHOWN = 0.7  # of a strip's length
_TRIALS, _POINTS, _DRAWN = 100, 400, 5
_TURN = 360
_STRETCH = 12  # of the rim's steps whose colours are averaged: what the ground's grain shows does not run along a rim


@dataclass(frozen=True, slots=True)
class Oval:
    """An ellipse in pixels, ``angle`` in radians from the x axis to ``half_width``'s."""

    x: float
    y: float
    half_width: float
    half_height: float
    angle: float

    def distance(self, x: Array, y: Array) -> Array:
        """How far outside the oval points lie, in pixels, to the first order (Sampson); inside it is negative."""
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        x, y = x - np.float32(self.x), y - np.float32(self.y)
        along = (x * cos + y * sin) / np.float32(self.half_width)
        across = (y * cos - x * sin) / np.float32(self.half_height)
        length = np.maximum(np.hypot(along, across), np.float32(1e-6))
        slope = np.hypot(along / np.float32(self.half_width), across / np.float32(self.half_height)) / length
        return np.asarray((length - 1) / np.maximum(slope, np.float32(1e-9)), dtype=np.float32)

    def walk(self, steps: int) -> tuple[Array, Array]:
        """Points all the way round and the directions that lead out of them, as x and y. Shapes: ``[N,2]`` each."""
        turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turned = np.array([[cos, sin], [-sin, cos]])
        out = np.stack([np.cos(turn) / self.half_width, np.sin(turn) / self.half_height], -1)
        points = np.stack([np.cos(turn) * self.half_width, np.sin(turn) * self.half_height], -1)
        out /= np.hypot(*out.T)[:, None]
        points = points @ turned + (self.x, self.y)
        return points.astype(np.float32), (out @ turned).astype(np.float32)

    @property
    def axes(self) -> tuple[float, float]:
        """How long the shorter and the longer axis are, in pixels."""
        shorter, longer = sorted((self.half_width, self.half_height))
        return 2 * shorter, 2 * longer

    def scaled(self, by: float) -> Oval:
        """The same oval in a picture ``by`` times as large, whose first pixel's middle is at 0 as well."""
        x, y = ((each + 0.5) * by - 0.5 for each in (self.x, self.y))
        return Oval(x, y, self.half_width * by, self.half_height * by, self.angle)


def complete_rim(photo: Array, matte: Array, edge_px: float) -> Array:
    """Give back what was lost inside a round rim; the same matte comes back where the outline is not round, or whole.

    Args:
        edge_px: over how many pixels the matte rises at an edge.

    Shapes: ``[H,W,3], [H,W] -> [H,W]``.
    """
    scale = min(1.0, _SIDE_PX / max(matte.shape))
    height, width = (max(8, round(side * scale)) for side in matte.shape)
    small = resize(matte, width, height)
    oval = _find_oval(small)
    if oval is None:
        return matte
    rows, columns = (np.arange(side, dtype=np.float32) for side in small.shape)
    off = oval.distance(columns[None], rows[:, None])
    lost = (small < 0.5) & (off < 0)
    if lost.sum() < _LEAST_LOST * (off < 0).sum():
        return matte
    points, outward = oval.walk(_TURN)
    shows = _shows_edge(resize(photo, width, height), points, outward, _OFF * max(width, height))
    inside = np.rint(points - outward).astype(int).clip(0, (width - 1, height - 1))
    parts, count = find_parts(lost)
    strips: list[Bools] = []
    for number in range(1, count + 1):
        strip = parts == number
        along = strip[inside[:, 1], inside[:, 0]]
        is_thin = _LEAST_DEEP_PX <= -off[strip].min() <= _DEEPEST * oval.axes[1]
        if is_thin and along.any() and shows[along].mean() > _LEAST_SHOWN:
            strips.append(strip)
    if not 0 < len(strips) <= _MOST_STRIPS:
        return matte
    return _fill(matte, oval, np.logical_or.reduce(strips), edge_px)


def _find_oval(matte: Array) -> Oval | None:
    """Find the oval that most of the longest outline follows (RANSAC); None where that is not most of the oval."""
    from skimage.measure import find_contours

    outlines = find_contours(matte, 0.5)
    if not outlines:
        return None
    outline = max(outlines, key=len)[:, ::-1]
    points = outline[:: max(1, len(outline) // _POINTS)]
    longest, off = max(matte.shape), _OFF * max(matte.shape)
    rng, best = np.random.default_rng(0), np.zeros(len(points), dtype=np.bool_)
    if len(points) < 2 * _DRAWN:
        return None
    for _ in range(_TRIALS):
        oval = _fit(points[rng.choice(len(points), _DRAWN, replace=False)])
        if oval is None or oval.axes[0] < _LEAST_AXIS * longest or oval.axes[1] > 2 * longest:
            continue
        near = np.abs(oval.distance(*points.T)) < off
        best = max(best, near, key=np.count_nonzero)
    oval = None
    for _ in range(3):  # those that lie near the oval of those that lie near
        if best.sum() < _DRAWN or (oval := _fit(points[best])) is None:
            return None
        best = np.abs(oval.distance(*points.T)) < off
    ring, _ = cast(Oval, oval).walk(_TURN)
    follows = lengths(ring[:, None] - np.float32(outline[::2])).min(axis=1) < 2 * off
    return oval if follows.mean() >= _LEAST_FOLLOWED else None


def _fit(points: Array) -> Oval | None:
    """Fit the conic of least algebraic error; None where it is no ellipse.

    scikit-image's ``EllipseModel`` fails on points of straight lines, of which many outlines consist.
    """
    middle, spread = points.mean(axis=0, dtype=np.float64), float(points.std()) + 1e-9
    x, y = ((points - middle) / spread).T
    terms = np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)])
    xx, xy, yy, along_x, along_y, one = np.linalg.eigh(terms @ terms.T)[1][:, 0]
    form = np.array([[xx, xy / 2], [xy / 2, yy]])
    if np.linalg.det(form) < 1e-9:
        return None
    centre = -np.linalg.solve(form, (along_x / 2, along_y / 2))
    bends, axes = np.linalg.eigh(form / -(one + (along_x * centre[0] + along_y * centre[1]) / 2))
    if bends[0] <= 0:
        return None
    (x, y), (half_width, half_height) = (middle + spread * centre).tolist(), (spread / np.sqrt(bends)).tolist()
    return Oval(x, y, half_width, half_height, float(np.arctan2(axes[1, 0], axes[0, 0])))


def _shows_edge(photo: Array, points: Array, outward: Array, off_px: float) -> Bools:
    """Tell for each point of a rim whether colours change there, averaged along a stretch of it."""
    from scipy.ndimage import map_coordinates, uniform_filter1d

    away = np.arange(-off_px - 2, off_px + 2.5, 0.5, dtype=np.float32)
    at = np.moveaxis(points[:, None] + away[None, :, None] * outward[:, None], -1, 0)[::-1]
    planes = [map_coordinates(plane, at, order=1, mode="nearest") for plane in np.moveaxis(blur(photo, 0.6), -1, 0)]
    across = to_lab(to_linear(np.stack(planes, -1, dtype=np.float32)))
    across = np.asarray(uniform_filter1d(across, _STRETCH, axis=0, mode="wrap"), dtype=np.float32)
    return lengths(across[:, _APART:] - across[:, :-_APART]).max(axis=1) >= _LEAST_STEP


def _fill(matte: Array, oval: Oval, given: Bools, edge_px: float) -> Array:
    height, width = matte.shape
    by = width / given.shape[1]
    rows, columns = around(given, 3)
    part = rescale_part(rows, given.shape[0], height), rescale_part(columns, given.shape[1], width)
    oval = oval.scaled(by)
    y, x = (np.arange(each.start, each.stop, dtype=np.float32) for each in part)
    covered = np.clip(0.5 - oval.distance(x[None], y[:, None]) / np.float32(edge_px), 0, 1)
    near = resize(grow(given, 2).astype(np.float32), width, height)[part] > 0.5
    filled = matte.copy()
    filled[part] = np.where(near, np.maximum(matte[part], covered), matte[part])
    return filled
