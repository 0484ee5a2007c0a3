"""Read the tensors of a component from its files, under the names that its module gives them.

Safetensors are mapped, not read: a tensor that is used as it is stored stays part of the file. Quantised ones, and the
few that are stored in another precision, become tensors in memory.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .gguf_file import read_gguf
from .memory_room import check_room
from .module_names import module_names
from .parts import Part
from .quantization import converted_bytes, restore, scale_of


def read_tensors(part: Part, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The module's tensors in ``dtype``; fused ones come apart as views of the same memory.

    Raises:
        ModelError: what has to be converted does not fit into the machine's free memory.
    """
    check_room(converted_bytes(part, dtype), part, dtype)
    stored: dict[str, torch.Tensor] = {}
    for path in part.files:
        stored.update(_read_file(path, part.prefix, dtype))
    tensors: dict[str, torch.Tensor] = {}
    for name, targets in module_names(part.name, stored).items():
        if targets:
            value = restore(name, stored[name], scale_of(name, stored), dtype)
            pieces = value.chunk(len(targets)) if len(targets) > 1 else [value]
            tensors.update(zip(targets, pieces, strict=True))
    return tensors


def _read_file(path: Path, prefix: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    if path.suffix == ".gguf":
        tensors = read_gguf(path, prefix, dtype)
    else:
        from safetensors.torch import load_file

        tensors = load_file(path)
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
