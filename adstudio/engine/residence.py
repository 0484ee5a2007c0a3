"""Where a module's weights are: at home in the mapped file, or copied to a compute device.

Leaving a device costs nothing: the copies are dropped and the mapped tensors put back, so no weights are ever written
to host memory. Adapters may be added or removed meanwhile; every move looks at the module as it is then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

_MARK = "_adstudio_residence"
_HOME = torch.device("cpu")
_Table = dict[str, Any]


class Residence:
    """Moves one module between its home and a device. Not thread-safe: its host is."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        # (the table's id, name) -> the table, its tensor at home, its copy; the table is held, so its id stays its own
        self._away: dict[tuple[int, str], tuple[_Table, torch.Tensor, torch.Tensor]] = {}

    @property
    def is_away(self) -> bool:
        """Whether copies of the weights are on a device."""
        return bool(self._away)

    def size_bytes(self) -> int:
        """Bytes of the module's distinct tensors, tied ones once."""
        return sum({id(tensor): tensor.nbytes for _, _, tensor in self._slots()}.values())

    def move_in(self, device: torch.device) -> None:
        """Copy every tensor that is not there yet to ``device``; on failure everything is at home again."""
        copies: dict[int, torch.Tensor] = {}
        try:
            with _plain_tensors():
                for table, name, tensor in self._slots():
                    slot = (id(table), name)
                    if slot in self._away and self._away[slot][2] is tensor and tensor.device == device:
                        continue
                    if id(tensor) not in copies:  # tied weights stay tied
                        copies[id(tensor)] = _copy(tensor, device)
                    copy = copies[id(tensor)]
                    # An adapter made while the module was away was born on the device: its home is made here.
                    home = self._away[slot][1] if slot in self._away else _at_home(tensor)
                    self._away[slot] = (table, home, copy)
                    table[name] = copy
        except BaseException:
            self.move_out()
            raise

    def move_out(self) -> None:
        """Put every tensor back to where it lives."""
        with _plain_tensors():
            for (_, name), (table, home, copy) in self._away.items():
                if table.get(name) is copy:  # else it was replaced or removed meanwhile
                    table[name] = home
            self._away.clear()
            for table, name, tensor in self._slots():
                table[name] = _at_home(tensor)

    def _slots(self) -> Iterator[tuple[_Table, str, torch.Tensor]]:
        for module in self._module.modules():
            for table in (module._parameters, module._buffers):
                for name, tensor in list(table.items()):
                    if tensor is not None:
                        yield table, name, tensor


def residence_of(module: nn.Module) -> Residence:
    """The one residence of a module, whoever hosts it."""
    residence = module.__dict__.get(_MARK)
    if residence is None:
        residence = module.__dict__[_MARK] = Residence(module)
    return residence


@contextmanager
def _plain_tensors() -> Iterator[None]:
    # ComfyUI evicts under inference_mode; a parameter copied there could never be switched by PEFT again.
    with torch.inference_mode(False), torch.no_grad():
        yield


def _copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    moved = tensor.detach().to(device, copy=True)
    return nn.Parameter(moved, requires_grad=False) if isinstance(tensor, nn.Parameter) else moved


def _at_home(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.device == _HOME else _copy(tensor, _HOME)
