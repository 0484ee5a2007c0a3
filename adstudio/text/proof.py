"""Tell an editor how copy will be set: the lines, their size and place in pixels, as the drawing itself fits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from ..errors import InputError
from ..types import LayoutPlan, TextBlock, TextStyle
from .faces.fonts import fonts_stamp
from .lettering import set_copy
from .lines.fitting import Setting
from .roles import roles_stamp


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line, or a part of one where a price is set in several sizes.

    ``x_px`` is where its ink begins, ``y_px`` its baseline, ``size_px`` its em.
    """

    text: str
    x_px: float
    y_px: float
    size_px: float
    weight: int


@dataclass(frozen=True, slots=True)
class SetBlock:
    """A block as it will be drawn, or the code and the words of why it cannot be.

    Args:
        size_px: of the em, the largest one where there are several; ``tracking`` is in em.
        ink: left, top, right, bottom of the letters.
    """

    size_px: float = 0.0
    weight: int = 400
    tracking: float = 0.0
    lines: tuple[SetLine, ...] = ()
    ink: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    code: str = ""
    problem: str = ""


def set_blocks(blocks: tuple[TextBlock, ...], style: TextStyle, picture: tuple[int, int]) -> tuple[SetBlock, ...]:
    """Fit every block, each with the others that fit: one that does not must not hide the rest.

    A user's edits of fonts and roles count from the next call on.

    Args:
        picture: width and height in pixels.
    """
    return _set_blocks(blocks, style, picture, (roles_stamp(), fonts_stamp()))


@lru_cache(maxsize=512)
def _set_blocks(
    blocks: tuple[TextBlock, ...], style: TextStyle, picture: tuple[int, int], stamp: object
) -> tuple[SetBlock, ...]:
    """Set blocks; ``stamp`` tells what they were set by, so that an answer is given only while it holds."""
    answers = [SetBlock()] * len(blocks)
    # The place of a block among the others is its number, put where the fitting leaves it alone.
    numbered = [(i, replace(block, z=i)) for i, block in enumerate(blocks) if block.text.strip()]
    good: list[TextBlock] = []
    for i, block in sorted(numbered, key=lambda pair: pair[1].role != "headline"):
        try:
            set_copy(LayoutPlan((*good, block)), style, picture)
            good.append(block)
        except InputError as error:
            answers[i] = SetBlock(code=error.code, problem=str(error))
    for z, parts in groupby(_settings(good, style, picture), key=lambda setting: setting.block.z):
        answers[z] = _told(list(parts))
    return tuple(answers)


def _settings(blocks: Sequence[TextBlock], style: TextStyle, picture: tuple[int, int]) -> list[Setting]:
    return set_copy(LayoutPlan(tuple(blocks)), style, picture) if blocks else []


def _told(parts: Sequence[Setting]) -> SetBlock:
    """A block of its settings, which follow each other: a price has one for its figures and one for its unit."""
    loudest = max(parts, key=lambda part: part.size)
    lefts, tops, rights, bottoms = zip(*(part.ink for part in parts), strict=True)
    return SetBlock(
        size_px=loudest.size,
        weight=loudest.face.weight,
        tracking=loudest.face.tracking,
        lines=tuple(line for part in parts for line in _lines(part)),
        ink=(min(lefts), min(tops), max(rights), max(bottoms)),
    )


def _lines(setting: Setting) -> Iterator[SetLine]:
    for text, x, y in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        if text:  # a cell of a column is no plain text
            yield SetLine(str(text), x, y, setting.size, setting.face.weight)
