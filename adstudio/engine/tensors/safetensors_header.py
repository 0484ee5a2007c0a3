"""Read what safetensors files say about themselves, and refuse the ones that are not whole.

Only headers are read here: a few kilobytes, whatever the size of the model.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from math import prod
from operator import index
from pathlib import Path
from typing import Any

from ...counts import counted
from ...errors import ModelError
from .readable import LFS_MARK, lfs_pointer, reading

_LARGEST_HEADER = 100_000_000
# Bytes per number; of a dtype that is not named here the size is taken as it is told.
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2} | (
    dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 1)
)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of a file: ``dtype`` as safetensors writes it (``BF16``, ``F32`` …)."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file holds."""

    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]


def read_header(path: Path, *, whole: bool = True) -> Header:
    """Read the header of a safetensors file and check that the file is as long as the header says.

    Args:
        whole: False leaves that check out, to tell what a file would be.

    Raises:
        ModelError: the file is absent, not readable, empty, a git-lfs pointer, cut short, too long, or not
            safetensors at all.
    """
    with reading(path):
        return _read_header(path, whole)


def _read_header(path: Path, whole: bool) -> Header:
    if not path.is_file():
        raise ModelError(
            "checkpoint.file_missing", f"The file {path} is missing.", "Download the model again.", file=str(path)
        )
    size = path.stat().st_size
    if size == 0:
        raise _half(path, "is empty", "checkpoint.empty_file")
    with path.open("rb") as stream:
        start = stream.read(len(LFS_MARK))
        if start == LFS_MARK:
            raise lfs_pointer(path)
        stream.seek(0)
        length = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))[0]
        if length > _LARGEST_HEADER or length < 2:
            raise _not_safetensors(path)
        if 8 + length > size:
            raise _half(path, "ends inside its header", "checkpoint.truncated")
        try:
            entries = json.loads(stream.read(length))
        except (ValueError, RecursionError):  # JSON and Unicode errors both, and brackets without end
            raise _not_safetensors(path) from None
    return _check_length(path, entries, size - 8 - length if whole else None)


def read_tensor_infos(files: list[Path]) -> dict[str, TensorInfo]:
    """The tensors of all shards of a component by name."""
    infos: dict[str, TensorInfo] = {}
    for path in files:
        infos.update(read_header(path).tensors)
    return infos


def _check_length(path: Path, entries: Any, payload: int | None) -> Header:
    if not isinstance(entries, dict):
        raise _not_safetensors(path)
    metadata = entries.pop("__metadata__", None) or {}
    try:
        placed = [(name, *_read_entry(path, entry)) for name, entry in entries.items()]
        told = all(isinstance(value, str) for value in metadata.values())
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise _not_safetensors(path) from None
    end = 0
    for _, first, info in sorted(placed, key=lambda each: (each[1], each[2].bytes)):
        told &= first == end  # one after the other, without a gap: else numbers would be read from another's place
        end = first + info.bytes
    if not told:
        raise _not_safetensors(path)
    if payload is not None and end > payload:
        raise _half(path, f"holds {payload:,} of {counted(end, 'byte')} of weights", "checkpoint.truncated")
    if payload is not None and end < payload:  # a download that was taken up at the wrong place
        raise ModelError(
            "checkpoint.too_long",
            f"{path} holds {counted(payload, 'byte')} of weights, but its header speaks of {end:,}: something "
            "was joined to it.",
            "Delete the file and download it again.",
            file=str(path),
        )
    return Header({name: info for name, _, info in placed}, metadata)


def _read_entry(path: Path, entry: Any) -> tuple[int, TensorInfo]:
    """Where a tensor begins, and what it is; any of Python's errors where it is none."""
    (first, last), shape, dtype = map(index, entry["data_offsets"]), tuple(map(index, entry["shape"])), entry["dtype"]
    told = prod(shape) * _WIDTHS[dtype] if dtype in _WIDTHS else last - first
    if min(first, last - first, *shape) < 0 or told != last - first or not isinstance(dtype, str):
        raise ValueError("a tensor of another size than its shape says")
    return first, TensorInfo(path, dtype, shape, last - first)


def _half(path: Path, state: str, code: str) -> ModelError:
    words = f"{path} {state}: its download did not finish."
    return ModelError(code, words, "Delete the file and download it again.", file=str(path))


def _not_safetensors(path: Path) -> ModelError:
    return ModelError(
        "checkpoint.not_safetensors",
        f"{path} is not a safetensors file.",
        "Download it again, or choose a checkpoint whose weights are safetensors.",
        file=str(path),
    )
