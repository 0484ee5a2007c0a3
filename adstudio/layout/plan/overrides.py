"""What a person decides by hand of a layout, in part: the values that are given win, the rest is found.

A partial plan has the form of a plan, with any of its fields: ``{"texts": [{"role": "headline", "align": "left"}]}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...errors import InputError
from ...types import AdCopy, LayoutPlan, Note
from .schema import read_plan

_AS_GIVEN = Note("layout.as_given", "직접 정하신 값은 그대로 따랐습니다.")
_WORDS = {"headline": "headline", "sub": "sub", "price": "price", "badge": "badge", "cta": "call_to_action",
          "legal": "legal", "hours": "hours"}  # fmt: skip


def held_parts(partial: Mapping[str, Any], copy: AdCopy) -> LayoutPlan:
    """The texts and marks to which a partial plan gives a box, locked, for the rest to flow around.

    Raises:
        InputError: as :func:`adstudio.layout.plan.schema.read_plan`.
    """
    texts = [
        {"text": getattr(copy, _WORDS.get(str(item.get("role", "")), "headline")), **item, "locked": True}
        | ({"was": copy.old_price} if item.get("role") == "price" and "was" not in item else {})
        for item in _entries(partial, "texts")
        if "box" in item
    ]
    marks = [
        {"content": copy.link if item.get("kind") == "qr" else "", **item, "locked": True}
        for item in _entries(partial, "marks")
        if "box" in item
    ]
    return read_plan({"texts": texts, "marks": marks})


def with_overrides(plan: LayoutPlan, partial: Mapping[str, Any]) -> LayoutPlan:
    """A plan with the values of a partial one: texts are told by their role, marks by their kind, products by order.

    Raises:
        InputError: ``layout.no_such_part``, or as :func:`adstudio.layout.plan.schema.read_plan`.
    """
    _require_object(partial)
    data = asdict(plan)
    others = {name: value for name, value in partial.items() if name not in ("texts", "marks", "products")}
    for group, key in (("texts", "role"), ("marks", "kind")):
        data[group] = _changed(data[group], _entries(partial, group), group, key)
    for number, item in enumerate(_entries(partial, "products")):
        if number >= len(data["products"]):
            raise _missing(f"products[{number}]", "product")
        data["products"] = [
            {**product, **item} if index == number else product for index, product in enumerate(data["products"])
        ]
    data["reasons"] = [*data["reasons"], _AS_GIVEN][-50:]
    return read_plan({**data, **others, "score": None})


def _changed(
    blocks: Sequence[dict[str, Any]], items: Sequence[Mapping[str, Any]], group: str, key: str
) -> list[dict[str, Any]]:
    changed = [dict(block) for block in blocks]
    for number, item in enumerate(items):
        place = next((i for i, block in enumerate(changed) if block[key] == item.get(key)), None)
        if place is None:
            raise _missing(f"{group}[{number}]", f"{key} '{item.get(key)}'")
        changed[place] |= item
    return changed


def _entries(partial: Mapping[str, Any], group: str) -> list[Mapping[str, Any]]:
    _require_object(partial)
    items = partial.get(group) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InputError(
            "layout.bad_value",
            f"Expected {group} of the partial layout to be a list of objects.",
            'Write it like {"texts": [{"role": "headline", "align": "left"}]}.',
            where=group,
            came=f"{items!r:.40}",
        )
    return items


def _require_object(partial: object) -> None:
    if not isinstance(partial, Mapping):
        raise InputError(
            "layout.bad_value",
            f"Expected the partial layout to be an object, but a {type(partial).__name__} came.",
            'Write it like {"texts": [{"role": "headline", "align": "left"}]}.',
            where="layout",
            came=type(partial).__name__,
        )


def _missing(where: str, what: str) -> InputError:
    return InputError(
        "layout.no_such_part",
        f"The partial layout changes {where} ({what}), but the ad has no such part.",
        "Give the part its words, or take it out of the partial layout.",
        part=what,
    )
