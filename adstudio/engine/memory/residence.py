"""Where a module's weights are: at home in the mapped file, or copied to a compute device, whole or block by block.

Leaving a device costs nothing: the copies are dropped and the mapped tensors put back, so no weights are ever written
to host memory. Adapters may be added or removed meanwhile; every move looks at the module as it is then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from .rooms import Room, rooms_for
from .streaming import HOME, BlockStream, Table, find_blocks, plain_tensors, streamed_bytes, tables_of

_MARK = "_adstudio_residence"
_making = threading.Lock()


class Residence:
    """Moves one module between its home and a device.

    Safe from any thread. A module that is lent is not moved out before its last borrower has given it back.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._moving = threading.RLock()
        self._borrowers = 0
        self._is_leaving = False
        self._stream: BlockStream | None = None
        # (the table's id, name) -> the table, its tensor at home, its copy; the table is held, so its id stays its own
        self._away: dict[tuple[int, str], tuple[Table, torch.Tensor, torch.Tensor]] = {}

    @property
    def is_away(self) -> bool:
        """Whether copies of the weights are on a device."""
        return bool(self._away) or self._stream is not None

    @property
    def is_streamed(self) -> bool:
        """Whether the blocks come to the device one by one."""
        return self._stream is not None

    @property
    def is_lent(self) -> bool:
        """Whether anyone computes with the module now."""
        return self._borrowers > 0

    def size_bytes(self, *, streamed: bool = False) -> int:
        """Bytes that the module takes on a device, tied tensors once."""
        with self._moving:
            whole = sum({id(tensor): tensor.nbytes for _, _, tensor in self._slots(streamed)}.values())
            return whole + (streamed_bytes(find_blocks(self._module)) if streamed else 0)

    def device_bytes(self) -> int:
        """Bytes that the module takes on a device now."""
        with self._moving:
            return self.size_bytes(streamed=self.is_streamed) if self.is_away else 0

    @contextmanager
    def lend(self, device: torch.device, *, streamed: bool = False) -> Iterator[None]:
        """Have the module on ``device`` for the length of the block, and let it stay there."""
        with self._moving:
            self.move_in(device, streamed=streamed)
            self._borrowers += 1
        try:
            yield
        finally:
            with self._moving:
                self._borrowers -= 1
                if self._is_leaving and not self._borrowers:
                    self.move_out()

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Have nobody move or measure the module while tensors are put on it or taken off."""
        with self._moving:
            yield

    def move_in(self, device: torch.device, *, streamed: bool = False) -> None:
        """Copy what is not there yet to ``device``; on failure everything is at home again.

        Args:
            streamed: keep the blocks at home, and bring each to the device only while it runs. A module that is lent
                stays as it is.
        """
        with self._moving:
            if self.is_away and self.is_streamed != streamed and not self.is_lent:
                self._go_home()
            self._is_leaving = False
            try:
                with plain_tensors():
                    self._copy_missing(device, self.is_streamed if self.is_away else streamed)
            except BaseException:
                self.move_out()
                raise

    def move_out(self) -> None:
        """Put every tensor back to where it lives, as soon as nobody computes with it."""
        with self._moving:
            self._is_leaving = self.is_lent
            if not self.is_lent:
                self._go_home()

    def _copy_missing(self, device: torch.device, streamed: bool) -> None:
        # What was replaced or removed meanwhile, an adapter of the last style, must neither stay nor come back.
        self._away = {slot: entry for slot, entry in self._away.items() if entry[0].get(slot[1]) is entry[2]}
        copies: dict[int, torch.Tensor] = {}
        missing = [
            (table, name, tensor)
            for table, name, tensor in self._slots(streamed)
            if (id(table), name) not in self._away or tensor.device != device
        ]
        rooms = rooms_for(self._module, missing, device) if missing else {}
        for table, name, tensor in missing:
            slot = (id(table), name)
            if id(tensor) not in copies:  # tied weights stay tied
                copies[id(tensor)] = _copy(tensor, rooms.get(id(tensor), device))
            copy = copies[id(tensor)]
            # An adapter made while the module was away was born on the device: its home is made here.
            home = self._away[slot][1] if slot in self._away else _at_home(tensor)
            self._away[slot] = (table, home, copy)
            table[name] = copy
        if streamed and self._stream is None:
            self._stream = BlockStream(find_blocks(self._module), device)
            self._stream.open()

    def _go_home(self) -> None:
        with plain_tensors():
            if self._stream is not None:
                self._stream.close()
                self._stream = None
            for (_, name), (table, home, copy) in self._away.items():
                if table.get(name) is copy:  # else it was replaced or removed meanwhile
                    table[name] = home
            self._away.clear()
            for table, name, tensor in self._slots(streamed=False):
                table[name] = _at_home(tensor)

    def _slots(self, streamed: bool) -> Iterator[tuple[Table, str, torch.Tensor]]:
        passing = {id(table) for block in find_blocks(self._module) for table in tables_of(block)} if streamed else ()
        for table in tables_of(self._module):
            for name, tensor in list(table.items()):
                if tensor is not None and id(table) not in passing:
                    yield table, name, tensor


def residence_of(module: nn.Module) -> Residence:
    """The one residence of a module, whoever hosts it."""
    with _making:
        residence = module.__dict__.get(_MARK)
        if residence is None:
            residence = module.__dict__[_MARK] = Residence(module)
        return residence


def _copy(tensor: torch.Tensor, place: torch.device | Room) -> torch.Tensor:
    if isinstance(place, Room):
        moved = place.take(tensor).copy_(tensor.detach())
    else:
        moved = tensor.detach().to(place, copy=True)
    return nn.Parameter(moved, requires_grad=False) if isinstance(tensor, nn.Parameter) else moved


def _at_home(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.device == HOME else _copy(tensor, HOME)
