"""sRGB and linear light: light adds up in linear light, so blending, shading and resizing happen there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

from ..types import Array
from .arrays import beside, differs, mix

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    dtype=np.float32,
)
_WHITE = _TO_XYZ.sum(axis=1)
_WEIGHTS = np.array([0.2126729, 0.7151522, 0.0721750], dtype=np.float32)
_CHUNK = 500_000
_TURN = 2 * math.pi


def to_linear(srgb: Array) -> Array:
    """Decode sRGB values 0..1 into linear light. Shapes: any, kept."""
    xp = array_namespace(srgb)
    srgb = xp.astype(srgb, xp.float32, copy=False)
    curve = xp.pow((xp.maximum(srgb, 0.0) + 0.055) / 1.055, 2.4)
    return xp.where(srgb <= 0.04045, srgb / 12.92, curve)


def to_srgb(linear: Array) -> Array:
    """Encode linear light into sRGB values, clipped to 0..1. Shapes: any, kept."""
    xp = array_namespace(linear)
    linear = xp.clip(xp.astype(linear, xp.float32, copy=False), 0.0, 1.0)
    curve = 1.055 * xp.pow(linear, 1 / 2.4) - 0.055
    return xp.where(linear <= 0.0031308, linear * 12.92, curve)


def luminance(linear: Array) -> Array:
    """Weigh linear RGB into relative luminance. Shapes: ``[...,3] -> [...]``."""
    return mix(linear, _WEIGHTS)


def to_lab(linear: Array) -> Array:
    """Turn linear RGB into CIE L*a*b* (D65). Shapes: ``[...,3] -> [...,3]``, L* 0..100."""
    xp = array_namespace(linear)
    relative = mix(linear, _TO_XYZ.T) / beside(_WHITE, linear)
    bent = xp.where(relative > 0.008856, _cube_root(relative), relative * 7.787 + 16 / 116)
    lightness = 116 * bent[..., 1] - 16
    green_red = 500 * (bent[..., 0] - bent[..., 1])
    blue_yellow = 200 * (bent[..., 1] - bent[..., 2])
    return xp.astype(xp.stack([lightness, green_red, blue_yellow], axis=-1), xp.float32)


def delta_e2000(one: Array, other: Array) -> Array:
    """Measure the colour difference (CIEDE2000) of two linear RGB pictures, per pixel; about 1 is just noticeable.

    Shapes: both ``[...,3] -> [...]``.
    """
    xp = array_namespace(one)
    flat, other_flat = xp.reshape(one, (-1, 3)), xp.reshape(other, (-1, 3))
    out = xp.zeros(flat.shape[:1], dtype=xp.float32, device=device(one))
    for first in range(0, len(flat), _CHUNK):  # it makes some thirty copies of what it gets
        part = slice(first, first + _CHUNK)
        differ = differs(flat[part], other_flat[part])
        if xp.any(differ):
            out[part][differ] = ciede2000(to_lab(flat[part][differ]), to_lab(other_flat[part][differ]))
    return xp.reshape(out, one.shape[:-1])


def ciede2000(one: Array, other: Array) -> Array:
    """Measure the CIEDE2000 difference of colours in L*a*b*. Shapes: ``[...,3], [...,3] -> [...]``.

    Source: Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Research & Application 30 (2005).
    """
    xp = array_namespace(one)
    (light, a, b), (other_light, other_a, other_b) = ([lab[..., i] for i in range(3)] for lab in (one, other))
    stretch = 1 + 0.5 * (1 - _vividness(0.5 * (xp.hypot(a, b) + xp.hypot(other_a, other_b))))
    chroma, hue = _polar(a * stretch, b)
    other_chroma, other_hue = _polar(other_a * stretch, other_b)
    is_grey = chroma * other_chroma == 0

    turn = other_hue - hue
    is_far = (xp.abs(turn) > math.pi) & ~is_grey  # the short way round goes through 0
    total = hue + other_hue
    short = xp.where(is_far, turn - _TURN * xp.sign(turn), turn)
    around = xp.where(is_far, xp.where(total < _TURN, total + _TURN, total - _TURN), total)
    middle = xp.where(is_grey, total, 0.5 * around)

    mean_light, mean_chroma = 0.5 * (light + other_light), 0.5 * (chroma + other_chroma)
    uneven = (
        1
        - 0.17 * xp.cos(middle - math.radians(30))
        + 0.24 * xp.cos(2 * middle)
        + 0.32 * xp.cos(3 * middle + math.radians(6))
        - 0.20 * xp.cos(4 * middle - math.radians(63))
    )
    off_middle = (mean_light - 50) ** 2
    by_light = (other_light - light) / (1 + 0.015 * off_middle / xp.sqrt(20 + off_middle))
    by_chroma = (other_chroma - chroma) / (1 + 0.045 * mean_chroma)
    by_hue = 2 * xp.sqrt(chroma * other_chroma) * xp.sin(0.5 * short) / (1 + 0.015 * mean_chroma * uneven)
    swing = math.radians(60) * xp.exp(-(((middle * (180 / math.pi) - 275) / 25) ** 2))
    blue = -2 * xp.sin(swing) * _vividness(mean_chroma) * by_chroma * by_hue
    return xp.sqrt(xp.maximum(by_light**2 + by_chroma**2 + by_hue**2 + blue, 0.0))


def _vividness(chroma: Any) -> Any:
    xp = array_namespace(chroma)
    seventh = chroma**7
    return xp.sqrt(seventh / (seventh + 25.0**7))


def _polar(a: Any, b: Any) -> tuple[Array, Array]:
    """Chroma, and hue in radians from 0 to a full turn."""
    xp = array_namespace(a)
    hue = xp.atan2(b, a)
    return xp.hypot(a, b), xp.where(hue < 0, hue + _TURN, hue)


def _cube_root(values: Array) -> Array:
    """The cube root of light; numpy's own takes four times as long. Below 1e-6 there is none to be seen."""
    xp = array_namespace(values)
    return xp.exp(xp.log(xp.clip(values, 1e-6, None)) / 3)
