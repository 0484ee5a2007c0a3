"""Ways to set copy one piece under the other: real sizes and lines, in pixels, before a place is sought for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

from ...types import Plate, TextRole
from .copysize import (
    BUTTON_ABOVE,
    BUTTON_BESIDE,
    LEADING,
    SUB_LEADING,
    Copy,
    block_height,
    fewest_lines,
    line_em,
    most_lines,
    widest_line_em,
    words_of,
)

Role = TextRole
_SIZES = (
    0.2,
    0.178,
    0.16,
    0.145,
    0.13,
    0.117,
    0.105,
    0.094,
    0.084,
    0.075,
    0.066,
    0.058,
    0.051,
    0.045,
    0.039,
    0.034,
)  # of the unit
_IDEAL_SIZE, _IDEAL_SHORT, _IDEAL_WIDTH = 0.108, 0.175, 0.6  # the last: of a line, which few words fill by being large
TIMID_SIZE = 0.066  # of the unit: a smaller headline is none on a phone
_SUB_SHARE, _PRICE_SHARE, _CTA_SHARE, _FOOT_SHARE = 0.42, 0.92, 0.36, 0.022
_WAS_SHARES = (0.55, 0.65, 0.85)  # of the price beside it: the least that keeps it readable, as the lettering sets it
_FLAT = 0.03  # cost of a button beside the price: below it, it is seen sooner, where there is room for that
_BETWEEN = 0.9  # em of a button's letters, between it and the price beside it
_SEAL = ((1, 0.78, 0.36), (2, 0.72, 0.5), (3, 0.64, 0.6))  # lines, and the box for them in a circle of diameter 1


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of copy. ``gap`` is the air above it; ``fills`` = it is as wide as its stack. Units: pixels.

    ``beside``: it stands to the right of the piece before it, on one axis, and ``gap`` is the air between the two.
    """

    role: Role
    text: str
    width: float
    height: float
    gap: float = 0.0
    was: str = ""
    anchor: Literal["top", "middle", "bottom"] = "middle"
    fills: bool = True
    plate: Plate = "auto"
    beside: bool = False


@dataclass(frozen=True, eq=False)
class Stack:
    """Pieces of copy under each other. ``size`` is the em of the headline, or what it would be. Units: pixels.

    Measured once: a search asks hundreds of them, over and over.
    """

    items: tuple[Item, ...]
    size: float
    lines: int = 1

    @cached_property
    def width(self) -> float:
        return max(row_width(row) for row in self.rows())

    @cached_property
    def height(self) -> float:
        return sum(max(item.height for item in row) + row[0].gap for row in self.rows())

    def rows(self) -> list[list[Item]]:
        """The pieces row by row."""
        rows: list[list[Item]] = []
        for item in self.items:
            if item.beside:
                rows[-1].append(item)
            else:
                rows.append([item])
        return rows


def row_width(row: Sequence[Item]) -> float:
    """Width of pieces that stand side by side."""
    return row[0].width + sum(item.gap + item.width for item in row[1:])


def unit_of(width: float, height: float) -> float:
    """What sizes of type are shares of: a side of the picture as if it were square, but no banner's length."""
    return min((width * height) ** 0.5, 1.6 * min(width, height))


@lru_cache(maxsize=64)
def stacks(copy: Copy, unit: float, width: float, min_px: int) -> tuple[Stack, ...]:
    """All ways to set the headline with what follows it that fit into a width; price and button below each other, or
    side by side, which is flatter."""
    sizes = [share * unit for share in _SIZES if share * unit > 1.04 * min_px] or [1.04 * min_px]
    counts = _line_counts(copy.headline)
    forms = (False, True) if copy.price and copy.cta else (False,)
    tried = (
        stack(copy, size, lines, unit, width, min_px, flat=flat) for size in sizes for lines in counts for flat in forms
    )
    return tuple(made for made in tried if made is not None)


