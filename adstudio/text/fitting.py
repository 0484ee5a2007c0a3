"""Fit one piece of copy into its box: the largest letters, over all good ways to break the lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import InputError
from ..types import TextBlock
from .linebreak import Lines, arrange, split_long_words
from .typeface import Typeface

_PRICE_OF_BAD_BREAKS = 0.07  # a torn number must buy letters over 40 % larger, a lonely word 10 %


@dataclass(frozen=True, slots=True)
class Setting:
    """A block of copy as it will be drawn. Units: pixels; ``baselines`` and ``starts`` are ink positions per line."""

    block: TextBlock
    face: Typeface
    size: float
    lines: tuple[str, ...]
    starts: tuple[float, ...]
    baselines: tuple[float, ...]
    ink: tuple[float, float, float, float]


def fit(
    block: TextBlock,
    text: str,
    face: Typeface,
    picture: tuple[int, int],
    *,
    min_px: int,
    max_px: float = 1e9,
    leading: float = 1.3,
) -> Setting:
    """Find the largest size at which ``text`` fits the block's box, and place its lines.

    Args:
        picture: width and height in pixels.
        max_px: a cap that keeps smaller copy below the headline.

    Raises:
        InputError: ``text.does_not_fit``.
    """
    left, top, right, bottom = (
        block.box.x0 * picture[0],
        block.box.y0 * picture[1],
        block.box.x1 * picture[0],
        block.box.y1 * picture[1],
    )
    width, height = right - left, bottom - top
    top_em, bottom_em = face.top(text), face.bottom(text)
    body = top_em + bottom_em

    def size_of(way: Lines) -> float:
        tall = (len(way.lines) - 1) * leading + body
        return min(width / max(way.width, 1e-6), height / tall, max_px)

    most_lines = min(max(int((height / min_px - body) / leading) + 1, text.count("\n") + 1), 40)

    def attempts() -> Iterator[list[Lines]]:
        yield arrange(text, face.measure, most_lines)
        yield arrange(text, face.measure, most_lines, care=0.0)
        if width > min_px:  # cut the words that are too long for a line of the smallest letters
            yield arrange(split_long_words(text, width / min_px, face.measure), face.measure, most_lines, care=0.0)

    reachable, fitting = 0.0, []
    for ways in attempts():
        fitting = [way for way in ways if size_of(way) >= min_px]
        if fitting:
            break
        reachable = max([reachable, *map(size_of, ways)])
    if not fitting:
        raise _does_not_fit(block, text, (round(width), round(height)), min_px, reachable)
    # Fewer lines first: max() keeps the first of equals, as where the cap decides.
    best = max(fitting, key=lambda way: round(size_of(way) / (1 + _PRICE_OF_BAD_BREAKS * way.price), 3))
    return _place(block, face, best.lines, size_of(best), leading, (top_em, bottom_em), (left, top, right, bottom))


def _place(
    block: TextBlock,
    face: Typeface,
    lines: tuple[str, ...],
    size: float,
    leading: float,
    body: tuple[float, float],
    box: tuple[float, float, float, float],
) -> Setting:
    left, top, right, bottom = box
    tall = ((len(lines) - 1) * leading + sum(body)) * size
    slack = (bottom - top) - tall
    first = top + slack * {"top": 0.0, "middle": 0.5, "bottom": 1.0}[block.anchor] + body[0] * size
    widths = [face.measure(line) * size for line in lines]
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[block.align]
    starts = tuple(left + share * (right - left - width) for width in widths)
    baselines = tuple(first + i * leading * size for i in range(len(lines)))
    ends = [start + width for start, width in zip(starts, widths, strict=True)]
    ink = (min(starts), baselines[0] - body[0] * size, max(ends), baselines[-1] + body[1] * size)
    return Setting(block, face, size, lines, starts, baselines, ink)


def _does_not_fit(block: TextBlock, text: str, box: tuple[int, int], min_px: int, reachable: float) -> InputError:
    shown = text if len(text) <= 30 else text[:29] + "…"
    return InputError(
        "text.does_not_fit",
        f"The {block.role} '{shown}' does not fit its box of {box[0]}x{box[1]} px with letters of at least {min_px} px "
        f"(it would need {reachable:.0f} px).",
        "Shorten the copy, enlarge the box, use a larger picture, or lower min_px.",
    )
