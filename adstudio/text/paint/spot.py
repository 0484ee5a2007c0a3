"""Spots that carry their own ground: the button and the round badge.

A spot is told from the letters set in it, so that it is the same at any size: a pill lies evenly around them, a seal
fills the box that the plan gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...types import Array, Box, TextBlock
from ..faces.typeface import Typeface
from ..lines.fitting import Setting, does_not_fit, fit, moved
from ..roles import role_style
from .accent import accent
from .brush import draw_lines, gradient, paint_letters
from .ground import Fill, crop, wanted_fill
from .ink import BLACK, WHITE, Colour, Palette, brightness, enough, ratio, toned
from .shape import Coverage, Edges, rounded, seal, soften
from .sheet import Sheet

_SIDE, _ABOVE = 0.95, 0.52  # em of air beside and above the letters of a pill
_FOOT = 0.07  # em that Hangul stands below the baseline; tails of Latin letters reach into the air
_SQUARISH = 1.6  # a badge's box up to this wide, beside its height, holds a round seal
_IN_SEAL = ((0.68, 0.34), (0.64, 0.44), (0.58, 0.53))  # boxes inside a circle of diameter 1: one, two, three lines
_LOBES, _NOTCH = 26, 0.055  # many and shallow: few and deep make a cartoon's bang of it
_RING_IN, _RING = 0.1, 0.018  # distance from the rim and thickness of a seal's fine ring, of its diameter
_RING_SEEN = 0.55
_ALMOST = 0.7  # of the contrast that white needs: an accent so near it is darkened, else its letters are dark
_LIGHT_INK = 1.35  # as with letters, white is preferred beyond its measured contrast


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot on the picture. Units: pixels; ``edges`` of a seal are those of the square around it."""

    kind: Literal["pill", "seal"]
    edges: Edges
    is_scalloped: bool = False

    def cover(self, inset: float = 0.0) -> Coverage:
        """Its shape as coverage, made smaller all around by ``inset``."""
        left, top, right, bottom = self.edges
        if self.kind == "pill":
            return rounded((left + inset, top + inset, right - inset, bottom - inset), bottom - top)
        middle, radius = ((left + right) / 2, (top + bottom) / 2), (right - left) / 2 - inset
        return seal(middle, radius, _LOBES if self.is_scalloped and not inset else 0, _NOTCH)


def spot_kind(block: TextBlock, picture: tuple[int, int]) -> Literal["pill", "seal"] | None:
    """What kind of spot a block stands on; None where it stands on the picture."""
    wish = role_style(block.role).plate if block.plate == "auto" else block.plate
    if wish != "pill":
        return None
    is_squarish = block.box.width * picture[0] <= _SQUARISH * block.box.height * picture[1]
    return "seal" if block.role == "badge" and block.plate == "auto" and is_squarish else "pill"


def spot_of(setting: Setting, picture: tuple[int, int]) -> Spot | None:
    """The spot that a setting stands on."""
    kind = spot_kind(setting.block, picture)
    if kind == "seal":
        has_offer = any(ch.isdigit() for ch in setting.block.text)
        return Spot("seal", _seal_edges(setting.block, picture), is_scalloped=has_offer)
    if kind == "pill":
        left, top, right, bottom = _body(setting)
        beside, above = _SIDE * setting.size, _ABOVE * setting.size
        return Spot("pill", (left - beside, top - above, right + beside, bottom + above))
    return None


def fit_spot(
    block: TextBlock, text: str, face: Typeface, picture: tuple[int, int], *, min_px: int, max_px: float
) -> Setting:
    """Set letters as large as a spot in the block's box allows, in the middle of it.

    Raises:
        InputError: ``text.does_not_fit``.
    """
    upright = replace(block, align="center", anchor="middle", vertical=False)
    if spot_kind(block, picture) == "seal":
        edges = _seal_edges(block, picture)
        side = edges[2] - edges[0]
        boxes = [_around(edges, wide * side, high * side, picture) for wide, high in _IN_SEAL]
        sizes = [fit(replace(upright, box=box), text, face, picture, min_px=1).size for box in boxes]
        best = replace(upright, box=boxes[sizes.index(max(sizes))])
        return _centred(replace(fit(best, text, face, picture, min_px=min_px), block=block), edges)
    return _fit_pill(upright, text, face, picture, min_px, max_px, block)


