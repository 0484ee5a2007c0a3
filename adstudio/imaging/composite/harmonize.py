"""Bring a product's tone a little towards its new surroundings, never farther than its own colour bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...types import Array
from ..arrays import fetch
from ..linear import delta_e2000, luminance

# Linear luminance of a scene in ordinary light; darker scenes dim the product a little, brighter ones lift it.
_ORDINARY = 0.30
_SAMPLES = 8_000


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """One gain per channel, in linear light, and the strength that was left after the limit."""

    gains: Array
    strength: float


def find_tone(product: Array, alpha: Array, surroundings: Array, strength: float, max_delta_e: float) -> Tone:
    """Find the tint and exposure that the surroundings' light would give the product.

    One gain per channel keeps a brand's colours apart from each other; statistics transfer would not.

    Args:
        product: ``[H,W,3]`` linear light.
        surroundings: ``[N,3]`` linear light of the ring around the product.
        strength: 0 = off, 1 = all of it.
        max_delta_e: the opaque product changes by no more than this on average (CIEDE2000); strength gives way.
    """
    neutral = Tone(np.ones(3, dtype=np.float32), 0.0)
    step = max(1, round((alpha.shape[0] * alpha.shape[1] / (20 * _SAMPLES)) ** 0.5))
    opaque = product[::step, ::step][alpha[::step, ::step] > 0.99]
    if strength <= 0 or len(surroundings) == 0 or len(opaque) == 0:
        return neutral
    sample = fetch(opaque[:: max(1, len(opaque) // _SAMPLES)])
    ambient = surroundings.mean(axis=0)
    brightness = max(float(luminance(ambient)), 1e-3)
    tint = np.clip(ambient / brightness, 0.5, 2.0)
    exposure = np.clip((brightness / _ORDINARY) ** 0.5, 0.6, 1.5)
    full = np.log(np.clip(tint * exposure, 0.5, 2.0)).astype(np.float32)
    low, high = 0.0, float(min(strength, 1.0))
    if _change(sample, full, high) > max_delta_e:
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _change(sample, full, middle) <= max_delta_e else (low, middle)
        high = low
    return Tone(np.exp(full * np.float32(high)), high)


def _change(sample: Array, full: Array, strength: float) -> float:
    return float(delta_e2000(sample, np.clip(sample * np.exp(full * np.float32(strength)), 0.0, 1.0)).mean())
