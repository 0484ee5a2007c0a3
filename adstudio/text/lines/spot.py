"""Fit letters on a spot that carries its own ground: a button or a round badge.

A spot is told from the letters set in it, so that it is the same at any size: a pill lies evenly around them, a seal
fills the box that the plan gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ...types import Box, TextBlock
from ..faces.typeface import Typeface
from ..roles import role_style
from .fitting import Setting, does_not_fit, fit, moved
from .rows import Edges

_SIDE, _ABOVE = 0.95, 0.52  # em of air beside and above the letters of a pill
_FOOT = 0.07  # em that Hangul stands below the baseline; tails of Latin letters reach into the air
_SQUARISH = 1.6  # a badge's box up to this wide, beside its height, holds a round seal
_IN_SEAL = ((0.68, 0.34), (0.64, 0.44), (0.58, 0.53))  # boxes inside a circle of diameter 1: one, two, three lines


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot on the picture. Units: pixels; ``edges`` of a seal are those of the square around it."""

    kind: Literal["pill", "seal"]
    edges: Edges
    is_scalloped: bool = False


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
