"""Faces in a picture: copy keeps off them where it can.

The cascade is fooled now and then, so a hit only makes its place dear and never closes it, and must look like skin.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...types import Array, Box

_SMALLEST_PX = 24  # the cascade's own window
_SKIN_SHARE = 0.35
_GREY = 0.03  # spread of the channels under which a picture has no hues to judge skin by


def find_faces(small: Array) -> list[Box]:
    """Find frontal faces on a small picture ``[h,w,3] float32 sRGB 0..1``, from 24 px on."""
    height, width = small.shape[:2]
    if min(height, width) < 2 * _SMALLEST_PX:
        return []
    is_grey = float(np.ptp(small, axis=2).mean()) < _GREY
    skin = _is_skin(small)
    if not is_grey and skin.sum() < _SKIN_SHARE * _SMALLEST_PX**2:
        return []
    grey = (small @ np.array([0.299, 0.587, 0.114], np.float32) * 255).astype(np.uint8)
    hits = _cascade().detect_multi_scale(
        grey,
        scale_factor=1.25,
        step_ratio=1.5,
        min_size=(_SMALLEST_PX, _SMALLEST_PX),
        max_size=(height, width),
        min_neighbor_number=2,  # with steps this wide, few windows lie on one face
    )
    faces = []
    for hit in hits:
        left, top, wide, high = hit["c"], hit["r"], hit["width"], hit["height"]
        if is_grey or float(skin[top : top + high, left : left + wide].mean()) >= _SKIN_SHARE:
            faces.append(Box(left / width, top / height, (left + wide) / width, (top + high) / height))
    return faces


@lru_cache(maxsize=1)
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def _is_skin(small: Array) -> np.ndarray:
    """Where the hue may be skin's, of any tone. Source: Chai & Ngan, IEEE TCSVT 9(4), 1999, a little widened."""
    red, green, blue = np.moveaxis(small * 255, 2, 0)
    cb = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue
    return (cb >= 75) & (cb <= 129) & (cr >= 131) & (cr <= 175)
