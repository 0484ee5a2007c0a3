"""Layout plans as data from outside: checked before use, written to JSON and read back.

A plan may come from a language model, the browser editor or a saved file, so every field is untrusted.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from typing import Any, get_args

from ..errors import InputError
from ..types import Anchor, Box, LayoutPlan, LayoutScore, Placement, Stance, TextBlock

SMALLEST_BOX = 0.01
_ROLES = ("headline", "sub", "note")
_ALIGNS = ("left", "center", "right")
_ANCHORS = ("top", "middle", "bottom")
_PRODUCT_ANCHORS = get_args(Anchor)
_STANCES = get_args(Stance)
_FIGURES = ("occlusion", "readability", "contrast", "margins", "total")
_MOST_ENTRIES = 50
_LARGEST_JSON = 1_000_000
_SLACK = 1e-6  # rounding, from fractions written with few digits


def check_plan(plan: LayoutPlan) -> LayoutPlan:
    """Return the plan if every box and placement is inside the picture and large enough.

    Raises:
        InputError: ``layout.bad_box``, ``layout.bad_placement``, ``layout.bad_value``.
    """
    for number, block in enumerate(plan.texts):
        where = f"texts[{number}]"
        _one_of(block.role, _ROLES, f"{where}.role")
        _one_of(block.align, _ALIGNS, f"{where}.align")
        _one_of(block.anchor, _ANCHORS, f"{where}.anchor")
        if block.color is not None and not re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", block.color):
            raise _bad_value(f"{where}.color", "a colour like #FFAA00", block.color)
        _check_box(block.box, f"{where}.box")
    for number, placement in enumerate(plan.products):
        _check_placement(placement, f"products[{number}]")
    for frame in plan.frames:
        check_plan(frame)
    return plan


def to_json(plan: LayoutPlan) -> str:
    """Write a plan as JSON, readable and complete."""
    return json.dumps(asdict(plan), ensure_ascii=False, indent=2)


def from_json(text: str) -> LayoutPlan:
    """Read a plan from JSON and check it.

    Raises:
        InputError: ``layout.bad_json`` or what :func:`check_plan` finds.
    """
    if len(text) > _LARGEST_JSON:
        raise InputError(
            "layout.bad_json", f"The layout has {len(text)} characters.", "Send one plan, not a whole document."
        )
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "layout.bad_json", f"The layout is not valid JSON ({error}).", "Start from a layout that this pack wrote."
        ) from error
    return check_plan(_plan(_object(data, "the layout"), "", nested=True))


def _plan(data: dict[str, Any], where: str, nested: bool) -> LayoutPlan:
    frames = _list(data.get("frames"), f"{where}frames") if nested else []
    return LayoutPlan(
        texts=tuple(
            _block(item, f"{where}texts[{i}]") for i, item in enumerate(_list(data.get("texts"), f"{where}texts"))
        ),
        products=tuple(
            _placement(item, f"{where}products[{i}]")
            for i, item in enumerate(_list(data.get("products"), f"{where}products"))
        ),
        provider=_text(data.get("provider", "user"), f"{where}provider"),
        score=_score(data.get("score"), f"{where}score"),
        reasons=tuple(_text(item, f"{where}reasons") for item in _list(data.get("reasons"), f"{where}reasons")),
        frames=tuple(
            _plan(_object(item, f"frames[{i}]"), f"frames[{i}].", nested=False) for i, item in enumerate(frames)
        ),
    )


def _block(data: Any, where: str) -> TextBlock:
    item = _object(data, where)
    colour = item.get("color")
    return TextBlock(
        role=_one_of(item.get("role", "headline"), _ROLES, f"{where}.role"),
        text=_text(item.get("text"), f"{where}.text"),
        box=_box(item.get("box"), f"{where}.box"),
        align=_one_of(item.get("align", "center"), _ALIGNS, f"{where}.align"),
        color=None if colour is None else _text(colour, f"{where}.color"),
        anchor=_one_of(item.get("anchor", "middle"), _ANCHORS, f"{where}.anchor"),
    )


def _box(data: Any, where: str) -> Box:
    if isinstance(data, list) and len(data) == 4:
        data = dict(zip(("x0", "y0", "x1", "y1"), data, strict=True))
    item = _object(data, where)
    x0, y0, x1, y1 = (_number(item.get(name), f"{where}.{name}") for name in ("x0", "y0", "x1", "y1"))
    return Box(x0, y0, x1, y1)


def _placement(data: Any, where: str) -> Placement:
    item = _object(data, where)
    order = item.get("order", 0)
    if isinstance(order, bool) or not isinstance(order, int):
        raise _bad_value(f"{where}.order", "a whole number", order)
    x, base_y, height = (_number(item.get(name), f"{where}.{name}") for name in ("x", "base_y", "height"))
    return Placement(
        x,
        base_y,
        height,
        order,
        rotation=_number(item.get("rotation", 0.0), f"{where}.rotation"),
        anchor=_one_of(item.get("anchor", "bottom"), _PRODUCT_ANCHORS, f"{where}.anchor"),
        stance=_one_of(item.get("stance", "standing"), _STANCES, f"{where}.stance"),
    )


def _score(data: Any, where: str) -> LayoutScore | None:
    if data is None:
        return None
    item = _object(data, where)
    figures = [_number(item.get(name), f"{where}.{name}") for name in _FIGURES]
    if not all(0 <= figure <= 1 for figure in figures):
        raise _bad_value(where, "figures between 0 and 1", figures)
    return LayoutScore(*figures)


def _check_box(box: Box, where: str) -> None:
    values = (box.x0, box.y0, box.x1, box.y1)
    if not all(math.isfinite(value) and -_SLACK <= value <= 1 + _SLACK for value in values):
        raise _bad_box(where, f"its corners as fractions of the picture, 0 to 1, but {_shown(values)} came")
    if box.width < SMALLEST_BOX - _SLACK or box.height < SMALLEST_BOX - _SLACK:
        raise _bad_box(
            where, f"at least {SMALLEST_BOX:.0%} of the picture's width and height, but {_shown(values)} came"
        )


def _check_placement(placement: Placement, where: str) -> None:
    x, base_y, height = placement.x, placement.base_y, placement.height
    if not all(math.isfinite(value) for value in (x, base_y, height)) or not (0 <= x <= 1 and 0 < base_y <= 1 + _SLACK):
        raise InputError(
            "layout.bad_placement",
            f"Expected {where} to stand inside the picture, but x={x} and base_y={base_y} came.",
            "Give both as fractions of the picture, 0 to 1.",
        )
    if not 0 < height <= 2:
        raise InputError(
            "layout.bad_placement",
            f"Expected the height of {where} as a share of the picture's height, but {height} came.",
            "Give a value like 0.5.",
        )


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _bad_value(where, "an object", data)
    return data


def _list(data: Any, where: str) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list) or len(data) > _MOST_ENTRIES:
        raise _bad_value(where, f"a list of at most {_MOST_ENTRIES} entries", data)
    return data


def _text(data: Any, where: str) -> str:
    if not isinstance(data, str):
        raise _bad_value(where, "text", data)
    return data


def _number(data: Any, where: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise _bad_value(where, "a number", data)
    return float(data)


def _one_of(data: Any, allowed: tuple[str, ...], where: str) -> Any:
    if data not in allowed:
        raise _bad_value(where, "one of " + ", ".join(allowed), data)
    return data


def _bad_box(where: str, expected: str) -> InputError:
    return InputError("layout.bad_box", f"Expected {where} to have {expected}.", "Move or enlarge the box.")


def _bad_value(where: str, expected: str, came: Any) -> InputError:
    shown = repr(came)
    return InputError(
        "layout.bad_value",
        f"Expected {where} to be {expected}, but {shown if len(shown) <= 60 else shown[:59] + '…'} came.",
        "Correct the layout, or let the analyzer make it.",
    )


def _shown(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in values) + ")"
