"""A whole ad beside the picture of it that was looked at and found good.

``python tests/unit/text/test_golden_ad.py`` draws it anew; look at it before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from skimage import data

from adstudio.text.lettering import draw
from adstudio.types import Array, Box, LayoutPlan, Mark, TextBlock, TextStyle

GOLDEN = Path(__file__).parent / "golden" / "ad.webp"
SIDE = 384
PLAN = LayoutPlan(
    (
        TextBlock("headline", "갓 내린 드립 커피", Box(0.06, 0.05, 0.66, 0.26), "left", anchor="top"),
        TextBlock("sub", "매일 아침 8시, 직접 볶은 원두로", Box(0.06, 0.28, 0.66, 0.36), "left", anchor="top"),
        TextBlock("price", "3,900원", Box(0.06, 0.7, 0.6, 0.83), "left", was="5,500원"),
        TextBlock("cta", "지금 주문하기", Box(0.06, 0.86, 0.5, 0.96), "left"),
        TextBlock("badge", "30%\n할인", Box(0.72, 0.05, 0.96, 0.29)),
    ),
    marks=(Mark("qr", Box(0.64, 0.62, 0.98, 0.96), "https://naver.me/ad"),),
)


def ad() -> Array:
    photo = Image.fromarray(data.coffee()[:, :400]).resize((SIDE, SIDE)).filter(ImageFilter.GaussianBlur(6))
    return draw(np.asarray(photo, np.float32) / np.float32(255), PLAN, TextStyle(weight=800, min_px=10))


def test_an_ad_looks_as_it_was_found_good() -> None:
    apart = np.abs(ad() - np.asarray(Image.open(GOLDEN), np.float32) / 255).max(axis=2)
    # Other builds of FreeType draw edges a little otherwise; a letter elsewhere or another colour is far more.
    assert apart.mean() < 0.004 and (apart > 0.25).mean() < 0.002


if __name__ == "__main__":
    Image.fromarray((ad() * 255 + 0.5).astype(np.uint8)).save(GOLDEN, lossless=True, method=6)