def stack(
    copy: Copy, size: float, lines: int, unit: float, room: float, min_px: int, *, flat: bool = False
) -> Stack | None:
    """Set copy with a headline of ``size`` in ``lines`` lines; None where it is wider than ``room``, or no copy.

    Args:
        flat: the button stands beside the price instead of below it.
    """
    floor = 1.04 * min_px
    items: list[Item] = []
    width = 0.0
    if copy.headline:
        width = widest_line_em(copy.headline, lines) * size
        items.append(Item("headline", copy.headline, width, block_height(lines, size, LEADING)))
    if copy.sub:
        sub_size = min(max(_SUB_SHARE * size, 0.026 * unit, floor), max(0.58 * size, floor))
        items.append(_sub(copy.sub, sub_size, size if items else 0.0, width, room))
    if copy.price:
        price_size, em = max(_PRICE_SHARE * size, floor), line_em(copy.price)
        if copy.was:
            sure = max(price_size, floor / _WAS_SHARES[-1])
            share = next(share for share in _WAS_SHARES if share * sure >= 0.999 * floor)
            wide = em + line_em(copy.was) * share + 0.35
            if wide * sure <= room:
                price_size, em = sure, wide
            elif price_size * _WAS_SHARES[0] < min_px:
                return None
            else:  # the lettering may still find a way
                em += line_em(copy.was) * _WAS_SHARES[0] + 0.35
        gap = 0.55 * size if items else 0.0
        high = block_height(1, price_size, LEADING)
        items.append(Item("price", copy.price, em * price_size, high, gap, copy.was, fills=False))
    if copy.cta:
        cta_size = max(_CTA_SHARE * size, 0.026 * unit, floor)
        wide = (widest_line_em(copy.cta, fewest_lines(copy.cta)) + 2 * BUTTON_BESIDE) * cta_size
        high = block_height(fewest_lines(copy.cta), cta_size, LEADING) + 2 * BUTTON_ABOVE * cta_size
        beside = flat and bool(copy.price)
        gap = _BETWEEN * cta_size if beside else 0.5 * size if items else 0.0
        items.append(Item("cta", copy.cta, wide, high, gap, fills=False, beside=beside))
    if len(items) > 1 and items[0].role == "headline":
        items[0] = replace(items[0], anchor="bottom")
    made = Stack(tuple(items), size, lines)
    return made if items and made.width <= room else None


@lru_cache(maxsize=4096)
def size_cost(made: Stack, unit: float) -> float:
    """How far a headline is from the size that carries an ad."""
    share, lines, first = made.size / unit, made.lines, made.items[0]
    ideal = _IDEAL_SIZE
    if first.role == "headline":
        ideal = min(max(_IDEAL_WIDTH / line_em(first.text.replace("\n", " ")), _IDEAL_SIZE), _IDEAL_SHORT)
    small = max(0.0, math.log(ideal / share))
    large = max(0.0, math.log(share / ideal))
    timid = max(0.0, math.log(TIMID_SIZE / share))
    # Many short lines are a list, not a headline.
    torn = max(0.0, 4 - line_em(first.text.replace("\n", " ")) / lines) if lines > fewest_lines(first.text) else 0.0
    flat = _FLAT * any(item.beside for item in made.items)
    return 0.5 * small + 1.3 * timid + 0.25 * large + 0.05 * max(0, lines - 2) + 0.1 * torn + flat


def seal(text: str, size: float, smallest: float) -> float:
    """Diameter of a round badge with letters of ``size``, in as many lines as keep it small."""
    words = [
        max(widest_line_em(text, lines) * size / wide, block_height(lines, size, 1.1) / high)
        for lines, wide, high in _SEAL
        if fewest_lines(text) <= lines <= max(most_lines(text), fewest_lines(text))
    ]
    return max(min(words, default=math.inf), smallest)


def footer(copy: Copy, unit: float, room: float, min_px: int) -> Stack | None:
    """Opening hours and small print; None where there are none."""
    floor = 1.04 * min_px
    items = []
    kinds: tuple[tuple[Role, str, float], ...] = (("hours", copy.hours, 1.25), ("legal", copy.legal, 1.0))
    for role, text, share in kinds:
        if not text:
            continue
        size = max(share * _FOOT_SHARE * unit, floor)
        counts = range(fewest_lines(text), most_lines(text) + 1)
        lines = next((count for count in counts if widest_line_em(text, count) * size <= room), None)
        if lines is None:
            return None
        wide, high = widest_line_em(text, lines) * size, block_height(lines, size, SUB_LEADING)
        items.append(Item(role, text, wide, high, 0.5 * size if items else 0.0, anchor="bottom", fills=False))
    return Stack(tuple(items), floor) if items else None


def _line_counts(headline: str) -> range:
    low = fewest_lines(headline) if headline else 1
    return range(low, max(low, min(4, most_lines(headline))) + 1)


def _sub(text: str, size: float, above: float, width: float, room: float) -> Item:
    # It may run wider than the headline, but not so that the headline hangs lost above it.
    reach = min(room, max(1.35 * width, 11 * size, 1.02 * max(line_em(word) for word in words_of(text)) * size))
    low, high = fewest_lines(text), max(fewest_lines(text), most_lines(text))
    lines = next((n for n in range(low, high + 1) if widest_line_em(text, n) * size <= reach), high)
    wide = min(widest_line_em(text, lines) * size, room)
    gap = 0.26 * above + 0.12 * size if above else 0.0
    return Item("sub", text, wide, block_height(lines, size, SUB_LEADING), gap, anchor="top")
