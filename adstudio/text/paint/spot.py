"""Paint spots that carry their own ground: the button and the round badge."""

from __future__ import annotations

import numpy as np

from ...srgb import ratio
from ...types import Array, TextBlock
from ..lines.fitting import Setting
from ..lines.spot import Spot
from .accent import accent
from .brush import draw_lines, gradient, paint_letters
from .ground import Fill, crop, wanted_fill
from .ink import BLACK, WHITE, Colour, Palette, brightness, enough, toned
from .shape import Coverage, rounded, seal, soften
from .sheet import Sheet

_LOBES, _NOTCH = 26, 0.055  # many and shallow: few and deep make a cartoon's bang of it
_RING_IN, _RING = 0.1, 0.018  # distance from the rim and thickness of a seal's fine ring, of its diameter
_RING_SEEN = 0.55
_ALMOST = 0.7  # of the contrast that white needs: an accent so near it is darkened, else its letters are dark
_LIGHT_INK = 1.35  # as with letters, white is preferred beyond its measured contrast


def paint_spot(
    image: Array, setting: Setting, spot: Spot, tints: Palette, *, shadow: bool
) -> tuple[list[Sheet], Fill, Colour, float]:
    """Paint a spot and its letters.

    Returns: the sheets, the fill of the spot, the ink on it, and the contrast of the two over what the size needs.
    """
    need = enough(setting.size, setting.face.weight, (image.shape[1], image.shape[0]))
    fill, ink = _colours(image, setting.block, spot, tints, need)
    cover = _cover(spot)
    size = spot.edges[3] - spot.edges[1]
    sheets = []
    if shadow:
        alpha, x, y = soften(cover, 0.06 * size, round(0.03 * size))
        sheets.append(Sheet(np.asarray(tints.dark[0], np.float32), 0.35 * alpha, x, y))
    alpha, x, y = cover
    sheets.append(Sheet(gradient(fill, alpha.shape, y, spot.edges[1], spot.edges[3]), alpha, x, y))
    if spot.kind == "seal":
        sheets.append(_ring(spot, size, ink))
    sheets += paint_letters(setting, draw_lines(setting), [ink])
    return sheets, fill, ink, min(_contrast(ink, colour) for colour in fill) / need


def _cover(spot: Spot, inset: float = 0.0) -> Coverage:
    """A spot's shape, made smaller all around by ``inset``."""
    left, top, right, bottom = spot.edges
    if spot.kind == "pill":
        return rounded((left + inset, top + inset, right - inset, bottom - inset), bottom - top)
    middle, radius = ((left + right) / 2, (top + bottom) / 2), (right - left) / 2 - inset
    return seal(middle, radius, _LOBES if spot.is_scalloped and not inset else 0, _NOTCH)


def _ring(spot: Spot, size: float, ink: Colour) -> Sheet:
    outer, x, y = _cover(spot, inset=_RING_IN * size / 2)
    inner, left, top = _cover(spot, inset=(_RING_IN / 2 + _RING / 2) * size)
    # Nearly as large, it may end a pixel beyond the outer one, where nothing of it is seen.
    inner = inner[: outer.shape[0] + y - top, : outer.shape[1] + x - left]
    outer = outer.copy()
    outer[top - y : top - y + inner.shape[0], left - x : left - x + inner.shape[1]] -= inner
    return Sheet(np.asarray(ink, np.float32), np.clip(outer, 0, 1) * np.float32(_RING_SEEN), x, y)


def _colours(image: Array, block: TextBlock, spot: Spot, tints: Palette, need: float) -> tuple[Fill, Colour]:
    left, top, right, bottom = (round(edge) for edge in spot.edges)
    red, green, blue = map(float, crop(image, (max(left, 0), max(top, 0), right, bottom)).mean(axis=(0, 1)))
    behind = (red, green, blue)
    own = [colour for colour in wanted_fill(block) if colour is not None]
    if own:
        return tuple(own), _ink_on(own, tints, need)
    loud = accent(image, behind) if block.role == "badge" else None
    if loud is not None:
        white = _contrast(WHITE, loud)
        if white >= _ALMOST * need:
            return (toned(loud, lambda colour: _contrast(WHITE, colour) >= need),), WHITE
        return (loud,), _ink_on([loud], tints, need)
    ground = brightness(behind)
    light, dark = (ratio(brightness(ink), ground) for ink in (WHITE, tints.dark[0]))
    return ((WHITE,), tints.dark[0]) if _LIGHT_INK * light >= dark else ((tints.dark[0],), tints.light[0])


def _ink_on(fill: list[Colour], tints: Palette, need: float) -> Colour:
    """White where it is readable, else the dark tint, else what has most contrast."""
    inks = (WHITE, tints.dark[0], BLACK)
    shares = [min(_contrast(ink, colour) for colour in fill) / need for ink in inks]
    return next((ink for ink, share in zip(inks, shares, strict=True) if share >= 1), inks[shares.index(max(shares))])


def _contrast(ink: Colour, ground: Colour) -> float:
    return ratio(brightness(ink), brightness(ground))
