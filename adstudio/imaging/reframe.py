"""Bring a picture to another size on purpose: what matters stays in view, what lacks is filled in quietly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..errors import InputError
from ..types import Array, Box
from .filters import blur
from .linear import to_linear, to_srgb
from .resample import resample_planes

_MARGIN = 0.04  # of what is kept, left round it
_STEPS = 64
_STRIP = 0.03  # of the picture beside an edge: what the fill is made of
_FADE = 0.1
_CALMER = (0.03, 0.08, 0.25)  # blur along the edge, of its length: near the picture, farther out, far out
_MOST_GRAIN = 0.04
_RESTLESS = 0.03  # mean deviation along an edge beyond which the fill does not look like its picture


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture that is shown, in fractions of it; beyond 0..1 there is no picture and it is filled in.

    Args:
        lost: share of what was to be kept that is out of view.
        restless: the edges that would be filled in are too busy for that; a new backdrop would be better.
    """

    box: Box
    lost: float = 0.0
    restless: bool = False

    @property
    def beyond(self) -> float:
        """Share of the window that has no picture."""
        across = min(self.box.x1, 1.0) - max(self.box.x0, 0.0)
        down = min(self.box.y1, 1.0) - max(self.box.y0, 0.0)
        return 1 - across * down / (self.box.width * self.box.height)


def choose_window(
    picture: Array,
    size_px: tuple[int, int],
    keep: Array | None = None,
    interest: Array | None = None,
    *,
    extend: bool = True,
    lean: float = 0.5,
    spare: float = 0.0,
) -> Window:
    """Choose what of a picture is shown at another size.

    The picture is cut, never squeezed. Only where what is to be kept does not fit, the window grows beyond the edges.

    Args:
        keep: mask ``[H,W]`` of what must stay in view, 1 = product.
        interest: ``[h,w]`` of any size, what is better seen than cut off.
        extend: grow beyond the edges; False cuts into what is kept.
        lean: where the picture lies in a window that is larger, 0 = at its left or top, 1 = right or bottom.
        spare: room beyond what is kept, as a share of the window.
    """
    height, width = picture.shape[:2]
    aspect = _aspect(size_px)
    across, down = (width, width / aspect) if aspect >= width / height else (height * aspect, height)
    bounds = None if keep is None else _bounds(keep, width, height)
    if bounds is not None and extend:
        left, top, right, bottom = bounds
        growth = max((right - left) / across, (bottom - top) / down, 1.0) * (1 + spare)
        across, down = across * growth, down * growth
    x = _offset(across, width, bounds and bounds[::2], _profile(interest, 0), lean)
    y = _offset(down, height, bounds and bounds[1::2], _profile(interest, 1), lean)
    box = Box(x / width, y / height, (x + across) / width, (y + down) / height)
    return Window(box, _lost(keep, box), _is_restless(picture, box))


def reframe(picture: Array, window: Window, size_px: tuple[int, int]) -> Array:
    """Show the window of a picture at a size, resampled in linear light.

    Shapes: ``[H,W,3] -> [height_px,width_px,3]``.
    """
    light = to_linear(picture[..., :3])
    height, width = picture.shape[:2]
    left, wide, (x0, x1) = _span(window.box.x0, window.box.x1, width, size_px[0])
    top, high, (y0, y1) = _span(window.box.y0, window.box.y1, height, size_px[1])
    shown = np.clip(resample_planes(light, wide, high, Image.Resampling.LANCZOS, (x0, y0, x1, y1)), 0.0, 1.0)
    shown = _filled(shown, left, size_px[0] - left - wide, axis=1)
    shown = _filled(shown, top, size_px[1] - top - high, axis=0)
    return to_srgb(shown)


