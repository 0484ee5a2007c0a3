"""What lies behind copy where the picture alone does not carry it: a soft scrim from the edge, or a frosted panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

from ...srgb import luminance
from ...types import Array, TextBlock
from ..lines.fitting import Setting
from ..lines.rows import Edges
from ..roles import role_style
from .ink import Colour, Palette, between, brightness, enough, extremes, parse_colour
from .shape import rounded
from .sheet import Sheet

_STRONGEST_SCRIM = 0.6  # beyond it a scrim looks like dirt on the photo; a panel looks meant
_STRONGEST = 0.92
_STEP = 0.05
_WEAKEST_PANEL = 0.5
_WEAKEST_SCRIM = 0.3  # one that is asked for must be seen
_LIGHT_INK = 1.35  # on middle tones white letters read better than WCAG's ratio says
_HAZE = 1.8  # whitening a photo is seen sooner than darkening it: it looks like fog
_MARGIN = 1.06  # the plate aims a little above the needed contrast; drawing rounds to 8 bits
_SEEN_AT = 512  # pixels of the shorter side, about what a phone shows: finer grain does not count as background
Rect = tuple[int, int, int, int]
Wish = Literal["auto", "none", "scrim", "panel"]
Fill = tuple[Colour, ...]  # one colour, or the two ends of a gradient from top to bottom
Wanted = tuple[Colour | None, ...]  # the same, None where contrast chooses


@dataclass(frozen=True, slots=True)
class Ground:
    """How a cluster of copy gets its contrast; ``plate`` is laid at ``strength`` first.

    Args:
        fills: of each setting's letters.
        shares: the contrast of each setting over what its size needs; below 1 it is hard to read.
    """

    fills: tuple[Fill, ...]
    plate: Colour
    strength: float
    kind: Literal["none", "scrim", "panel"]
    shares: tuple[float, ...]


def choose_ground(
    image: Array, settings: Sequence[Setting], wanted: Sequence[Wanted], tints: Palette, wish: Wish
) -> Ground:
    """Choose inks of one polarity for copy that stands together, and the weakest plate that makes all of it readable.

    Args:
        wanted: the fill that the plan asks for, per setting.
        wish: what lies behind; ``auto`` = nothing, unless contrast asks for it.
    """
    picture = (image.shape[1], image.shape[0])
    cells = [_cells(image, setting) for setting in settings]
    if wish == "panel":  # its frost takes the extremes out of what lies behind
        cells = [0.5 * (part + part.mean(axis=1, keepdims=True)) for part in cells]
    decisive = [extremes(part) for part in cells]
    bright = float(np.mean([luminance(part).mean() for part in cells]))
    needs = [enough(setting.size, setting.face.weight, picture) for setting in settings]
    options = [
        _option(decisive, bright, needs, wanted, inks, cover, is_light, wish)
        for inks, cover, is_light in ((tints.light, tints.dark[0], True), (tints.dark, tints.light[0], False))
    ]
    # The least visible change of the photo wins; where none is needed, the stronger contrast.
    return min(options, key=lambda option: option[0])[1]


def lay_ground(image: Array, settings: Sequence[Setting], ground: Ground, pills: Sequence[Edges] = ()) -> Sheet | None:
    """Make the plate of a cluster for ``image``; None where it needs none.

    Args:
        pills: buttons on the picture; a panel takes in those that its edge would touch.
    """
    if ground.kind == "none":
        return None
    height, width = image.shape[:2]
    rect = _union([ink_rect(setting, (width, height)) for setting in settings])
    if ground.kind == "scrim":
        return _scrim(width, height, rect, ground)
    size, small = (choose(setting.size for setting in settings) for choose in (max, min))
    pad = max(0.42 * size, 0.8 * small)
    for left, top, right, bottom in sorted(pills, key=lambda pill: abs(pill[1] - rect[3])):
        if max(left - rect[2], rect[0] - right, top - rect[3], rect[1] - bottom) < 1.5 * pad:
            rect = _union([rect, (int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom)))])
    return _panel(image, rect, ground, pad, radius=0.3 * size, frost=0.35 * size)


def wanted_fill(block: TextBlock) -> Wanted:
    """The fill that a block asks for, or else its role; None where contrast chooses."""
    role = role_style(block.role)
    colours = (block.color or role.fill, block.color_to or ("" if block.color else role.fill_to))
    first, last = (parse_colour(colour) if colour else None for colour in colours)
    return (first,) if last is None else (first, last)


def ink_rect(setting: Setting, picture: tuple[int, int]) -> Rect:
    """Whole pixels around the letters of a setting, with a little air, inside the picture."""
    air = 0.12 * setting.size
    left, top, right, bottom = setting.ink
    return (
        max(0, int(left - air)),
        max(0, int(top - air)),
        min(picture[0], max(1, int(np.ceil(right + air)))),
        min(picture[1], max(1, int(np.ceil(bottom + air)))),
    )


def _cells(image: Array, setting: Setting) -> Array:
    """Colours from behind every letter, sampled as a phone shows them: ``[n, 144, 3]``."""
    height, width = image.shape[:2]
    grain = np.arange(max(1, round(min(height, width) / _SEEN_AT)))
    grid = (np.arange(12) + 0.5) / 12
    cells = []
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        length = setting.face.measure(line) * setting.size
        top = setting.face.top("")
        rows = baseline - top * setting.size + grid * (top + 0.1) * setting.size
        y = np.clip((rows[:, None] + grain - len(grain) // 2).astype(int), 0, height - 1)
        count = max(1, round(length / setting.size))
        columns = start + (np.arange(count)[:, None] + grid) * length / count
        x = np.clip((columns[..., None] + grain - len(grain) // 2).astype(int), 0, width - 1)
        seen = image[y[None, :, :, None, None], x[:, None, None]].mean(axis=(2, 4))
        cells.append(seen.reshape(count, -1, 3))
    return np.concatenate(cells)


def crop(image: Array, rect: Rect) -> Array:
    """The part of a picture inside a rectangle (a view)."""
    return image[rect[1] : rect[3], rect[0] : rect[2]]


def _option(
    backgrounds: Sequence[Array],
    bright: float,
    needs: Sequence[float],
    wanted: Sequence[Wanted],
    inks: tuple[Colour, Colour],
    cover: Colour,
    is_light: bool,
    wish: Wish,
) -> tuple[tuple[float, float], Ground]:
    first = {"panel": _WEAKEST_PANEL, "scrim": _WEAKEST_SCRIM}.get(wish, 0.0)
    last = 0.01 if wish == "none" else _STRONGEST + 1e-6
    strengths = np.asarray(np.arange(first, last, _STEP), np.float32)
    spans = [_span(part, cover, strengths) for part in backgrounds]
    strength, fills, shares, worst = 0.0, (), (), 0.0
    for step, strength in enumerate(strengths.tolist()):
        # The tinted ink looks better than pure black or white; with a plate it can always be had.
        margin, usable = (_MARGIN, inks[:1]) if strength else (1.0, inks)
        for ink in usable:  # one ink for all: a brown headline over a black line looks like a mistake
            fills = tuple(tuple(colour or ink for colour in want) for want in wanted)
            shares = tuple(
                min(between(brightness(colour), *span[step]) for colour in fill) / need
                for fill, span, need in zip(fills, spans, needs, strict=True)
            )
            worst = min(shares) / margin
            if worst >= 1.0:
                break
        if worst >= 1.0:
            break
    kind: Literal["none", "scrim", "panel"] = "none"
    if strength > 0.0:
        kind = "panel" if wish == "panel" or (wish == "auto" and strength > _STRONGEST_SCRIM) else "scrim"
    change = strength * abs(bright ** (1 / 2.4) - brightness(cover) ** (1 / 2.4))  # roughly in steps of lightness
    change *= 1.0 if is_light else _HAZE
    unreadable = max(0.0, 1.0 - worst)
    cost = (round(change + 4.0 * unreadable, 3), -worst * (_LIGHT_INK if is_light else 1.0))
    return cost, Ground(fills, cover, strength, kind, shares)


def _span(part: Array, cover: Colour, strengths: Array) -> list[tuple[float, float]]:
    """The darkest and the brightest of a background under a plate of each strength."""
    weights = strengths[:, None, None]
    seen = luminance(np.asarray(part * (1 - weights) + np.asarray(cover) * weights, np.float32))
    return list(zip(seen.min(axis=1).tolist(), seen.max(axis=1).tolist(), strict=True))


def _scrim(width: int, height: int, rect: Rect, ground: Ground) -> Sheet:
    """A shade that runs to the edge the copy stands nearest to, and fades out over the photo on the other sides."""
    left, top, right, bottom = rect
    wide = (right - left) >= 0.55 * width
    gaps = {"left": left / width, "right": 1 - right / width, "top": top / height, "bottom": 1 - bottom / height}
    reach_x, reach_y = 0.55 * (bottom - top) + 0.08 * width, 0.75 * (bottom - top) + 0.06 * height
    x, across = _fade(width, left, right, reach_x, gaps["left"] < 0.2 or wide, gaps["right"] < 0.2 or wide)
    y, down = _fade(height, top, bottom, reach_y, gaps["top"] < 0.22, gaps["bottom"] < 0.22)
    return Sheet(np.asarray(ground.plate, np.float32), np.outer(down * np.float32(ground.strength), across), x, y)


def _fade(length: int, start: int, end: int, reach: float, open_start: bool, open_end: bool) -> tuple[int, Array]:
    """Where the ramp is above 0, and its values there."""
    first = 0 if open_start else max(0, int(start - reach))
    last = length if open_end else min(length, int(np.ceil(end + reach)))
    at = np.arange(first, last, dtype=np.float32) + 0.5
    before = np.zeros_like(at) if open_start else np.clip((start - at) / reach, 0, 1)
    after = np.zeros_like(at) if open_end else np.clip((at - end) / reach, 0, 1)
    t = 1 - np.maximum(before, after)
    return first, (t * t * t * (t * (6 * t - 15) + 10)).astype(np.float32)  # no visible start or end of the ramp


def _panel(image: Array, rect: Rect, ground: Ground, pad: float, radius: float, frost: float) -> Sheet:
    """A rounded rectangle of blurred picture; never nearer to the picture's edge than half its padding."""
    height, width = image.shape[:2]
    edge = 0.3 * pad
    x0, y0 = max(rect[0] - pad, min(edge, rect[0])), max(rect[1] - 0.8 * pad, min(edge, rect[1]))
    x1 = min(rect[2] + pad, max(width - edge, rect[2]))
    y1 = min(rect[3] + 0.8 * pad, max(height - edge, rect[3]))
    cover, left, top = rounded((x0, y0, x1, y1), radius)
    patch = crop(image, (left, top, left + cover.shape[1], top + cover.shape[0]))
    colours = _frost(patch, frost) * (1 - ground.strength) + np.asarray(ground.plate, np.float32) * ground.strength
    return Sheet(colours.astype(np.float32), cover, left, top)


def _frost(patch: Array, radius: float) -> Array:
    """Blur a piece of the picture. A quarter of its size is enough for that, and much sooner done."""
    picture = Image.fromarray((np.clip(patch, 0, 1) * 255 + 0.5).astype(np.uint8))
    step = max(1, int(radius / 4))
    small = picture.reduce(step).filter(ImageFilter.GaussianBlur(radius / step))
    return np.asarray(small.resize(picture.size, Image.Resampling.BILINEAR), np.float32) / 255.0


def _union(rects: Sequence[Rect]) -> Rect:
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
