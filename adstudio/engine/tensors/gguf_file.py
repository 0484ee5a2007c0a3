"""Read the weights of a GGUF file; the one place that imports ``gguf``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import MissingDependency, ModelError
from .gguf_header import read_gguf_header

_ROWS_AT_ONCE = 4096
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


@dataclass(frozen=True)
class Packed:
    """A quantised tensor as it lies in the file."""

    path: Path
    content: np.ndarray
    shape: tuple[int, ...]
    label: str
    kind: int
    dtype: None = None  # no dtype of torch

    def unpack(self, name: str, out: torch.Tensor) -> torch.Tensor:
        """Write the weights into ``out``, of the tensor's shape, some rows at a time, and return it.

        Raises:
            ModelError: the package does not know this way of packing.
        """
        kinds, quants = need_gguf()
        try:
            rows = self.content.reshape(math.prod(self.shape[:-1]), -1)
            flat = out.view(rows.shape[0], -1)
            for first in range(0, rows.shape[0], _ROWS_AT_ONCE):
                part = slice(first, first + _ROWS_AT_ONCE)
                flat[part] = torch.from_numpy(quants.dequantize(rows[part], kinds(self.kind)))
        except (NotImplementedError, KeyError, ValueError) as error:
            raise ModelError(
                "checkpoint.unsupported_dtype",
                f"{name} in {self.path} is packed as {self.label}, which the package 'gguf' cannot unpack ({error}).",
                "Choose another edition, such as Q8_0.",
                file=str(self.path),
                kind=self.label,
            ) from error
        return out


def read_gguf(path: Path) -> dict[str, torch.Tensor | Packed]:
    """The tensors of a file: plain ones mapped, quantised ones still packed.

    Raises:
        MissingDependency: the package ``gguf`` is not installed.
    """
    need_gguf()
    content = np.memmap(path, np.uint8, mode="c")  # private: nobody ever writes into the file
    tensors: dict[str, torch.Tensor | Packed] = {}
    for name, (info, place) in read_gguf_header(path).items():
        packed = content[place.offset : place.offset + info.bytes]
        if info.dtype in _PLAIN:
            tensors[name] = torch.from_numpy(packed).view(_PLAIN[info.dtype]).reshape(info.shape)
        else:
            tensors[name] = Packed(path, packed, info.shape, info.dtype, place.kind)
    return tensors