def _fit_pill(
    upright: TextBlock,
    text: str,
    face: Typeface,
    picture: tuple[int, int],
    min_px: int,
    max_px: float,
    block: TextBlock,
) -> Setting:
    width, height = block.box.width * picture[0], block.box.height * picture[1]

    def measured(lines: str) -> tuple[float, float, float]:
        """Width and height of the letters in em, and the size at which the pill around them fills its box."""
        free = replace(upright, box=Box(0, 0, 1, 1))
        setting = fit(free, lines, face, (10_000, 10_000), min_px=1, max_px=100)
        left, top, right, bottom = (edge / setting.size for edge in _body(setting))
        wide, high = right - left, bottom - top
        return wide, high, min(width / (wide + 2 * _SIDE), height / (high + 2 * _ABOVE), max_px)

    wide, high, size = measured(text)
    if size < min_px:  # a button has one line, unless that needs letters that are too small
        room = replace(upright, box=_shrunk(block.box, 2 * _SIDE * min_px, 2 * _ABOVE * min_px, picture))
        text = "\n".join(fit(room, text, face, picture, min_px=1).lines)
        wide, high, size = measured(text)
        if size < min_px:
            raise does_not_fit(block, text.replace("\n", " "), min_px, width, height)
    edges = _placed(block, (wide + 2 * _SIDE) * size, (high + 2 * _ABOVE) * size, picture)
    room = _around(edges, wide * size + 0.01, 3 * (high + 2 * _ABOVE) * size, picture)
    setting = fit(replace(upright, box=room), text, face, picture, min_px=min_px, max_px=size)
    return _centred(replace(setting, block=block), edges)


def paint_spot(
    image: Array, setting: Setting, spot: Spot, tints: Palette, *, shadow: bool
) -> tuple[list[Sheet], Fill, Colour, float]:
    """Paint a spot and its letters.

    Returns: the sheets, the fill of the spot, the ink on it, and the contrast of the two over what the size needs.
    """
    need = enough(setting.size, setting.face.weight, (image.shape[1], image.shape[0]))
    fill, ink = _colours(image, setting.block, spot, tints, need)
    cover = spot.cover()
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


def _ring(spot: Spot, size: float, ink: Colour) -> Sheet:
    outer, x, y = spot.cover(inset=_RING_IN * size / 2)
    inner, left, top = spot.cover(inset=(_RING_IN / 2 + _RING / 2) * size)
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


def _body(setting: Setting) -> Edges:
    """The block of letters as the eye takes it: Hangul's head to its foot, without the room for Latin tails."""
    left, _, right, _ = setting.ink
    top = setting.baselines[0] - setting.face.top("") * setting.size
    return left, top, right, setting.baselines[-1] + _FOOT * setting.size


def _centred(setting: Setting, edges: Edges) -> Setting:
    left, top, right, bottom = _body(setting)
    return moved(setting, (edges[0] + edges[2] - left - right) / 2, (edges[1] + edges[3] - top - bottom) / 2)


def _seal_edges(block: TextBlock, picture: tuple[int, int]) -> Edges:
    side = min(block.box.width * picture[0], block.box.height * picture[1])
    return _placed(block, side, side, picture)


def _placed(block: TextBlock, wide: float, high: float, picture: tuple[int, int]) -> Edges:
    """Where something of this size lies in the block's box. Units: pixels."""
    box, across = block.box, {"left": 0.0, "center": 0.5, "right": 1.0}[block.align]
    down = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[block.anchor]
    left = box.x0 * picture[0] + across * (box.width * picture[0] - wide)
    top = box.y0 * picture[1] + down * (box.height * picture[1] - high)
    return left, top, left + wide, top + high


def _around(edges: Edges, wide: float, high: float, picture: tuple[int, int]) -> Box:
    x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    return Box(
        (x - wide / 2) / picture[0],
        (y - high / 2) / picture[1],
        (x + wide / 2) / picture[0],
        (y + high / 2) / picture[1],
    )


def _shrunk(box: Box, wide: float, high: float, picture: tuple[int, int]) -> Box:
    """A box without a margin. Units: pixels of both sides together; what is left has some width."""
    x = min(wide / picture[0], 0.9 * box.width) / 2
    y = min(high / picture[1], 0.9 * box.height) / 2
    return Box(box.x0 + x, box.y0 + y, box.x1 - x, box.y1 - y)
