"""Compositions of an ad: where its parts stand to each other, and the best place for them on one picture.

A composition is tried in the order in which a designer would: what belongs to the edges (QR code, small print, logo),
then the headline with what follows it, then the badge. What is placed is an obstacle to what comes after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

import numpy as np

from ...types import Box, LayoutPlan, Mark, Side, TextBlock
from ..picture.freespace import AIR, Ground
from ..rects import Rect, apart, inset, joined
from . import corners
from .copysize import Copy
from .habits import PREFERENCE, distance, place_cost
from .stacks import Item, Stack, footer, row_width, size_cost, stack, stacks

Align = Literal["left", "center"]
_ROWS = 16
_SMALLER = (1.0, 0.85, 0.7, 0.58)  # of the headline's size, for what stands apart from it
_SECOND = 0.5  # weight of its cost beside the headline's
_APART = 0.03  # what two groups cost on a photo whose subject nobody marked: they lie on two sides of it
_WORST = 0.35  # weight of the part that lies on most
_WIDE = 1.25  # width over height of a frame from which on two groups stand side by side


@dataclass(frozen=True, slots=True)
class Composition:
    """Where the middle of the headline's stack may lie, and how its lines are set.

    ``apart`` puts price and button away from the headline: below it, or beside it. ``widest`` is a share of the width.
    """

    name: str
    korean: str
    align: Align
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    widest: float = 1.0
    apart: Literal["", "below", "beside"] = ""


COMPOSITIONS = (
    Composition("top", "위쪽 가운데 정렬", "center", y=(0, 0.46)),
    Composition("top_left", "위쪽 왼쪽 정렬", "left", y=(0, 0.46)),
    Composition("bottom", "아래쪽 가운데 정렬", "center", y=(0.54, 1)),
    Composition("bottom_left", "아래쪽 왼쪽 정렬", "left", y=(0.54, 1)),
    Composition("left", "왼쪽 단", "left", x=(0, 0.5), widest=0.58),
    Composition("right", "오른쪽 단", "left", x=(0.5, 1), widest=0.58),
    Composition("center", "한가운데", "center", y=(0.36, 0.64)),
    Composition("split", "제목은 위·가격과 버튼은 아래", "center", y=(0, 0.46), apart="below"),
    Composition("split_left", "제목은 위·가격과 버튼은 아래(왼쪽 정렬)", "left", y=(0, 0.46), apart="below"),
    Composition("row", "제목은 왼쪽·가격과 버튼은 오른쪽", "left", x=(0, 0.56), widest=0.7, apart="beside"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what is to go on it. ``frame`` is where copy may stand, ``subject`` where the product does."""

    ground: Ground
    copy: Copy
    unit: float
    frame: Rect
    min_px: int = 20
    prefer: Side | None = None
    locked: tuple[Rect, ...] = ()
    subject: Rect | None = None
    with_logo: bool = False


@dataclass(slots=True)
class Draft:
    """A composition on its picture. ``cost`` is what its main part loses there: ground, size, habit."""

    composition: Composition
    texts: list[tuple[Item, Rect, Align]] = field(default_factory=list)
    marks: list[tuple[Literal["qr", "logo"], str, Rect]] = field(default_factory=list)
    stack: Stack | None = None
    main: Rect | None = None
    cost: float = 0.0

    def set_stack(self, chosen: Stack, rect: Rect, align: Align | None = None) -> None:
        """Add the pieces of a stack at its place."""
        self.texts += _items(chosen, rect, align or self.composition.align)

    def covered(self, ground: Ground) -> float:
        """The largest share of one part that lies on what must stay clear."""
        return max((float(ground.covered(*rect)) for rect in self.rects()), default=0.0)

    def rects(self) -> list[Rect]:
        """Where its parts lie."""
        return [rect for _, rect, _ in self.texts] + [rect for *_, rect in self.marks]

    def plan(self, width: int, height: int) -> LayoutPlan:
        """The draft in fractions of the picture."""

        def box(rect: Rect) -> Box:
            sides = (rect[0] / width, rect[1] / height, rect[2] / width, rect[3] / height)
            return Box(*(round(min(max(float(side), 0.0), 1.0), 5) for side in sides))

        return LayoutPlan(
            texts=tuple(
                TextBlock(
                    item.role,
                    item.text,
                    box(rect),
                    align,
                    anchor=item.anchor,
                    was=item.was,
                    z=int(item.role == "badge"),
                )
                for item, rect, align in self.texts
            ),
            marks=tuple(Mark(kind, box(rect), content) for kind, content, rect in self.marks),
        )


