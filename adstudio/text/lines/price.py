"""A price as shops set it: large figures, a smaller 원, and the old price struck through before or above it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...types import Box, TextBlock
from ..faces.typeface import Typeface
from .fitting import Setting, does_not_fit, fit, moved

_UNIT = re.compile(r"(?P<figures>[^\n]{0,12}\d)\s?(?P<unit>(?:천|만|억)?\s?원(?:대|부터|~)?)")
_UNIT_SIZE, _UNIT_GAP = 0.6, 0.05  # beside the figures' size; in em of the figures
_WAS_SIZES = (0.5, 0.65, 0.85)  # the least that the smallest size allows
_WAS_GAP, _WAS_ABOVE = 0.3, 0.24  # em of the price, beside and above it
_WORTH_A_LINE = 0.66  # of the size the price has under its old one: as long as it keeps that, both stand in one line


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of letters: its size beside the price's, and the gap before it in em of the price."""

    text: str
    face: Typeface
    scale: float = 1.0
    gap: float = 0.0

    @property
    def width(self) -> float:
        return self.face.measure(self.text) * self.scale


def is_price(block: TextBlock, text: str) -> bool:
    """Whether a block is set from several sizes: an old price, or figures with their unit."""
    return bool(block.was.strip()) or (block.role == "price" and not block.vertical and bool(_UNIT.fullmatch(text)))


def fit_price(
    block: TextBlock, text: str, was: str, faces: tuple[Typeface, Typeface], picture: tuple[int, int], *,
    min_px: int, max_px: float,
) -> list[Setting]:  # fmt: skip
    """Set a price, and the old one (``was``, first in the list) in the same line where that leaves it large.

    Args:
        faces: of the price and of the old price.

    Raises:
        InputError: ``text.does_not_fit``.
    """
    face, old = faces
    new = _parts(text, face) if block.role == "price" else [_Part(text, face)]
    width, height = block.box.width * picture[0], block.box.height * picture[1]
    body = face.top(text) + face.bottom(text)
    tallest = min(height / body, max_px)
    if not was:
        size = min(width / _width(new), tallest)
        _require(block, text, size, min_px, width, height)
        return _line(block, new, size, _first(block, size * body, picture) + face.top(text) * size, picture)
    best = 0.0
    for scale in _WAS_SIZES:
        before = _Part(was, old, scale)
        row = [before, replace(new[0], gap=_WAS_GAP), *new[1:]]
        head = (old.top(was) + _WAS_ABOVE) * scale  # what the old price takes above the new one
        beside = min(width / _width(row), tallest)
        above = min(width / max(before.width, _width(new)), height / (head + body), max_px)
        sizes = [size if size * scale >= min_px else 0.0 for size in (beside, above)]
        best = max(best, *sizes)
        if sizes[0] > 0 and sizes[0] >= _WORTH_A_LINE * sizes[1]:
            size = sizes[0]
            return _line(block, row, size, _first(block, size * body, picture) + face.top(text) * size, picture)
        if sizes[1] > 0:
            size = sizes[1]
            top = _first(block, size * (head + body), picture)
            line = _line(block, [before], size, top + old.top(was) * scale * size, picture)
            return line + _line(block, new, size, top + (head + face.top(text)) * size, picture)
    raise does_not_fit(block, f"{was} {text}", min_px, width, height)


def _parts(text: str, face: Typeface) -> list[_Part]:
    match = _UNIT.fullmatch(text)
    if not match:
        return [_Part(text, face)]
    return [_Part(match["figures"], face), _Part(match["unit"], face, _UNIT_SIZE, _UNIT_GAP)]


def _width(parts: Sequence[_Part]) -> float:
    return sum(part.width + part.gap for part in parts)


def _first(block: TextBlock, high: float, picture: tuple[int, int]) -> float:
    slack = block.box.height * picture[1] - high
    return block.box.y0 * picture[1] + slack * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[block.anchor]


def _line(
    block: TextBlock, parts: Sequence[_Part], size: float, baseline: float, picture: tuple[int, int]
) -> list[Setting]:
    """Put parts side by side on one baseline."""
    slack = block.box.width * picture[0] - _width(parts) * size
    x = block.box.x0 * picture[0] + slack * {"left": 0.0, "center": 0.5, "right": 1.0}[block.align]
    settings = []
    for part in parts:
        x += part.gap * size
        exact = replace(block, box=Box(0, 0, 1, 1), align="left", anchor="top", vertical=False)
        room = (math.ceil(part.width * size) + 1, math.ceil(10 * size))
        setting = fit(exact, part.text, part.face, room, min_px=1, max_px=part.scale * size)
        setting = replace(moved(setting, x - setting.starts[0], baseline - setting.baselines[0]), block=block)
        settings.append(setting)
        x += part.width * size
    return settings


def _require(block: TextBlock, text: str, size: float, min_px: int, width: float, height: float) -> None:
    if size < min_px:
        raise does_not_fit(block, text, min_px, width, height)
