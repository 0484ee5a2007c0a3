"""Read what a GGUF file says about itself: the names, shapes and kinds of its tensors, no weights and no package.

Source: the GGUF specification, version 3, of the ggml project.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import ModelError
from .readable import LFS_MARK, lfs_pointer, reading
from .safetensors_header import TensorInfo

MAGIC = b"GGUF"
# number -> name, how many values make a block, bytes of a block
KINDS = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY, _ALIGNMENT = 8, 9, b"general.alignment"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor lies in its file, and the number of its kind."""

    kind: int
    offset: int


def is_gguf(path: Path) -> bool:
    """Whether a file says by its ending that it is GGUF."""
    return path.suffix.lower() == ".gguf"


def read_gguf_header(path: Path, *, whole: bool = True) -> dict[str, tuple[TensorInfo, Place]]:
    """The tensors of a GGUF file, their sides in torch's order.

    Args:
        whole: False accepts a file that is shorter than its header says, to tell what it would be.

    Raises:
        ModelError: the file is not readable, cut short, or not GGUF.
    """
    with reading(path):
        size = path.stat().st_size
        if size < 24:
            raise _cut(path) if size else _empty(path)
        return _read(path, whole)


def _read(path: Path, whole: bool) -> dict[str, tuple[TensorInfo, Place]]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return dict(_tensors(path, _Cursor(content), whole))
        except (struct.error, IndexError, UnicodeDecodeError):
            raise _cut(path) from None
        except (RecursionError, ZeroDivisionError):  # lists in lists without end, tensors at multiples of nothing
            raise _no_gguf(path) from None


class _Cursor:
    def __init__(self, content: mmap.mmap) -> None:
        self.content = content
        self.at = 0

    def number(self, form: str) -> int:
        value = struct.unpack_from("<" + form, self.content, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def text(self) -> bytes:
        length = self.number("Q")
        self.skip(length)
        return self.content[self.at - length : self.at]

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.content):
            raise IndexError

    def skip_value(self, kind: int) -> None:
        if kind == _STRING:
            self.skip(self.number("Q"))
        elif kind == _ARRAY:
            inner, count = self.number("I"), self.number("Q")
            if inner in _SIZES:
                self.skip(_SIZES[inner] * count)
            else:
                for _ in range(count):
                    self.skip_value(inner)
        elif kind in _SIZES:
            self.skip(_SIZES[kind])
        else:
            raise IndexError


def _tensors(path: Path, cursor: _Cursor, whole: bool) -> Iterator[tuple[str, tuple[TensorInfo, Place]]]:
    if cursor.content[: len(LFS_MARK)] == LFS_MARK:
        raise lfs_pointer(path)
    if cursor.content[:4] != MAGIC:
        raise _no_gguf(path)
    cursor.at = 4
    version = cursor.number("I")
    if version not in (2, 3):
        raise ModelError(
            "checkpoint.not_gguf",
            f"{path} is GGUF of version {version}; versions 2 and 3 can be read.",
            "Download a newer edition of the file.",
            file=str(path),
        )
    count, values = cursor.number("Q"), cursor.number("Q")
    alignment = 32
    for _ in range(values):
        name, kind = cursor.text(), cursor.number("I")
        if name == _ALIGNMENT:
            alignment = cursor.number("I")
        else:
            cursor.skip_value(kind)
    entries = []
    for _ in range(count):
        name = cursor.text().decode("utf-8")
        sides = [cursor.number("Q") for _ in range(cursor.number("I"))]
        entries.append((name, tuple(reversed(sides)), cursor.number("I"), cursor.number("Q")))
    start = -(-cursor.at // alignment) * alignment
    for name, shape, kind, offset in entries:
        label, block, size = KINDS.get(kind, (f"GGUF type {kind}", 1, 0))
        values = 1
        for side in shape:
            values *= side
        length = values // block * size
        if whole and start + offset + length > len(cursor.content):
            raise _cut(path)
        yield name, (TensorInfo(path, label, shape, length), Place(kind, start + offset))


def _empty(path: Path) -> ModelError:
    return ModelError(
        "checkpoint.empty_file",
        f"{path} is empty: its download did not finish.",
        "Delete the file and download it again.",
        file=str(path),
    )


def _no_gguf(path: Path) -> ModelError:
    return ModelError("checkpoint.not_gguf", f"{path} is not a GGUF file.", "Download it again.", file=str(path))


def _cut(path: Path) -> ModelError:
    return ModelError(
        "checkpoint.truncated",
        f"{path} ends inside its tensors: its download did not finish.",
        "Delete the file and download it again.",
        file=str(path),
    )
