"""Pack shots: what differs from a plain, evenly changing background, and is not its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Array
from .filters import Bools, fill_holes, find_parts
from .grid import frame_of

BAND = 0.05
MOST_NOISE = 2.2  # L*a*b* units: a ground that varies more is textured
LEAST_SHARE = 0.8  # of the photo's rim that must be background
LEAST_CHANGE = 2.2
DARKEST_SHADOW = 0.56  # cube root of what a shadow leaves of the light


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The background behind everything, as it would be without the product. Shapes: ``lab [H,W,3]``."""

    lab: Array
    noise: float


def find_ground(lab: Array) -> Ground | None:
    """Fit a smooth surface through the photo's rim; None where the ground is not plain. Shapes: ``[H,W,3]`` L*a*b*."""
    height, width = lab.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)
    rim = frame_of(height, width, max(2, round(BAND * min(height, width))))
    used, noise = rim, 0.0
    for turn in range(8):
        away = lab - terms @ np.linalg.lstsq(terms[used], lab[used], rcond=None)[0]
        far = np.linalg.norm(away, axis=-1)
        noise = max(0.35, 1.2 * float(np.median(far[used])))
        near = far < 3 * noise
        # The rim alone says little about the middle: later rounds also trust what looks like its continuation.
        used = near & rim if turn < 4 else near
        if not used.any():
            return None
        if turn in (3, 7) and (noise > MOST_NOISE or near[rim].mean() < LEAST_SHARE):
            return None
    return Ground((lab - away).astype(np.float32), noise)


def find_product(lab: Array, ground: Ground) -> Bools:
    """Mark what stands before the ground, without the shadows on it. Shapes: ``[H,W,3] -> [H,W]``."""
    least = max(LEAST_CHANGE, 3.5 * ground.noise)
    differs = np.linalg.norm(lab - ground.lab, axis=-1) > least
    shaded = differs & _may_be_shadow(lab, ground, least)
    sure = differs & ~shaded
    if sure.sum() <= 0.25 * differs.sum():
        return differs
    rows = np.flatnonzero(sure.any(axis=1))
    foot = rows[0] + 0.7 * (rows[-1] - rows[0])
    parts, count = find_parts(shaded & ~fill_holes(sure))
    lowest = np.zeros(count + 1)
    np.maximum.at(lowest, parts.ravel(), np.repeat(np.arange(len(lab)), lab.shape[1]))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    # A shadow lies on the ground. What is grey higher up, such as a cap of metal, belongs to the product.
    grey = (lowest < foot) & (sizes > 0.002 * lab.shape[0] * lab.shape[1])
    grey[0] = False
    return sure | grey[parts] | (shaded & fill_holes(sure))


def _may_be_shadow(lab: Array, ground: Ground, least: float) -> Bools:
    """Mark what has the ground's own colour, only darker."""
    own, under = _roots(lab), _roots(ground.lab)
    left = (own * under).sum(axis=-1) / np.maximum((under * under).sum(axis=-1), 1e-6)
    rest = own - left[..., None] * under
    change = np.stack([116 * rest[..., 1], 500 * (rest[..., 0] - rest[..., 1]), 200 * (rest[..., 1] - rest[..., 2])])
    return (left < 1) & (left > DARKEST_SHADOW) & (np.linalg.norm(change, axis=0) < least)


def _roots(lab: Array) -> Array:
    """The cube roots that L*a*b* is made of: less light makes all three smaller by the same factor."""
    middle = (lab[..., 0] + 16) / 116
    return np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
