"""Places to choose from: numbered boxes for copy, numbered stands for products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ...types import Array, Box, LayoutPlan, TextBlock
from ..picture.energy import Busyness
from ..picture.metrics import contains
from ..picture.rest import Rest
from ..picture.sums import Cells, Values, sum_up
from ..rects import around
from .stack import stack

# Badges, opening hours and small print have their places by custom; they stay where the local analyzer puts them.
MOVED = ("headline", "sub", "price", "cta", "note")
_WANTED, _LEAST = 10, 8
_CROWDED, _HALF = 0.3, 0.6  # share of a box on something that stands there
_MARGIN = 0.06  # of the shorter side
_FORMS = (  # width and height of boxes, as shares of the room inside the margins, form by form
    ((1.0, 0.22), (0.7, 0.2), (0.62, 0.26), (0.42, 0.14)),
    ((0.5, 0.3), (0.42, 0.36), (0.56, 0.44), (0.3, 0.2)),
    ((0.34, 0.5), (0.3, 0.36), (0.4, 0.7), (0.24, 0.28)),
)
_COLUMNS, _ROWS = 7, 9
_LEFT, _RIGHT = 0.16, 0.84
_MOST_STANDS = 16
_WHOLE = 1 << 10  # of a box on what must stay clear, in costs


@dataclass(frozen=True, slots=True)
class Spot:
    """A box for copy; ``calm`` 0..1 = how little of it lies on something."""

    number: int
    box: Box
    calm: float


@dataclass(frozen=True, slots=True)
class Stand:
    """A point on the ground for the middle of a product's base."""

    number: int
    x: float
    base_y: float


@dataclass(frozen=True, slots=True)
class _Place:
    box: Box
    cost: float
    occupied: float


def moved_blocks(local: LayoutPlan) -> list[TextBlock]:
    """The pieces of copy that get another place."""
    return [block for block in local.texts if block.role in MOVED and not block.locked]


def text_spots(
    busy: Busyness,
    clear: Array | None,
    size_px: tuple[int, int],
    local: Sequence[LayoutPlan],
    *,
    min_px: int = 20,
    safe: Box | None = None,
) -> tuple[Spot, ...]:
    """Find boxes of several forms in the free space, each large enough for headline and sub, in reading order.

    Boxes that lie apart go first; where there is not enough room, they may cross.

    Args:
        clear: the picture's map of what must stay clear.
        local: the local analyzer's layouts, the best one first; the places of their headlines are among the boxes, and
            what stays of the first is in none.
        safe: where the channel lets copy stand.
    """
    first = local[0]
    blocks = moved_blocks(first)
    main = _main(first)
    taken = [block.box for block in first.texts if block not in blocks] + [mark.box for mark in first.marks]
    forms = [
        [
            place
            for place in row
            if not any(place.box.overlap(other) > 0 for other in taken) and (safe is None or contains(safe, place.box))
        ]
        for row in _places(busy, clear, size_px)
    ]
    kept = [_around(main)]
    for box in (_around(_main(plan)) for plan in local[1:]):
        is_free = not any(box.overlap(other) > 0 for other in taken)
        if is_free and len(kept) < _LEAST and all(box.overlap_share(other) <= 0.25 for other in kept):
            kept.append(box)
    for most, apart, enough in (
        (_CROWDED, 0.25, _WANTED), (_CROWDED, 0.6, _LEAST), (_HALF, 0.25, _LEAST),
        (_CROWDED, 0.8, _LEAST), (1, 0.6, _LEAST),
    ):  # fmt: skip
        for box in _by_turns([[place.box for place in row if place.occupied <= most] for row in forms]):
            if len(kept) >= enough:
                break
            is_new = all(box.overlap_share(other) <= apart for other in kept)
            if is_new and stack(main, box, size_px, min_px=min_px, most_px=0.0) is not None:
                kept.append(box)
    kept.sort(key=lambda box: (round(box.y0, 1), box.x0, box.y0))
    return tuple(Spot(number, box, _calm(busy, box)) for number, box in enumerate(kept, 1))


