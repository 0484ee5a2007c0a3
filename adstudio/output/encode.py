"""Turn a picture into the bytes of a PNG, JPEG, WebP or AVIF file.

Every file says that its colours are sRGB, in the fewest bytes its format has for that: a PNG by the ``sRGB`` chunk (13
bytes, no ``gAMA``, which old viewers apply twice), a JPEG by a profile of 588 bytes, AVIF by its own colour box. WebP
without a profile is sRGB by its specification.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, features

from ..errors import InputError, MissingDependency
from ..types import Array
from . import metadata as records


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. ``max_side`` is the longest side in pixels that its header, or its encoder, can hold."""

    name: str
    extension: str
    mime: str
    lossy: bool
    alpha: bool
    max_side: int


FORMATS: dict[str, Format] = {
    "png": Format("png", ".png", "image/png", lossy=False, alpha=True, max_side=2**31 - 1),
    "jpeg": Format("jpeg", ".jpg", "image/jpeg", lossy=True, alpha=False, max_side=65_500),
    "webp": Format("webp", ".webp", "image/webp", lossy=True, alpha=True, max_side=16_383),
    "avif": Format("avif", ".avif", "image/avif", lossy=True, alpha=True, max_side=16_384),
}
_ALIASES = {"jpg": "jpeg"}
_ROWS = 64
_PNG_LEVEL = 4  # 9 takes ten times as long for 3 to 6 % fewer bytes
AVIF_SPEED = 8  # 6, the default, takes twice as long for 8 to 15 % fewer bytes
_MOST_BYTES_PER_PX = 12  # of a JPEG: four times what pure noise takes at quality 100
_enlarging = threading.Lock()


def find_format(name: str) -> Format:
    """Find a format by name, in any case, with or without a dot.

    Raises:
        InputError: ``output.unknown_format``
    """
    key = name.strip().lower().lstrip(".")
    found = FORMATS.get(_ALIASES.get(key, key))
    if found is None:
        came = f"'{name}' came" if key else "a name without an ending came"
        raise InputError(
            "output.unknown_format",
            f"The file format must be one of {', '.join(FORMATS)}; {came}.",
            "Choose png for full quality, jpeg, webp or avif for a small file.",
            name=f"{name!s:.40}",
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
    pixels = np.empty(array.shape, np.uint8)
    for top in range(0, len(array), _ROWS):  # what fits a processor's cache is rounded in half the time
        part = array[top : top + _ROWS] * np.float32(255.0)
        if not np.isfinite(part).all():
            raise InputError(
                "output.not_finite",
                "The picture holds values that are not numbers, so it cannot be saved.",
                "Generate it again with another seed; if it stays, the checkpoint or an adapter is damaged.",
            )
        np.rint(part, out=part)
        pixels[top : top + _ROWS] = np.clip(part, 0.0, 255.0, out=part)
    return pixels


def hash_pixels(pixels: NDArray[np.uint8]) -> str:
    """Hash what a picture shows: SHA-256 over mode, size and pixels, as hex."""
    height, width, channels = pixels.shape
    mode = "RGB" if channels == 3 else "RGBA"
    hashed = hashlib.sha256(f"{mode} {width}x{height} ".encode())
    hashed.update(np.ascontiguousarray(pixels).data)
    return hashed.hexdigest()


def check(pixels: NDArray[np.uint8], format: Format, quality: int) -> None:
    """Refuse what a format cannot hold, before any work is done.

    Raises:
        InputError: ``output.bad_quality``, ``output.no_alpha``, ``output.too_large_for_format``
        MissingDependency: this Pillow was built without the format.
    """
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
            "Save it as png, webp or avif.",
            format=format.name,
        )
    if max(height, width) > format.max_side:
        raise InputError(
            "output.too_large_for_format",
            f"A {format.name} file holds at most {format.max_side} pixels a side; the picture is {width}x{height}.",
            "Save it as png or make it smaller.",
            format=format.name,
            most=format.max_side,
            width=width,
            height=height,
        )
    require_format(format)


