"""Read the weights of a GGUF file; the one place that imports ``gguf``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import MissingDependency, ModelError
from .gguf_header import read_gguf_header

_PLAIN = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def need_gguf() -> Any:
    """The package that knows how GGUF packs numbers.

    Raises:
        MissingDependency: it is not installed.
    """
    try:
        from gguf import GGMLQuantizationType, quants
    except ImportError as error:
        raise MissingDependency("gguf", "Reading a GGUF file", "'gguf>=0.10'") from error
    return GGMLQuantizationType, quants


def read_gguf(path: Path, prefix: str, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The tensors whose names begin with ``prefix``; quantised ones become ``dtype``, one after the other.

    Raises:
        MissingDependency: the package ``gguf`` is not installed.
        ModelError: a tensor is packed in a way that the package does not know.
    """
    kinds, quants = need_gguf()
    content = np.memmap(path, np.uint8, mode="c")  # private: nobody ever writes into the file
    tensors: dict[str, torch.Tensor] = {}
    for name, (info, place) in read_gguf_header(path).items():
        if not name.startswith(prefix):
            continue
        packed = content[place.offset : place.offset + info.bytes]
        if info.dtype in _PLAIN:
            tensors[name] = torch.from_numpy(packed).view(_PLAIN[info.dtype]).reshape(info.shape)
            continue
        try:
            rows = packed.reshape(info.shape[0], -1) if len(info.shape) > 1 else packed
            values = quants.dequantize(rows, kinds(place.kind))
        except (NotImplementedError, KeyError, ValueError) as error:
            raise ModelError(
                "checkpoint.unsupported_dtype",
                f"{name} in {path} is packed as {info.dtype}, which the package 'gguf' cannot unpack ({error}).",
                "Choose another edition, such as Q8_0.",
            ) from error
        tensors[name] = torch.from_numpy(values).reshape(info.shape).to(dtype)
    return tensors
