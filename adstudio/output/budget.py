"""Fit a picture into a number of bytes, with the best quality that fits; refuse rather than go over.

- JPEG, WebP, AVIF: the highest quality that fits. A JPEG is tried with whole and with halved colour resolution, and the
  one nearer to the picture is taken.
- PNG: every pixel kept, if that fits; else 256 colours, scattered; else as many plain colours as fit.

Nothing below ``FLOOR`` is written. The same picture and limit always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError
from ..types import Note
from .encode import Format, largest_px, read_back, write
from .palette import to_palette

FLOOR = 0.88  # a JPEG of quality 15 to 40, or 32 colours: below, blocks and steps are plain to see
_LOWEST = 10
_COLOURS = (256, 192, 128, 96, 64, 48, 32, 16)
_SEEN_PX = 512  # the short side at which likeness is judged: scattered dots blend, as on a phone
_CLOSE = 0.98  # of the limit: nobody sees what the rest would buy
_PALETTE_LEVEL = 6  # 9 saves half a hundredth in twice the time
_FAST_AVIF, _SLOW_GAIN = 9, 3  # searched in a third of the time; what care saves then buys three steps of quality
_ROWS = 256
_LAST_LEVELS = 1.08  # level 9 saves less than this over level 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file within its limit: how like the picture it is (SSIM, 1 = the same), and in words how it was made."""

    data: bytes
    likeness: float
    how: str

    def note(self, size_bytes: int, max_bytes: int) -> Note:
        """How a file of that size keeps within its limit."""
        return Note(
            "save.fitted",
            "{size} of {most} kB: {how}, {alike} like the picture.",
            size=f"{size_bytes / 1000:.1f}",
            most=f"{max_bytes / 1000:g}",
            how=self.how,
            alike=f"{self.likeness:.1%}",
        )


@dataclass(frozen=True, slots=True)
class _Tried:
    data: bytes
    number: int
    how: str
    exact: bool = False


def fit_bytes(
    picture: Image.Image, format: Format, max_bytes: int, enclosed: Mapping[str, object], *, quality: int = 95
) -> Fitted:
    """Write a picture in at most ``max_bytes``.

    Args:
        picture: RGB or RGBA.
        enclosed: what goes in beside the pixels; it counts.
        quality: the highest to try, for jpeg, webp and avif.

    Raises:
        InputError: ``output.over_budget``, which says how far it got; ``output.too_large_for_limit``.
    """
    if picture.width * picture.height > largest_px(format):
        raise InputError(
            "output.too_large_for_limit",
            f"A {format.name} file of {picture.width}x{picture.height} pixels cannot be read back, to see how like the "
            f"picture it is; with a limit of bytes it may have {largest_px(format) / 1e6:.0f} million pixels.",
            "Save it as jpeg, avif or png, leave the limit out, or make it smaller.",
            format=format.name,
            width=picture.width,
            height=picture.height,
        )

    def search(**how: int) -> _Tried:
        return _highest_quality(
            lambda number: write(picture, format, enclosed, quality=number, **how), max_bytes, quality
        )

    if format.name == "png":
        best = _fit_png(picture, format, max_bytes, enclosed)
    elif format.name == "jpeg":
        best = search(subsampling=0)
        if best.number < quality:
            best = min(best, search(subsampling=2), key=lambda tried: _distance(picture, tried.data, format, max_bytes))
    elif format.name == "avif":
        best = search(speed=_FAST_AVIF)
        for number in (best.number + _SLOW_GAIN, best.number):
            data = write(picture, format, enclosed, quality=min(number, quality))
            if len(data) <= max_bytes:
                best = _Tried(data, min(number, quality), f"quality {min(number, quality)}")
                break
    else:
        best = search()
    if len(best.data) > max_bytes:
        raise _over(format, max_bytes, f"takes {len(best.data) / 1000:.0f} kB at the least")
    alike = 1.0 if best.exact else likeness(picture, best.data, format)
    if alike < FLOOR:
        raise _over(
            format, max_bytes, f"fits with {best.how}, but is then only {alike:.1%} like it ({FLOOR:.0%} is asked)"
        )
    return Fitted(best.data, alike, best.how)


