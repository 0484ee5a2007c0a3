"""Records inside picture files: how they are written, and how they are read back.

ComfyUI looks for its graph in PNG text chunks ``prompt`` and ``workflow`` and in WebP EXIF tags 0x0110 and 0x010F, as
``name:json``. Ours lies beside them under ``adstudio``: a PNG text chunk, or EXIF tag 0x010E, the next one down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from PIL import ExifTags, Image, PngImagePlugin

KEY = "adstudio"
_FIRST_TAGS = {"prompt": ExifTags.Base.Model, "workflow": ExifTags.Base.Make, KEY: ExifTags.Base.ImageDescription}
_JPEG_LIMIT = 60_000  # one EXIF segment holds 65,533 bytes, headers included


def to_png(metadata: Mapping[str, object]) -> PngImagePlugin.PngInfo:
    """Write every entry as a text chunk; Hangul makes it an ``iTXt`` one."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in metadata.items():
        if not (key.isascii() and key.isprintable() and 0 < len(key) < 80):
            continue  # not a name that a PNG may hold; another pack put it there
        # ComfyUI's own readers take Latin-1 only, so what they read is written in ASCII.
        chunks.add_text(key, _to_json(value, ascii=key in ("prompt", "workflow")))
    return chunks


def to_webp_exif(metadata: Mapping[str, object]) -> bytes:
    """Write the entries that ComfyUI's convention knows as EXIF; empty bytes where there are none."""
    exif = Image.Exif()
    for key, tag in _FIRST_TAGS.items():
        if key in metadata:
            exif[tag] = f"{key}:{_to_json(metadata[key], ascii=True)}"
    return exif.tobytes() if len(exif) else b""


def to_jpeg_exif(metadata: Mapping[str, object]) -> tuple[bytes, tuple[str, ...]]:
    """Write our own record as EXIF. ComfyUI reads no graph from a JPEG, so none is put in.

    Returns:
        the EXIF bytes, and a note where the record was too long for the format.
    """
    if KEY not in metadata:
        return b"", ()
    text = f"{KEY}:{_to_json(metadata[KEY], ascii=True)}"
    if len(text) > _JPEG_LIMIT:
        return b"", (f"The run record has {len(text)} bytes, more than a JPEG holds, and was left out.",)
    exif = Image.Exif()
    exif[_FIRST_TAGS[KEY]] = text
    return exif.tobytes(), ()


def read_metadata(path: str | Path) -> dict[str, object]:
    """Read back the records of a saved picture; entries that are not JSON come as text."""
    with Image.open(path) as picture:
        if picture.format == "PNG":
            picture.load()  # text chunks may follow the pixels
            texts = {key: str(value) for key, value in getattr(picture, "text", {}).items()}
        else:
            exif = picture.getexif()
            pairs = (str(exif[tag]).partition(":") for tag in _FIRST_TAGS.values() if tag in exif)
            texts = {key: value for key, _, value in pairs}
    return {key: _from_json(value) for key, value in texts.items()}


def _to_json(value: object, *, ascii: bool) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=ascii, separators=(",", ":"))


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
