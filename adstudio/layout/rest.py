"""Where on a backdrop a product can stand: a platform, a table, the open lower part. And where the light is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..types import Array, Light
from .score import luminance

_STEP_SEEN = 0.055  # change of colour over three rows of the small picture that makes an edge
_ALL_ACROSS = 0.6  # share of the columns that an edge must cross to be a table's or the horizon
_PLATFORM_STEP = 0.03
_TILT_SEEN = 0.12  # log luminance from edge to edge


@dataclass(frozen=True, slots=True)
class Rest:
    """A place to stand. ``base_y`` is the best base line, ``low``/``high`` its bounds; ``width`` is how wide it is."""

    kind: Literal["platform", "table", "open"]
    base_y: float
    low: float
    high: float
    x: float = 0.5
    width: float = 1.0


def find_rest(small: Array) -> Rest:
    """Find where a product stands on a small backdrop ``[h,w,3]``."""
    if min(small.shape[:2]) < 24:
        return _OPEN
    # Lightness, not luminance: steps in the dark count as they are seen.
    light = np.cbrt(luminance(small)).astype(np.float32)
    edge = _table_edge(small)
    platform = _platform(light, lowest_start=max(0.5, edge or 0.0))
    if platform is not None:
        return platform
    if edge is None:
        return _OPEN
    # In the front half of the table, where a hand would put it.
    best = min(max(edge + 0.48 * (1 - edge), 0.68), 0.9)
    return Rest("table", best, min(edge + 0.12 * (1 - edge) + 0.02, best), 0.94)


def light_side(small: Array) -> Light:
    """The side the light comes from: the slope of a plane through log luminance."""
    height, width = small.shape[:2]
    bright = np.log(luminance(small) + 0.02)
    down, across = np.meshgrid(np.linspace(-0.5, 0.5, height), np.linspace(-0.5, 0.5, width), indexing="ij")
    plane = np.stack([across.ravel(), down.ravel(), np.ones(height * width)], axis=1)
    slope = float(np.linalg.lstsq(plane, bright.ravel(), rcond=None)[0][0])
    if abs(slope) < _TILT_SEEN:
        return "above"
    return "left" if slope < 0 else "right"


_OPEN = Rest("open", 0.82, 0.7, 0.92)


def _table_edge(small: Array) -> float | None:
    """Height of the lowest line that runs across nearly all of the picture, in fractions; None = there is none."""
    change = np.abs(_step_down(small)).max(axis=2)
    # An edge may tilt by a row or two.
    thick = np.maximum.reduce([np.roll(change, shift, axis=0) for shift in (-1, 0, 1)])
    share = (thick > _STEP_SEEN).mean(axis=1)
    height = small.shape[0]
    first, last = int(0.3 * height), int(0.74 * height)
    rows = [y for y in range(first, last) if share[y] >= _ALL_ACROSS]
    if not rows:
        return None
    # The lowest run of such rows; a textured table has many weak ones, so the run's strongest row must stand out.
    lowest = [y for y in rows if y > rows[-1] - 4]
    best = max(lowest, key=lambda y: float(np.median(thick[y])))
    below = float(np.median(thick[min(best + 6, height - 1) :]))
    if float(np.median(thick[best])) < 2.0 * below + 0.01:
        strong = max(rows, key=lambda y: float(np.median(thick[y])))
        best = strong if float(np.median(thick[strong])) > 1.5 * float(np.median(thick[best])) else best
    return (best + 0.5) / height


def _platform(light: Array, lowest_start: float) -> Rest | None:
    """A lit top face in the lower middle: brighter than what is behind it, and than its own side below."""
    height, width = light.shape
    step = _step_down(light[..., None])[..., 0]
    sides = np.concatenate([step[:, : width // 12], step[:, -(width // 12) :]], axis=1)
    quiet = np.abs(np.median(sides, axis=1))
    best: tuple[float, float, int, int] | None = None
    for centre in np.arange(0.32, 0.69, 0.04):
        half = max(2, round(0.05 * width))
        column = round(centre * width)
        profile = np.median(step[:, column - half : column + half], axis=1)
        # What also happens at the picture's sides is the scene's, not a platform's.
        own = np.where(np.abs(profile) > 2 * quiet, profile, 0.0)
        for top in range(int(lowest_start * height), int(0.85 * height)):
            if own[top] < _PLATFORM_STEP or own[top] < own[max(0, top - 2) : top + 3].max():
                continue
            near, far = top + max(4, round(0.03 * height)), top + round(0.2 * height)
            fronts = own[near:far]
            if fronts.size == 0 or fronts.min() > -_PLATFORM_STEP:
                continue
            front = near + int(fronts.argmin())
            strength = float(own[top] - own[front])
            if best is None or strength > best[0]:
                best = (strength, float(centre), top, front)
    if best is None:
        return None
    _, centre, top, front = best
    middle = (top + front) // 2
    extent = _extent(light, middle, round(centre * width), top)
    if extent is None:
        return None
    left, right = extent
    # A little in front of the middle of the top face; its ellipse is foreshortened.
    base = (top + 0.62 * (front - top) + 0.5) / height
    share = (right - left) / width
    return Rest("platform", base, base, base, (left + right) / 2 / width, share)


def _extent(light: Array, row: int, column: int, top: int) -> tuple[int, int] | None:
    """How far the face reaches to both sides; None where it runs to the picture's edge or is too narrow."""
    here = light[row]
    face = float(here[column - 1 : column + 2].mean())
    behind = float(light[max(0, top - 4), column])
    limit = (face + behind) / 2
    if face <= behind:
        return None
    left, right = column, column
    while left > 0 and here[left - 1] > limit:
        left -= 1
    while right < here.size - 1 and here[right + 1] > limit:
        right += 1
    share = (right - left) / here.size
    return (left, right) if left > 0 and right < here.size - 1 and 0.15 <= share <= 0.85 else None


def _step_down(values: Array) -> Array:
    """Change from the three rows above each row to the three from it on; > 0 = brighter below."""
    padded = np.pad(values, ((3, 3), (0, 0), (0, 0)), mode="edge")
    means = (padded[:-2] + padded[1:-1] + padded[2:]) / 3  # means[i] covers padded rows i..i+2
    height = values.shape[0]
    return (means[3 : 3 + height] - means[:height]).astype(np.float32)
