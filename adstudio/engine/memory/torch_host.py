"""The plain host: one device under torch, for the library, the command line and tests."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from ... import config
from ...errors import InputError
from ...ports import ENDLESS, Cancelled
from ...types import Array
from .out_of_memory import told_as_one
from .residence import residence_of
from .work_room import work_room_of

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
        free_bytes: tells the room left on the device; where it is not given it is measured, within the share of the
            card that torch may have (``torch.cuda.set_per_process_memory_fraction``).
        copying: copy modules to the device; on a CPU they are used where they lie unless this says otherwise.
    """

    def __init__(
        self,
        device: str = "auto",
        model_dirs: Sequence[Path | str] | None = None,
        on_progress: OnProgress | None = None,
        free_bytes: Callable[[], int] | None = None,
        copying: bool | None = None,
    ) -> None:
        self.device = _choose(device)
        self._copying = self.device.type != "cpu" if copying is None else copying
        self.model_dirs = tuple(Path(path) for path in (config.model_dirs() if model_dirs is None else model_dirs))
        self._on_progress = on_progress
        self._measure_free = free_bytes or self._ask_device
        self._cancel = threading.Event()
        self._moving = threading.RLock()
        self._work_room = work_room_of(self.device)
        # Least recently used first. Weak: a checkpoint that is forgotten leaves the device with its modules.
        self._placed: OrderedDict[int, weakref.ref[Any]] = OrderedDict()

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        """Lend ``component`` on the device; it is not evicted while it is lent."""
        if not self._copying:
            yield self.device
            return
        with told_as_one(), ExitStack() as loan:
            with self._moving:
                self._make_room(component, activation_bytes, streamed)
                if not self._lend(loan, component, streamed):
                    # Only out here, where the error is gone: its traceback holds all that was copied until then.
                    self._evict_others(component)
                    loan.enter_context(residence_of(component).lend(self.device, streamed=streamed))
                self._placed.pop(id(component), None)
                self._placed[id(component)] = weakref.ref(component)
            self._work_room.prepare(activation_bytes)  # after the weights, which stay when the work is done
            yield self.device

    @contextmanager
    def workspace(self, work_bytes: int) -> Iterator[torch.device | None]:
        """Send home what is in the way of ``work_bytes`` and not in use; None on a CPU, where numpy computes."""
        if not self._copying:
            yield None
            return
        with self._moving:
            self._free(work_bytes)
        with told_as_one():
            yield self.device

    def free_bytes(self) -> int:
        """Room on the device for weights and work, counting what could be evicted; ``ENDLESS`` where none is."""
        if not self._copying:
            return ENDLESS
        with self._moving:
            return self._measure_free() + sum(residence_of(module).device_bytes() for module in self._evictable())

    def release(self, component: Any) -> None:
        """Send ``component`` home now, unless somebody uses it."""
        with self._moving:
            if self._copying and not residence_of(component).is_lent:
                self._send_home(component)

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Hand progress to whoever asked for it; a preview is ``[H,W,3]`` in 0..1."""
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

    def model_folders(self, kind: str) -> tuple[Path, ...]:
        """``<model dir>/<kind>``, where there is one."""
        return tuple((root / kind).resolve() for root in self.model_dirs if (root / kind).is_dir())

    def evict_all(self) -> None:
        """Send home every component that is not in use."""
        with self._moving:
            for module in self._evictable():
                self._send_home(module)

    def _lend(self, loan: ExitStack, component: Any, streamed: bool) -> bool:
        """Whether the component could be brought to the device."""
        try:
            with told_as_one():
                loan.enter_context(residence_of(component).lend(self.device, streamed=streamed))
        except torch.OutOfMemoryError:
            return False
        return True

    def _make_room(self, component: Any, activation_bytes: int, streamed: bool) -> None:
        residence = residence_of(component)
        # Adapters may have come since: what is on the device already costs nothing, what is new does.
        missing = residence.size_bytes(streamed=streamed) - residence.device_bytes()
        self._free(missing + activation_bytes, but=component)

    def _free(self, wanted_bytes: int, but: Any = None) -> None:
        for other in self._evictable(but):
            if self._measure_free() >= wanted_bytes:
                return
            self._send_home(other)

    def _evict_others(self, component: Any) -> None:
        for other in self._evictable(but=component):
            self._send_home(other)
        gc.collect()  # a checkpoint that was forgotten may still lie there

    def _evictable(self, but: Any = None) -> list[Any]:
        modules = [module for reference in self._placed.values() if (module := reference()) is not None]
        return [module for module in modules if module is not but and not residence_of(module).is_lent]

    def _send_home(self, module: Any) -> None:
        self._placed.pop(id(module), None)
        residence_of(module).move_out()

    def _ask_device(self) -> int:
        if self.device.type != "cuda":
            return ENDLESS
        free, total = torch.cuda.mem_get_info(self.device)
        reserved = torch.cuda.memory_reserved(self.device)
        if ask_share := getattr(torch.cuda, "get_per_process_memory_fraction", None):  # not in older versions of torch
            free = min(free, int(ask_share(self.device) * total) - reserved)
        return free + reserved - torch.cuda.memory_allocated(self.device) - _RESERVE_BYTES


def _choose(name: str) -> torch.device:
    if name == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(
            "device.unknown", f"torch knows no device '{name}'.", "Use auto, cpu, cuda or cuda:1."
        ) from None
    try:
        return torch.empty(0, device=device).device  # with the index that tensors report: both are compared
    except Exception as error:  # no card, no driver, another torch: each says so in a class of its own
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            "device.missing",
            f"The device '{name}' cannot be used here ({reason[:200]}).",
            "Use auto, which takes a graphics card only where there is one, or cpu.",
        ) from error
