"""Fonts for a browser: the very face that draws the ad, as a file of its own.

A browser reads no collection (``.ttc``), so a face in one is written out alone.
Source: OpenType specification 1.9 (table directory, ``ttcf`` header).
"""

from __future__ import annotations

import struct
from functools import lru_cache

from .fontfile import FontFile
from .fonts import find_font, font_names

_KINDS = {b"wOF2": "font/woff2", b"wOFF": "font/woff", b"OTTO": "font/otf"}
_ENTRY = struct.Struct(">4s3I")


def web_face(family: str, weight: int) -> tuple[bytes, str] | None:
    """Find a listed family's face; ``(file, media type)``, or None: a name that is not listed may be a path."""
    if family not in font_names():
        return None
    content = _content(find_font(family, weight))
    return content, _KINDS.get(content[:4], "font/ttf")


@lru_cache(maxsize=2)
def _content(face: FontFile) -> bytes:
    content = face.path.read_bytes()
    if content[:4] != b"ttcf":
        return content
    (start,) = struct.unpack_from(">I", content, 12 + 4 * face.index)
    head = content[start : start + 12]
    (count,) = struct.unpack_from(">H", head, 4)
    place = len(head) + count * _ENTRY.size
    directory, tables = [head], []
    for i in range(count):
        tag, checksum, offset, length = _ENTRY.unpack_from(content, start + 12 + i * _ENTRY.size)
        table = content[offset : offset + length] + b"\0" * (-length % 4)
        directory.append(_ENTRY.pack(tag, checksum, place, length))
        tables.append(table)
        place += len(table)
    return b"".join([*directory, *tables])
