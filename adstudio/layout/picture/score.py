"""Measure how well a layout sits on its picture. The same figures judge every proposal, whoever made it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...srgb import luminance
from ...types import Array, Box, LayoutPlan, LayoutScore, TextBlock
from . import metrics
from .energy import Busyness, measure, shrink_mask

_WEIGHTS = {
    "occlusion": 0.26,
    "readability": 0.14,
    "utility": 0.06,
    "alignment": 0.08,
    "overlap": 0.12,
    "underlay": 0.04,
    "contrast": 0.16,
    "safe_zone": 0.14,
}
_PLATED_ROLES = ("badge", "cta")  # drawn on a spot and a button of their own


def score(
    image: Array,
    plan: LayoutPlan,
    keep_clear: Array | None = None,
    *,
    busy: Busyness | None = None,
    safe: Box | None = None,
) -> LayoutScore:
    """Score the copy and the marks of a plan; a plan without any hides and blurs nothing.

    Args:
        keep_clear: mask ``[H,W]``, or of the maps' size, of what copy must not cover, 1 = product.
        busy: the picture's maps, where they are known already.
        safe: where the channel lets copy stand.
    """
    boxes = [part.box for part in (*plan.texts, *plan.marks)]
    if not boxes:
        return combine({})
    busy = busy or measure(image)
    shape = busy.energy.shape
    clear = keep_clear if keep_clear is None or keep_clear.shape == shape else shrink_mask(keep_clear, shape)
    bare = [block for block in plan.texts if not has_plate(block)]
    plates = [block for block in plan.texts if block.plate in ("panel", "pill")]
    # A plate without words is there to carry others; one with words is copy like any other.
    blank = [block.box for block in plates if not block.text.strip()]
    content = [part.box for part in (*plan.texts, *plan.marks) if part.box not in blank]
    height, width = image.shape[:2]
    return combine({
        "occlusion": metrics.occlusion(boxes, busy.energy, clear),
        "readability": metrics.readability([block.box for block in bare], busy.gradient),
        "utility": metrics.utility(boxes, busy.energy),
        "alignment": metrics.alignment(content),
        "overlap": metrics.overlap(content),
        "underlay": metrics.underlay(blank, content),
        "contrast": metrics.contrast([
            (metrics.under(busy.small, block.box), _ink(block)) for block in bare if block.plate != "scrim"
        ]),
        "safe_zone": metrics.safe_zone(boxes, width, height, safe),
    })  # fmt: skip


def combine(figures: dict[str, float]) -> LayoutScore:
    """Make a score of the figures that apply, each held to 0..1; the total is their weighted mean."""
    held = {name: round(float(np.clip(value, 0, 1)), 4) for name, value in figures.items()}
    weight = sum(_WEIGHTS[name] for name in held)
    total = sum(_WEIGHTS[name] * figure for name, figure in held.items()) / weight if held else 1.0
    all_figures: dict[str, Any] = {**dict.fromkeys(_WEIGHTS, 1.0), **held}
    return LayoutScore(**all_figures, total=round(total, 4))


def has_plate(block: TextBlock) -> bool:
    """Tell whether a block brings a ground of its own, so that it does not stand on the picture."""
    return block.plate in ("panel", "pill") or (block.plate == "auto" and block.role in _PLATED_ROLES)


def _ink(block: TextBlock) -> float | None:
    """Luminance of the block's colour; None where the drawing picks one."""
    if block.color is None:
        return None
    digits = block.color.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    rgb = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)
    return float(luminance(rgb))
