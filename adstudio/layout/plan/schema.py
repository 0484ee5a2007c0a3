"""What a layout plan may hold, in one description: plans are read by it, and its JSON schema is published from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from ...errors import InputError
from ...types import Anchor, Box, LayoutPlan, LayoutScore, Mark, Placement, Plate, Stance, TextBlock, TextRole
from .fields import Choice, Flag, Kind, Many, Maybe, Number, Reading, Record, Text

SMALLEST_BOX = 0.01
_SLACK = 1e-6
_MOST_ENTRIES = 50
_MOST_FRAMES = 256
_QR_BYTES = 2953  # what the largest QR code holds
_ORDER = Number(-1000, 1000, whole=True)
_PIXELS = Number(1, 65536, whole=True)
_COLOUR = Text(7, "#(?:[0-9a-fA-F]{3}){1,2}", "a colour like #FFAA00")
_FIGURES = tuple(LayoutScore.__dataclass_fields__)


def plan_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a layout plan."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:adstudio:layout-plan",
        "title": "Layout plan of Ad Studio",
        "description": "Positions and sizes are fractions of the picture; a box is at least 0.01 wide and high.",
        **PLAN.schema(),
    }


def is_large_enough(box: Box) -> bool:
    """Whether a plan may hold a box."""
    return box.width >= SMALLEST_BOX - _SLACK and box.height >= SMALLEST_BOX - _SLACK


def _large_enough(box: Box, where: str, reading: Reading) -> Box:
    if is_large_enough(box):
        return box
    shown = f"({box.x0:.3g}, {box.y0:.3g}, {box.x1:.3g}, {box.y1:.3g})"
    if not reading.lenient:
        raise InputError(
            "layout.bad_box",
            f"Expected {where} to have at least {SMALLEST_BOX:.0%} of the picture's width and height, "
            f"but {shown} came.",
            "Move or enlarge the box.",
            where=where,
            came=shown,
        )
    x0, x1 = _span(box.x0, box.x1)
    y0, y1 = _span(box.y0, box.y1)
    mended = Box(x0, y0, x1, y1)
    reading.note(where, shown, f"({x0:.3g}, {y0:.3g}, {x1:.3g}, {y1:.3g})")
    return mended


def _span(one: float, other: float) -> tuple[float, float]:
    low, high = sorted((one, other))
    low = min(low, 1 - SMALLEST_BOX)
    return low, max(high, low + SMALLEST_BOX)


class _Score(Record):
    """A score; one from when other figures were measured is left out."""

    def read(self, value: Any, where: str, reading: Reading) -> Any:
        if isinstance(value, dict) and "margins" in value:
            return None
        return Record.read(self, value, where, reading)


def _edge() -> Number:
    return Number(0, 1, code="layout.bad_box")


_BOX = Record(
    Box,
    {name: _edge() for name in ("x0", "y0", "x1", "y1")},
    short=("x0", "y0", "x1", "y1"),
    check=_large_enough,
)
_TEXT = Record(
    TextBlock,
    {
        "role": Choice(get_args(TextRole), otherwise="note"),
        "text": Text(2000),
        "box": _BOX,
        "align": Choice(("left", "center", "right"), otherwise="center"),
        "color": Maybe(_COLOUR),
        "anchor": Choice(("top", "middle", "bottom"), otherwise="middle"),
        "color_to": Maybe(_COLOUR),
        "plate": Choice(get_args(Plate), otherwise="auto"),
        "was": Text(80),
        "vertical": Flag(),
        "z": _ORDER,
        "locked": Flag(),
    },
    missing={"role": "headline"},
)
_PRODUCT = Record(
    Placement,
    {
        "x": Number(0, 1, code="layout.bad_placement"),
        "base_y": Number(0, 1, above=True, code="layout.bad_placement"),
        "height": Number(0, 2, above=True, code="layout.bad_placement"),
        "order": _ORDER,
        "rotation": Number(-3600, 3600),
        "anchor": Choice(get_args(Anchor), otherwise="bottom"),
        "stance": Choice(get_args(Stance), otherwise="standing"),
        "locked": Flag(),
    },
)
_MARK = Record(
    Mark,
    {"kind": Choice(("qr", "logo")), "box": _BOX, "content": Text(_QR_BYTES), "z": _ORDER, "locked": Flag()},
)
_SCORE = _Score(LayoutScore, {name: Number(0, 1) for name in _FIGURES})
_ONE_PICTURE: dict[str, Kind] = {
    "texts": Many(_TEXT, _MOST_ENTRIES),
    "products": Many(_PRODUCT, _MOST_ENTRIES),
    "provider": Text(80),
    "score": Maybe(_SCORE),
    "reasons": Many(Text(2000), _MOST_ENTRIES),
    "frames": Many(Record(LayoutPlan, {}), 0),  # the plan of one picture has no further ones inside
    "marks": Many(_MARK, _MOST_ENTRIES),
    "channel": Text(80),
    "size_px": Maybe(Many(_PIXELS, 2, least=2)),
    "picture": Text(16, "(?:[0-9a-f]{16})?", "the first 16 hex digits of a digest"),
}
PLAN = Record(LayoutPlan, {**_ONE_PICTURE, "frames": Many(Record(LayoutPlan, _ONE_PICTURE), _MOST_FRAMES)})


def read_plan(data: Any, *, lenient: bool = False) -> LayoutPlan:
    """Read a plan from JSON values; what a lenient reading mended stands among the plan's reasons.

    Raises:
        InputError: ``layout.bad_value``, ``layout.bad_box``, ``layout.bad_placement``, ``layout.unknown_name``.
    """
    reading = Reading(lenient)
    plan = PLAN.read(data, "", reading)
    return replace(plan, reasons=(*plan.reasons, *reading.notes)[:_MOST_ENTRIES]) if reading.notes else plan
