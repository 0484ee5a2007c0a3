"""Records inside picture files: how they are written, and how they are read back.

ComfyUI looks for its graph in PNG text chunks ``prompt`` and ``workflow``, and in the EXIF tags 0x0110 and 0x010F of
WebP and AVIF, as ``name:json``. Ours lies beside them under ``adstudio``: a PNG text chunk, or EXIF tag 0x010E, the
next one down. The mark of ``disclosure`` is XMP in every format.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

from ..errors import InputError
from ..types import Note

KEY = "adstudio"
_TAGS = {"prompt": ExifTags.Base.Model, "workflow": ExifTags.Base.Make, KEY: ExifTags.Base.ImageDescription}
_JPEG_LIMIT = 60_000  # one EXIF segment holds 65,533 bytes, headers included
_PNG_XMP = "XML:com.adobe.xmp"
_SRGB = (b"sRGB", b"\0")  # the chunk's one byte: perceptual

_NO_RECORD = "The run record has {bytes} bytes, more than a JPEG holds, and was left out."


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes into a file beside its pixels: arguments for Pillow's ``save``, and notes on what had no room."""

    arguments: dict[str, Any]
    notes: tuple[str, ...] = ()


def enclose(format: str, metadata: Mapping[str, object], xmp: str = "", limit: int | None = None) -> Enclosed:
    """Prepare metadata for a file.

    Args:
        format: a name of ``encode.FORMATS``. A JPEG takes our own record alone: ComfyUI reads no graph from it.
        xmp: an XMP packet; always written.
        limit: bytes that the records may take; what comes first has the first right: ours, the prompt, the workflow.
    """
    kept, notes = _within(metadata, limit)
    if format == "png":
        return Enclosed({"pnginfo": _png_chunks(kept, xmp)}, notes)
    arguments: dict[str, Any] = {"xmp": xmp.encode()} if xmp else {}
    if format == "jpeg":
        kept = {key: value for key, value in kept.items() if key == KEY}
        size = len(_to_json(kept.get(KEY, ""), ascii=True))
        if size > _JPEG_LIMIT:
            kept, notes = {}, (*notes, Note("save.record_left_out", _NO_RECORD, bytes=size))
    exif = Image.Exif()
    for key, tag in _TAGS.items():
        if key in kept:
            exif[tag] = f"{key}:{_to_json(kept[key], ascii=True)}"
    if len(exif):
        arguments["exif"] = exif.tobytes()
    return Enclosed(arguments, notes)


def read_metadata(path: str | Path) -> dict[str, object]:
    """Read back the records of a saved picture; entries that are not JSON come as text.

    Raises:
        InputError: ``output.not_a_picture``
    """
    with _opened(path) as picture:
        _load_texts(picture)
        if picture.format == "PNG":
            texts = {
                str(key): str(text) for key, text in picture.info.items() if isinstance(text, str) and key != _PNG_XMP
            }
        else:
            exif = picture.getexif()
            pairs = (str(exif[tag]).partition(":") for tag in _TAGS.values() if tag in exif)
            texts = {key: value for key, _, value in pairs}
    return {key: _from_json(value) for key, value in texts.items()}


def read_xmp(path: str | Path) -> str:
    """Read the XMP packet of a picture; empty where it has none."""
    with _opened(path) as picture:
        _load_texts(picture)
        found = picture.info.get("xmp") or picture.info.get(_PNG_XMP) or b""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _opened(path: str | Path) -> Image.Image:
    try:
        return Image.open(path)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        why = f": {error.strerror.lower()}" if isinstance(error, OSError) and error.strerror else ""
        raise InputError(
            "output.not_a_picture",
            f"'{Path(path).name or path}' cannot be read as a picture{why}.",
            "Give the path of a saved png, jpg, webp or avif file.",
        ) from error


def _load_texts(picture: Image.Image) -> None:
    if picture.format == "PNG":
        with contextlib.suppress(OSError, SyntaxError, ValueError):  # of a damaged file what comes before the damage
            picture.load()  # text chunks may follow the pixels


def _within(metadata: Mapping[str, object], limit: int | None) -> tuple[dict[str, object], tuple[str, ...]]:
    if limit is None:
        return dict(metadata), ()
    order = [key for key in _TAGS if key != KEY]
    kept: dict[str, object] = {}
    left_out: list[str] = []
    for key in sorted(metadata, key=lambda key: (key != KEY, order.index(key) if key in order else len(order))):
        size = len(_to_json(metadata[key], ascii=True)) + len(key) + 24
        if size <= limit:
            kept[key] = metadata[key]
            limit -= size
        else:
            left_out.append(key)
    names = ", ".join("the run record" if key == KEY else key for key in left_out)
    said = "Left out of the picture for its byte limit: {names}."
    return kept, (Note("save.left_out", said, names=names, keys=", ".join(left_out)),) if left_out else ()


def _png_chunks(metadata: Mapping[str, object], xmp: str) -> PngImagePlugin.PngInfo:
    """Write every entry as a text chunk; Hangul makes it an ``iTXt`` one."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add(*_SRGB)
    for key, value in metadata.items():
        if not (key.isascii() and key.isprintable() and 0 < len(key) < 80):
            continue  # not a name that a PNG may hold; another pack put it there
        # ComfyUI's own readers take Latin-1 only, so what they read is written in ASCII.
        text = _to_json(value, ascii=key in ("prompt", "workflow"))
        chunks.add_text(key, text.encode("utf-8", "replace").decode("utf-8"))  # half an emoji has no UTF-8
    if xmp:
        chunks.add_itxt(_PNG_XMP, xmp)
    return chunks


def _to_json(value: object, *, ascii: bool) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=ascii, separators=(",", ":"))


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
