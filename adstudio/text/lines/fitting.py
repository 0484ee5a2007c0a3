"""Fit one piece of copy into its box: the largest letters, over all good ways to break the lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from ...types import TextBlock
from ..faces.typeface import Typeface
from ..roles import role_style
from .columns import ColumnFace, Columns
from .linebreak import Lines, arrange, split_long_words
from .rows import Edges, Rows

_PRICE_OF_BAD_BREAKS = 0.1  # a torn number must buy letters nearly twice as large, a lonely word 15 %
_BAND = 1.8  # the best number of lines lies this near the one that fills the box like a page
_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """A block of copy as it will be drawn. Units: pixels; ``baselines`` and ``starts`` are ink positions per line.

    The ``lines`` of a vertical block are its cells; ``broken`` always holds the text of each line or column.
    """

    block: TextBlock
    face: Typeface
    size: float
    lines: tuple[str, ...]
    starts: tuple[float, ...]
    baselines: tuple[float, ...]
    ink: Edges
    broken: tuple[str, ...] = ()


def fit(
    block: TextBlock,
    text: str,
    face: Typeface,
    picture: tuple[int, int],
    *,
    min_px: int,
    max_px: float = 1e9,
    leading: float | None = None,
) -> Setting:
    """Find the largest size at which ``text`` fits the block's box, and place its lines.

    Advances are linear in the size, so every way to break the lines gives its largest size at once.

    Args:
        picture: width and height in pixels.
        max_px: a cap that keeps smaller copy below the headline.
        leading: from line to line, in em; that of the block's role where it is not given.

    Raises:
        InputError: ``text.does_not_fit``.
    """
    box = (
        block.box.x0 * picture[0],
        block.box.y0 * picture[1],
        block.box.x1 * picture[0],
        block.box.y1 * picture[1],
    )
    width, height = box[2] - box[0], box[3] - box[1]
    leading = role_style(block.role).leading if leading is None else leading
    if block.vertical:
        face = ColumnFace(face.files, face.weight, face.tracking, face.mixed)
        setter, along, across = Columns(face, block), height, width
    else:
        setter, along, across = Rows(face, block), width, height

    def size_of(lines: Sequence[str]) -> float:
        tall = (len(lines) - 1) * leading + setter.before(lines[0]) + setter.after(lines[-1])
        return min(along / max(setter.length(lines), 1e-6), across / tall, max_px)

    most = min(max(int(across / min_px / leading) + 1, text.count("\n") + 1), _MOST_LINES)

    def attempts() -> Iterator[list[Lines]]:
        first, last = _likely(setter.measure(text.replace("\n", " ")), along, across / leading, max_px)
        yield arrange(text, setter.measure, min(max(last, text.count("\n") + 1), most), fewest_lines=min(first, most))
        yield arrange(text, setter.measure, most)
        yield arrange(text, setter.measure, most, care=0.0)
        if along > min_px:  # cut the words that are too long for a line of the smallest letters
            cut = split_long_words(text, along / min_px, setter.measure)
            yield arrange(cut, setter.measure, most, care=0.0)

    reachable, fitting = 0.0, []
    for ways in attempts():
        sizes = [(size_of(way.lines), way) for way in ways]
        fitting = [(size, way) for size, way in sizes if size >= min_px]
        if fitting:
            break
        reachable = max([reachable, *(size for size, _ in sizes)])
    if not fitting:
        raise _too_long(block, text, (round(width), round(height)), min_px, reachable)
    # Fewer lines first: max() keeps the first of equals, as where the cap decides.
    size, best = max(fitting, key=lambda pair: round(pair[0] / (1 + _PRICE_OF_BAD_BREAKS * pair[1].price), 3))
    return Setting(block, face, size, *setter.place(best.lines, size, leading, box), broken=best.lines)


def moved(setting: Setting, right: float, down: float) -> Setting:
    """The same setting elsewhere. Units: pixels."""
    x0, y0, x1, y1 = setting.ink
    return replace(
        setting,
        starts=tuple(start + right for start in setting.starts),
        baselines=tuple(baseline + down for baseline in setting.baselines),
        ink=(x0 + right, y0 + down, x1 + right, y1 + down),
    )


def _likely(length: float, along: float, across: float, max_px: float) -> tuple[int, int]:
    """The numbers of lines among which the best is, for text of this length in em; a cap on the size takes fewer."""
    filling = math.sqrt(length * across / along)
    capped = min(filling, length * max_px / along)
    return max(1, int(capped / _BAND)), math.ceil(filling * _BAND) + 2


def _too_long(block: TextBlock, text: str, box: tuple[int, int], min_px: int, reachable: float) -> InputError:
    shown = text if len(text) <= 30 else text[:29] + "…"
    return InputError(
        "text.does_not_fit",
        f"The {block.role} '{shown}' does not fit its box of {box[0]}x{box[1]} px with letters of at least {min_px} px "
        f"(it would need {int(reachable)} px).",
        "Shorten the copy, enlarge the box, use a larger picture, or lower min_px.",
        words=shown,
        width=int(box[0]),
        height=int(box[1]),
        min_px=min_px,
    )


def does_not_fit(block: TextBlock, text: str, min_px: int, width: float, height: float) -> InputError:
    """Say that copy which is set in parts or with air around it needs more room than it has."""
    return InputError(
        "text.does_not_fit",
        f"The {block.role} '{text}' does not fit its box of {width:.0f}x{height:.0f} px with letters of at least "
        f"{min_px} px.",
        "Enlarge the box, use a larger picture, or lower min_px.",
        words=text,
        width=round(width),
        height=round(height),
        min_px=min_px,
    )
