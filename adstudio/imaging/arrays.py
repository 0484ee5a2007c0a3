"""Arrays on any device: numpy's on the processor, torch's on a card.

Formulas are written once, in the names of the array API standard, and ask what they get for its ``array_namespace``.
Where a signature says ``Array``, a torch tensor of the same shape and type on any device is welcome too, if the
function uses only that; what comes out lies where what came in does. Here is what the standard leaves out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, to_device

from ..types import Array


def put(values: Any, on: Any) -> Any:
    """Copy a numpy array onto a torch device; None leaves it numpy's, as it is."""
    if on is None:
        return values
    import torch

    # A copy on a CPU too: what is computed there may be written into. torch reads no mirrored views.
    return torch.tensor(np.ascontiguousarray(values), device=on)


def fetch(values: Any) -> Any:
    """Bring an array home as numpy's."""
    return values if is_numpy_array(values) else to_device(values, "cpu").numpy()


def beside(values: Any, other: Any) -> Any:
    """Put a numpy array where ``other`` lies."""
    return values if is_numpy_array(other) else put(values, device(other))


def mix(values: Array, weights: Array) -> Array:
    """Weigh the channels of a picture: ``values @ weights``, as exactly as float32 has it.

    A card's matrix products round to ten bits wherever a program has allowed TF32, as some nodes do for their models.

    Shapes: ``[...,3], [3] -> [...]``; ``[...,3], [3,C] -> [...,C]``.
    """
    if is_numpy_array(values):
        return values @ weights
    if weights.ndim == 2:
        return array_namespace(values).stack([mix(values, column) for column in weights.T], axis=-1)
    red, green, blue = (float(each) for each in weights)
    return values[..., 0] * red + values[..., 1] * green + values[..., 2] * blue


def differs(one: Array, other: Array) -> Any:
    """Mark where any channel of two pictures differs; ``any`` over so short an axis takes seven times as long.

    Shapes: ``[...,3], [...,3] -> [...]``.
    """
    unlike = one != other
    return unlike[..., 0] | unlike[..., 1] | unlike[..., 2]


def pad(values: Array, up_down: tuple[int, int], left_right: tuple[int, int], *, edge: bool = False) -> Array:
    """Add rows and columns around a picture: of zeros, or of its outermost pixels."""
    (up, down), (left, right) = up_down, left_right
    xp = array_namespace(values)
    height, width = values.shape[:2]
    shape = (up + height + down, left + width + right, *values.shape[2:])
    out = xp.zeros(shape, dtype=values.dtype, device=device(values))
    out[up : up + height, left : left + width] = values
    if edge:
        out[:up, left : left + width] = values[:1]
        out[up + height :, left : left + width] = values[-1:]
        out[:, :left] = out[:, left : left + 1]
        out[:, left + width :] = out[:, left + width - 1 : left + width]
    return out
