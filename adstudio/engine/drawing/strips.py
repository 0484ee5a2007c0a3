"""Convolutions over large maps in strips of rows, on cards.

cuDNN may bring a map that lies plane by plane into another order before it multiplies, and the result back: beside the
upsampled map of a 1024x1024 picture that is a workspace of 1 GiB. Whether it does only a card tells, and none was at
hand. A strip needs its share alone, and each row of the result is made from the same numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional

_STRIP_BYTES = 64 * 2**20  # of the larger of its two maps
_WHOLE_BYTES = 2 * _STRIP_BYTES


def in_strips(vae: nn.Module) -> nn.Module:
    """Have a VAE's convolutions that keep a map's size work in strips where it pays."""
    for module in vae.modules():
        if isinstance(module, nn.Conv2d) and _keeps_size(module):
            module.__class__ = _striped(type(module))
    return vae


class _Striped(nn.Conv2d):
    """What a convolution's own class is mixed with."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The convolution's own output."""
        largest = input[:, :1].nbytes * max(self.in_channels, self.out_channels)
        if input.device.type == "cpu" or largest <= _WHOLE_BYTES or not _is_by_planes(input, self.weight):
            return super().forward(input)
        return convolve(self, input, max(1, input.shape[2] * _STRIP_BYTES // largest))


def convolve(layer: nn.Conv2d, cells: torch.Tensor, rows: int) -> torch.Tensor:
    """The output of a convolution that keeps a map's size, ``rows`` at a time.

    Shapes: cells ``[B,C,h,w]``, result ``[B,N,h,w]``.
    """
    height, beyond = cells.shape[2], layer.kernel_size[0] // 2
    out = cells.new_empty((cells.shape[0], layer.out_channels, height, cells.shape[3]))
    for top in range(0, height, rows):
        end = min(top + rows, height)
        first, last = top - beyond, end + beyond
        strip = cells[:, :, max(0, first) : last]
        if first < 0 or last > height:  # rows of zeros beyond the map, as everywhere along its sides
            strip = functional.pad(strip, (0, 0, max(0, -first), max(0, last - height)))
        out[:, :, top:end] = functional.conv2d(strip, layer.weight, layer.bias, padding=(0, beyond))
    return out


def _keeps_size(layer: nn.Conv2d) -> bool:
    form: tuple[Any, ...] = layer.kernel_size, layer.padding, layer.padding_mode
    plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
    return plain and form in (((3, 3), (1, 1), "zeros"), ((1, 1), (0, 0), "zeros"))


def _is_by_planes(cells: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether both lie plane by plane; the other order, ``channels_last``, is what cuDNN works in."""
    return cells.is_contiguous() and weight.is_contiguous()


@lru_cache(maxsize=8)
def _striped(kind: type) -> type:
    return type(kind.__name__, (_Striped, kind), {})
