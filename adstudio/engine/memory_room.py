"""Whether converted weights fit into the machine's memory: a machine without swap kills the program otherwise."""

from __future__ import annotations

from pathlib import Path

import torch

from ..errors import ModelError
from .parts import Part
from .quantization import storage

_SPARE_BYTES = 512 * 2**20


def check_room(needed: int, part: Part, dtype: torch.dtype) -> None:
    """Refuse a conversion that free memory has no room for; where that cannot be told, everything passes.

    Raises:
        ModelError: naming both figures.
    """
    free = free_memory_bytes()
    if needed == 0 or free is None or needed + _SPARE_BYTES <= free:
        return
    raise ModelError(
        "checkpoint.no_room",
        f"{part.place} is stored in {storage(part)} and takes {needed / 1e9:.1f} GB of memory once it is "
        f"{str(dtype).removeprefix('torch.')}; {free / 1e9:.1f} GB are free.",
        "Choose the bf16 edition, which stays on disk until it is used, or close other programs.",
    )


def free_memory_bytes() -> int | None:
    """What a program can still take without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else int(kib) * 1024
