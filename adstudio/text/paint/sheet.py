"""What is painted, as sheets: laid on the picture, joined to a clear plate, or handed on as layers.

Letters are blended in sRGB, as every layout program does it, so that thin strokes keep their weight on light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...srgb import decode, encode
from ...types import Array, Layer

_PICTURE = "배경 이미지"
_STRIP = 32  # rows that are blended at once: what is worked on stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Paint with straight alpha. Shapes: colour ``[h,w,3]`` or one ``[3]``, sRGB; alpha ``[h,w]``."""

    colour: Array
    alpha: Array
    left: int
    top: int

    @property
    def rect(self) -> tuple[int, int, int, int]:
        """``(left, top, right, bottom)``, which may lie partly outside the picture."""
        return self.left, self.top, self.left + self.alpha.shape[1], self.top + self.alpha.shape[0]

    def lay(self, image: Array, left: int = 0, top: int = 0) -> None:
        """Blend over ``image [H,W,3]`` in place; its corner lies at ``left``, ``top``."""
        for target, alpha, colour in self._strips(image, left, top):
            change = colour - target
            change *= alpha
            target += change

    def lay_clear(self, premultiplied: Array, cover: Array, left: int = 0, top: int = 0) -> None:
        """Blend over what may be clear: ``premultiplied [H,W,3]`` colours and their ``cover [H,W]``, in place."""
        strips = zip(
            self._strips(premultiplied, left, top),
            self._strips(cover[..., None], left, top),
            strict=True,
        )
        for (target, alpha, colour), (under, alone, _) in strips:
            target *= 1 - alpha
            target += alpha * colour
            under *= 1 - alone
            under += alone

    def _strips(self, image: Array, left: int, top: int) -> Iterator[tuple[Array, Array, Array]]:
        """Rows of the picture, of alpha and of colour, channels side by side: numpy is slow over a last axis of 3."""
        height, width, channels = image.shape
        x0, y0, x1, y1 = self.rect
        x0, y0, x1, y1 = max(x0 - left, 0), max(y0 - top, 0), min(x1 - left, width), min(y1 - top, height)
        if x0 >= x1:
            return
        flat = image.reshape(height, width * channels)[:, x0 * channels : x1 * channels]
        here = slice(x0 + left - self.left, x1 + left - self.left)
        plain = np.tile(self.colour, x1 - x0) if self.colour.ndim == 1 else None
        for first in range(y0, y1, _STRIP):
            last = min(first + _STRIP, y1)
            rows = slice(first + top - self.top, last + top - self.top)
            alpha = np.empty((last - first, x1 - x0, channels), np.float32)
            for channel in range(channels):
                alpha[..., channel] = self.alpha[rows, here]
            colour = self.colour[rows, here].reshape(last - first, -1) if plain is None else plain
            yield flat[first:last], alpha.reshape(last - first, -1), colour


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A block, a mark or a ground: sheets that belong together, from the lowest up, and its name in the layer list."""

    name: str
    sheets: tuple[Sheet, ...]


def lift(sheets: Sequence[Sheet], width: int, height: int) -> Array:
    """Join sheets without the picture. Returns: ``[H,W,4]`` sRGB, straight alpha; laid in sRGB it gives the same."""
    return _lift(sheets, (0, 0, width, height))


def as_layers(image: Array, pieces: Sequence[Piece]) -> tuple[Layer, ...]:
    """Turn the picture and its pieces into layers that give the lettered picture, blended in linear light.

    Over this picture, exactly: each pixel's alpha is the share of the way to the paint that linear light needs for what
    sRGB gave, its colour what is then left to reach. Over another picture they come close.
    """
    seen = np.array(image[..., :3], np.float32, order="C")
    opaque = np.ones((*seen.shape[:2], 1), np.float32)
    layers = [Layer(_PICTURE, np.concatenate([seen, opaque], axis=-1))]
    for piece in pieces:
        area = _bounds(piece.sheets, seen.shape[1], seen.shape[0])
        if area is None:
            continue
        x0, y0, x1, y1 = area
        before = seen[y0:y1, x0:x1].copy()
        for sheet in piece.sheets:
            sheet.lay(seen)
        plain = piece.sheets[0].colour if _is_plain(piece.sheets) else None
        rgba = _for_linear_light(before, seen[y0:y1, x0:x1], _lift(piece.sheets, area), plain)
        layers.append(Layer(piece.name, rgba, x0, y0))
    return tuple(layers)


def _for_linear_light(before: Array, after: Array, paint: Array, plain: Array | None) -> Array:
    """Make the paint, all of one colour where ``plain`` is given, do in linear light what it did in sRGB."""
    rgba = np.empty_like(paint)
    one = None if plain is None else _LINEAR(plain)
    for first in range(0, len(paint), _STRIP):
        rows = slice(first, first + _STRIP)
        low, high = _LINEAR(before[rows]), _LINEAR(after[rows])
        ink = _LINEAR(paint[rows, :, :3]) if one is None else np.tile(one, low.shape[1]).reshape(1, -1, 3)
        high -= low
        way = ink - low
        done = np.divide(high, way, out=np.zeros_like(way), where=np.abs(way) > 1e-4)
        alpha = np.maximum(np.maximum(done[..., 0], done[..., 1]), done[..., 2])
        # Where the paint has the picture's own colour nothing shows how opaque it is; its own alpha stands in.
        alpha = np.where(alpha > 0, np.minimum(alpha, 1), paint[rows, :, 3])
        share = np.where(alpha > 1e-5, alpha, 1)
        for channel in range(3):
            high[..., channel] /= share
        low += high
        rgba[rows, :, :3] = _SRGB(low)
        rgba[rows, :, 3] = alpha
    return rgba


def _lift(sheets: Sequence[Sheet], area: tuple[int, int, int, int]) -> Array:
    left, top, right, bottom = area
    if _is_plain(sheets) and sheets[0].rect == area:
        rgba = np.empty((bottom - top, right - left, 4), np.float32)
        rgba[..., :3], rgba[..., 3] = sheets[0].colour, sheets[0].alpha
        return rgba
    paint = np.zeros((bottom - top, right - left, 3), np.float32)
    cover = np.zeros(paint.shape[:2], np.float32)
    for sheet in sheets:
        sheet.lay_clear(paint, cover, left, top)
    rgba = np.empty((*cover.shape, 4), np.float32)
    scale = 1 / np.maximum(cover, 1e-6)
    for channel in range(3):
        np.minimum(paint[..., channel] * scale, 1, out=rgba[..., channel])
    rgba[..., 3] = cover
    return rgba


def _is_plain(sheets: Sequence[Sheet]) -> bool:
    """Tell whether all is painted in one colour, as a scrim is, which covers most of the picture."""
    return len(sheets) == 1 and sheets[0].colour.ndim == 1


def _bounds(sheets: Sequence[Sheet], width: int, height: int) -> tuple[int, int, int, int] | None:
    lefts, tops, rights, bottoms = zip(*(sheet.rect for sheet in sheets), strict=True)
    area = max(0, min(lefts)), max(0, min(tops)), min(width, max(rights)), min(height, max(bottoms))
    return area if area[0] < area[2] and area[1] < area[3] else None


class _Curve:
    """A transfer curve over 0..1 in 65,536 steps: finer than any file, and much sooner read than computed."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values, np.float32)

    def __call__(self, colours: Array) -> Array:
        steps = colours * np.float32(65_535)
        np.clip(steps, 0, 65_535, out=steps)
        steps += np.float32(0.5)
        return self.values.take(steps.astype(np.int32))


_STEPS = np.linspace(0, 1, 65_536)
_LINEAR = _Curve(decode(_STEPS))
_SRGB = _Curve(encode(_STEPS))
