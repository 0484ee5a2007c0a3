"""Memory on a device for the weights of a block, taken as one.

PyTorch's own allocator takes every larger tensor in steps of 2 MiB: 0.4 GiB for nothing over Z-Image's weights one by
one. What comes and goes by itself, an adapter's buffer, has memory of its own, or it would keep its neighbours'.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from .streaming import Table, aligned, find_blocks, is_plain, tables_of


class Room:
    """Memory for some tensors, taken when the first of them comes."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._size, self._end = device, 0, 0
        self._memory: torch.Tensor | None = None

    def reserve(self, tensor: torch.Tensor) -> None:
        """Reckon with a tensor; before any is taken."""
        self._size += aligned(tensor.nbytes)

    def take(self, tensor: torch.Tensor) -> torch.Tensor:
        """The place of a tensor that was reckoned with, of its dtype and shape."""
        if self._memory is None:
            self._memory = torch.empty(self._size, dtype=torch.uint8, device=self._device)
        first, self._end = self._end, self._end + aligned(tensor.nbytes)
        return self._memory[first : first + tensor.nbytes].view(tensor.dtype).view(tensor.shape)


def rooms_for(
    module: nn.Module, missing: Iterable[tuple[Table, str, torch.Tensor]], device: torch.device
) -> dict[int, Room]:
    """A room for each block's weights, and one for what is in none; by the identity of each weight at home."""
    blocks = {id(table): number for number, block in enumerate(find_blocks(module)) for table in tables_of(block)}
    rooms: dict[int, Room] = {}
    found: dict[int, Room] = {}
    for table, _, tensor in missing:
        if isinstance(tensor, nn.Parameter) and is_plain(tensor) and id(tensor) not in found:
            room = found[id(tensor)] = rooms.setdefault(blocks.get(id(table), -1), Room(device))
            room.reserve(tensor)
    return found
