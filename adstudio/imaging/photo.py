"""Photos as they come from phones, scanners and shops: any of them becomes ``[H,W,3] float32 sRGB 0..1``."""

from __future__ import annotations

import io
import logging
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import InputError
from ..types import Array
from .linear import to_linear, to_srgb

logger = logging.getLogger("adstudio.imaging")

MAX_PIXELS = 100_000_000
MIN_SIDE_PX = 32
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
# As what Pillow and its decoders report a damaged file; libavif's as a RuntimeError.
DAMAGE = (
    OSError, SyntaxError, ValueError, struct.error, EOFError, TypeError, LookupError, ArithmeticError, RuntimeError,
)  # fmt: skip
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | np.ndarray[Any, Any]


def read_photo(source: Source, *, min_side_px: int = MIN_SIDE_PX) -> Array:
    """Read any photo as an opaque picture; transparent parts are laid on white.

    Args:
        source: a path, the bytes of an image file, a Pillow image, or an array (``[H,W]``, ``[H,W,1|2|3|4]``).
        min_side_px: a photo with a shorter side than this is refused.
    Returns: ``[H,W,3] float32 sRGB 0..1``, turned upright, colour profile applied.
    Raises: InputError, with one sentence that says what is wrong with the file.
    """
    colour, alpha = read_photo_with_alpha(source, min_side_px=min_side_px)
    if alpha is None:
        return colour
    weight = alpha[..., None]
    laid = to_srgb(to_linear(colour) * weight + (1 - weight))
    # Opaque and clear pixels stay exact: the way through linear light rounds.
    exact = np.where(weight >= 1.0, colour, np.float32(1.0))
    return np.where((weight >= 1.0) | (weight <= 0.0), exact, laid).astype(np.float32)


def read_photo_with_alpha(source: Source, *, min_side_px: int = MIN_SIDE_PX) -> tuple[Array, Array | None]:
    """Read any photo and keep its transparency.

    Returns: ``([H,W,3] colour, [H,W] alpha)``; alpha is None where the photo is opaque everywhere.
    """
    if isinstance(source, np.ndarray):
        colour, alpha = _from_array(source, min_side_px)
    elif isinstance(source, Image.Image):
        colour, alpha = _from_pillow(source, min_side_px)
    else:
        with warnings.catch_warnings():
            # Our own limit, checked below, has a sentence of its own; Pillow's warning would only repeat it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with _named(source), _open(source) as image:
                colour, alpha = _from_pillow(image, min_side_px)
    return colour, None if alpha is None or bool((alpha >= 1.0).all()) else alpha


@contextmanager
def _named(source: Source) -> Iterator[None]:
    """Say of which file an error speaks: a command may be given several."""
    try:
        yield
    except InputError as error:
        if isinstance(source, str | os.PathLike) and (name := str(source)) not in error.message:
            error.message = f"{name}: {error.message}"
        raise


