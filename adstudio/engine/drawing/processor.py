"""What a processor is slow at in narrow numbers, and does in float32 instead.

Without AVX-512 torch works products and convolutions in bf16 out number by number: a picture takes twice as long, its
VAE a hundred times.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_LEAST_ROWS = 16  # with fewer, widening the matrix takes longer than the product


def is_quick(dtype: torch.dtype) -> bool:
    """Whether this processor computes quickly in a dtype, by what torch asks itself before it takes the quick way."""
    asked = {torch.bfloat16: "_is_mkldnn_bf16_supported", torch.float16: "_is_mkldnn_fp16_supported"}.get(dtype)
    return asked is None or (hasattr(torch.ops.mkldnn, asked) and getattr(torch.ops.mkldnn, asked)())


def needs_wide(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether linear layers of a dtype are to multiply in float32 on a device."""
    return device.type == "cpu" and not is_quick(dtype)


@contextmanager
def wide_products(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Have linear layers multiply in float32 inside, where the processor is slow at it in their own dtype.

    Each matrix is widened for its product alone, so nothing more is kept in memory; what comes out has the layer's own
    dtype again. Other threads and other devices are not concerned.
    """
    if not needs_wide(device, dtype):
        yield
        return
    with _Widening(dtype):
        yield


class _Widening(TorchFunctionMode):
    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self._dtype = dtype

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        if func is not functional.linear or kwargs or not self._is_worth_it(*args[:2]):
            return func(*args, **(kwargs or {}))
        return func(*(part if part is None else part.float() for part in args)).to(self._dtype)

    def _is_worth_it(self, rows: torch.Tensor, matrix: torch.Tensor) -> bool:
        is_narrow = rows.dtype == matrix.dtype == self._dtype
        return is_narrow and rows.device.type == "cpu" and rows.numel() >= _LEAST_ROWS * rows.shape[-1]


class Wide(torch.nn.Module):
    """What a linear layer's own class is mixed with to do the same in a compiled graph, which a mode would tear."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output, in ``x``' dtype."""
        if x.numel() < _LEAST_ROWS * x.shape[-1]:
            return super().forward(x)
        if self.weight.dtype != x.dtype:  # kept narrow, and widened by the layer to what comes in
            return super().forward(x.float()).to(x.dtype)
        bias = None if self.bias is None else self.bias.float()
        return functional.linear(x.float(), self.weight.float(), bias).to(x.dtype)
