"""What lies behind copy where the picture alone does not carry it: a soft scrim from the edge, or a frosted panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ..types import Array
from .fitting import Setting
from .ink import Colour, Palette, contrast, enough, luminance

_STRONGEST_SCRIM = 0.6  # beyond it a scrim looks like dirt on the photo; a panel looks meant
_STRONGEST = 0.92
_STEP = 0.05
_WEAKEST_PANEL = 0.5
_LIGHT_INK = 1.35  # on middle tones white letters read better than WCAG's ratio says
_HAZE = 1.8  # whitening a photo is seen sooner than darkening it: it looks like fog
_MARGIN = 1.06  # the plate aims a little above the needed contrast; drawing rounds to 8 bits
Rect = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """How a cluster of copy gets its contrast. ``ink`` per setting; ``plate`` is laid at ``strength`` first."""

    inks: tuple[Colour, ...]
    plate: Colour
    strength: float
    kind: Literal["none", "scrim", "panel"]
    is_light_ink: bool


def choose_ground(
    image: Array,
    settings: Sequence[Setting],
    colours: Sequence[Colour | None],
    tints: Palette,
    plate: Literal["auto", "always", "never"],
) -> Ground:
    """Choose inks of one polarity for copy that stands together, and the weakest plate that makes all of it readable.

    Args:
        colours: the colour that the plan asks for, per setting; None = free.
    """
    picture = (image.shape[1], image.shape[0])
    backgrounds = [_cells(image, setting) for setting in settings]
    needs = [enough(setting.size, setting.face.weight, picture) for setting in settings]
    panel_only = plate == "always"
    options = [
        _option(backgrounds, needs, colours, inks, cover, is_light, plate, panel_only)
        for inks, cover, is_light in ((tints.light, tints.dark[0], True), (tints.dark, tints.light[0], False))
    ]
    # The least visible change of the photo wins; where none is needed, the stronger contrast.
    return min(options, key=lambda option: option[0])[1]


def lay_ground(image: Array, settings: Sequence[Setting], ground: Ground) -> None:
    """Lay the plate of a cluster on ``image``, in place."""
    if ground.kind == "none":
        return
    height, width = image.shape[:2]
    rect = _union([ink_rect(setting, (width, height)) for setting in settings])
    size = max(setting.size for setting in settings)
    if ground.kind == "scrim":
        mask = _scrim_mask(width, height, rect)
        _blend(image, (0, 0, width, height), mask * ground.strength, np.asarray(ground.plate, np.float32))
        return
    small = min(setting.size for setting in settings)
    area, mask = _panel_mask(width, height, rect, pad=max(0.42 * size, 0.8 * small), radius=0.3 * size)
    _blend(image, area, mask, _frost(crop(image, area), ground.plate, ground.strength, radius=0.35 * size))


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
    """Colours from behind every letter, sampled: ``[n, 144, 3]``."""
    height, width = image.shape[:2]
    grid = (np.arange(12) + 0.5) / 12
    cells = []
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        length = setting.face.measure(line) * setting.size
        top = setting.face.top("")
        rows = baseline - top * setting.size + grid * (top + 0.1) * setting.size
        for i in range(max(1, round(length / setting.size))):
            step = length / max(1, round(length / setting.size))
            y = np.clip(rows.astype(int), 0, height - 1)
            x = np.clip((start + (i + grid) * step).astype(int), 0, width - 1)
            cells.append(image[np.ix_(y, x)].reshape(-1, 3))
    return np.stack(cells)


def crop(image: Array, rect: Rect) -> Array:
    """The part of a picture inside a rectangle (a view)."""
    return image[rect[1] : rect[3], rect[0] : rect[2]]


def _option(
    backgrounds: Sequence[Array],
    needs: Sequence[float],
    colours: Sequence[Colour | None],
    inks: tuple[Colour, Colour],
    cover: Colour,
    is_light: bool,
    plate: Literal["auto", "always", "never"],
    panel_only: bool,
) -> tuple[tuple[float, float], Ground]:
    strengths = (
        [0.0] if plate == "never" else np.arange(_WEAKEST_PANEL if panel_only else 0.0, _STRONGEST + 1e-6, _STEP)
    )
    strength, chosen, worst = 0.0, tuple(c or inks[1] for c in colours), 0.0
    for strength in map(float, strengths):
        under = [_under(background, cover, strength, panel_only) for background in backgrounds]
        # The tinted ink looks better than pure black or white; with a plate it can always be had.
        margin, usable = (_MARGIN, inks[:1]) if strength else (1.0, inks)
        for ink in usable:  # one ink for all: a brown headline over a black line looks like a mistake
            chosen = tuple(colour or ink for colour in colours)
            shares = [contrast(own, g) / (need * margin) for own, g, need in zip(chosen, under, needs, strict=True)]
            worst = min(shares)
            if worst >= 1.0:
                break
        if worst >= 1.0:
            break
    kind: Literal["none", "scrim", "panel"] = "none"
    if strength > 0.0:
        kind = "panel" if panel_only or strength > _STRONGEST_SCRIM else "scrim"
    mean = float(np.mean([luminance(b).mean() for b in backgrounds]))
    covered = float(luminance(np.asarray(cover, np.float32)))
    change = strength * abs(mean ** (1 / 2.4) - covered ** (1 / 2.4))  # roughly in steps of lightness
    change *= 1.0 if is_light else _HAZE
    unreadable = max(0.0, 1.0 - worst)
    cost = (round(change + 4.0 * unreadable, 3), -worst * (_LIGHT_INK if is_light else 1.0))
    return cost, Ground(chosen, cover, strength, kind, is_light)


def _under(background: Array, cover: Colour, strength: float, frosted: bool) -> Array:
    base = background.mean(axis=1, keepdims=True) * 0.5 + background * 0.5 if frosted else background
    return (base * (1 - strength) + np.asarray(cover, np.float32) * strength).astype(np.float32)


def _scrim_mask(width: int, height: int, rect: Rect) -> Array:
    """A shade that runs to the edge the copy stands nearest to, and fades out over the photo on the other sides."""
    left, top, right, bottom = rect
    wide = (right - left) >= 0.55 * width
    gaps = {"left": left / width, "right": 1 - right / width, "top": top / height, "bottom": 1 - bottom / height}
    reach_x, reach_y = 0.55 * (bottom - top) + 0.08 * width, 0.75 * (bottom - top) + 0.06 * height
    across = _fade(width, left, right, reach_x, gaps["left"] < 0.2 or wide, gaps["right"] < 0.2 or wide)
    down = _fade(height, top, bottom, reach_y, gaps["top"] < 0.22, gaps["bottom"] < 0.22)
    return (down[:, None] * across[None, :]).astype(np.float32)


def _fade(length: int, start: int, end: int, reach: float, open_start: bool, open_end: bool) -> Array:
    at = np.arange(length, dtype=np.float32) + 0.5
    before = np.zeros_like(at) if open_start else np.clip((start - at) / reach, 0, 1)
    after = np.zeros_like(at) if open_end else np.clip((at - end) / reach, 0, 1)
    t = 1 - np.maximum(before, after)
    return (t * t * t * (t * (6 * t - 15) + 10)).astype(np.float32)  # no visible start or end of the ramp


def _panel_mask(width: int, height: int, rect: Rect, pad: float, radius: float) -> tuple[Rect, Array]:
    """A rounded rectangle with smooth corners; never nearer to the picture's edge than half its padding."""
    edge = 0.3 * pad
    x0, y0 = max(rect[0] - pad, min(edge, rect[0])), max(rect[1] - 0.8 * pad, min(edge, rect[1]))
    x1 = min(rect[2] + pad, max(width - edge, rect[2]))
    y1 = min(rect[3] + 0.8 * pad, max(height - edge, rect[3]))
    area = (int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1)))
    scale = 4
    canvas = Image.new("L", ((area[2] - area[0]) * scale, (area[3] - area[1]) * scale))
    inside = ((x0 - area[0]) * scale, (y0 - area[1]) * scale, (x1 - area[0]) * scale - 1, (y1 - area[1]) * scale - 1)
    ImageDraw.Draw(canvas).rounded_rectangle(inside, radius=radius * scale, fill=255)
    return area, np.asarray(canvas.reduce(scale), np.float32) / 255.0


def _frost(patch: Array, cover: Colour, strength: float, radius: float) -> Array:
    picture = Image.fromarray((np.clip(patch, 0, 1) * 255 + 0.5).astype(np.uint8))
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255.0
    return (blurred * (1 - strength) + np.asarray(cover, np.float32) * strength).astype(np.float32)


def _blend(image: Array, area: Rect, coverage: Array, colours: Array) -> None:
    target = crop(image, area)
    target += coverage[..., None] * (colours - target)


def _union(rects: Sequence[Rect]) -> Rect:
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
