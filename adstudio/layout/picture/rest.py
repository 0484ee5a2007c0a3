"""Where on a backdrop a product can stand: a platform, a table, the open lower part. And where the light is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...srgb import luminance
from ...types import Array, Light

_STEP_SEEN = 0.055  # change of colour over three rows of the small picture that makes an edge
_ALL_ACROSS = 0.6  # share of the columns that an edge must cross to be a table's or the horizon
_PLATFORM_STEP = 0.03
_HIGHEST_PLATFORM, _NARROWEST = 0.5, 0.22  # of the picture: the highest top and the least width of a platform
_HIGHEST_BASE = 0.68  # of products on a table
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


def tightest_rest(products: int = 1) -> Rest:
    """The ground with the least room that ``find_rest`` can find, whatever the backdrop shows."""
    if products == 1:
        return Rest("platform", _HIGHEST_PLATFORM, _HIGHEST_PLATFORM, _HIGHEST_PLATFORM, width=_NARROWEST)
    return Rest("table", _HIGHEST_BASE, _HIGHEST_BASE, _HIGHEST_BASE)


def find_rest(small: Array, products: int = 1) -> Rest:
    """Find where products stand on a small backdrop ``[h,w,3]``; a platform is for one alone."""
    if min(small.shape[:2]) < 24:
        return OPEN
    # Lightness, not luminance: steps in the dark count as they are seen.
    light = np.cbrt(luminance(small)).astype(np.float32)
    edge = _table_edge(small)
    platform = _platform(light, lowest_start=max(_HIGHEST_PLATFORM, (edge or 0.0) - 0.05)) if products == 1 else None
    if platform is not None:
        return platform
    if edge is None:
        return OPEN
    # In the front half of the table, where a hand would put it.
    best = min(max(edge + 0.48 * (1 - edge), _HIGHEST_BASE), 0.9)
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


OPEN = Rest("open", 0.82, 0.7, 0.92)


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
    best: tuple[float, int, int, int] | None = None
    for centre in np.arange(0.32, 0.69, 0.04):
        half = max(2, round(0.05 * width))
        column = round(centre * width)
        profile = np.median(step[:, column - half : column + half], axis=1)
        # What also happens at the picture's sides is the scene's, not a platform's.
        own = np.where(np.abs(profile) > 2 * quiet, profile, 0.0)
        for top in range(max(4, int(lowest_start * height)), min(int(0.85 * height), height - 4)):
            if own[top] < _PLATFORM_STEP or own[top] < own[top - 2 : top + 3].max() or not _is_sharp(profile, top):
                continue
            near, far = top + max(4, round(0.03 * height)), min(top + round(0.2 * height), height - 4)
            if near >= far:
                continue
            front = near + int(own[near:far].argmin())
            strength = float(own[top] - own[front])
            if own[front] <= -_PLATFORM_STEP and _is_sharp(profile, front) and (best is None or strength > best[0]):
                best = (strength, column, top, front)
    if best is None:
        return None
    _, column, top, front = best
    extent = _extent(step, column, top, front)
    if extent is None:
        return None
    left, right = extent
    if not _stands_out(light, left, right, top, front):
        return None
    # A little in front of the middle of the top face; its ellipse is foreshortened.
    base = (top + 0.62 * (front - top) + 0.5) / height
    return Rest("platform", base, base, base, (left + right + 1) / 2 / width, (right - left + 1) / width)


def _is_sharp(profile: Array, row: int) -> bool:
    """Tell a rim from a soft fold of cloth or a shadow: four rows away nothing is left of the step."""
    return float(abs(profile[row - 4]) + abs(profile[row + 4])) / 2 < 0.42 * abs(float(profile[row]))


def _extent(step: Array, column: int, top: int, front: int) -> tuple[int, int] | None:
    """How far the two rims reach to both sides; None where they cross the whole picture or are too short."""
    middle = (top + front) // 2
    rises = step[max(0, top - 3) : middle + 1].max(axis=0) > 0.6 * _PLATFORM_STEP
    falls = step[middle : front + 4].min(axis=0) < -0.6 * _PLATFORM_STEP
    face = rises & falls
    left, right, last = column, column, face.size - 1
    while left > 0 and face[left - 1]:
        left -= 1
    while right < last and face[right + 1]:
        right += 1
    return (left, right) if left > 0 and right < last and _NARROWEST <= (right - left + 1) / face.size <= 0.85 else None


def _stands_out(light: Array, left: int, right: int, top: int, front: int) -> bool:
    """Whether the face is calm, and lighter than what lies beside it on both sides, as in woven cloth it is not."""
    rows = slice(top + 2, max(front - 2, top + 3))
    reach = max(3, round(0.06 * light.shape[1]))
    face = light[rows, left + (right - left) // 5 : right - (right - left) // 5]
    beside = (light[rows, max(0, left - reach) : max(1, left - 1)], light[rows, right + 2 : right + 2 + reach])
    if face.size == 0 or any(part.size == 0 for part in beside):
        return False
    ends = (face[:, : max(1, face.shape[1] // 4)], face[:, -max(1, face.shape[1] // 4) :])
    apart = min(float(np.median(end) - np.median(part)) for end, part in zip(ends, beside, strict=True))
    return apart > _PLATFORM_STEP and float(face.std(axis=0).mean()) < 0.6 * apart


def _step_down(values: Array) -> Array:
    """Change from the three rows above each row to the three from it on; > 0 = brighter below."""
    padded = np.pad(values, ((3, 3), (0, 0), (0, 0)), mode="edge")
    means = (padded[:-2] + padded[1:-1] + padded[2:]) / 3  # means[i] covers padded rows i..i+2
    height = values.shape[0]
    return (means[3 : 3 + height] - means[:height]).astype(np.float32)
