"""Put adapters on a transformer for the length of one generation.

While adapters are on, the layers they change compute their own output plus the adapters' product. The weights are never
touched, and afterwards every layer is of its own class again. What was last put on stays beside its layer as buffers:
it moves and leaves with the transformer, and the next picture in the same style copies nothing.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..memory.components import Components
from ..memory.residence import residence_of
from .factors import Factors, Kronecker, LowRank, join_low_ranks, multiply_kronecker, read_factors
from .names import Widths
from .uses import LoraUse, missing

_KEPT_BYTES = 2**30
_MARK = "_adstudio_rack"
_BUFFER = "adapter_"


@contextmanager
def applied(parts: Components, uses: Sequence[LoraUse]) -> Iterator[None]:
    """Draw with adapters inside the block; the base is bare again afterwards, whatever happened.

    The caller holds the drawing lock: the layers are shared by every handle of the checkpoint.

    Raises:
        ModelError: an adapter's file is gone, or has changed and no longer fits.
    """
    active = [use for use in uses if use.weight != 0]
    if not active:
        yield
        return
    rack = _rack_of(parts)
    try:
        # Other threads may evict meanwhile, which walks through the same tables.
        with residence_of(parts.transformer).held_still(), torch.inference_mode(False), torch.no_grad():
            rack.put_on(parts.transformer, active)
        yield
    finally:
        rack.take_off()


class Rack:
    """The adapters of one transformer: those read lately, and those on its layers. Not thread-safe: its caller is.

    Args:
        linears: name of each linear layer and its ``(out, in)`` widths.
    """

    def __init__(self, linears: Widths) -> None:
        self._linears = linears
        self._read: OrderedDict[str, Factors] = OrderedDict()
        self._attached: dict[str, float] = {}
        self._on: list[Any] = []

    @property
    def kept(self) -> dict[str, int]:
        """The adapters that are kept ready, oldest use first, and their bytes."""
        return {name: sum(part.bytes for part in factors.values()) for name, factors in self._read.items()}

    def put_on(self, transformer: nn.Module, uses: Sequence[LoraUse]) -> None:
        """Make the layers compute with these adapters."""
        weights: dict[str, float] = {}
        factors: dict[str, Factors] = {}
        for use in uses:
            name = _name(use.path)  # one file may be known under two paths
            weights[name] = weights.get(name, 0.0) + use.weight
            factors[name] = self._factors(name, use.path, transformer)
        layers = {name: transformer.get_submodule(name) for found in factors.values() for name in found}
        known, self._attached = self._attached, {}  # whatever breaks off below is done anew next time
        if list(weights) != list(known):
            _detach(transformer)
            for layer, module in layers.items():
                _attach(module, [found[layer] for found in factors.values() if layer in found])
        if weights != known:
            for layer, module in layers.items():
                _weigh(module, [(found[layer], weights[name]) for name, found in factors.items() if layer in found])
        self._attached = weights
        for module in layers.values():
            module.__class__ = _adapted(type(module))
            self._on.append(module)
        self._forget_oldest()

    def take_off(self) -> None:
        """Make every layer the bare one again."""
        for module in self._on:
            module.__class__ = module.bare_class
        self._on.clear()

    def _factors(self, name: str, path: Path, transformer: nn.Module) -> Factors:
        found = self._read.pop(name, None)
        if found is None:
            found = read_factors(path, self._linears, working_dtype(transformer))
        self._read[name] = found  # most recently used goes last
        return found

    def _forget_oldest(self) -> None:
        while len(self._read) > len(self._attached) and sum(self.kept.values()) > _KEPT_BYTES:
            self._read.popitem(last=False)


class Adapted(nn.Module):
    """What a linear layer's own class is mixed with while adapters are on it."""

    adapter_down: torch.Tensor
    adapter_up: torch.Tensor
    adapter_scales: torch.Tensor
    adapter_rows: tuple[tuple[int, int], ...]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's own output, and what the adapters add to it; ``[..., in] -> [..., out]``."""
        out = super().forward(x)
        self.add_to(out, x)
        return out

    def add_to(self, out: torch.Tensor, x: torch.Tensor) -> None:
        """Add to ``out [..., out]``, in place, what the adapters make of ``x [..., in]``."""
        if "adapter_down" in self._buffers:
            inner = functional.linear(x, self.adapter_down) * self.adapter_scales
            out += functional.linear(inner.to(x.dtype), self.adapter_up)
        for number, (skip, height) in enumerate(self.adapter_rows):
            left, right = (self.get_buffer(f"adapter_{side}_{number}") for side in ("left", "right"))
            out += multiply_kronecker(x, left, right, skip, height)


@lru_cache(maxsize=16)
def _adapted(kind: type) -> type:
    return type(f"Adapted{kind.__name__}", (Adapted, kind), {"bare_class": kind})


def _attach(module: Any, found: Sequence[LowRank | Kronecker]) -> None:
    """Lay the factors beside the layer; their weights come with ``_weigh``."""
    low_ranks = [part for part in found if isinstance(part, LowRank)]
    if low_ranks:
        down, up = join_low_ranks(low_ranks)
        module.register_buffer("adapter_down", down, persistent=False)
        module.register_buffer("adapter_up", up, persistent=False)
    kroneckers = [part for part in found if isinstance(part, Kronecker)]
    for number, part in enumerate(kroneckers):
        module.register_buffer(f"adapter_right_{number}", part.right, persistent=False)
    module.adapter_rows = tuple((part.skip, part.height) for part in kroneckers)


def _detach(transformer: nn.Module) -> None:
    for module in transformer.modules():
        for name in [name for name in module._buffers if name.startswith(_BUFFER)]:
            delattr(module, name)


def _weigh(module: Any, found: Sequence[tuple[LowRank | Kronecker, float]]) -> None:
    scales = [
        torch.full((len(part.down),), weight * part.scale, dtype=torch.float32)
        for part, weight in found
        if isinstance(part, LowRank)
    ]
    if scales:
        module.register_buffer("adapter_scales", torch.cat(scales), persistent=False)
    number = 0
    for part, weight in found:
        if isinstance(part, Kronecker):
            left = (part.left.float() * (weight * part.scale)).to(part.left.dtype)
            module.register_buffer(f"adapter_left_{number}", left, persistent=False)
            number += 1


def _rack_of(parts: Components) -> Rack:
    rack = parts.transformer.__dict__.get(_MARK)
    if rack is None:
        rack = parts.transformer.__dict__[_MARK] = Rack(parts.linears)
    return rack


def working_dtype(transformer: nn.Module) -> torch.dtype:
    """What the layers compute in: weights may be stored in fewer bits, and then adapters must not be."""
    return next(p.dtype for p in transformer.parameters() if p.is_floating_point() and p.dtype.itemsize > 1)


def _name(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise missing(path) from None
    text = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
