"""Read the tensors of a component from its files, under the names that its module gives them.

Safetensors are mapped, not read: a tensor that is used as it is stored stays part of the file. Quantised ones, and the
few that are stored in another precision, are converted one by one into room of their own.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch

from ...ports import Watcher
from ..forms.parts import Part
from . import conversion_space
from .conversion_space import open_space
from .gguf_file import Packed, read_gguf
from .gguf_header import is_gguf
from .module_names import module_names
from .quantization import restore, scale_of
from .safetensors_file import load_mapped


def read_tensors(part: Part, dtype: torch.dtype, watcher: Watcher | None = None) -> dict[str, torch.Tensor]:
    """The module's tensors in ``dtype``; fused ones come apart as views of the same memory.

    Args:
        watcher: told of the bytes that are converted, where that takes a while; its ``check_cancelled`` may stop it,
            which leaves nothing.

    Raises:
        ModelError: a file is damaged, or there is no room for what has to be converted.
    """
    stored: dict[str, torch.Tensor | Packed] = {}
    for path in part.files:
        stored.update(_read_file(path, part.prefix))
    plain = {name: value for name, value in stored.items() if isinstance(value, torch.Tensor)}
    used = {name: targets for name, targets in module_names(part.name, stored).items() if targets}
    scales = {name: scale_of(name, plain) for name in used}
    changed = {name for name in used if scales[name] is not None or stored[name].dtype != dtype}
    space = open_space([stored[name].shape for name in used if name in changed], part, dtype)
    done, total = 0, sum(math.prod(stored[name].shape) * dtype.itemsize for name in changed)
    tensors: dict[str, torch.Tensor] = {}
    for name, targets in used.items():
        value = stored[name]
        if watcher is not None and name in changed:
            watcher.check_cancelled()
            if total >= conversion_space.IN_MEMORY_BYTES:
                watcher.progress(done, total)
            done += math.prod(value.shape) * dtype.itemsize
        if isinstance(value, Packed):
            value = value.unpack(name, space.take(value.shape))
        elif name in changed:
            value = restore(name, value, scales[name], space.take(value.shape))
        pieces = value.chunk(len(targets)) if len(targets) > 1 else [value]
        tensors.update(zip(targets, pieces, strict=True))
    return tensors


def _read_file(path: Path, prefix: str) -> dict[str, torch.Tensor | Packed]:
    tensors = read_gguf(path) if is_gguf(path) else load_mapped(path)
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
