"""Adapters under compiled blocks: a graph calls one operation per layer, and what that adds is looked up as it runs.

So the graph knows nothing of adapters: their number, kind, rank, weight and layers may change, or none be on, and it
stays as it is. A layer without adapters pays for the call alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import nn

from ..drawing.processor import Wide
from .adapters import Adapted

_NUMBER = "adapter_number"
_layers: WeakValueDictionary[int, nn.Module] = WeakValueDictionary()
_numbers = count()


@contextmanager
def asking(layers: Iterable[nn.Module], *, wide: bool = False) -> Iterator[None]:
    """Have linear layers ask for what adapters add, inside; afterwards each is of the class that it had.

    The caller holds the drawing lock: the layers are shared by every handle of the checkpoint.

    Args:
        wide: have them multiply in float32, for a processor that is slow in their own dtype.
    """
    kinds: list[tuple[Any, type]] = []
    try:
        for layer in layers:
            kind = type(layer)
            _give_number(layer)
            layer.__dict__["adapter_is_on"] = issubclass(kind, Adapted)
            kinds.append((layer, kind))
            layer.__class__ = _asking(getattr(kind, "bare_class", kind), wide)
        yield
    finally:
        for layer, kind in kinds:
            layer.__class__ = kind


def _look_up_and_add(out: torch.Tensor, x: torch.Tensor, number: torch.Tensor) -> None:
    layer: Any = _layers[int(number)]
    if layer.adapter_is_on:
        Adapted.add_to(layer, out, x)


# ``torch.library.custom_op`` says the same in a line, but each of its calls takes 18 microseconds, these take 3. A name
# that is taken is another copy of this package in the same program, which has layers of its own.
_library = torch.library.Library("adstudio", "FRAGMENT")
_NAME = next(name for number in count(1) if not hasattr(torch.ops.adstudio, name := f"add_adapters_{number}"))
_library.define(f"{_NAME}(Tensor(a!) out, Tensor x, Tensor number) -> ()")
_library.impl(_NAME, _look_up_and_add, "CompositeExplicitAutograd")
torch.library.register_fake(f"adstudio::{_NAME}", lambda out, x, number: None, lib=_library)
add_adapters = getattr(torch.ops.adstudio, _NAME).default


class _Asking(nn.Module):
    """What a linear layer's own class is mixed with while it runs in a graph, whether adapters are on or not."""

    adapter_number: torch.Tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's own output, and what the adapters add to it."""
        out = super().forward(x)
        add_adapters(out, x, self.adapter_number)
        return out


@lru_cache(maxsize=16)
def _asking(kind: type, wide: bool) -> type:
    return type(f"Asking{kind.__name__}", (_Asking, Wide, kind) if wide else (_Asking, kind), {})


def _give_number(layer: nn.Module) -> None:
    """Give a layer a number of its own, in a tensor: a plain one would make a graph for each layer.

    It is no buffer, so that it stays on the host, where reading it waits for no device.
    """
    known = layer.__dict__.get(_NUMBER)
    if known is not None and _layers.get(int(known)) is layer:  # a copied layer has brought its original's
        return
    number = next(_numbers)
    with torch.inference_mode(False):
        layer.__dict__[_NUMBER] = torch.tensor([number], device="cpu")
    _layers[number] = layer
