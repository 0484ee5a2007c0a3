"""Where products meet the ground: the zone that may be drawn anew, and how it is laid round what must stay."""

from __future__ import annotations

import numpy as np

from ...types import Array
from ..filters import blur, blur_spot, find_parts
from ..linear import luminance, to_linear, to_srgb

OPAQUE = 0.999
_SOLID = 0.5
_SMALLEST_SHARE = 0.02  # of the largest product's area; smaller pieces are crumbs of a matte
_LIFT = 0.35  # of the product's size: an underside that far above the ground still touches a little of it
_SHADE_GRAIN = 0.008  # of the zone's size: finer than that is the ground's texture, coarser its shade
_FLOOR = 1e-3


def find_zone(alpha: Array, reach: float = 0.12) -> Array:
    """Mark the ground under and around the base of everything that stands in a picture, never what is opaque.

    Args:
        alpha: how far products cover each pixel, ``[H,W]``.
        reach: how far the zone goes from the base, as a share of the product's size.
    Shapes: ``-> [H,W] float32``, 1 = all of it may be drawn anew.
    """
    from scipy.ndimage import find_objects

    zone = np.zeros(alpha.shape, dtype=np.float32)
    numbers, count = find_parts(alpha > _SOLID)
    boxes = find_objects(numbers)
    areas = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    for number, (box, area) in enumerate(zip(boxes, areas, strict=True), start=1):
        if area < _SMALLEST_SHARE * areas.max():
            continue
        _mark(zone, numbers[box] == number, (box[0].start, box[1].start), reach)
    return np.where(alpha > OPAQUE, np.float32(0), zone * (1 - alpha))


def lay_around(picture: Array, drawn: Array, alpha: Array, zone: Array) -> Array:
    """Take a drawn picture where ``zone`` is not 0; what is opaque in ``alpha`` keeps its very numbers.

    The ground gets no lighter than it was: a model is free to darken where things touch, not to wipe a shadow away.

    Shapes: both pictures ``[H,W,3]`` sRGB, alpha and zone ``[H,W]``.
    """
    finished = np.array(picture, dtype=np.float32)
    taken = (zone > 0) & (alpha <= OPAQUE)
    rows, columns = np.flatnonzero(taken.any(axis=1)), np.flatnonzero(taken.any(axis=0))
    if len(rows) == 0:
        return finished
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    before, after, weight = to_linear(picture[part]), to_linear(drawn[part]), 1 - alpha[part]
    fine = max(1.0, _SHADE_GRAIN * float(np.sqrt(weight.size)))
    was, became = (blur(luminance(each) * weight, fine) + _FLOOR for each in (before, after))
    shaded = to_srgb(after * np.minimum(was / became, 1)[..., None])
    finished[part] = np.where(taken[part][..., None], shaded, finished[part])
    return finished


def measure_change(before: Array, after: Array, alpha: Array) -> float:
    """Find the largest difference of a value inside what is opaque; 0 = every number is the same.

    Shapes: both pictures ``[H,W,3]``, alpha ``[H,W]``.
    """
    inside = alpha > OPAQUE
    return float(np.abs(after[inside] - before[inside]).max(initial=0.0))


def _mark(zone: Array, solid: np.ndarray, corner: tuple[int, int], reach: float) -> None:
    """Mark one product's zone: round the line along which it meets the ground, most where it is lowest."""
    rows, columns = solid.shape
    side = float(np.sqrt(solid.sum()))
    filled = solid.any(axis=0)
    underside = np.where(filled, rows - solid[::-1].argmax(axis=0), 0)
    closeness = np.where(filled, np.exp(-(((rows - underside) / (_LIFT * side)) ** 2)), 0.0)
    spread = max(1.0, reach * side)
    pad = int(np.ceil(2.5 * spread))
    strip = np.zeros((rows + 2 * pad, columns + 2 * pad), dtype=np.float32)
    thick = max(1, round(0.5 * spread))
    for column in np.flatnonzero(closeness > 0.02):
        base = pad + int(underside[column])
        strip[base - thick : base + thick, pad + column] = closeness[column]
    soft = np.clip(2.2 * blur_spot(strip, (0.45 * spread, 0.8 * spread)), 0, 1)
    soft = np.clip((soft - 0.06) / 0.94, 0, 1)  # ends somewhere, so that the rest of the scene stays as it was
    top, left = corner[0] - pad, corner[1] - pad
    here = (
        slice(max(0, top), min(zone.shape[0], top + len(soft))),
        slice(max(0, left), min(zone.shape[1], left + soft.shape[1])),
    )
    there = (slice(here[0].start - top, here[0].stop - top), slice(here[1].start - left, here[1].stop - left))
    zone[here] = np.maximum(zone[here], soft[there])
