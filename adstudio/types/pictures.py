"""Pictures and the pieces they are put together from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .words import Light

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A product with straight (not premultiplied) alpha, trimmed to its bounds: ``rgba [H,W,4] float32 sRGB 0..1``.

    ``origin_px`` (left, top) and ``source_px`` (width, height) tell where the trimmed piece lay in its photo.
    """

    rgba: Array
    method: str
    notes: tuple[str, ...] = ()
    origin_px: tuple[int, int] = (0, 0)
    source_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One sheet of a layered picture: straight alpha, ``rgba [h,w,4] float32 sRGB 0..1``, its corner in pixels.

    ``multiply`` (shadows) and ``normal`` are both meant in linear light, as ComfyUI's compositor blends them.
    """

    name: str
    rgba: Array
    left_px: int = 0
    top_px: int = 0
    blend: Literal["normal", "multiply"] = "normal"


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A finished composite and the receipt of what happened to the product's own pixels.

    Args:
        layers: from the backdrop to the front; blended in turn they give ``image``.
        plate: products and shadows without the backdrop, ``[H,W,4]`` with straight alpha.
    """

    image: Array
    mask: Array
    light: Light
    receipt: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    plate: Array | None = None
