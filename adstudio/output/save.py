"""Save a picture under the hash of its pixels, so that the same picture is stored once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..types import Array
from . import store
from .encode import Format, digest_pixels, encode, find_format, to_pixels


@dataclass(frozen=True, slots=True)
class SavedPicture:
    """Where a picture lies.

    ``origin_path`` is its un-lettered original, under the same digest; ``existed`` says that this very picture was
    stored before, with the metadata of that first time.
    """

    path: Path
    origin_path: Path | None
    digest: str
    existed: bool
    notes: tuple[str, ...] = ()


def save_picture(
    image: Array,
    folder: str | Path,
    *,
    format: str = "png",
    quality: int = 95,
    original: Array | None = None,
    metadata: Mapping[str, object] | None = None,
) -> SavedPicture:
    """Save a picture as ``<folder>/<digest>.<ext>`` and its original as ``<folder>/origin/<digest>.png``.

    Safe with many processes on one folder. A lossy file also carries its quality in its name, since the same pixels
    make another file at another quality.

    Args:
        image: ``[H,W,3]`` or ``[H,W,4]``, float 0..1 or uint8.
        quality: 1..100, for jpeg and webp; webp at 100 is lossless.
        original: the picture before lettering, kept lossless.
        metadata: what to write into the file, by name; values are JSON-ready or text.

    Raises:
        InputError: the picture or a setting cannot be used.
        StorageError: the folder cannot be written to; nothing is left half-written.
    """
    chosen = find_format(format)
    pixels = to_pixels(image)
    digest = digest_pixels(pixels)
    data, notes = encode(pixels, chosen, quality=quality, metadata=metadata)
    root = Path(folder)
    path = root / _file_name(digest, chosen, quality)
    origin_path, wrote_origin = None, False
    if original is not None:
        origin = to_pixels(original)
        origin_path = root / store.ORIGIN_FOLDER / f"{digest}.png"
        origin_data, _ = encode(origin, find_format("png"), metadata=metadata)
        wrote_origin = store.write_once(origin_path, origin_data, lambda there: _holds(there, origin, lossless=True))
    lossless = not chosen.lossy or (chosen.name == "webp" and quality == 100 and pixels.shape[2] == 3)
    try:
        written = store.write_once(path, data, lambda there: _holds(there, pixels, lossless=lossless))
    except BaseException:
        if wrote_origin and origin_path is not None:
            store.remove(origin_path)
        raise
    return SavedPicture(path, origin_path, digest, existed=not written, notes=notes)


def _file_name(digest: str, format: Format, quality: int) -> str:
    return f"{digest}-q{quality}{format.extension}" if format.lossy else f"{digest}{format.extension}"


def _holds(path: Path, pixels: np.ndarray, *, lossless: bool) -> bool:
    """Whether a file really holds this picture: a copy cut short by a full disk does not."""
    try:
        with Image.open(path) as picture:
            if picture.size != (pixels.shape[1], pixels.shape[0]):
                return False
            there = np.asarray(picture)
    except (OSError, ValueError, SyntaxError):  # Pillow reports damage as any of these
        return False
    return not lossless or np.array_equal(there, pixels)
