"""Show a layout to a person: its reasons and score in words, its boxes on the picture."""

from __future__ import annotations

import numpy as np

from ...types import Array, LayoutPlan, Note

_COLOURS = {
    "headline": (1.0, 0.25, 0.3),
    "sub": (0.1, 0.6, 1.0),
    "note": (0.2, 0.8, 0.4),
    "price": (1.0, 0.75, 0.1),
    "badge": (1.0, 0.45, 0.0),
    "cta": (0.6, 0.3, 1.0),
    "hours": (0.2, 0.8, 0.4),
    "legal": (0.6, 0.6, 0.6),
}
_MARK_COLOUR = (0.9, 0.2, 0.9)
_FIGURES = (
    ("가림 없음", "occlusion"),
    ("바탕의 잔잔함", "readability"),
    ("빈 곳의 활용", "utility"),
    ("정렬", "alignment"),
    ("겹침 없음", "overlap"),
    ("받침판", "underlay"),
    ("대비", "contrast"),
    ("안전 영역", "safe_zone"),
)
_PRODUCT_FIGURES = (
    ("서로 가림 없음", "overlap"),
    ("바닥의 잔잔함", "readability"),
    ("그림자가 보이는 밝기", "contrast"),
    ("여백", "safe_zone"),
)


def describe(plan: LayoutPlan) -> str:
    """Write why a layout is as it is, in Korean; one paragraph per picture of a batch."""
    if plan.frames:
        return "\n\n".join(f"[그림 {i}]\n{_listed(frame)}" for i, frame in enumerate(plan.frames, 1))
    return _listed(plan)


def report_lines(plan: LayoutPlan) -> list[str]:
    """The same line by line, for a page of any language."""
    if not plan.frames:
        return _lines_of_one(plan)
    several = [
        [Note("layout.picture", "[그림 {number}]", number=number), *_lines_of_one(frame)]
        for number, frame in enumerate(plan.frames, 1)
    ]
    return [line for lines in several for line in ("", *lines)][1:]


def draw_boxes(image: Array, plan: LayoutPlan) -> Array:
    """Draw the boxes of a plan's copy and marks as rims on a copy of the picture ``[H,W,3]``."""
    out = np.array(image, np.float32)
    height, width = out.shape[:2]
    rim = max(1, round(min(height, width) / 256))
    boxes = [(block.box, _COLOURS[block.role]) for block in plan.texts]
    for box, colour in boxes + [(mark.box, _MARK_COLOUR) for mark in plan.marks]:
        left, top, right, bottom = box.pixels(width, height)
        inside = np.zeros((height, width), bool)
        inside[top:bottom, left:right] = True
        inside[top + rim : bottom - rim, left + rim : right - rim] = False
        out[inside] = colour
    return out


def _listed(plan: LayoutPlan) -> str:
    return "\n".join(f"- {line}" for line in _lines_of_one(plan))


def _lines_of_one(plan: LayoutPlan) -> list[str]:
    lines = list(plan.reasons)
    if plan.score is not None:
        shown = _FIGURES if plan.texts or plan.marks else _PRODUCT_FIGURES
        figures = [(name, field, f"{getattr(plan.score, field) * 100:.0f}") for name, field in shown]
        parts = ", ".join(f"{name} {figure}" for name, _, figure in figures)
        each = ", ".join(f"{field.replace('_', ' ')} {figure}" for _, field, figure in figures)
        total = f"{plan.score.total * 100:.0f}"
        lines.append(Note("layout.score", "점수 {total}/100 ({parts})", total=total, parts=parts, each=each))
    return [*lines, Note("layout.by", "분석: {provider}", provider=plan.provider)]
