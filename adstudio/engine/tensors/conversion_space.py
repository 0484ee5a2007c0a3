"""Room for weights that are not used as they are stored: on disk where it is much, for a host has little memory.

The room is a nameless file of a temporary folder, mapped as a checkpoint's own files are: the system may take its pages
back, and the file is gone with the program.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch

from ...errors import ModelError
from ..forms.parts import Part
from .byte_size import byte_size
from .quantization import storage

IN_MEMORY_BYTES = 2**29  # below, a file is not worth it
_SPARE_BYTES = 2**29
_ALIGN = 64
_PREFIX = "adstudio-weights-"


class Space:
    """Hands out empty tensors one after the other."""

    def __init__(self, memory: torch.Tensor | None, dtype: torch.dtype) -> None:
        self._memory = memory
        self._dtype = dtype
        self._used = 0

    def take(self, shape: Sequence[int]) -> torch.Tensor:
        """An empty tensor of the space's dtype."""
        if self._memory is None:
            return torch.empty(tuple(shape), dtype=self._dtype)
        first, count = self._used, math.prod(shape) * self._dtype.itemsize
        self._used = _aligned(first + count)
        return self._memory[first : first + count].view(self._dtype).view(tuple(shape))


def open_space(shapes: Sequence[Sequence[int]], part: Part, dtype: torch.dtype) -> Space:
    """Make room for tensors of these shapes.

    Raises:
        ModelError: neither the temporary folder nor the memory has it.
    """
    needed = sum(_aligned(math.prod(shape) * dtype.itemsize) for shape in shapes)
    if needed < IN_MEMORY_BYTES:
        return Space(None, dtype)
    try:
        return Space(map_nameless(needed), dtype)
    except OSError as error:
        free = free_memory_bytes()
        if free is not None and needed + _SPARE_BYTES <= free:
            return Space(None, dtype)
        raise ModelError(
            "checkpoint.no_room",
            f"{part.place} is stored in {storage(part)} and becomes {str(dtype).removeprefix('torch.')}: that takes "
            f"{byte_size(needed)}, which the temporary folder {temporary_folder()} does not have ({error.strerror}).",
            "Make room there, point TMPDIR to another disk, or choose the bf16 edition, which needs none.",
            needed=byte_size(needed),
            folder=str(temporary_folder()),
        ) from error


def temporary_folder() -> Path:
    """Where the room is made: the folder that the user named, or one that lies on a disk; ``/tmp`` may be memory."""
    lasting = Path("/var/tmp")
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return lasting if not named and os.access(lasting, os.W_OK) else Path(tempfile.gettempdir())


def free_memory_bytes() -> int | None:
    """What a program can still take without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else int(kib) * 1024


def remove_leftovers(folder: Path) -> None:
    """Remove what ended programs have left where a mapped file keeps its name; what is in use cannot be removed there.

    Elsewhere the file has no name from the start, and this would take the name before the file is mapped.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            path.unlink()


def _reserve(handle: int, size: int) -> None:
    """Have the disk set the room aside: writing into a mapped hole of a disk that is full ends the whole program."""
    if hasattr(os, "posix_fallocate"):  # Windows sets it aside by itself
        os.posix_fallocate(handle, 0, size)
    else:
        os.ftruncate(handle, size)


def _aligned(count: int) -> int:
    return -(-count // _ALIGN) * _ALIGN


def map_nameless(size: int) -> torch.Tensor:
    """Bytes ``[size] uint8`` of a mapped file without a name, gone with its last tensor.

    Raises:
        OSError: the temporary folder has no room for it.
    """
    folder = temporary_folder()
    if os.name == "nt":
        remove_leftovers(folder)
    if shutil.disk_usage(folder).free < size + _SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
    try:
        _reserve(handle, size)
        return torch.from_file(name, shared=True, size=size, dtype=torch.uint8)
    finally:
        os.close(handle)
        with suppress(PermissionError):  # Windows keeps a mapped file; ``remove_leftovers`` takes it the next time
            Path(name).unlink()
