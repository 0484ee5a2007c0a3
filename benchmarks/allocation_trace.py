"""Record what a run takes from a card's memory and gives back, in order, without the card.

The run's own code is executed on torch's ``meta`` device: tensors have shapes and lifetimes there and no contents, so
each piece of memory that torch is asked for is the one that a card would be asked for, and nothing is computed. What
the card's libraries ask for within one operation is not seen by torch: it is added by rule, see ``Trace``.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CARD = torch.device("meta")
HOME = torch.device("cpu")
aten = torch.ops.aten
_COMPOSITE: Any = torch._C.DispatchKey.CompositeImplicitAutograd  # type: ignore[attr-defined]
_FLASH_WIDTH = 256  # of a head: the most that torch's flash attention takes
_PRODUCTS = {aten.mm.default, aten.addmm.default, aten.bmm.default, aten.baddbmm.default}
_PRODUCT_BYTES = (2 * 4096 + 8 * 16) * 1024  # cuBLAS' workspace in PyTorch, ":4096:2:16:8", for all but Hopper


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of memory that is taken (with a size) or given back (without), or the name of a moment.

    Args:
        is_spare: where there is no room for it the run goes on without.
    """

    piece: int = 0
    size: int = 0
    moment: str = ""
    is_spare: bool = False


class Trace(TorchDispatchMode):
    """Records, while it is entered, every piece of memory that is taken from the card and given back.

    Under ``inference_mode``, as the engine draws: elsewhere torch takes attention apart before it comes here.

    Added by rule: attention by the flash kernel, or by the memory-efficient one with its sums in float32 where a head
    is too wide for the first; cuBLAS' workspace, once.

    Args:
        convolutions_copy: reckon with convolutions that bring what comes in and goes out into another order, in a
            workspace as large as both. Whether cuDNN takes such ones for a map in torch's own order only a card tells.
    """

    def __init__(self, *, convolutions_copy: bool = False) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.live = self.peak = 0  # bytes
        self._pieces = 0
        self._known: set[int] = set()
        self._has_multiplied = self._is_spare = False
        self._convolutions_copy = convolutions_copy

    def moment(self, name: str) -> None:
        """Note where the run is."""
        self.events.append(Event(moment=name))

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Mark what is taken inside as what the run can do without."""
        self._is_spare = True
        try:
            yield
        finally:
            self._is_spare = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and note the memory of what comes out."""
        kwargs = kwargs or {}
        self._leave_out(args)
        if func is aten.scaled_dot_product_attention.default and args[0].device == CARD:
            out = self._attend(*args[:3])
        elif torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), _COMPOSITE):
            with self:  # under inference_mode these come here whole; what they are made of is what takes memory
                return func._op_dk(_COMPOSITE, *args, **kwargs)
        elif func is aten._local_scalar_dense.default and args[0].device == CARD:
            return True  # the run asks whether all is finite, or unmasked
        elif func is aten._to_copy.default and kwargs.get("device") == HOME and args[0].device == CARD:
            return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        elif func is aten.copy_.default and args[0].device == HOME and args[1].device == CARD:
            return args[0]
        else:
            out = func(*args, **kwargs)
        on_card = [each for each in tree_leaves(out) if isinstance(each, torch.Tensor) and each.device == CARD]
        for tensor in on_card:
            self._note(tensor)
        if on_card and func in _PRODUCTS and not self._has_multiplied:
            self._has_multiplied = True
            self._take(_PRODUCT_BYTES)
        if on_card and func is aten.convolution.default and self._convolutions_copy:
            self._give(self._take(args[0].nbytes + on_card[0].nbytes))
        return out

    def _leave_out(self, args: Any) -> None:
        """Do not count what was there before the trace began, when a view of it comes out."""
        for tensor in tree_leaves(args):
            if isinstance(tensor, torch.Tensor) and tensor.device == CARD:
                storage = tensor.untyped_storage()
                if storage._cdata not in self._known:
                    self._known.add(storage._cdata)
                    weakref.finalize(storage, self._known.discard, storage._cdata).atexit = False

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        batch, heads, rows, width = *query.shape[:3], value.shape[-1]
        out = torch.empty((batch, rows, heads, width), dtype=query.dtype, device=CARD)
        self._note(out)
        beside = 4 * batch * heads * rows if width <= _FLASH_WIDTH else 4 * out.numel()
        self._give(self._take(beside))
        return out.transpose(1, 2)

    def _note(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._known or not storage.nbytes():
            return
        self._known.add(key)
        piece, size = self._take(storage.nbytes()), storage.nbytes()

        def given_back() -> None:
            self._known.discard(key)
            self._give((piece[0], size))

        weakref.finalize(storage, given_back).atexit = False

    def _take(self, size: int) -> tuple[int, int]:
        self._pieces += 1
        self.live += size
        self.peak = max(self.peak, self.live)
        self.events.append(Event(self._pieces, size, is_spare=self._is_spare))
        return self._pieces, size

    def _give(self, taken: tuple[int, int]) -> None:
        self.live -= taken[1]
        self.events.append(Event(taken[0]))
