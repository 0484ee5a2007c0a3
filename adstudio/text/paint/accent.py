"""The one loud colour of an ad, for its badge: a hue that the picture has, where it stands out from what it lies on."""

from __future__ import annotations

import numpy as np

from ...types import Array
from .ink import Colour, sample, to_oklab, vivid

_HUES = 36
_GREYISH = 0.035  # chroma (OKLab) below which a pixel has no hue to speak of
_LEAST_SHARE = 0.004  # of the picture: a hue seen on fewer pixels is chance
_FAINTEST_PEAK = 0.02  # beside the strongest hue
_LIGHTNESS_COUNTS = 0.4  # beside hue: an orange badge on brown is told by its lightness, but hue is seen first
_WARM = 1.3  # what red to yellow is worth beside green to violet: it calls


def accent(image: Array, behind: Colour) -> Colour | None:
    """Choose a vivid colour out of a picture's own hues to lie on ``behind``.

    Returns: None where the picture has no hue.
    """
    lab = to_oklab(sample(image))
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1])
    coloured = chroma > _GREYISH
    if coloured.mean() < _LEAST_SHARE:
        return None
    bins = ((hue / (2 * np.pi) + 0.5) * _HUES).astype(int) % _HUES
    weights = np.bincount(bins[coloured], chroma[coloured] ** 2, _HUES)
    weights = weights + 0.5 * (np.roll(weights, 1) + np.roll(weights, -1))
    peaks = (weights >= np.roll(weights, 1)) & (weights > np.roll(weights, -1))
    peaks &= weights > _FAINTEST_PEAK * weights.max()
    ground = to_oklab(np.asarray(behind, np.float32))

    def worth(index: int) -> tuple[float, Colour]:
        near = coloured & (np.abs((bins - index + _HUES // 2) % _HUES - _HUES // 2) <= 1)
        angle = float(np.arctan2(lab[near, 2].sum(), lab[near, 1].sum()))
        colour = vivid(angle)
        apart = (to_oklab(np.asarray(colour, np.float32)) - ground) * (_LIGHTNESS_COUNTS, 1.0, 1.0)
        warm = _WARM if -0.5 < angle < 1.8 else 1.0
        return float(np.linalg.norm(apart)) * warm * float(weights[index] / weights.max()) ** 0.25, colour

    return max(worth(int(index)) for index in np.flatnonzero(peaks))[1]