def _open(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> Image.Image:
    data = bytes(source) if isinstance(source, bytes | bytearray | memoryview) else _read_file(Path(source))
    if not data:
        raise InputError("photo.empty", "The photo is empty (0 bytes).", "Save or upload it again.")
    try:
        return Image.open(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise _too_large("more than 178 million pixels") from None
    except UnidentifiedImageError:
        raise _not_an_image(data) from None
    except DAMAGE as error:
        raise _broken(error) from error


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            "photo.not_found", f"There is no photo at '{path}'.", "Check the path and the name.", file=str(path)
        ) from None
    except (IsADirectoryError, PermissionError, OSError, ValueError) as error:
        reason = "it is a folder" if isinstance(error, IsADirectoryError) else str(error)
        raise InputError(
            "photo.unreadable",
            f"The photo '{path}' cannot be read: {reason}.",
            "Give a file that you may read.",
            file=str(path),
        ) from error


def _from_pillow(image: Image.Image, min_side_px: int) -> tuple[Array, Array | None]:
    _check_size(image.width, image.height, min_side_px)  # before decoding: the header already tells
    try:
        image.load()
    except Image.DecompressionBombError:
        raise _too_large("more than 178 million pixels") from None
    except DAMAGE as error:
        raise _broken(error) from error
    upright = _turn_upright(image)
    if upright.mode in {"I", "F"} or upright.mode.startswith("I;"):
        return _from_deep_grey(upright), None
    straight = {"La": "LA", "RGBa": "RGBA"}.get(upright.mode)
    if straight:
        upright = upright.convert(straight)
    alpha = _alpha_of(upright)
    colour = _to_srgb_profile(upright, image.info.get("icc_profile"))
    return np.asarray(colour, dtype=np.float32) / np.float32(255), alpha


def _turn_upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGE as error:
        # A damaged EXIF block holds no pixels: the photo itself is whole.
        logger.warning("The photo's EXIF data cannot be read (%s); it is taken as upright.", error)
        return image


def _from_deep_grey(image: Image.Image) -> Array:
    values = np.asarray(image).astype(np.float32)
    if image.mode == "F":
        top = 1.0 if float(values.max()) <= 1.0 else 255.0 if float(values.max()) <= 255.0 else 65535.0
    else:
        top = 65535.0 if float(values.max()) <= 65535.0 else 2.0**31 - 1
    if not np.isfinite(values).all():
        raise _not_numbers()
    return np.repeat(np.clip(values / np.float32(top), 0.0, 1.0)[..., None], 3, axis=2)


def _alpha_of(image: Image.Image) -> Array | None:
    if image.mode in {"LA", "PA", "RGBA"}:  # the A of LAB is a colour
        return np.asarray(image.getchannel("A"), dtype=np.float32) / np.float32(255)
    if "transparency" in image.info:
        return np.asarray(image.convert("RGBA").getchannel("A"), dtype=np.float32) / np.float32(255)
    return None


def _to_srgb_profile(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and profile and image.mode in {"RGB", "RGBA", "CMYK", "L", "LA", "P"}:
        converted = _convert_profile(image, profile)
        if converted is not None:
            return converted
    if image.mode in {"RGB", "RGBA"}:
        return image.convert("RGB")
    # By way of RGBA, so that a palette's or a greyscale's transparent colour is not blended with anything.
    return image.convert("RGBA").convert("RGB") if image.mode in {"P", "PA", "LA"} else image.convert("RGB")


def _convert_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        from PIL import ImageCms
    except ImportError:  # Pillow built without LittleCMS
        logger.warning("The photo's colour profile is ignored: this Pillow has no colour management.")
        return None
    plain = image.convert({"RGBA": "RGB", "P": "RGB", "LA": "L"}.get(image.mode, image.mode))
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return plain.convert("RGB")
        turned = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return turned
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        logger.warning("The photo's colour profile cannot be used (%s); its colours are taken as sRGB.", error)
        return None


def _from_array(values: np.ndarray[Any, Any], min_side_px: int) -> tuple[Array, Array | None]:
    if values.ndim == 4 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[2] not in (1, 2, 3, 4):
        raise InputError(
            "photo.wrong_shape",
            f"Expected a picture as [height, width, 1 to 4 channels], but an array of shape {list(values.shape)} came.",
            "Give one picture, channels last.",
        )
    _check_size(values.shape[1], values.shape[0], min_side_px)
    numbers = _scale_numbers(values)
    channels = numbers.shape[2]
    colour = numbers[..., :3] if channels >= 3 else np.repeat(numbers[..., :1], 3, axis=2)
    alpha = np.ascontiguousarray(numbers[..., -1]) if channels in (2, 4) else None
    return np.ascontiguousarray(colour), alpha


def _scale_numbers(values: np.ndarray[Any, Any]) -> Array:
    if values.dtype == np.bool_:
        return values.astype(np.float32)
    if values.dtype in (np.uint8, np.uint16):
        return values.astype(np.float32) / np.float32(np.iinfo(values.dtype).max)
    if not np.issubdtype(values.dtype, np.floating):
        raise InputError(
            "photo.wrong_numbers",
            f"Expected 8-bit, 16-bit or 0..1 decimal values, but {values.dtype} came.",
            "Convert the array to uint8 or to float32 in 0..1.",
        )
    numbers = values.astype(np.float32)
    least, most = float(numbers.min()), float(numbers.max())
    if not (np.isfinite(least) and np.isfinite(most)):  # either is not a number where any pixel is none
        raise _not_numbers()
    if least < -0.01 or most > 1.01:
        raise InputError(
            "photo.wrong_numbers",
            f"Expected decimal values in 0..1, but they run from {least:.3g} to {most:.3g}.",
            "Divide by 255 first, or give uint8.",
        )
    return numbers if least >= 0 and most <= 1 else np.clip(numbers, 0.0, 1.0)


def _check_size(width: int, height: int, min_side_px: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} × {height} pixels")
    if min(width, height) < min_side_px:
        raise InputError(
            "photo.too_small",
            f"The photo is {width} × {height} pixels; each side must have at least {min_side_px}.",
            "Use the original photo, not a thumbnail.",
            width=width,
            height=height,
            least=min_side_px,
        )


def _too_large(came: str) -> InputError:
    return InputError(
        "photo.too_large",
        f"The photo has {came}; at most {MAX_PIXELS // 1_000_000} million pixels can be read.",
        "Shrink it first, for example to 4000 pixels on the longer side.",
        most=MAX_PIXELS // 1_000_000,
    )


def _broken(error: Exception) -> InputError:
    if "truncated" in str(error) or isinstance(error, EOFError):
        return InputError(
            "photo.truncated",
            "The photo is cut off: the file ends before the picture does.",
            "Copy or upload it again.",
        )
    return InputError(
        "photo.corrupt",
        f"The photo is damaged and cannot be decoded ({error}).",
        "Copy it again or save it as PNG or JPEG.",
    )


def _not_an_image(data: bytes) -> InputError:
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        return InputError(
            "photo.heic",
            "The photo is in Apple's HEIC format, which cannot be read here.",
            "On the phone choose Settings > Camera > Formats > Most Compatible, or export the photo as JPEG.",
        )
    if data.startswith(_SIGNATURES):
        return _broken(ValueError("its header makes no sense"))
    return InputError(
        "photo.not_an_image",
        f"The file is not a picture that can be read (it begins with {data[:8]!r}).",
        "Use a PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF file.",
    )


def _not_numbers() -> InputError:
    return InputError(
        "photo.not_a_number",
        "The picture holds values that are not numbers (NaN or infinite).",
        "Render or save it again at full precision.",
    )
