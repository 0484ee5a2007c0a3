"""One piece of memory on a card for all that a stage works with, kept ready by PyTorch's own allocator.

That allocator asks CUDA for a segment per large tensor and joins no two of them. A VAE's maps, each twice as large as
the last, so leave segments behind that fit nothing: 1.2 GiB at 1024x1024, by benchmarks/fragmentation.py. Cut from one
piece they take what they are. Segments that grow (``expandable_segments``) need no such help, nor are they hindered.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import torch


class WorkRoom:
    """Keeps one free piece per device, as large as the largest stage until now asked for."""

    def __init__(self, device: torch.device, api: Any = None) -> None:
        """``api``: what stands for ``torch.cuda``; by default that itself, on a device that it drives."""
        self._device = device
        self._api: Any = api or (torch.cuda if device.type == "cuda" else None)
        self._largest = 0

    def prepare(self, size: int) -> None:
        """Have the allocator hold ``size`` bytes in one piece; where there is none of it, work goes on in pieces.

        CUDA's own allocator (``cudaMallocAsync``) joins memory by itself and is left alone.
        """
        if self._api is None or not size or self._api.get_allocator_backend() != "native":
            return
        if size > self._largest:
            self._largest = size
            self._api.empty_cache()  # the smaller piece goes before the larger one comes
        with suppress(torch.OutOfMemoryError):
            torch.empty(size, dtype=torch.uint8, device=self._device)  # dropped at once, and the allocator keeps it


@cache
def work_room_of(device: torch.device) -> WorkRoom:
    """The one room of a device, whoever hosts it: the allocator is the program's."""
    return WorkRoom(device)
