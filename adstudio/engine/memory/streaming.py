"""Run a module's repeated blocks one after the other through two slots on a device.

A block's weights are copied from their home into a slot just before it runs, and its own tensors are put back as soon
as it has run. While it runs, the block that came after it last time is copied into the other slot. What is in a block
is looked up at each turn, so adapters may be added or removed between runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from .lane import Lane, Piece

HOME = torch.device("cpu")
Table = dict[str, Any]
_MARK = "_adstudio_stream"
_SLOTS = 2
_ALIGN = 256


def find_blocks(module: nn.Module) -> list[nn.Module]:
    """The blocks that a module is made of: the members of its outermost lists of modules."""
    found: list[nn.Module] = []
    for child in module.children():
        if isinstance(child, nn.ModuleList):
            there = [member for member in child if member is not None]  # a VAE leaves the place of no attention empty
            found += [member for member in there if next(member.parameters(), None) is not None]
        else:
            found += find_blocks(child)
    return found


def tables_of(module: nn.Module) -> Iterator[Table]:
    """Every table of tensors in a module and its children."""
    for part in module.modules():
        yield part._parameters
        yield part._buffers


def slot_bytes(block: nn.Module) -> int:
    """What a block takes in a slot, wherever its tensors are now."""
    sizes = {id(tensor): tensor.nbytes for table in tables_of(block) for tensor in table.values() if tensor is not None}
    return sum(aligned(size) for size in sizes.values())


def streamed_bytes(blocks: list[nn.Module]) -> int:
    """What all slots take together."""
    return min(_SLOTS, len(blocks)) * max((slot_bytes(block) for block in blocks), default=0)


@contextmanager
def plain_tensors() -> Iterator[None]:
    """Make ordinary tensors inside, whatever the caller's mode.

    ComfyUI works and evicts under inference_mode; a parameter made there could never be used outside again.
    """
    with torch.inference_mode(False), torch.no_grad():
        yield


class BlockStream:
    """Feeds the blocks of one module to a device. Used by one thread at a time."""

    def __init__(self, blocks: list[nn.Module], device: torch.device) -> None:
        self._blocks, self._device = blocks, device
        self._place = {id(block): index for index, block in enumerate(blocks)}
        self._after = {index: (index + 1) % len(blocks) for index in range(len(blocks))}
        self._last: int | None = None
        self._slots: list[_Slot] = []
        self._lane = Lane(device)

    def open(self) -> None:
        """Take the slots' memory and make every block come through them."""
        largest = max((slot_bytes(block) for block in self._blocks), default=0)
        with plain_tensors():
            self._slots = [_Slot(self._lane.allocate(largest)) for _ in range(min(_SLOTS, len(self._blocks)))]
        for block in self._blocks:
            block.__dict__[_MARK] = self
            block.__class__ = _streamed(type(block))

    def close(self) -> None:
        """Give the slots back; every block is of its own class again."""
        for block in self._blocks:
            if block.__dict__.pop(_MARK, None) is not None:
                block.__class__ = type(block).bare  # type: ignore[attr-defined]
        self._lane.finish()  # so that the memory is there for others at once
        self._slots.clear()

    @contextmanager
    def running(self, block: nn.Module) -> Iterator[None]:
        """Have a block's tensors on the device for the length of one forward."""
        index = self._place[id(block)]
        with plain_tensors():
            slot = self._slot_with(index)
            if slot is None:
                slot = self._slot_for(index)
                self._fill(slot, index)
            self._lane.wait_for(slot.filled)
            slot.hang()
        try:
            yield
        finally:
            slot.take_down()
            slot.read = self._lane.read_by_now()
        if self._last is not None:
            self._after[self._last] = index
        self._last = index
        following = self._after[index]
        if len(self._slots) > 1 and following != index and self._slot_with(following) is None:
            with plain_tensors():
                self._fill(self._slot_for(following, busy=slot), following)

    def _slot_with(self, index: int) -> _Slot | None:
        return next((slot for slot in self._slots if slot.holds(index, self._blocks[index])), None)

    def _slot_for(self, index: int, busy: _Slot | None = None) -> _Slot:
        free = [slot for slot in self._slots if slot is not busy]
        return next((slot for slot in free if slot.index in (None, index)), free[0])

    def _fill(self, slot: _Slot, index: int) -> None:
        slot.index = None  # half filled, it holds nothing
        layout = _Layout(self._blocks[index])
        if layout.bytes > len(slot.memory):
            self._lane.finish()
            slot.entries, slot.memory = [], slot.memory[:0].clone()  # the old goes before the new is asked for
            slot.memory = self._lane.allocate(layout.bytes)
        slot.entries = layout.entries(slot.memory, self._device)
        slot.filled = self._lane.copy(layout.pieces(), slot.memory, layout.bytes, slot.read)
        slot.index = index


