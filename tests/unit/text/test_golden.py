"""Set copy beside pictures of it that were looked at.

``python tests/unit/text/test_golden.py`` writes the pictures anew; look at them before you commit them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

ROOT = Path(__file__).parents[3]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from adstudio.text.faces.fontfile import WEIGHTS  # noqa: E402
from adstudio.text.lines.fitting import fit  # noqa: E402
from adstudio.text.lines.typesetting import typeface  # noqa: E402
from adstudio.text.roles import role_style  # noqa: E402
from adstudio.types import Array, Box, LayoutPlan, TextBlock, TextStyle  # noqa: E402

GOLDEN = Path(__file__).parent / "golden"
SIZE = (480, 300)
# FreeType's versions differ in single pixels of an edge, never in a letter's place or weight.
MEAN, LARGEST = 0.004, 0.12


def block(role, text: str, *edges: float, align="left", anchor="top", vertical=False) -> TextBlock:
    return TextBlock(role, text, Box(*edges), align, anchor=anchor, vertical=vertical)


PLANS = {
    "headline": LayoutPlan(
        (
            block("headline", "새로 만나는 커피 한 잔", 0.05, 0.06, 0.95, 0.6, anchor="bottom"),
            block("sub", "봄sale 최대50%할인, 매일 오후 2시부터", 0.05, 0.64, 0.95, 0.94),
        )
    ),
    "roles": LayoutPlan(
        (
            block("headline", "갓 구운 하루", 0.05, 0.05, 0.95, 0.3, align="center"),
            block("price", "9,900원", 0.05, 0.33, 0.5, 0.62, anchor="middle"),
            block("badge", "1+1", 0.55, 0.33, 0.95, 0.62, align="right", anchor="middle"),
            block("cta", "지금 예약하기", 0.05, 0.66, 0.5, 0.76),
            block("hours", "월–금 08:00–20:00", 0.55, 0.66, 0.95, 0.76, align="right"),
            block("legal", "행사는 재료가 떨어지면 일찍 끝날 수 있습니다.", 0.05, 0.82, 0.95, 0.94, anchor="bottom"),
        )
    ),
    "columns": LayoutPlan(
        (
            block("headline", "매일 아침 8시, 갓 구운 빵", 0.62, 0.06, 0.95, 0.94, align="right", vertical=True),
            block("note", "NEW (한정) 12월 25일 9,900원", 0.3, 0.06, 0.56, 0.94, align="center", vertical=True),
            block("note", "“맛있다.” 50% … 끝!", 0.05, 0.06, 0.25, 0.94, anchor="middle", vertical=True),
        )
    ),
    "weights": LayoutPlan(
        tuple(
            block("headline", f"한글 Aa 19 {name}", 0.05, 0.05 + row * 0.1, 0.95, 0.125 + row * 0.1)
            for row, name in enumerate(WEIGHTS)
        )
    ),
}


def paint(plan: LayoutPlan, weights: list[int]) -> Array:
    """Black on white, each block at its weight."""
    out = np.ones((SIZE[1], SIZE[0]), np.float32)
    for text, weight in zip(plan.texts, weights, strict=True):
        face = typeface(TextStyle(weight=weight), role_style(text.role))
        setting = fit(text, text.text, face, SIZE, min_px=8)
        for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
            x, y = int(start), int(baseline)
            cover, left, base = setting.face.draw_line(line, setting.size, (start - x, baseline - y))
            row, column = y - base, x - left
            cover = cover[max(0, -row) :, max(0, -column) :]
            target = out[max(0, row) :, max(0, column) :][: cover.shape[0], : cover.shape[1]]
            target *= 1 - cover[: target.shape[0], : target.shape[1]]
    return out


def picture(name: str) -> Array:
    plan = PLANS[name]
    return paint(plan, list(WEIGHTS.values()) if name == "weights" else [800] * len(plan.texts))


@pytest.mark.parametrize("name", PLANS)
def test_copy_is_set_as_it_was_when_it_was_looked_at(name: str):
    golden = np.asarray(Image.open(GOLDEN / f"{name}.png"), np.float32) / 255
    off = np.abs(picture(name) - golden)
    assert off.mean() <= MEAN and uniform_filter(off, 3).max() <= LARGEST


def test_golden_pictures_stay_small():
    assert all(path.stat().st_size <= 20_000 for path in GOLDEN.glob("*.png"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in PLANS:
        Image.fromarray(np.rint(picture(name) * 255).astype(np.uint8)).save(GOLDEN / f"{name}.png", optimize=True)
        print(GOLDEN / f"{name}.png")
