"""Turn a picture into the bytes of a PNG, JPEG or WebP file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from ..errors import InputError
from ..types import Array
from . import metadata as records


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. ``max_side`` is the longest side in pixels that its header can hold."""

    name: str
    extension: str
    lossy: bool
    alpha: bool
    max_side: int


FORMATS: dict[str, Format] = {
    "png": Format("png", ".png", lossy=False, alpha=True, max_side=2**31 - 1),
    "jpeg": Format("jpeg", ".jpg", lossy=True, alpha=False, max_side=65_500),
    "webp": Format("webp", ".webp", lossy=True, alpha=True, max_side=16_383),
}
_ALIASES = {"jpg": "jpeg"}


def find_format(name: str) -> Format:
    """Find a format by name, in any case, with or without a dot.

    Raises:
        InputError: ``output.unknown_format``
    """
    key = name.strip().lower().lstrip(".")
    found = FORMATS.get(_ALIASES.get(key, key))
    if found is None:
        raise InputError(
            "output.unknown_format",
            f"The file format must be one of {', '.join(FORMATS)}; '{name}' came.",
            "Choose png for full quality, jpeg or webp for a small file.",
        )
    return found


def to_pixels(image: Array) -> NDArray[np.uint8]:
    """Round a picture to the 8-bit pixels that its file will hold.

    Args:
        image: ``[H,W,3]`` or ``[H,W,4]``, float 0..1 (values outside are clipped) or uint8.

    Raises:
        InputError: ``output.bad_shape``, ``output.not_finite``
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise InputError(
            "output.bad_shape",
            f"A picture of shape [height, width, 3 or 4] was expected; {list(array.shape)} came.",
            "Pass one picture at a time, as RGB or RGBA.",
        )
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, np.uint8)
    if not np.isfinite(array).all():
        raise InputError(
            "output.not_finite",
            "The picture holds values that are not numbers, so it cannot be saved.",
            "Generate it again with another seed; if it stays, the checkpoint or an adapter is damaged.",
        )
    return np.ascontiguousarray(np.rint(np.clip(array, 0.0, 1.0) * 255.0).astype(np.uint8))


def digest_pixels(pixels: NDArray[np.uint8]) -> str:
    """Name a picture by what it shows: 16 hex digits of SHA-256 over mode, size and pixels."""
    height, width, channels = pixels.shape
    mode = "RGB" if channels == 3 else "RGBA"
    return hashlib.sha256(f"{mode} {width}x{height} ".encode() + pixels.tobytes()).hexdigest()[:16]


def encode(
    pixels: NDArray[np.uint8], format: Format, *, quality: int = 95, metadata: Mapping[str, object] | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Encode pixels with their metadata.

    Returns:
        the bytes of the file, and notes on metadata that the format could not hold.

    Raises:
        InputError: ``output.bad_quality``, ``output.no_alpha``, ``output.too_large_for_format``
    """
    _check(pixels, format, quality)
    picture = Image.fromarray(pixels)
    buffer = io.BytesIO()
    notes: tuple[str, ...] = ()
    if format.name == "png":
        chunks: PngImagePlugin.PngInfo = records.to_png(metadata or {})
        picture.save(buffer, "PNG", pnginfo=chunks, compress_level=4)
    elif format.name == "jpeg":
        exif, notes = records.to_jpeg_exif(metadata or {})
        # Full colour resolution keeps the edges of coloured lettering clean.
        subsampling = 0 if quality >= 85 else 2
        picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=True, exif=exif)
    else:
        exif = records.to_webp_exif(metadata or {})
        picture.save(buffer, "WEBP", quality=quality, lossless=quality == 100, method=4, exact=False, exif=exif)
    return buffer.getvalue(), notes


def _check(pixels: NDArray[np.uint8], format: Format, quality: int) -> None:
    if not 1 <= quality <= 100:
        raise InputError(
            "output.bad_quality",
            f"The quality must lie between 1 and 100; {quality} came.",
            "Use 95 for print and 85 for the web.",
        )
    height, width, channels = pixels.shape
    if channels == 4 and not format.alpha:
        raise InputError(
            "output.no_alpha",
            f"A {format.name} file cannot hold transparency, and this picture has it.",
            "Save it as png or webp.",
        )
    if max(height, width) > format.max_side:
        raise InputError(
            "output.too_large_for_format",
            f"A {format.name} file holds at most {format.max_side} pixels a side; the picture is {width}x{height}.",
            "Save it as png or make it smaller.",
        )