def stands(rest: Rest, count: int) -> tuple[Stand, ...]:
    """Spread places to stand over the ground that was found, from the back to the front and from left to right.

    Args:
        count: of products; there are always more places.
    """
    if rest.kind == "platform":
        step = rest.width / 4
        points = [(rest.x + shift, rest.base_y) for shift in (-step, 0.0, step)]
    else:
        rows = sorted({rest.low, (rest.low + rest.high) / 2, rest.high}) if count <= 4 else [rest.low, rest.high]
        across = [max(3, count), max(4, count + 1), max(3, count)]
        points = [(x, y) for y, columns in zip(rows, across, strict=False) for x in np.linspace(_LEFT, _RIGHT, columns)]
        if len(points) > _MOST_STANDS:
            points = [(x, rest.base_y) for x in np.linspace(0.06, 0.94, count + 2)]
    return tuple(Stand(n, round(float(x), 4), round(float(y), 4)) for n, (x, y) in enumerate(points, 1))


def _places(busy: Busyness, clear: Array | None, size_px: tuple[int, int]) -> list[list[_Place]]:
    """Boxes all over the picture, form by form, the emptiest first."""
    rows = []
    for boxes in (_grid(form, size_px) for form in _FORMS):
        crowds = _means(busy.occupied, boxes)
        area = np.array([box.area for box in boxes])
        costs = _means(busy.energy, boxes) + 1.4 * crowds + 0.6 * np.sqrt(crowds) - 0.35 * np.sqrt(area)
        if clear is not None:
            costs += _WHOLE * _means((clear > 0.1).astype(np.float32), boxes)
        places = [_Place(box, float(cost), float(crowd)) for box, cost, crowd in zip(boxes, costs, crowds, strict=True)]
        rows.append(sorted(places, key=lambda place: place.cost))
    free = [[place for place in row if place.cost < 4] for row in rows]
    return free if any(free) else rows


def _grid(form: Sequence[tuple[float, float]], size_px: tuple[int, int]) -> list[Box]:
    """Boxes of one form at every place inside the margins."""
    margin_x, margin_y = (_MARGIN * min(size_px) / side for side in size_px)
    boxes = []
    for wide, high in ((w * (1 - 2 * margin_x), h * (1 - 2 * margin_y)) for w, h in form):
        lefts = np.linspace(margin_x, 1 - margin_x - wide, _COLUMNS if wide < 1 - 2 * margin_x - 1e-6 else 1)
        for left, top in product(lefts, np.linspace(margin_y, 1 - margin_y - high, _ROWS)):
            boxes.append(Box(*(round(float(edge), 5) for edge in (left, top, left + wide, top + high))))
    return boxes


def _means(values: Array, boxes: Sequence[Box]) -> Values:
    """Mean of a small map under each box."""
    sums = sum_up(values)
    x0, y0, x1, y1 = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes]).T
    return np.maximum(Cells.under(x0, y0, x1, y1, (1, 1), sums).mean(sums), 0)


def _main(plan: LayoutPlan) -> list[TextBlock]:
    """Headline and sub, or all that moves where there are none."""
    blocks = moved_blocks(plan)
    return [block for block in blocks if block.role in ("headline", "sub")] or blocks


def _around(blocks: Sequence[TextBlock]) -> Box:
    return around([block.box for block in blocks])


def _by_turns(rows: Sequence[Sequence[Box]]) -> Iterator[Box]:
    """The best of each form by turns: wide, square and tall boxes suit different pictures."""
    for turn in range(max(map(len, rows))):
        yield from (row[turn] for row in rows if turn < len(row))


def _calm(busy: Busyness, box: Box) -> float:
    return 1 - float(_means(busy.energy, [box])[0])
