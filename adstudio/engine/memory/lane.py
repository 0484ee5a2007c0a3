"""The way of weights into a slot on a device, beside the computation where the device has streams.

What waits for what, on such a device:

    the host, before it writes into a staging buffer      for the buffer's last copy to be sent
    a copy into a slot                                    for the block that lay there to have run
    a block                                               for its own copy to have arrived
    whoever takes the slots' memory away                  for every copy to have arrived

The computation never waits for the host, and the host for the computation only where it is two blocks ahead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

ASYNC_DEVICES = {"cuda"}  # those with streams, events and pinned memory; ROCm calls itself so too
_BUFFERS = 2
_STAGED_BYTES = 64 * 2**20  # of pinned memory, twice: enough to keep the bus busy, little for a small host


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Where in a slot a tensor of the host's memory belongs."""

    first: int
    home: torch.Tensor  # flat bytes


class Lane:
    """Copies pieces into slots: on a stream of its own with pinned staging, or plainly where there is none."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._is_async = device, device.type in ASYNC_DEVICES
        self._api: Any = torch.get_device_module(device) if self._is_async else None
        self._stream: Any = None
        self._staging: list[tuple[torch.Tensor, Any]] = []
        self._turn = 0

    def allocate(self, size: int) -> torch.Tensor:
        """Memory for a slot, ``[size] uint8``, into which copies may go from now on."""
        memory = torch.empty(size, dtype=torch.uint8, device=self._device)
        if self._is_async:
            if self._stream is None:
                self._stream = self._api.Stream(self._device)
                self._staging = [
                    (torch.empty(_STAGED_BYTES, dtype=torch.uint8, pin_memory=True), self._api.Event())
                    for _ in range(_BUFFERS)
                ]
            # The computation may still be at work in what lay here before.
            self._stream.wait_stream(self._api.current_stream(self._device))
            # A module that is thrown away with copies on their way must not leave them to whoever gets its memory.
            memory.record_stream(self._stream)
        return memory

    def finish(self) -> None:
        """Wait until nothing is being written any more."""
        if self._stream is not None:
            self._stream.synchronize()

    def copy(self, pieces: Iterable[Piece], memory: torch.Tensor, size: int, read: Any) -> Any:
        """Bring pieces into a slot of ``size`` bytes, once ``read`` has come; with streams before they are there.

        Returns:
            The event of their arrival.
        """
        pieces = list(pieces)
        if not self._is_async:
            for piece in pieces:
                memory[piece.first : piece.first + len(piece.home)].copy_(piece.home)
            return None
        if read is not None:
            self._stream.wait_event(read)
        for start in range(0, size, _STAGED_BYTES):
            self._send(pieces, memory, start, min(start + _STAGED_BYTES, size))
        return self._event(self._stream)

    def wait_for(self, filled: Any) -> None:
        """Let the computation wait for a copy, not the host."""
        if filled is not None:
            self._api.current_stream(self._device).wait_event(filled)

    def read_by_now(self) -> Any:
        """The event of all that was computed until now."""
        return self._event(self._api.current_stream(self._device)) if self._is_async else None

    def _event(self, stream: Any) -> Any:
        event = self._api.Event()
        event.record(stream)
        return event

    def _send(self, pieces: Iterable[Piece], memory: torch.Tensor, start: int, end: int) -> None:
        staging, sent = self._staging[self._turn]
        self._turn = (self._turn + 1) % len(self._staging)
        sent.synchronize()
        for piece in pieces:
            low, high = max(piece.first, start), min(piece.first + len(piece.home), end)
            if low < high:
                staging[low - start : high - start].copy_(piece.home[low - piece.first : high - piece.first])
        with self._api.stream(self._stream):
            memory[start:end].copy_(staging[: end - start], non_blocking=True)
            sent.record(self._stream)
