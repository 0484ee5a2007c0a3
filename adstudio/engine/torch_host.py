"""The plain host: one device under torch, for the library, the command line and tests."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from .. import config
from ..errors import InputError
from ..ports import Cancelled
from ..types import Array
from .residence import residence_of

OnProgress = Callable[[int, int, Array | None], None]
_RESERVE_BYTES = 512 * 2**20  # for the CUDA context and what torch needs beside what it is asked for


class TorchHost:
    """Lends modules on one device. Keep one per device: it knows what it has put there.

    On a CPU the modules are used where they lie. On another device they are copied there and stay, and the least
    recently used leave when the next one needs room.

    Args:
        device: ``auto`` (CUDA when there is one), or any device torch knows.
        model_dirs: folders with one subfolder per kind of model.
        on_progress: called with step, total and a small preview.
        free_bytes: tells the room left on the device; measured where it is not given.
    """

    def __init__(
        self,
        device: str = "auto",
        model_dirs: Sequence[Path | str] | None = None,
        on_progress: OnProgress | None = None,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        self.device = _choose(device)
        self.model_dirs = tuple(Path(path) for path in (config.model_dirs() if model_dirs is None else model_dirs))
        self._on_progress = on_progress
        self._free_bytes = free_bytes or self._measure_free
        self._cancel = threading.Event()
        self._moving = threading.RLock()
        self._placed: OrderedDict[int, tuple[Any, int]] = OrderedDict()  # id -> (module, how many use it now)

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0) -> Iterator[torch.device]:
        """Lend ``component`` on the device; it is not evicted while it is lent."""
        if self.device.type == "cpu":
            yield self.device
            return
        with self._moving:
            self._place(component, activation_bytes)
            self._count(component, +1)
        try:
            yield self.device
        finally:
            with self._moving:
                self._count(component, -1)

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Hand progress to whoever asked for it."""
        if self._on_progress is not None:
            self._on_progress(step, total, preview)

    def cancel(self) -> None:
        """Ask the running generation to stop at its next step. Safe from any thread."""
        self._cancel.set()

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` once per ``cancel()``, so the next run is free."""
        if self._cancel.is_set():
            self._cancel.clear()
            raise Cancelled("cancelled by the user")

    def model_file(self, kind: str, name: str) -> Path | None:
        """Find ``name`` in ``<model dir>/<kind>``; names never lead out of it."""
        return config.find_inside([(root / kind).resolve() for root in self.model_dirs], name)

    def evict_all(self) -> None:
        """Send home every component that is not in use."""
        with self._moving:
            for key in [key for key, (_, users) in self._placed.items() if users == 0]:
                self._send_home(key)

    def _place(self, component: Any, activation_bytes: int) -> None:
        residence = residence_of(component)
        # Adapters may have come since: what is on the device already costs nothing, what is new does.
        missing = 0 if residence.is_away else residence.size_bytes()
        while self._free_bytes() < missing + activation_bytes and self._evict_oldest(component):
            pass
        try:
            residence.move_in(self.device)
        except torch.OutOfMemoryError:
            while self._evict_oldest(component):
                pass
            residence.move_in(self.device)

    def _evict_oldest(self, wanted: Any) -> bool:
        for key, (_, users) in self._placed.items():
            if users == 0 and key != id(wanted):
                self._send_home(key)
                return True
        return False

    def _send_home(self, key: int) -> None:
        module, _ = self._placed.pop(key)
        residence_of(module).move_out()

    def _count(self, component: Any, change: int) -> None:
        _, users = self._placed.get(id(component), (component, 0))
        self._placed[id(component)] = (component, users + change)
        self._placed.move_to_end(id(component))

    def _measure_free(self) -> int:
        if self.device.type != "cuda":
            return 2**62
        free, _ = torch.cuda.mem_get_info(self.device)
        cached = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return free + cached - _RESERVE_BYTES


def _choose(name: str) -> torch.device:
    if name == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(
            "device.unknown", f"torch knows no device '{name}'.", "Use auto, cpu, cuda or cuda:1."
        ) from None
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device())  # tensors report an index, and both are compared
    return device
