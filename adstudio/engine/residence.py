"""Where a module's weights are: at home in the mapped file, or copied to a compute device.

Leaving a device costs nothing: the copies are dropped and the mapped tensors put back, so no weights are ever written
to host memory. Adapters may be added or removed meanwhile; every move looks at the module as it is then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

_MARK = "_adstudio_residence"
_Table = dict[str, Any]


class Residence:
    """Moves one module between its home and a device. Not thread-safe: its host is."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._away: dict[tuple[int, str], tuple[_Table, torch.Tensor]] = {}
        self.device: torch.device | None = None

    @property
    def is_away(self) -> bool:
        """Whether copies of the weights are on a device."""
        return bool(self._away)

    def size_bytes(self) -> int:
        """Bytes of the module's distinct tensors, tied ones once."""
        sizes = {tensor.data_ptr() or id(tensor): tensor.nbytes for _, _, tensor in self._slots()}
        return sum(sizes.values())

    def move_in(self, device: torch.device) -> None:
        """Copy every tensor to ``device``; on failure everything is at home again."""
        copies: dict[int, torch.Tensor] = {}
        try:
            for table, name, tensor in self._slots():
                if (id(table), name) in self._away and tensor.device == device:
                    continue
                copy = copies.get(id(tensor))
                if copy is None:
                    copy = copies[id(tensor)] = _copy(tensor, device)
                self._away.setdefault((id(table), name), (table, _at_home(tensor)))
                table[name] = copy
            self.device = device
        except BaseException:
            self.move_out()
            raise

    def move_out(self) -> None:
        """Put every tensor back to where it lives."""
        for (_, name), (table, home) in self._away.items():
            if name in table:
                table[name] = home
        self._away.clear()
        # Adapters that were made while the module was away were born on the device.
        for table, name, tensor in self._slots():
            table[name] = _at_home(tensor)
        self.device = None

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


def _copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    moved = tensor.detach().to(device, copy=True)
    return nn.Parameter(moved, requires_grad=False) if isinstance(tensor, nn.Parameter) else moved


def _at_home(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.device.type == "cpu" else _copy(tensor, torch.device("cpu"))
