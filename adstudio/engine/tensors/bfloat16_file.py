"""Rewrite a safetensors file in bfloat16, block by block: memory stays small, however large a tensor is."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import ModelError
from .safetensors_header import read_header

WIDE = {"F64": 8, "F32": 4, "F16": 2}  # what becomes bfloat16, with its bytes per value
_AS_IS = {"BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1}
_BLOCK = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor's place in a file. ``start`` counts from the file's first byte."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    bytes: int

    @property
    def narrow_bytes(self) -> int:
        """Its size once it is bfloat16."""
        return 2 * prod(self.shape) if self.dtype in WIDE else self.bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file holds, in the order in which it is written anew."""

    path: Path
    tensors: tuple[Stored, ...]
    metadata: dict[str, str]

    @property
    def narrow_bytes(self) -> int:
        """The size of the tensors once they are bfloat16."""
        return sum(tensor.narrow_bytes for tensor in self.tensors)

    @property
    def has_wide(self) -> bool:
        """Whether anything in it can become smaller."""
        return any(tensor.dtype in WIDE for tensor in self.tensors)


def read_layout(path: Path) -> Layout:
    """Read where the tensors of a file lie.

    Raises:
        ModelError: the file is not whole, or holds numbers that are narrower than bfloat16 already.
    """
    header = read_header(path)  # refuses what is not whole
    with path.open("rb") as stream:
        length = struct.unpack("<Q", stream.read(8))[0]
        entries: dict[str, Any] = json.loads(stream.read(length))
    tensors = []
    for name, info in header.tensors.items():
        if info.dtype not in WIDE and info.dtype not in _AS_IS:
            raise ModelError(
                "convert.unsupported_dtype",
                f"{path} holds '{name}' as {info.dtype}; only float64, float32 and float16 become bfloat16.",
                "Use this checkpoint as it is, or convert its float32 or bfloat16 edition.",
                kind=info.dtype,
                file=str(path),
            )
        start = 8 + length + entries[name]["data_offsets"][0]
        tensors.append(Stored(name, info.dtype, info.shape, start, info.bytes))
    # The widest first, as safetensors does itself: then every tensor begins at a multiple of its own width.
    tensors.sort(key=lambda tensor: (-_width(tensor), tensor.start))
    return Layout(path, tuple(tensors), header.metadata)


def write_narrow(layout: Layout, target: Path, watch: Callable[[int], None]) -> str:
    """Write ``layout``'s file with bfloat16 in the place of wider numbers, and return its SHA-256.

    Bit-equal to ``tensor.to(torch.bfloat16)``. The file is on the disk when this returns.

    Args:
        watch: told after each block how many bytes were written with it.
    """
    digest = hashlib.sha256()

    def put(data: Any) -> None:
        out.write(data)
        digest.update(data)
        watch(len(data))

    with layout.path.open("rb") as source, target.open("wb") as out:
        put(_header(layout))
        buffer = bytearray(min(_BLOCK, max((tensor.bytes for tensor in layout.tensors), default=0)))
        for tensor in layout.tensors:
            source.seek(tensor.start)
            left = tensor.bytes
            while left:
                block = memoryview(buffer)[: min(left, _BLOCK)]
                _read_full(source, block)
                put(_narrow(block, tensor.dtype) if tensor.dtype in WIDE else block)
                left -= len(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _narrow(block: memoryview, dtype: str) -> memoryview:
    import torch

    wide = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16}[dtype]
    return torch.frombuffer(block, dtype=wide).to(torch.bfloat16).view(torch.uint8).numpy().data


def _header(layout: Layout) -> bytes:
    entries: dict[str, Any] = {"__metadata__": layout.metadata} if layout.metadata else {}
    end = 0
    for tensor in layout.tensors:
        start, end = end, end + tensor.narrow_bytes
        dtype = "BF16" if tensor.dtype in WIDE else tensor.dtype
        entries[tensor.name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _width(tensor: Stored) -> int:
    return 2 if tensor.dtype in WIDE else _AS_IS[tensor.dtype]


def _read_full(source: BinaryIO, block: memoryview) -> None:
    got = 0
    while got < len(block):
        count = source.readinto(block[got:])  # type: ignore[attr-defined]
        if not count:
            raise OSError(f"{source.name} became shorter while it was read")
        got += count
