"""Grain and sharpness: what gives a product away that came from another camera than its scene."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from ...types import Array
from ..arrays import beside, fetch, mix
from ..filters import blur, highest, lowest, slopes

_BLOCK = 16
_THIRDS = np.full(3, 1 / 3, dtype=np.float32)
_MOST_GRAIN = 0.025
_LEAST_GRAIN = 0.0015
_MOST_BLUR_PX = 0.8
_LEAST_STEP = 0.15  # of brightness, what counts as an edge
_FEW_EDGES = 60


def measure_grain(picture: Array, where: Array | None = None) -> float:
    """Estimate the noise of a picture from its calmest blocks: the standard deviation of brightness, 0..1.

    Shapes: picture ``[H,W,3]`` sRGB; where ``[H,W]``, only blocks that are opaque there.
    """
    xp = array_namespace(picture)
    grey = mix(picture, _THIRDS)
    # Second differences in both directions: slopes and straight edges vanish, noise stays (Immerkaer 1996).
    ripple = xp.diff(xp.diff(grey, axis=0, n=2), axis=1, n=2)
    rows, columns = ripple.shape[0] // _BLOCK, ripple.shape[1] // _BLOCK
    if rows == 0 or columns == 0:
        return 0.0

    def in_blocks(values: Array) -> Array:
        return xp.reshape(values[: rows * _BLOCK, : columns * _BLOCK], (rows, _BLOCK, columns, _BLOCK))

    level = fetch(xp.sqrt(xp.mean(in_blocks(ripple) ** 2, axis=(1, 3)))) / 6.0
    # Pure black and white hold no noise and say nothing about the rest.
    brightness = fetch(xp.mean(in_blocks(grey[1:-1, 1:-1]), axis=(1, 3)))
    told = (brightness > 0.04) & (brightness < 0.97)
    if where is not None:
        told &= fetch(xp.min(in_blocks(where[1:-1, 1:-1]), axis=(1, 3))) > 0.99
    return float(np.percentile(level[told], 20)) if told.any() else 0.0


def measure_edges(picture: Array, where: Array | None = None) -> float | None:
    """Measure how wide the sharpest edges are, in pixels; None where there are too few to tell.

    Shapes: picture ``[H,W,3]``; ``where`` ``[H,W]``, 1 = look there.
    """
    xp = array_namespace(picture)
    grey = mix(picture, _THIRDS)
    if min(grey.shape) < 16:
        return None
    steep = xp.hypot(*slopes(grey))
    step = highest(grey, 9) - lowest(grey, 9)
    found = (step > _LEAST_STEP) & (steep > 0.25 * step / 3)
    if where is not None:
        found &= lowest(where, 9) > 0.99
    if int(xp.sum(found)) < _FEW_EDGES:
        return None
    return float(np.percentile(fetch(step[found] / steep[found]), 5))


def soften_rim(planes: Array, from_px: float, to_px: float, strength: float) -> tuple[Array, float]:
    """Blur the outline of premultiplied planes ``[h,w,4]`` as far as their edges are sharper than the scene's.

    Only the outline: a label must stay as crisp as it was taken. Returns: the planes, and the sigma.
    """
    # An edge blurred by sigma is sigma * sqrt(2 pi) wide; widths add up by their squares.
    sigma = float(min(np.sqrt(max(to_px**2 - from_px**2, 0.0) / (2 * np.pi)) * strength, _MOST_BLUR_PX))
    if sigma < 0.25:
        return planes, 0.0
    xp = array_namespace(planes)
    smooth = blur(planes[..., 3], 1.2)
    near = xp.clip(8.0 * smooth * (1 - smooth), 0.0, 1.0)[..., None]
    return planes + (blur(planes, sigma) - planes) * near, sigma


def missing_grain(own: float, wanted: float, strength: float) -> float:
    """Tell how much noise a product lacks beside its scene; 0 where nobody would see it."""
    missing = min(float(np.sqrt(max(wanted**2 - own**2, 0.0))) * strength, _MOST_GRAIN)
    return missing if missing >= _LEAST_GRAIN else 0.0


def add_grain(colour: Array, deviation: float, seed: int) -> Array:
    """Add noise; the same seed gives the same grain. Shapes: ``[H,W,3]`` sRGB."""
    noise = np.random.default_rng(seed).standard_normal(colour.shape[:2], dtype=np.float32)
    grain = beside((np.float32(deviation) * noise)[..., None], colour)
    return array_namespace(colour).clip(colour + grain, 0.0, 1.0)