def require_format(format: Format) -> None:
    """Refuse a format that this Pillow was built without.

    Raises:
        MissingDependency: with how to get it.
    """
    if format.name in ("webp", "avif") and not features.check(format.name):
        raise MissingDependency(f"Pillow with {format.name}", f"Saving as {format.name}", "--upgrade 'Pillow>=11.3'")


def encode(
    pixels: NDArray[np.uint8],
    format: Format,
    *,
    quality: int = 95,
    metadata: Mapping[str, object] | None = None,
    xmp: str = "",
) -> tuple[bytes, tuple[str, ...]]:
    """Encode pixels with their metadata.

    Returns:
        the bytes of the file, and notes on metadata that the format could not hold.

    Raises:
        InputError: see ``check``.
    """
    check(pixels, format, quality)
    enclosed = records.enclose(format.name, metadata or {}, xmp)
    return write(Image.fromarray(pixels), format, enclosed.arguments, quality=quality), enclosed.notes


def write(
    picture: Image.Image,
    format: Format,
    enclosed: Mapping[str, object],
    *,
    quality: int = 95,
    subsampling: int | None = None,
    level: int = _PNG_LEVEL,
    speed: int = AVIF_SPEED,
) -> bytes:
    """Have Pillow write a picture.

    Args:
        enclosed: what goes in beside the pixels, as ``metadata.enclose`` gives it.
        subsampling: of a JPEG's colours, 0 = none, 2 = by half both ways; None = none from quality 85 on, which keeps
            the edges of coloured lettering clean.
        level: of a PNG's compression, 1 to 9.
        speed: of AVIF's encoder, 0 to 10.
    """
    options: dict[str, object]
    if format.name == "png":
        options = {"compress_level": level}
    elif format.name == "jpeg":
        halved = (0 if quality >= 85 else 2) if subsampling is None else subsampling
        options = {"quality": quality, "subsampling": halved, "progressive": True, "icc_profile": _srgb_profile()}
    elif format.name == "webp":
        options = {"quality": quality, "lossless": quality == 100, "method": 4, "exact": False}
    else:
        # Full colour resolution, and one thread: the bytes may not depend on the machine.
        options = {"quality": quality, "subsampling": "4:4:4", "speed": speed, "max_threads": 1}
    options |= enclosed
    try:
        return _saved(picture, format, options)
    except OSError:
        if format.name != "jpeg":
            raise
        with _pillow_holds(_MOST_BYTES_PER_PX * picture.width * picture.height):
            return _saved(picture, format, options)


def read_back(data: bytes, format: Format) -> Image.Image:
    """Open what was written here, however large: Pillow's limit of pixels guards against the files of strangers.

    Raises:
        OSError, SyntaxError, ValueError, RuntimeError: the file is damaged.
        Image.DecompressionBombError: a WebP beyond that limit, which Pillow's reader of WebP keeps itself.
    """
    kind = format.name.upper()
    if kind not in Image.OPEN:
        Image.init()
    opens, _ = Image.OPEN[kind]
    return opens(io.BytesIO(data), "")


def largest_px(format: Format) -> float:
    """How many pixels a file of a format may have for Pillow to read it back."""
    return 2 * Image.MAX_IMAGE_PIXELS if format.name == "webp" and Image.MAX_IMAGE_PIXELS else float("inf")


def _saved(picture: Image.Image, format: Format, options: Mapping[str, object]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format.name.upper(), **options)
    return buffer.getvalue()


@contextmanager
def _pillow_holds(size: int) -> Iterator[None]:
    """Have Pillow hold files of so many bytes: it guesses how long a progressive JPEG gets, and grain makes it longer.

    What the others write meanwhile has more room than it needs, and comes out the same.
    """
    with _enlarging:
        usual = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(usual, size)
        try:
            yield
        finally:
            ImageFile.MAXBLOCK = usual


@cache
def _srgb_profile() -> bytes:
    return (Path(__file__).parent / "data" / "srgb.icc").read_bytes()
