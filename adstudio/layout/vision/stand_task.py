"""What a model that looks at pictures is asked about products on a backdrop, and what of its answer is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from ...chat import ChatPicture
from ...chat.answers import UnusableAnswer
from ...chat.task import TEXT, Task, ask, flat_schema
from ...types import Array, LayoutPlan, Note, Placement, Side
from ..copy.candidates import Stand
from ..stand import product_box
from .numbered import draw_stands
from .task import MAX_TOKENS, REASONING_CHARS, Proposal, flattened, numbered, reasoning_of

_SCALES = {"smaller": 0.8, "usual": 1.0, "larger": 1.2}
LEAST_SCALE = 0.7  # of the local heights, at the least: "smaller", and what a ring at the back leaves of it
_MARGIN = 0.04  # of the picture, that a product keeps to its edges
_SMALLER = "{number}번 제품이 화면을 벗어나지 않도록 높이를 {height}로 줄였습니다."
_HIDDEN = 0.25  # share of a product that another may hide
_INSTRUCTIONS = f"""\
You are an art director who puts products into an advertising picture. The picture is the empty backdrop. The numbered
rings show points on its ground where the middle of a product's base may stand; higher numbers are nearer to the viewer.
The rings are not part of the ad. Choose one ring for every product, each its own.

- A product has to stand on the table, floor or platform that the picture shows: not in the air, not on top of a thing
  that lies there, not behind it.
- Look at the perspective and the light, and leave the side `copy_side` free for the copy where it is given.
- Products are named from left to right; `aspect` is width divided by height, `height` its usual height in per cent of
  the picture's. They may touch, but not hide each other.
- *_scale: smaller, usual or larger, as the scene asks.
- reasoning: two short Korean sentences, at most {REASONING_CHARS} letters, that tell the shop owner why it looks good
  there.

Positions are per cent of the picture from its top left corner.
"""


def stand_task(
    backdrop: Array, stands: Sequence[Stand], aspects: Sequence[float], local: LayoutPlan, *, prefer: Side | None = None
) -> Task[Proposal]:
    """Ask which product stands where.

    Args:
        aspects: width / height of each product.
        local: the local analyzer's layout; its heights are the usual ones.
    """
    size_px = (backdrop.shape[1], backdrop.shape[0])
    names = [f"product_{number}" for number in range(1, len(aspects) + 1)]
    fields: dict[str, Mapping[str, Any]] = {}
    for name in names:
        fields[f"{name}_ring"] = {"type": "string", "enum": [str(stand.number) for stand in stands]}
        fields[f"{name}_scale"] = {"type": "string", "enum": [*_SCALES]}
    schema = flat_schema({**fields, "reasoning": {**TEXT, "maxLength": REASONING_CHARS}})
    data = {
        "picture": {"width": size_px[0], "height": size_px[1]},
        "rings": [
            {"number": stand.number, "x": round(100 * stand.x), "y": round(100 * stand.base_y)} for stand in stands
        ],
        "products": [
            {"name": name, "aspect": round(aspect, 2), "height": round(100 * placement.height)}
            for name, aspect, placement in zip(names, aspects, local.products, strict=True)
        ],
        **({"copy_side": prefer} if prefer else {}),
    }
    messages = ask(_INSTRUCTIONS, data, schema, (ChatPicture(draw_stands(backdrop, stands), "high"),))
    points = {stand.number: stand for stand in stands}

    def read(answer: Mapping[str, Any]) -> Proposal:
        given = flattened(answer)
        rings = [numbered(given, f"{name}_ring", [*points]) for name in names]
        if len({*rings}) < len(rings):
            raise UnusableAnswer("two products stand on one ring; choose a ring of its own for each")
        notes: list[str] = []
        placed = []
        for name, ring, aspect, usual in zip(names, rings, aspects, local.products, strict=True):
            scale = _SCALES.get(str(given.get(f"{name}_scale") or "").strip().lower(), 1.0)
            made = _inside(replace(usual, height=usual.height * scale), points[ring], aspect, size_px)
            if made.height < 0.98 * usual.height * scale:
                number, height = len(placed) + 1, f"{made.height:.0%}"
                notes.append(Note("layout.made_smaller", _SMALLER, number=number, height=height))
            placed.append(made)
        _refuse_hidden(placed, aspects, rings, size_px)
        front = sorted(range(len(placed)), key=lambda i: (placed[i].base_y, i))
        products = tuple(replace(each, order=front.index(index)) for index, each in enumerate(placed))
        return Proposal(replace(local, products=products, score=None), reasoning_of(given), tuple(notes))

    return Task("layout", messages, schema, MAX_TOKENS, read)


def _inside(placement: Placement, stand: Stand, aspect: float, size_px: tuple[int, int]) -> Placement:
    """Put a product on its ring, no larger than fits and inside the margins."""
    wide = aspect * size_px[1] / size_px[0]  # of the picture's width, per unit of height
    height = min(placement.height, stand.base_y - _MARGIN, (1 - 2 * _MARGIN) / wide)
    half = height * wide / 2
    x = min(max(stand.x, _MARGIN + half), 1 - _MARGIN - half)
    return replace(placement, x=round(x, 5), base_y=stand.base_y, height=round(height, 5))


def _refuse_hidden(
    placed: Sequence[Placement], aspects: Sequence[float], rings: Sequence[int], size_px: tuple[int, int]
) -> None:
    boxes = [product_box(each, aspect, *size_px) for each, aspect in zip(placed, aspects, strict=True)]
    for one, other in combinations(range(len(boxes)), 2):
        if boxes[one].overlap_share(boxes[other]) > _HIDDEN:
            raise UnusableAnswer(
                f"product {one + 1} and product {other + 1} would hide each other on the rings {rings[one]} and "
                f"{rings[other]}; choose rings that lie further apart, or a smaller scale"
            )
