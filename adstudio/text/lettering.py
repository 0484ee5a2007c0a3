"""Put the copy of a layout plan on a picture: fitted, readable, and set like type rather than typed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

from ..types import Array, LayoutPlan, TextStyle
from .fitting import Setting
from .ground import choose_ground, lay_ground
from .ink import Colour, palette, parse_colour
from .typesetting import set_copy

_NEIGHBOURS = 0.06  # blocks nearer than this share of the height are read, and given a ground, together


def draw(image: Array, plan: LayoutPlan, style: TextStyle = TextStyle()) -> Array:  # noqa: B008 - frozen
    """Draw every text block of a plan.

    Shapes: ``[H,W,3] float32 sRGB 0..1`` in and out; pixels away from the copy stay bit-exact.

    Raises:
        InputError: ``text.no_copy``, ``text.does_not_fit``, ``text.missing_glyph``, ``text.unknown_font`` …
    """
    height, width = image.shape[:2]
    settings = set_copy(plan, style, (width, height))
    out = np.array(image[..., :3], np.float32)
    tints = palette(out)
    for cluster in _clusters(settings, height):
        wanted = [parse_colour(s.block.color) if s.block.color else None for s in cluster]
        # An outline carries its own contrast, so only an explicit wish adds a plate to it.
        plate = "never" if style.outline and style.plate == "auto" else style.plate
        ground = choose_ground(out, cluster, wanted, tints, plate)
        lay_ground(out, cluster, ground)
        pairs = sorted(zip(cluster, ground.inks, strict=True), key=lambda pair: pair[0].block.role == "headline")
        behind = tints.dark[0] if ground.is_light_ink else tints.light[1]
        if style.shadow and ground.kind != "panel" and not (style.outline or not ground.is_light_ink):
            for setting, _ in pairs:
                _paint_shadow(out, setting, behind)
        for setting, ink in pairs:
            if style.outline:
                _paint(
                    out, setting, _opposite(ink, tints.dark[1], tints.light[1]), stroke=max(1.0, 0.055 * setting.size)
                )
            _paint(out, setting, ink)
    return out


def _clusters(settings: Sequence[Setting], height: int) -> list[list[Setting]]:
    """Group blocks that stand close together, so that they share inks and ground."""
    clusters: list[list[Setting]] = []
    for setting in settings:
        near = [c for c in clusters if any(_gap(setting, other) <= _NEIGHBOURS * height for other in c)]
        merged = [setting, *(member for cluster in near for member in cluster)]
        clusters = [c for c in clusters if c not in near] + [merged]
    return clusters


def _gap(one: Setting, other: Setting) -> float:
    across = max(one.ink[0], other.ink[0]) - min(one.ink[2], other.ink[2])
    down = max(one.ink[1], other.ink[1]) - min(one.ink[3], other.ink[3])
    return max(across, down, 0.0)


def _paint(image: Array, setting: Setting, colour: Colour, stroke: float = 0.0) -> None:
    ink = np.asarray(colour, np.float32)
    for coverage, x, y in _drawn_lines(setting, stroke):
        _blend(image, coverage, x, y, ink)


def _paint_shadow(image: Array, setting: Setting, colour: Colour) -> None:
    """A soft lift, felt rather than seen: wide, faint, a little below the letters."""
    radius = 0.13 * setting.size
    pad = int(np.ceil(3 * radius))
    ink = np.asarray(colour, np.float32)
    for coverage, x, y in _drawn_lines(setting, 0.0):
        wide = Image.fromarray((np.pad(coverage, pad) * 255 + 0.5).astype(np.uint8))
        soft = np.asarray(wide.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255.0
        _blend(image, np.clip(soft * 0.55, 0, 0.5), x - pad, y - pad + round(0.035 * setting.size), ink)


def _drawn_lines(setting: Setting, stroke: float) -> list[tuple[Array, int, int]]:
    drawn = []
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        if not line:
            continue
        x, y = int(np.floor(start)), int(np.floor(baseline))
        coverage, left, base = setting.face.draw_line(line, setting.size, (start - x, baseline - y), stroke)
        drawn.append((coverage, x - left, y - base))
    return drawn


def _blend(image: Array, coverage: Array, x: int, y: int, colour: Array) -> None:
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + coverage.shape[1]), min(height, y + coverage.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = coverage[y0 - y : y1 - y, x0 - x : x1 - x, None]
    target = image[y0:y1, x0:x1]
    target += part * (colour - target)


def _opposite(ink: Colour, dark: Colour, light: Colour) -> Colour:
    return dark if sum(ink) > 1.5 else light