class _Streamed(nn.Module):
    """What a block's own class is mixed with while it comes through the slots."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the block with its weights on the device."""
        with self.__dict__[_MARK].running(self):
            return super().__call__(*args, **kwargs)


@lru_cache(maxsize=64)
def _streamed(kind: type) -> type:
    named = {"bare": kind, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (_Streamed, kind), named)


@dataclass(eq=False)
class _Entry:
    table: Table
    name: str
    home: torch.Tensor
    copy: torch.Tensor


@dataclass(eq=False)
class _Slot:
    """Memory on the device for one block at a time."""

    memory: torch.Tensor
    index: int | None = None
    entries: list[_Entry] = field(default_factory=list)
    filled: Any = None  # events: its copy has arrived, its block has run
    read: Any = None

    def holds(self, index: int, block: nn.Module) -> bool:
        """Whether this block's present tensors are here; adapters may have come since."""
        if self.index != index:
            return False
        here = {(id(entry.table), entry.name): entry.home for entry in self.entries}
        now = {(id(table), name): tensor for table, name, tensor in _away_from_device(block)}
        return here.keys() == now.keys() and all(here[key] is now[key] for key in now)

    def hang(self) -> None:
        for entry in self.entries:
            entry.table[entry.name] = entry.copy

    def take_down(self) -> None:
        for entry in self.entries:
            if entry.table.get(entry.name) is entry.copy:
                entry.table[entry.name] = entry.home


class _Layout:
    """Where each of a block's tensors lies in a slot; tied ones lie there once."""

    def __init__(self, block: nn.Module) -> None:
        self._tensors = list(_away_from_device(block))
        self.offsets: dict[int, int] = {}
        self.homes: dict[int, torch.Tensor] = {}
        self.bytes = 0
        for _, _, tensor in self._tensors:
            if id(tensor) not in self.offsets and is_plain(tensor):
                self.offsets[id(tensor)], self.homes[id(tensor)] = self.bytes, tensor
                self.bytes += aligned(tensor.nbytes)

    def pieces(self) -> Iterator[Piece]:
        """What lies flat in memory, and where it goes."""
        return (Piece(self.offsets[key], _bytes_of(home)) for key, home in self.homes.items())

    def entries(self, memory: torch.Tensor, device: torch.device) -> list[_Entry]:
        """What to hang where; copies that do not lie flat in memory are made here and now."""
        copies: dict[int, torch.Tensor] = {}
        found = []
        for table, name, home in self._tensors:
            if id(home) not in copies:
                copies[id(home)] = self._copy(memory, home, device)
            found.append(_Entry(table, name, home, copies[id(home)]))
        return found

    def _copy(self, memory: torch.Tensor, home: torch.Tensor, device: torch.device) -> torch.Tensor:
        first = self.offsets.get(id(home))
        if first is None:
            copy = home.detach().to(device, copy=True)
        else:
            copy = memory[first : first + home.nbytes].view(home.dtype).view(home.shape)
        return nn.Parameter(copy, requires_grad=False) if isinstance(home, nn.Parameter) else copy


def aligned(size: int) -> int:
    """Bytes for a tensor among others."""
    return -(-size // _ALIGN) * _ALIGN


def _away_from_device(block: nn.Module) -> Iterator[tuple[Table, str, torch.Tensor]]:
    for table in tables_of(block):
        for name, tensor in table.items():
            if tensor is not None and tensor.device == HOME:
                yield table, name, tensor


def is_plain(tensor: torch.Tensor) -> bool:
    """Whether a tensor is nothing but its bytes in a row."""
    return type(tensor) in (torch.Tensor, nn.Parameter) and tensor.is_contiguous() and tensor.layout == torch.strided


def _bytes_of(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().reshape(-1).view(torch.uint8)
