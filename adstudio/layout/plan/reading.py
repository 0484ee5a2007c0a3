"""Layout plans as data from outside: checked before use, written to JSON and read back.

A plan may come from a language model, the browser editor or a saved file, so every field is untrusted.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ...errors import InputError
from ...types import LayoutPlan
from .schema import read_plan

_LARGEST_JSON = 1_000_000


def check_plan(plan: LayoutPlan) -> LayoutPlan:
    """Return the plan if every value in it may be; an edge that lies outside by rounding is put right.

    Raises:
        InputError: ``layout.bad_box``, ``layout.bad_placement``, ``layout.bad_value``.
    """
    return read_plan(asdict(plan))


def to_json(plan: LayoutPlan) -> str:
    """Write a plan as JSON, readable and complete."""
    return json.dumps(asdict(plan), ensure_ascii=False, indent=2)


def from_json(text: str, *, lenient: bool = False) -> LayoutPlan:
    """Read a plan from JSON and check it.

    Args:
        lenient: mend what can be mended, and say so in the plan's reasons; for what a language model wrote.

    Raises:
        InputError: ``layout.bad_json``, ``layout.json_too_long`` or what
            :func:`adstudio.layout.plan.schema.read_plan` finds.
    """
    if len(text) > _LARGEST_JSON:
        raise InputError(
            "layout.json_too_long",
            f"The layout has {len(text)} characters.",
            "Send one plan, not a whole document.",
            count=f"{len(text):,}",
        )
    try:
        data = json.loads(text, object_pairs_hook=dict if lenient else _without_doubles)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "layout.bad_json",
            f"The layout is not valid JSON ({error}).",
            "Start from a layout that this pack wrote.",
            why=str(error),
        ) from error
    return read_plan(data, lenient=lenient)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {double[:60]!r} stands twice in one object")
    return made