def likeness(picture: Image.Image, data: bytes, format: Format) -> float:
    """How like a picture its file looks: SSIM over the colour channels, at about the size at which a phone shows it.

    What is transparent is judged on white and on black.
    Source: Z. Wang et al., "Image quality assessment" (2004), whose authors shrink before they compare.
    """
    from skimage.metrics import structural_similarity

    with read_back(data, format) as opened:
        written = opened.convert(picture.mode)
    factor = max(1, min(picture.size) // _SEEN_PX)
    values = []
    for ground in ("white", "black") if picture.mode == "RGBA" else (None,):
        pair = [np.asarray(_laid(image, ground).reduce(factor)) for image in (picture, written)]
        side = min(7, *(min(image.shape[:2]) for image in pair))
        window = side if side % 2 else side - 1
        if window < 3:  # too few pixels for a structure: how far the farthest lies off
            values.append(1.0 - float(np.abs(np.subtract(*pair, dtype=np.int16)).max()) / 255)
        else:
            alike: Any = structural_similarity(*pair, channel_axis=2, win_size=window)
            values.append(float(alike))
    return min(values)


def _laid(image: Image.Image, ground: str | None) -> Image.Image:
    if ground is None:
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image).convert("RGB")


def _distance(picture: Image.Image, data: bytes, format: Format, max_bytes: int) -> float:
    """How far the colours of a file lie off, pixel by pixel: likeness looks from too far away to see halved colours."""
    if len(data) > max_bytes:
        return float(len(data)) * 1e6
    with read_back(data, format) as opened:
        pair, rows = (np.asarray(picture), np.asarray(opened)), range(0, picture.height, _ROWS)
    # In strips, as a large picture's numbers take four times its bytes, and it is here twice.
    parts = ([each[top : top + _ROWS].astype(np.float32) for each in pair] for top in rows)
    return sum(float(np.square(one - other).sum(dtype=np.float64)) for one, other in parts) / pair[0].size


def _highest_quality(draw: Callable[[int], bytes], max_bytes: int, highest: int) -> _Tried:
    """Find the highest quality that fits, guessing from the sizes so far; where none does, what the lowest gives."""
    high, data = highest, draw(highest)
    if len(data) <= max_bytes:
        return _Tried(data, highest, f"quality {highest}")
    high_size = len(data)
    low, data = min(_LOWEST, highest), draw(min(_LOWEST, highest))
    while high - low > 1 and len(data) < _CLOSE * max_bytes:
        line = np.log(max_bytes / len(data)) / max(np.log(high_size / len(data)), 1e-9)
        # The guess is kept off the ends, or a curve that is no line would be walked step by step.
        guess = low + round(float(np.clip(line, 0.15, 0.85)) * (high - low))
        middle = min(max(guess, low + 1), high - 1)
        drawn = draw(middle)
        if len(drawn) <= max_bytes:
            low, data = middle, drawn
        else:
            high, high_size = middle, len(drawn)
    return _Tried(data, low, f"quality {low}")


def _fit_png(picture: Image.Image, format: Format, max_bytes: int, enclosed: Mapping[str, object]) -> _Tried:
    data = write(picture, format, enclosed)
    if max_bytes < len(data) <= max_bytes * _LAST_LEVELS:
        data = write(picture, format, enclosed, level=9)
    if len(data) <= max_bytes:
        return _Tried(data, 0, "every pixel kept", exact=True)

    def draw(colours: int, *, dither: bool = False) -> bytes:
        return write(to_palette(picture, colours, dither=dither), format, enclosed, level=_PALETTE_LEVEL)

    most = _COLOURS[0]
    scattered = draw(most, dither=True)
    if len(scattered) <= max_bytes:
        return _Tried(scattered, most, f"{most} colours, scattered")
    # Plain colours take a third less than scattered ones: more of them look better than fewer scattered.
    first, last, drawn = 0, len(_COLOURS) - 1, dict[int, bytes]()
    while first < last:
        middle = (first + last) // 2
        drawn[middle] = draw(_COLOURS[middle])
        first, last = (first, middle) if len(drawn[middle]) <= max_bytes else (middle + 1, last)
    return _Tried(drawn.get(first) or draw(_COLOURS[first]), _COLOURS[first], f"{_COLOURS[first]} colours")


def _over(format: Format, max_bytes: int, got: str) -> InputError:
    others = {"png": "jpeg, webp or avif", "jpeg": "webp or avif", "webp": "avif"}.get(format.name)
    return InputError(
        "output.over_budget",
        f"The picture does not fit into {max_bytes / 1000:g} kB and still look right: as {format.name} it {got}.",
        f"Make it smaller, raise the limit{f', or choose {others}' if others else ''}.",
        limit=f"{max_bytes / 1000:g}",
    )
