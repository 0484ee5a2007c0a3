"""Show a layout to a person: its reasons and score in words, its boxes on the picture."""

from __future__ import annotations

import numpy as np

from ..types import Array, LayoutPlan

_COLOURS = {"headline": (1.0, 0.25, 0.3), "sub": (0.1, 0.6, 1.0), "note": (0.2, 0.8, 0.4)}
_FIGURES = (("가림 없음", "occlusion"), ("바탕의 잔잔함", "readability"), ("대비", "contrast"), ("여백", "margins"))
_PRODUCT_FIGURES = (
    ("서로 가림 없음", "occlusion"),
    ("바닥의 잔잔함", "readability"),
    ("그림자가 보이는 밝기", "contrast"),
    ("여백", "margins"),
)


def describe(plan: LayoutPlan) -> str:
    """Write why a layout is as it is, in Korean; one paragraph per picture of a batch."""
    if plan.frames:
        return "\n\n".join(f"[그림 {i}]\n{_describe_one(frame)}" for i, frame in enumerate(plan.frames, 1))
    return _describe_one(plan)


def draw_boxes(image: Array, plan: LayoutPlan) -> Array:
    """Draw the text boxes of a plan as rims on a copy of the picture ``[H,W,3]``."""
    out = np.array(image, np.float32)
    height, width = out.shape[:2]
    rim = max(1, round(min(height, width) / 256))
    for block in plan.texts:
        left, top, right, bottom = block.box.pixels(width, height)
        inside = np.zeros((height, width), bool)
        inside[top:bottom, left:right] = True
        inside[top + rim : bottom - rim, left + rim : right - rim] = False
        out[inside] = _COLOURS[block.role]
    return out


def _describe_one(plan: LayoutPlan) -> str:
    lines = [f"- {reason}" for reason in plan.reasons]
    if plan.score is not None:
        figures = _FIGURES if plan.texts else _PRODUCT_FIGURES
        parts = ", ".join(f"{name} {getattr(plan.score, field) * 100:.0f}" for name, field in figures)
        lines.append(f"- 점수 {plan.score.total * 100:.0f}/100 ({parts})")
    lines.append(f"- 분석: {plan.provider}")
    return "\n".join(lines)
