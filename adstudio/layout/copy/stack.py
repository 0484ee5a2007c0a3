"""Set several pieces of copy one below the other in one box, in sizes that suit their roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ...types import Box, TextBlock, TextRole
from .copysize import (
    BUTTON_ABOVE,
    BUTTON_BESIDE,
    LEADING,
    SUB_LEADING,
    block_height,
    fewest_lines,
    most_lines,
    widest_line_em,
)

_SHARES: dict[TextRole, float] = {
    "headline": 1.0, "price": 0.8, "sub": 0.42, "badge": 0.42, "cta": 0.36, "note": 0.34, "hours": 0.34, "legal": 0.26,
}  # fmt: skip
_LARGEST = 0.145  # em of a headline, of the picture's side
_STEP = 0.93
_GAP = 0.3  # of the mean size of the two that it parts
_SLACK = 1.001  # boxes are rounded


@dataclass(frozen=True, slots=True)
class Stack:
    """Pieces with their boxes, and the size of the headline that goes with them. Units: px."""

    blocks: tuple[TextBlock, ...]
    em_px: float


def stack(
    blocks: Sequence[TextBlock], box: Box, size_px: tuple[int, int], *, min_px: int = 20, most_px: float | None = None
) -> Stack | None:
    """Set pieces in a box, as large as it allows; None where even the smallest letters do not fit.

    Args:
        most_px: no headline that goes with them is larger; so small print is not blown up in a large box.
    """
    width, height = size_px
    room_x, room_y = _SLACK * box.width * width, _SLACK * box.height * height
    em_px = min(
        _LARGEST * min((width * height) ** 0.5, 1.6 * min(width, height)), float("inf") if most_px is None else most_px
    )
    smallest = 1.04 * min_px
    while True:
        sizes = [max(_SHARES[block.role] * em_px, smallest) for block in blocks]
        rows = [_measured(block, size, room_x) for block, size in zip(blocks, sizes, strict=True)]
        gaps = [_GAP * (a + b) / 2 for a, b in pairwise(sizes)]
        fitting = [row for row in rows if row is not None]
        if len(fitting) == len(rows) and sum(high for _, high in fitting) + sum(gaps) <= room_y:
            return Stack(_laid(blocks, fitting, [*gaps, 0.0], box, size_px), em_px)
        if max(sizes) <= smallest:
            return None
        em_px *= _STEP


def _measured(block: TextBlock, size: float, room_x: float) -> tuple[float, float] | None:
    """Width and height of a piece in its fewest lines; None where it is wider than the box."""
    text = f"{block.was} {block.text}".strip()
    beside, above = (2 * BUTTON_BESIDE * size, 2 * BUTTON_ABOVE * size) if block.role == "cta" else (0.0, 0.0)
    low = fewest_lines(text)
    for lines in range(low, max(low, most_lines(text)) + 1):
        wide = widest_line_em(text, lines) * size + beside
        if wide <= room_x:
            return wide, block_height(lines, size, LEADING if block.role == "headline" else SUB_LEADING) + above
    return None


def _laid(
    blocks: Sequence[TextBlock],
    rows: Sequence[tuple[float, float]],
    gaps: Sequence[float],
    box: Box,
    size_px: tuple[int, int],
) -> tuple[TextBlock, ...]:
    """Boxes one below the other; the stack holds on to the edge of its box that is nearer to the picture's.

    Copy is as wide as the box, a button as its words.
    """
    width, height = size_px
    spare = max(0.0, box.height - (sum(high for _, high in rows) + sum(gaps)) / height)
    middle = (box.y0 + box.y1) / 2
    top = box.y0 + spare * (0.0 if middle < 0.4 else 1.0 if middle > 0.6 else 0.5)
    made = []
    for index, (block, (wide, high), gap) in enumerate(zip(blocks, rows, gaps, strict=True)):
        bottom = min(top + high / height, box.y1)
        spread = min(wide / width, box.width) if block.role == "cta" else box.width
        left = box.x0 + (box.width - spread) * {"left": 0.0, "center": 0.5, "right": 1.0}[block.align]
        anchor = "middle" if len(blocks) == 1 or block.role == "cta" else "bottom" if index == 0 else "top"
        placed = Box(round(left, 5), round(top, 5), round(min(left + spread, box.x1), 5), round(bottom, 5))
        made.append(replace(block, box=placed, anchor=anchor))
        top = bottom + gap / height
    return tuple(made)
