"""sRGB and linear light: light adds up in linear light, so blending, shading and resizing happen there."""

from __future__ import annotations

import numpy as np

from ..types import Array

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    dtype=np.float32,
)
_WHITE = _TO_XYZ.sum(axis=1)
_CHUNK = 500_000


def to_linear(srgb: Array) -> Array:
    """Decode sRGB values 0..1 into linear light."""
    srgb = np.asarray(srgb, dtype=np.float32)
    curve = np.power((np.maximum(srgb, 0.0) + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    return np.where(srgb <= 0.04045, srgb / np.float32(12.92), curve)


def to_srgb(linear: Array) -> Array:
    """Encode linear light into sRGB values, clipped to 0..1."""
    linear = np.clip(np.asarray(linear, dtype=np.float32), 0.0, 1.0)
    curve = np.float32(1.055) * np.power(linear, np.float32(1 / 2.4)) - np.float32(0.055)
    return np.where(linear <= 0.0031308, linear * np.float32(12.92), curve)


def luminance(linear: Array) -> Array:
    """Weigh linear RGB into relative luminance. Shapes: ``[...,3] -> [...]``."""
    return linear @ np.array([0.2126729, 0.7151522, 0.0721750], dtype=np.float32)


def to_lab(linear: Array) -> Array:
    """Turn linear RGB into CIE L*a*b* (D65). Shapes: ``[...,3] -> [...,3]``, L* 0..100."""
    relative = (linear @ _TO_XYZ.T) / _WHITE
    bent = np.where(relative > 0.008856, np.cbrt(relative), relative * np.float32(7.787) + np.float32(16 / 116))
    lightness = 116 * bent[..., 1] - 16
    green_red = 500 * (bent[..., 0] - bent[..., 1])
    blue_yellow = 200 * (bent[..., 1] - bent[..., 2])
    return np.stack([lightness, green_red, blue_yellow], axis=-1).astype(np.float32)


def delta_e2000(one: Array, other: Array) -> Array:
    """Measure the colour difference (CIEDE2000) of two linear RGB pictures, per pixel; about 1 is just noticeable."""
    from skimage.color import deltaE_ciede2000

    flat, other_flat = one.reshape(-1, 3), other.reshape(-1, 3)
    out = np.zeros(len(flat), dtype=np.float32)
    for first in range(0, len(flat), _CHUNK):  # it makes some thirty copies of what it gets
        part = slice(first, first + _CHUNK)
        differ = (flat[part] != other_flat[part]).any(axis=-1)
        if differ.any():
            out[part][differ] = deltaE_ciede2000(to_lab(flat[part][differ]), to_lab(other_flat[part][differ]))
    return out.reshape(one.shape[:-1])
