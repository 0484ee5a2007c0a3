"""Read the tensors of a component from its files, under the names that its module gives them.

Safetensors are mapped, not read: a tensor that is used as it is stored stays part of the file.
"""

from __future__ import annotations

import torch

from .module_names import module_names
from .parts import Part


def read_tensors(part: Part) -> dict[str, torch.Tensor]:
    """The module's tensors; fused ones come apart as views of the same memory."""
    stored = _read_files(part)
    tensors: dict[str, torch.Tensor] = {}
    for name, targets in module_names(part.name, stored).items():
        value = stored[name]
        if len(targets) > 1:
            tensors.update(zip(targets, value.chunk(len(targets), dim=0), strict=True))
        elif targets:
            tensors[targets[0]] = value
    return tensors


def _read_files(part: Part) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    stored: dict[str, torch.Tensor] = {}
    for path in part.files:
        for name, value in load_file(path).items():
            if name.startswith(part.prefix):
                stored[name.removeprefix(part.prefix)] = value
    return stored