def reframe_mask(mask: Array, window: Window, size_px: tuple[int, int]) -> Array:
    """Show the window of a mask ``[H,W]``; beyond the picture there is nothing."""
    height, width = mask.shape
    box = window.box
    corners = (box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
    turned = Image.fromarray(np.ascontiguousarray(mask, np.float32)).transform(
        size_px, Image.Transform.EXTENT, corners, Image.Resampling.BILINEAR
    )
    return np.clip(np.asarray(turned), 0.0, 1.0)


def _span(first: float, last: float, side: int, wanted: int) -> tuple[int, int, tuple[float, float]]:
    """Where a picture lies along one side of a window, from ``first`` to ``last`` in fractions of the picture.

    Returns: start and length in pixels of the ``wanted`` size, and the part of the picture's ``side`` that is seen.
    """
    begin, end = max(first, 0.0) * side, min(last, 1.0) * side
    scale = wanted / ((last - first) * side)
    start = round((begin - first * side) * scale)
    length = max(1, round((end - first * side) * scale) - start)
    return min(start, wanted - length), length, (begin, end)  # however narrow, it is there


def _aspect(size_px: tuple[int, int]) -> float:
    if min(size_px) < 1:
        raise InputError(
            "reframe.bad_size", f"Expected a size in pixels, but {size_px[0]}x{size_px[1]} came.", "Give both sides."
        )
    return size_px[0] / size_px[1]


def _bounds(keep: Array, width: int, height: int) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom of what is kept, with some room round it, in pixels of the picture."""
    seen = keep > 0.5
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if len(rows) == 0:
        return None
    x, y = width / keep.shape[1], height / keep.shape[0]
    left, right, top, bottom = columns[0] * x, (columns[-1] + 1) * x, rows[0] * y, (rows[-1] + 1) * y
    room_x, room_y = _MARGIN * (right - left), _MARGIN * (bottom - top)
    return (
        max(0.0, float(left - room_x)),
        max(0.0, float(top - room_y)),
        min(float(width), float(right + room_x)),
        min(float(height), float(bottom + room_y)),
    )


def _profile(interest: Array | None, axis: int) -> Array | None:
    return None if interest is None else np.asarray(interest.sum(axis=axis), np.float32)


def _offset(length: float, full: float, kept: tuple[float, ...] | None, profile: Array | None, lean: float) -> float:
    """Where the window begins along one side: with what is kept inside, and as much of interest as can be."""
    if length >= full:
        return -(length - full) * lean
    first, last = kept or (full / 2, full / 2)
    low, high = (0.0, full - length) if kept is None else (max(0.0, last - length), min(full - length, first))
    if low > high:  # what is kept is longer than the window: its middle
        return min(max((first + last - length) / 2, 0.0), full - length)
    middle = min(max((first + last) / 2 - length / 2, low), high)
    if profile is None or float(profile.sum()) <= 0:
        return middle
    total = np.concatenate([[0.0], np.cumsum(profile)]) / float(profile.sum())
    places = np.linspace(low, high, _STEPS)
    at = np.arange(len(total)) * full / len(profile)
    seen = np.interp(places + length, at, total) - np.interp(places, at, total)
    worth = seen - 0.1 * np.abs(places - middle) / full
    return float(places[int(np.argmax(worth))])


def _lost(keep: Array | None, box: Box) -> float:
    if keep is None or not (total := float(keep.sum())):
        return 0.0
    height, width = keep.shape
    left, top, right, bottom = box.pixels(width, height)
    return 1 - float(keep[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].sum()) / total


def _is_restless(picture: Array, box: Box) -> bool:
    edges = []
    strip_x, strip_y = (max(1, round(_STRIP * side)) for side in (picture.shape[1], picture.shape[0]))
    if box.x0 < 0:
        edges.append(picture[:, :strip_x].mean(axis=1))
    if box.x1 > 1:
        edges.append(picture[:, -strip_x:].mean(axis=1))
    if box.y0 < 0:
        edges.append(picture[:strip_y].mean(axis=0))
    if box.y1 > 1:
        edges.append(picture[-strip_y:].mean(axis=0))
    return any(_unrest(edge) > _RESTLESS for edge in edges)


def _unrest(edge: Array) -> float:
    """How much a line of colours deviates from its own slow course."""
    return float(np.abs(edge - _along(edge, 0.08 * len(edge))).mean())


def _filled(shown: Array, before: int, after: int, *, axis: int) -> Array:
    """Continue a picture beyond two of its edges with their own colours, the calmer the farther out."""
    if before <= 0 and after <= 0:
        return shown
    turned = shown if axis == 1 else shown.transpose(1, 0, 2)
    parts = [turned]
    if before > 0:
        fill, faded = _continue(turned[:, ::-1], before)
        parts = [fill[:, ::-1], faded[:, ::-1]]
    if after > 0:
        fill, faded = _continue(parts[-1], after)
        parts[-1:] = [faded, fill]
    whole = np.concatenate(parts, axis=1)
    return whole if axis == 1 else whole.transpose(1, 0, 2)


def _continue(picture: Array, beyond: int) -> tuple[Array, Array]:
    """Fill ``beyond`` columns right of a picture; its last columns are faded into them."""
    height, width = picture.shape[:2]
    strip = picture[:, -max(1, round(_STRIP * width)) :]
    levels = np.stack([_along(strip.mean(axis=1), share * height) for share in _CALMER], axis=1)
    fade = max(1, round(_FADE * width))
    place = (len(_CALMER) - 1) * np.linspace(0, 1, beyond + fade, dtype=np.float32) ** 0.6
    lower = np.minimum(place.astype(int), len(_CALMER) - 2)
    weight = (place - lower)[None, :, None]
    fill = levels[:, lower] * (1 - weight) + levels[:, lower + 1] * weight
    # Grain as the picture has it, which grows with the light; without it the fill looks like plastic.
    rough = np.abs(strip - blur(strip, 1.0)) / np.maximum(strip, 0.02)
    noise = np.random.default_rng(0).standard_normal(fill.shape[:2], np.float32)[..., None]
    fill = (fill * (1 + min(float(np.median(rough)) * 1.5, _MOST_GRAIN) * noise)).astype(np.float32)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)[None, :, None] ** 2
    faded = picture.copy()
    faded[:, -fade:] += ramp * (fill[:, :fade] - faded[:, -fade:])
    return fill[:, fade:], faded


def _along(profile: Array, sigma: float) -> Array:
    return blur(profile[:, None], (sigma, 0.0))[:, 0]