def compose(scene: Scene, composition: Composition) -> Draft | None:
    """Place everything after one composition; None where it does not fit."""
    if composition.apart and not (scene.copy.headline and (scene.copy.price or scene.copy.cta)):
        return None
    if composition.apart == "below" and not scene.copy.price:  # a button far from all copy is a button for nothing
        return None
    left, top, right, bottom = scene.frame
    if composition.apart == "beside" and right - left < _WIDE * (bottom - top):
        return None
    draft, taken, inner = Draft(composition), list(scene.locked), scene.frame
    gap = 0.022 * scene.unit
    if scene.copy.link:
        code = corners.place_code(scene.ground, scene.frame, scene.unit, taken, composition.name == "right")
        if code is None:
            return None
        draft.marks.append(("qr", scene.copy.link, code))
        taken.append(inset(code, -gap))
    if scene.copy.hours or scene.copy.legal:
        foot = _footer(scene, composition, taken)
        if foot is None:
            return None
        texts, rect = foot
        draft.texts += texts
        taken.append(inset(rect, -gap))
        inner = (inner[0], inner[1], inner[2], min(inner[3], rect[1] - 1.4 * gap))
    if scene.with_logo:
        logo = corners.place_logo(
            scene.ground, inner, scene.unit, taken, composition.align, composition.name == "right"
        )
        if logo is None:
            return None
        draft.marks.append(("logo", "", logo))
        taken.append(inset(logo, -gap))
        if logo[1] < inner[1] + gap:
            inner = (inner[0], logo[3] + 1.8 * gap, inner[2], inner[3])
    if not _place_main(scene, draft, inner, taken):
        return None
    if scene.copy.badge:
        size = 0.0 if draft.stack is None else draft.stack.size
        badge = corners.place_badge(
            scene.ground,
            scene.frame,
            scene.unit,
            taken,
            scene.copy.badge,
            scene.subject,
            draft.main,
            size,
            scene.min_px,
        )
        if badge is None:
            return None
        draft.texts.append((Item("badge", scene.copy.badge, badge[2] - badge[0], badge[3] - badge[1]), badge, "center"))
    # A stack in the open may still have one line of it across the subject.
    draft.cost += _WORST * max((float(scene.ground.busy(*rect)) for rect in draft.rects()), default=0.0)
    return draft


def _place_main(scene: Scene, draft: Draft, inner: Rect, taken: list[Rect]) -> bool:
    composition, copy = draft.composition, scene.copy
    rest = Copy(price=copy.price, was=copy.was, cta=copy.cta)
    head = replace(copy, price="", was="", cta="") if composition.apart else copy
    room = (composition.widest * (scene.frame[2] - scene.frame[0]), inner[3] - inner[1])
    every = stacks(head, scene.unit, room[0], scene.min_px) if _has_stack(head) else ()
    choices = [made for made in every if made.height <= room[1]]
    if not choices:
        return not _has_stack(copy)
    found = _search(scene, composition, choices, inner, taken)
    if found is None:
        return False
    chosen, rect, cost = found
    draft.stack, draft.main, draft.cost = chosen, rect, cost
    draft.set_stack(chosen, rect)
    taken.append(inset(rect, -0.02 * scene.unit))
    if not composition.apart:
        return True
    widest = (room[0] if composition.apart == "below" else 0.6 * room[0]) - 1e-6
    smaller = [
        stack(rest, share * chosen.size, 1, scene.unit, widest, scene.min_px, flat=flat)
        for share in _SMALLER
        for flat in ((True, False) if composition.apart == "below" else (False,))
    ]
    if composition.apart == "below":  # on the headline's own line, as low as may be
        second = replace(composition, x=(0, 1), y=(0.56, 1), widest=1.0)
        starts = (rect[0],) if composition.align == "left" else None
        found = _search(scene, second, [made for made in smaller if made], inner, taken, starts, middle=inner[3])
    else:
        second = replace(composition, align="center", x=(0, 1), widest=1.0)
        # A button without a price stays beside its copy.
        starts = tuple(np.linspace(rect[2] + 0.04 * scene.unit, inner[2], 7)[: -1 if copy.price else 1])
        middle = (rect[1] + rect[3]) / 2
        found = _search(scene, second, [made for made in smaller if made], inner, taken, starts, middle=middle)
    if found is None:
        return False
    chosen, rect, cost = found
    draft.set_stack(chosen, rect, second.align)
    # A good foot mends no bad headline.
    draft.cost = max(draft.cost, (draft.cost + _SECOND * cost) / (1 + _SECOND))
    draft.cost += _APART if scene.subject is None else 0.0
    taken.append(inset(rect, -0.02 * scene.unit))
    return True


def _has_stack(copy: Copy) -> bool:
    return bool(copy.headline or copy.sub or copy.price or copy.cta)


