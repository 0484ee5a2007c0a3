"""Lay a finished plan out anew on another size: the same words in the same order and weight, at other places.

Blocks that stand together stay together. All letters shrink or grow by one factor, so what was loudest stays loudest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...types import Array, Box, Channel, LayoutPlan, Note
from ..picture.room import Room
from ..rects import around
from .blocks import Group, Piece, group_pieces, merge, pieces_of

TEMPLATE = "template"
_MARGIN = 0.045  # of the shorter side, where the channel itself asks for no safe zone
_SCALES = tuple(1.7 * 0.9**step for step in range(21))
_COLUMNS = (1.0, 0.66, 0.5, 0.4)
_SMALL = 0.8  # cost of halving the letters
_LARGE = 0.35
_TIMID, _SHY = 0.085, 0.6  # a loudest piece below this share of the picture costs so much for each halving
_TORN = 0.15
_WIDER = 1.3  # than its source, a picture has its copy beside the product and no longer above or below it


@dataclass(frozen=True, slots=True)
class _Laid:
    boxes: tuple[tuple[Piece, Box], ...]
    cost: float


def reflow(
    plan: LayoutPlan,
    source_px: tuple[int, int],
    channel: Channel,
    *,
    keep: Array | None = None,
    energy: Array | None = None,
    tone: Array | None = None,
    min_px: int = 20,
) -> LayoutPlan:
    """Lay the copy and the marks of a plan out on a channel's size, inside its safe zone.

    Products keep their places: they belong to the picture.

    Args:
        source_px: (width, height) of the picture that the plan was made for.
        keep: mask ``[h,w]`` on the new picture, of any resolution: what copy must not cover.
        energy: the same, of how much would be lost under copy; ``tone`` of how light it is.
        min_px: the smallest letters.

    Raises:
        InputError: ``reflow.locked_template``, ``reflow.no_room``.
    """
    if plan.provider == TEMPLATE and plan.channel:
        if plan.channel == channel.id:
            return plan
        raise InputError(
            "reflow.locked_template",
            f"This layout was set by the template of {plan.channel}, which no other channel takes.",
            "Set the other channel's own template, or lay the copy out with a Text Layout Analyzer.",
            channel=plan.channel,
        )
    pieces = pieces_of(plan, source_px)
    if not pieces:
        return _finished(plan, channel, ())
    room = Room.of(channel, keep, energy, tone, _MARGIN)
    factor = letter_unit(channel.size_px) / letter_unit(source_px)
    groups = group_pieces(pieces, source_px)
    beside = _side_of(groups, channel) if _aspect(channel.size_px) > _WIDER * _aspect(source_px) else None
    loudest = max(group.size for group in groups) / letter_unit(source_px)
    best: _Laid | None = None
    for together in (groups, merge(groups)):
        for scale in _SCALES:
            shrinking = _SMALL * float(np.log2(1 / scale))
            if best is not None and shrinking >= best.cost:
                break
            laid = _lay(together, room, factor * scale, min_px, beside)
            if laid is None:
                continue
            cost = laid.cost + (shrinking if scale < 1 else -_LARGE / _SMALL * shrinking)
            cost += _SHY * max(0.0, float(np.log2(_TIMID / (loudest * scale))))
            if best is None or cost < best.cost:
                best = _Laid(laid.boxes, cost)
        if best is not None:
            break
    if best is None:
        raise InputError(
            "reflow.no_room",
            f"This copy does not fit on {channel.english} ({channel.size_px[0]}x{channel.size_px[1]} px) with letters "
            f"of {min_px} px.",
            "Shorten it, leave a line out for this channel, or allow smaller letters.",
            channel=channel.korean,
            width=channel.size_px[0],
            height=channel.size_px[1],
            min_px=min_px,
        )
    return _finished(plan, channel, best.boxes)


def _lay(
    groups: Sequence[Group], room: Room, factor: float, min_px: int, beside: tuple[float, float] | None
) -> _Laid | None:
    """Place one group after the other, the loudest first; None where one finds no room.

    Args:
        beside: where the middle of the loudest is wanted, instead of where it was.
    """
    loudest = max(groups, key=lambda group: group.size)
    taken: list[Box] = []
    boxes: list[tuple[Piece, Box]] = []
    cost = 0.0
    for group in sorted(groups, key=lambda group: (not group.is_locked, -group.size)):
        options = []
        for share in _COLUMNS:
            stack = group.stack(factor, share * room.width, min_px)
            if stack is None or stack.width > room.width or stack.height > room.height:
                continue
            centre = beside if group is loudest and beside and not group.is_locked else group.centre
            spot = room.find(stack.width, stack.height, centre, taken, air=0.3 * stack.size, pinned=group.is_locked)
            if spot is not None:
                options.append((spot.cost + _TORN * stack.torn, len(options), spot, stack))
        if not options:
            return None
        price, _, spot, stack = min(options, key=lambda option: option[:2])
        cost += price * (1.0 if not taken else 0.4)
        placed = stack.boxes(spot.left, spot.top, room.size_px)
        boxes += placed
        taken.append(around([box for _, box in placed]))
    return _Laid(tuple(boxes), cost)


def _finished(plan: LayoutPlan, channel: Channel, boxes: Sequence[tuple[Piece, Box]]) -> LayoutPlan:
    texts, marks = list(plan.texts), list(plan.marks)
    for piece, box in boxes:
        if piece.is_mark:
            marks[piece.index] = replace(marks[piece.index], box=box)
        else:
            texts[piece.index] = replace(texts[piece.index], box=box)
    return replace(
        plan,
        texts=tuple(texts),
        marks=tuple(marks),
        channel=channel.id,
        size_px=channel.size_px,
        picture="",
        score=None,
        frames=(),
        reasons=(*plan.reasons, _told(channel)),
    )


def _told(channel: Channel) -> Note:
    width, height = channel.size_px
    said, name, english = "‘{name}’ {width}x{height}에 맞춰 다시 놓았어요.", channel.korean, channel.english
    return Note("layout.reflowed", said, name=name, english=english, width=width, height=height)


def _side_of(groups: Sequence[Group], channel: Channel) -> tuple[float, float]:
    loudest = max(groups, key=lambda group: group.size)
    middle = (channel.safe.y0 + channel.safe.y1) / 2
    return (0.73 if loudest.centre[0] > 0.58 else 0.27), middle


def _aspect(size: tuple[int, int]) -> float:
    return size[0] / size[1]


def letter_unit(size: tuple[int, int]) -> float:
    """How large letters are felt to be on a picture of this size; on a flat banner its height decides."""
    return min((size[0] * size[1]) ** 0.5, 2.6 * min(size))
