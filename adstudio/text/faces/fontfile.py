"""What a font file says of itself, read from its own tables: family, style, weight, and whether it has Hangul.

Reading a few hundred bytes per file keeps listing fonts fast; FreeType would open and parse each one.
Source: OpenType specification 1.9 (``name``, ``OS/2``, ``fvar``, ``cmap`` tables).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...errors import InputError

_TYPOGRAPHIC_FAMILY, _TYPOGRAPHIC_STYLE, _FAMILY, _STYLE = 16, 17, 1, 2
_ENGLISH_US = 0x0409
_HANGUL_SYLLABLES_BIT = 56  # of OS/2.ulUnicodeRange
_OUTLINES = {b"glyf", b"CFF ", b"CFF2"}

WEIGHTS = {
    "thin": 100,
    "extralight": 200,
    "light": 300,
    "regular": 400,
    "medium": 500,
    "semibold": 600,
    "bold": 700,
    "extrabold": 800,
    "black": 900,
}


@dataclass(frozen=True, slots=True)
class FontFile:
    """One face of a font.

    ``weights`` is the range of a variable face, or its single weight twice; ``aliases`` are the family's names in other
    languages (``나눔고딕``).
    """

    family: str
    style: str
    path: Path
    index: int = 0
    weights: tuple[int, int] = (400, 400)
    italic: bool = False
    hangul: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def is_variable(self) -> bool:
        return self.weights[0] != self.weights[1]

    def distance(self, weight: int) -> int:
        """How far this face is from a wanted weight; 0 where it can be drawn exactly so."""
        return max(self.weights[0] - weight, 0, weight - self.weights[1])


def weight_of(weight: int | str) -> int:
    """Read a weight by its name or number: ``semibold``, ``Extra Bold``, ``450``.

    Raises:
        InputError: ``text.bad_weight``.
    """
    name = "".join(str(weight).replace("-", "").split()).casefold()
    number = WEIGHTS.get(name, int(name) if name.isdecimal() else 0)
    if not 1 <= number <= 1000:
        raise InputError(
            "text.bad_weight",
            f"Expected a weight from 1 to 1000 or its name, but '{weight}' came.",
            f"Write one of {', '.join(WEIGHTS)}.",
            came=str(weight),
        )
    return number


def read_faces(path: Path) -> list[FontFile]:
    """Read every face of a ``.ttf``, ``.otf`` or ``.ttc`` file that has outlines; pictures of emoji cannot be inked.

    Raises:
        ValueError: the file is no such font, or cut off.
    """
    try:
        with path.open("rb") as file:
            faces = [(index, _tables(file, offset)) for index, offset in enumerate(_face_offsets(file))]
            return [_read_face(file, path, index, tables) for index, tables in faces if _OUTLINES & set(tables)]
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a readable TrueType or OpenType font") from error


def _face_offsets(file: BinaryIO) -> list[int]:
    tag = file.read(4)
    if tag == b"ttcf":
        _, count = struct.unpack(">II", file.read(8))
        if count > 256:
            raise ValueError("a font collection with more than 256 faces")
        return list(struct.unpack(f">{count}I", file.read(4 * count)))
    if tag in (b"\0\1\0\0", b"OTTO", b"true"):
        return [0]
    raise ValueError("not a TrueType or OpenType font")


def _read_face(file: BinaryIO, path: Path, index: int, tables: dict[bytes, tuple[int, int]]) -> FontFile:
    names, aliases = _names(_table(file, tables, b"name"))
    os2 = _table(file, tables, b"OS/2")
    weight = struct.unpack(">H", os2[4:6])[0]
    ranges = struct.unpack(">4I", os2[42:58])
    selection = struct.unpack(">H", os2[62:64])[0]
    family = names.get(_TYPOGRAPHIC_FAMILY) or names.get(_FAMILY) or path.stem
    return FontFile(
        family=family,
        style=names.get(_TYPOGRAPHIC_STYLE) or names.get(_STYLE) or "Regular",
        path=path,
        index=index,
        weights=_weight_axis(_table(file, tables, b"fvar")) or (weight, weight),
        italic=bool(selection & 1),
        hangul=bool(ranges[_HANGUL_SYLLABLES_BIT // 32] >> (_HANGUL_SYLLABLES_BIT % 32) & 1),
        aliases=aliases,
    )


def _tables(file: BinaryIO, offset: int) -> dict[bytes, tuple[int, int]]:
    file.seek(offset + 4)
    (count,) = struct.unpack(">H", file.read(2))
    file.seek(offset + 12)
    records = [struct.unpack(">4s3I", file.read(16)) for _ in range(count)]
    return {tag: (start, length) for tag, _, start, length in records}


def _table(file: BinaryIO, tables: dict[bytes, tuple[int, int]], tag: bytes) -> bytes:
    if tag not in tables:
        return b""
    start, length = tables[tag]
    file.seek(start)
    return file.read(min(length, 1 << 20))


def _names(table: bytes) -> tuple[dict[int, str], tuple[str, ...]]:
    """Names by id, English where there is a choice (saved workflows must not depend on a locale); all family names."""
    _, count, storage = struct.unpack(">3H", table[:6])
    found: dict[int, str] = {}
    families: list[str] = []
    for i in range(count):
        platform, _, language, name, length, start = struct.unpack(">6H", table[6 + 12 * i : 18 + 12 * i])
        raw = table[storage + start : storage + start + length]
        if platform == 3:
            text = raw.decode("utf-16-be")
            if language == _ENGLISH_US or name not in found:
                found[name] = text
            if name in (_FAMILY, _TYPOGRAPHIC_FAMILY):
                families.append(text)
        elif platform == 1 and name not in found:
            found[name] = raw.decode("mac-roman")
    return found, tuple(dict.fromkeys(families))


def _weight_axis(table: bytes) -> tuple[int, int] | None:
    if not table:
        return None
    axes_start, _, count, size = struct.unpack(">4H", table[4:12])
    for i in range(count):
        tag, low, _, high = struct.unpack(">4s3i", table[axes_start + i * size :][:16])
        if tag == b"wght":
            return round(low / 65536), round(high / 65536)
    return None