def _search(
    scene: Scene,
    composition: Composition,
    choices: Sequence[Stack],
    inner: Rect,
    taken: Sequence[Rect],
    starts: Sequence[float] | None = None,
    *,
    middle: float | None = None,
) -> tuple[Stack, Rect, float] | None:
    """The best of several stacks at the best place that the composition allows.

    Args:
        starts: left edges instead of the composition's own.
        middle: a height that draws it.
    """
    if not choices:
        return None
    left, top, right, bottom = inner
    wide, high, size = (np.array([[[getattr(c, name)]] for c in choices]) for name in ("width", "height", "size"))
    columns = {
        "center": [(left + right) / 2 - wide / 2],
        "left": [np.full_like(wide, left)],
        "right": [right - wide],
        "both": [np.full_like(wide, left), right - wide],
    }[_columns(composition)]
    if starts is not None:
        columns = [np.full_like(wide, start) for start in starts] + ([right - wide] if len(starts) > 1 else [])
    x0 = np.concatenate(columns, axis=1)
    y0 = top + np.linspace(0, 1, _ROWS) * np.maximum(bottom - top - high, 0)
    if middle is not None:
        y0 = np.concatenate([np.clip(middle - high / 2, top, np.maximum(bottom - high, top)), y0], axis=2)
    x0, y0 = np.broadcast_arrays(x0, y0)
    x1, y1, air = x0 + wide, y0 + high, AIR * size
    width, height = scene.ground.width, scene.ground.height
    across, down = (x0 + x1) / 2 / width, (y0 + y1) / 2 / height
    habit = np.array([[[size_cost(c, scene.unit)]] for c in choices])
    habit = habit + place_cost(across, down, is_left=composition.align == "left", is_column=composition.widest < 1)
    habit = habit + PREFERENCE * distance(scene.prefer, across, down)
    cost = habit + scene.ground.cost(x0 - air, y0 - air, x1 + air, y1 + air)
    if middle is not None:
        cost = cost + np.abs((y0 + y1) / 2 - middle) / height
    slack = 0.02
    allowed = (
        (high <= bottom - top)
        & (wide <= composition.widest * (right - left) + 1e-6)
        & (x0 >= left - 1e-6)
        & (x1 <= right + 1e-6)
        & (across >= composition.x[0] - slack)
        & (across <= composition.x[1] + slack)
        & (down >= composition.y[0])
        & (down <= composition.y[1])
    )
    for other in taken:
        allowed &= (x1 <= other[0]) | (x0 >= other[2]) | (y1 <= other[1]) | (y0 >= other[3])
    if not allowed.any():
        return None
    best = np.unravel_index(int(np.argmin(np.where(allowed, cost, np.inf))), cost.shape)
    rect = tuple(float(edge[best]) for edge in (x0, y0, x1, y1))
    return choices[int(best[0])], (rect[0], rect[1], rect[2], rect[3]), float(cost[best])


def _columns(composition: Composition) -> str:
    if composition.name in ("left", "right", "row"):
        return "right" if composition.name == "right" else "left"
    return "center" if composition.align == "center" else "both"


def _items(chosen: Stack, rect: Rect, align: Align) -> list[tuple[Item, Rect, Align]]:
    placed, y = [], rect[1]
    for row in chosen.rows():
        y += row[0].gap
        high = max(item.height for item in row)
        width = chosen.width if row[0].fills else row_width(row)
        x = rect[0] if align == "left" else (rect[0] + rect[2] - width) / 2
        for item in row:
            x += item.gap if item.beside else 0.0
            wide = width if item.fills else item.width
            top = y + (high - item.height) / 2
            placed.append((item, (x, top, x + wide, top + item.height), align))
            x += wide
        y += high
    return placed


def _footer(
    scene: Scene, composition: Composition, taken: Sequence[Rect]
) -> tuple[list[tuple[Item, Rect, Align]], Rect] | None:
    """Hours and small print along the lower edge, beside what stands there already."""
    left, _, right, bottom = scene.frame
    best = None
    for align, share in product(("left", "center"), (1.0, 0.7, 0.5, 0.36)):
        x0, x1 = left, right
        made = footer(scene.copy, scene.unit, share * (x1 - x0), scene.min_px)
        for other in taken:
            if made is None or other[3] < bottom - made.height:
                continue
            # What stands in a lower corner narrows the line from its side.
            x0, x1 = (max(x0, other[2]), x1) if other[0] + other[2] < left + right else (x0, min(x1, other[0]))
            made = footer(scene.copy, scene.unit, min(share * (right - left), x1 - x0), scene.min_px)
        if made is None or made.width > x1 - x0:
            continue
        x = x0 if align == "left" else (left + right - made.width) / 2
        rect = (x, bottom - made.height, x + made.width, bottom)
        if any(not apart(rect, other) for other in taken):
            continue
        cost = float(scene.ground.cost(*rect)) + (0.0 if align == composition.align else 0.3) + 0.1 * (1 - share)
        if best is None or cost < best[0]:
            best = (cost, _items(made, rect, align), rect)
    return None if best is None else (best[1], joined([rect for _, rect, _ in best[1]]))
