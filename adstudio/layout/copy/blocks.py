"""The blocks of a plan as type: how large their letters are, which stand together, how they stack in a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...types import Align, Box, LayoutPlan
from .copysize import LEADING, SUB_LEADING, block_height, fewest_lines, most_lines, widest_line_em

_ALONE = frozenset({"badge", "legal"})  # stand by themselves, however near they are
_NEAR = 0.07  # of the shorter side: blocks nearer than this are one group
_LEAST_GAP, _LARGEST_GAP = 0.22, 0.9  # of the letters of the two, in em
_MARK_EM = 3.0  # a mark counts as letters of a third of its side
_ROUNDING = 1.004
_SUB_TO_HEADLINE = 0.58


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of copy or a mark: ``index`` among its kind in the plan, its box and its letters in pixels."""

    index: int
    is_mark: bool
    text: str
    align: Align
    leading: float
    box: tuple[float, float, float, float]
    size: float
    alone: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """Pieces under each other: ``lines`` holds each with its width, height and the room above it. Units: pixels.

    ``torn`` counts what a reader stumbles over: lines of a block beyond two, and words that stand alone on a line.
    """

    lines: tuple[tuple[Piece, float, float, float], ...]
    width: float
    height: float
    size: float
    torn: int

    def boxes(self, left: float, top: float, size_px: tuple[int, int]) -> list[tuple[Piece, Box]]:
        """Where each piece stands, in fractions; narrow ones hold on to the side that they are aligned to."""
        placed, y = [], top
        for piece, width, height, above in self.lines:
            y += above
            share = {"left": 0.0, "center": 0.5, "right": 1.0}[piece.align]
            x = left + share * (self.width - width)
            edges = (x / size_px[0], y / size_px[1], (x + width) / size_px[0], (y + height) / size_px[1])
            placed.append((piece, Box(*(min(max(float(edge), 0.0), 1.0) for edge in edges))))
            y += height
        return placed


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces that stand together, from the top. ``centre`` is that of the group, in fractions of its picture."""

    pieces: tuple[Piece, ...]
    centre: tuple[float, float]

    @property
    def size(self) -> float:
        """The letters of its loudest piece."""
        return max(piece.size for piece in self.pieces)

    @property
    def is_locked(self) -> bool:
        """Whether a person put one of its pieces where it is."""
        return any(piece.locked for piece in self.pieces)

    def stack(self, factor: float, column: float, min_px: int) -> Stack | None:
        """Set the group in a column, its letters larger by ``factor``; None where a word is too long for that."""
        lines, before, torn = list[tuple[Piece, float, float, float]](), None, 0
        for piece in self.pieces:
            if piece.is_mark:
                size = max(factor * piece.size, min_px)
                scale = size / piece.size
                width, height = (piece.box[2] - piece.box[0]) * scale, (piece.box[3] - piece.box[1]) * scale
                if width > column:
                    return None
            else:
                size = max(factor * piece.size, 1.04 * min_px)
                found = _set(piece, size, column)
                if found is None:
                    return None
                width, height, count = found
                # With fewer than two words a line, one stands alone.
                torn += max(0, count - 2) + (fewest_lines(piece.text) < count and most_lines(piece.text) < 2 * count)
            lines.append((piece, width, height, 0.0 if before is None else _gap(before, piece, factor, size, min_px)))
            before = piece
        return Stack(
            tuple(lines),
            max(width for _, width, _, _ in lines),
            sum(height + above for _, _, height, above in lines),
            max(factor * self.size, min_px),
            torn,
        )


def pieces_of(plan: LayoutPlan, size_px: tuple[int, int]) -> list[Piece]:
    """Measure everything of a plan that is to be placed."""
    pieces = []
    for index, block in enumerate(plan.texts):
        if not block.text.strip():
            continue
        leading = LEADING if block.role == "headline" else SUB_LEADING
        box = _in_pixels(block.box, size_px)
        words = f"{block.was} {block.text}" if block.was else block.text
        size = letter_size(words, box[2] - box[0], box[3] - box[1], leading)
        pieces.append(
            Piece(
                index, False, words, block.align, leading, box, size, block.locked or block.role in _ALONE, block.locked
            )
        )
    # The lettering keeps smaller copy below the headline however large its box is, so its box alone tells too much.
    headlines = [piece.size for piece in pieces if plan.texts[piece.index].role == "headline"]
    if headlines:
        most = _SUB_TO_HEADLINE * min(headlines)
        pieces = [
            piece if plan.texts[piece.index].role == "headline" else replace(piece, size=min(piece.size, most))
            for piece in pieces
        ]
    for index, mark in enumerate(plan.marks):
        box = _in_pixels(mark.box, size_px)
        side = min(box[2] - box[0], box[3] - box[1])
        pieces.append(Piece(index, True, "", "center", 1.0, box, side / _MARK_EM, True, mark.locked))
    return pieces


def letter_size(text: str, width: float, height: float, leading: float) -> float:
    """The largest letters in which a text fits a box, in the box's unit."""
    low = fewest_lines(text)
    return max(
        min(width / widest_line_em(text, lines), height / block_height(lines, 1.0, leading))
        for lines in range(low, max(low, most_lines(text)) + 1)
    )


