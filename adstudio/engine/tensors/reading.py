"""Read the tensors of a component from its files, under the names that its module gives them.

Safetensors are mapped, not read: a tensor that is used as it is stored stays part of the file. Quantised ones, and the
few that are stored in another precision, are converted one by one into room of their own.
"""

from __future__ import annotations

from pathlib import Path

import torch

from ...errors import ModelError
from ..download.conversion_space import open_space
from ..forms.parts import Part
from .gguf_file import Packed, read_gguf
from .module_names import module_names
from .quantization import restore, scale_of


def read_tensors(part: Part, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The module's tensors in ``dtype``; fused ones come apart as views of the same memory.

    Raises:
        ModelError: a file is damaged, or there is no room for what has to be converted.
    """
    stored: dict[str, torch.Tensor | Packed] = {}
    for path in part.files:
        stored.update(_read_file(path, part.prefix))
    plain = {name: value for name, value in stored.items() if isinstance(value, torch.Tensor)}
    used = {name: targets for name, targets in module_names(part.name, stored).items() if targets}
    scales = {name: scale_of(name, plain) for name in used}
    changed = [name for name in used if scales[name] is not None or stored[name].dtype != dtype]
    space = open_space([stored[name].shape for name in changed], part, dtype)
    tensors: dict[str, torch.Tensor] = {}
    for name, targets in used.items():
        value = stored[name]
        if isinstance(value, Packed):
            value = value.unpack(name, space.take(value.shape))
        elif name in changed:
            value = restore(name, value, scales[name], space.take(value.shape))
        pieces = value.chunk(len(targets)) if len(targets) > 1 else [value]
        tensors.update(zip(targets, pieces, strict=True))
    return tensors


def _read_file(path: Path, prefix: str) -> dict[str, torch.Tensor | Packed]:
    if path.suffix == ".gguf":
        tensors = read_gguf(path)
    else:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            tensors = load_file(path)
        except SafetensorError as error:  # a header that contradicts itself, such as a shape of other bytes
            raise ModelError(
                "checkpoint.not_safetensors", f"{path} is damaged ({error}).", "Delete the file and download it again."
            ) from error
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
