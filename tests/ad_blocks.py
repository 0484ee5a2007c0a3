"""Copy of every role in its box, and pictures to lay it on."""

from __future__ import annotations

from typing import Any

import numpy as np

from adstudio.text.lettering import draw
from adstudio.types import Array, Box, LayoutPlan, Mark, TextBlock, TextStyle

HEADLINE = TextBlock("headline", "따뜻한 커피 한 잔의 여유", Box(0.06, 0.06, 0.7, 0.3), "left", anchor="bottom")
SUB = TextBlock("sub", "가을 한정 메뉴", Box(0.06, 0.32, 0.7, 0.4), "left", anchor="top")
PRICE = TextBlock("price", "3,900원", Box(0.06, 0.7, 0.7, 0.82), "left", was="5,500원")
CTA = TextBlock("cta", "지금 주문하기", Box(0.06, 0.85, 0.5, 0.95), "left")
BADGE = TextBlock("badge", "30%\n할인", Box(0.72, 0.06, 0.96, 0.3))
QR = Mark("qr", Box(0.7, 0.65, 0.98, 0.98), "https://pf.kakao.com/_ad")
FULL = LayoutPlan((HEADLINE, SUB, PRICE, CTA, BADGE), marks=(QR, Mark("logo", Box(0.72, 0.4, 0.96, 0.5))))
LOGO = np.zeros((40, 120, 4), np.float32)
LOGO[5:35, 5:115] = (0.1, 0.2, 0.5, 1.0)


def flat(colour: Any, side: int = 400) -> Array:
    return np.full((side, side, 3), colour, np.float32)


def one(block: TextBlock, picture: Array, **style: Any) -> Array:
    return draw(picture, LayoutPlan((block,)), TextStyle(shadow=False, **style))


def inked(before: Array, after: Array) -> Any:
    return np.abs(before - after).max(axis=2) > 0.1