def group_pieces(pieces: Sequence[Piece], size_px: tuple[int, int]) -> list[Group]:
    """Join what stands under each other and near."""
    near = _NEAR * min(size_px)
    groups: list[list[Piece]] = []
    for piece in pieces:
        beside = [group for group in groups if not piece.alone and any(_joined(piece, other, near) for other in group)]
        groups = [group for group in groups if group not in beside]
        groups.append([piece, *(member for group in beside for member in group)])
    return [_grouped(group, size_px) for group in groups]


def merge(groups: Sequence[Group]) -> list[Group]:
    """All groups as one, in reading order."""
    ordered = sorted(groups, key=lambda group: (group.centre[1], group.centre[0]))
    loudest = max(groups, key=lambda group: group.size)
    return [Group(tuple(piece for group in ordered for piece in group.pieces), loudest.centre)]


def _grouped(pieces: Sequence[Piece], size_px: tuple[int, int]) -> Group:
    x = (min(p.box[0] for p in pieces) + max(p.box[2] for p in pieces)) / 2
    y = (min(p.box[1] for p in pieces) + max(p.box[3] for p in pieces)) / 2
    ordered = sorted(pieces, key=lambda piece: (round(piece.box[1]), piece.box[0]))
    return Group(tuple(ordered), (x / size_px[0], y / size_px[1]))


def _joined(one: Piece, other: Piece, near: float) -> bool:
    if other.alone:
        return False
    across = max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])
    down = max(one.box[1], other.box[1]) - min(one.box[3], other.box[3])
    return max(across, down) <= near


def _gap(before: Piece, piece: Piece, factor: float, size: float, min_px: int) -> float:
    """The room between two pieces: as it was, but neither torn apart nor touching."""
    smaller = min(size, max(factor * before.size, min_px))
    return min(max(factor * (piece.box[1] - before.box[3]), _LEAST_GAP * smaller), _LARGEST_GAP * smaller)


def _set(piece: Piece, size: float, column: float) -> tuple[float, float, int] | None:
    """Width, height and lines of a text in letters of a size, in as few lines as the column allows."""
    low = fewest_lines(piece.text)
    for lines in range(low, max(low, most_lines(piece.text)) + 1):
        width = widest_line_em(piece.text, lines) * size * _ROUNDING
        if width <= column:
            return width, block_height(lines, size, piece.leading) * _ROUNDING, lines
    return None


def _in_pixels(box: Box, size_px: tuple[int, int]) -> tuple[float, float, float, float]:
    return box.x0 * size_px[0], box.y0 * size_px[1], box.x1 * size_px[0], box.y1 * size_px[1]
