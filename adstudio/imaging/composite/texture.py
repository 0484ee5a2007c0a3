"""Grain and sharpness: what gives a product away that came from another camera than its scene."""

from __future__ import annotations

import numpy as np

from ...types import Array
from ..filters import blur

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
    grey = picture @ _THIRDS
    # Second differences in both directions: slopes and straight edges vanish, noise stays (Immerkaer 1996).
    ripple = np.diff(np.diff(grey, 2, axis=0), 2, axis=1)
    rows, columns = ripple.shape[0] // _BLOCK, ripple.shape[1] // _BLOCK
    if rows == 0 or columns == 0:
        return 0.0
    blocks = ripple[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    level = np.sqrt((blocks**2).mean(axis=(1, 3))) / 6.0
    # Pure black and white hold no noise and say nothing about the rest.
    cut = grey[1:-1, 1:-1][: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    told = (cut.mean(axis=(1, 3)) > 0.04) & (cut.mean(axis=(1, 3)) < 0.97)
    if where is not None:
        solid = where[1:-1, 1:-1][: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
        told &= solid.min(axis=(1, 3)) > 0.99
    return float(np.percentile(level[told], 20)) if told.any() else 0.0


def measure_edges(picture: Array, where: Array | None = None) -> float | None:
    """Measure how wide the sharpest edges are, in pixels; None where there are too few to tell."""
    from scipy.ndimage import maximum_filter, minimum_filter

    grey = picture @ _THIRDS
    if min(grey.shape) < 16:
        return None
    down, across = np.gradient(grey)
    steep = np.hypot(down, across)
    step = np.asarray(maximum_filter(grey, 9)) - np.asarray(minimum_filter(grey, 9))
    found = (step > _LEAST_STEP) & (steep > 0.25 * step / 3)
    if where is not None:
        found &= np.asarray(minimum_filter(where, 9)) > 0.99
    if int(found.sum()) < _FEW_EDGES:
        return None
    return float(np.percentile(step[found] / steep[found], 5))


def soften_rim(planes: Array, from_px: float, to_px: float, strength: float) -> tuple[Array, float]:
    """Blur the outline of premultiplied planes as far as their edges are sharper than the scene's.

    Only the outline: a label must stay as crisp as it was taken. Returns: the planes, and the sigma.
    """
    # An edge blurred by sigma is sigma * sqrt(2 pi) wide; widths add up by their squares.
    sigma = float(min(np.sqrt(max(to_px**2 - from_px**2, 0.0) / (2 * np.pi)) * strength, _MOST_BLUR_PX))
    if sigma < 0.25:
        return planes, 0.0
    smooth = blur(planes[..., 3], 1.2)
    near = np.clip(8.0 * smooth * (1 - smooth), 0.0, 1.0)[..., None]
    return (planes + (blur(planes, sigma) - planes) * near).astype(np.float32), sigma


def missing_grain(own: float, wanted: float, strength: float) -> float:
    """Tell how much noise a product lacks beside its scene; 0 where nobody would see it."""
    missing = min(float(np.sqrt(max(wanted**2 - own**2, 0.0))) * strength, _MOST_GRAIN)
    return missing if missing >= _LEAST_GRAIN else 0.0


def add_grain(colour: Array, deviation: float, seed: int) -> Array:
    """Add noise; the same seed gives the same grain. Shapes: ``[H,W,3]`` sRGB."""
    noise = np.random.default_rng(seed).standard_normal(colour.shape[:2], dtype=np.float32)
    return np.clip(colour + (np.float32(deviation) * noise)[..., None], 0.0, 1.0).astype(np.float32)
