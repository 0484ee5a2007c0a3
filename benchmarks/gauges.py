"""What the memory benchmark reads: anonymous memory and its peak, time, bytes that move, and pages to forget."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def anonymous() -> int:
    """Bytes of anonymous memory of this process; mapped files are not counted."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("RssAnon:"))) * 1024


def disk_reads() -> int:
    """Bytes that this process has had read from a disk so far; what it found in the page cache is not counted."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("read_bytes:")))


@contextmanager
def watched_peak(every_s: float = 0.005) -> Iterator[list[int]]:
    """The most anonymous memory seen while the block ran, once it has ended."""
    peak, done = [anonymous()], threading.Event()

    def watch() -> None:
        while not done.wait(every_s):
            peak[0] = max(peak[0], anonymous())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
        peak[0] = max(peak[0], anonymous())


@contextmanager
def timed() -> Iterator[list[float]]:
    """The seconds that the block took, and those of them that it had the processor, once it has ended."""
    seconds, start, worked = [0.0, 0.0], time.perf_counter(), time.process_time()
    try:
        yield seconds
    finally:
        seconds[:] = time.perf_counter() - start, time.process_time() - worked


@contextmanager
def counted_copies() -> Iterator[list[int]]:
    """The bytes of weights that are copied to a device to stay there."""
    from adstudio.engine.memory import residence

    moved, real = [0], residence._copy

    def copy(tensor: Any, device: Any) -> Any:
        moved[0] += tensor.nbytes
        return real(tensor, device)

    residence._copy = copy
    try:
        yield moved
    finally:
        residence._copy = real


def drop_cached_pages(folder: Path) -> None:
    """Have the system forget what it keeps of the weight files in memory."""
    for path in folder.rglob("*.safetensors"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


@contextmanager
def watched_tensors() -> Iterator[list[int]]:
    """The most bytes of tensors that were alive at once, of those made in the block; on any device."""
    import weakref

    from torch import Tensor
    from torch.utils._python_dispatch import TorchDispatchMode

    peak, alive = [0], dict[int, int]()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = func(*args, **(kwargs or {}))
            for each in made if isinstance(made, list | tuple) else (made,):
                if isinstance(each, Tensor) and (memory := each.untyped_storage())._cdata not in alive:
                    alive[memory._cdata] = memory.nbytes()
                    weakref.finalize(memory, alive.pop, memory._cdata, 0)
                    peak[0] = max(peak[0], sum(alive.values()))
            return made

    with Watch():
        yield peak
