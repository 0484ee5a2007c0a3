"""Ask a model on a real socket for layouts: what it is asked, and answers made of the question."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from chat_server import Received, Reply, says

from adstudio.layout import frames
from adstudio.layout.providers import LayoutChoice, Layouts, lay_out
from adstudio.types import AdCopy, Array, Box

CANARY = "sk-canary-0123456789abcdefghij"
COPY = AdCopy("창가의 딸기라떼", "오늘 나온 신메뉴를 만나보세요")
NO_WISH = frames.ProductWish()
AS_PROPOSED = LayoutChoice("openai", as_is=True, cache=False)
KOREAN = "오른쪽 여백이 넓어 글자가 편하게 읽힙니다."


def fields(request: Received, *, box: Callable[[list[dict[str, Any]]], int], **changed: Any) -> dict[str, Any]:
    """A whole answer that puts all copy into one of the boxes of the question."""
    number = box(request.data["boxes"])
    answer: dict[str, Any] = {"reasoning": KOREAN}
    for piece in request.data["copy"]:
        name = piece["name"]
        answer |= {
            f"{name}_box": str(number),
            f"{name}_align": "right",
            f"{name}_color": "auto",
            f"{name}_plate": "none",
        }
    return answer | changed


def calmest(boxes: list[dict[str, Any]]) -> int:
    return max(boxes, key=lambda box: box["calm"])["number"]


def busiest(boxes: list[dict[str, Any]]) -> int:
    return min(boxes, key=lambda box: box["calm"])["number"]


def picks(
    box: Callable[[list[dict[str, Any]]], int] = calmest, wrap: str = "{}", **changed: Any
) -> Callable[[Received], Reply]:
    """Answer with the box that a rule picks out of the question, with other text around it."""
    return lambda request: says(wrap.replace("{}", json.dumps(fields(request, box=box, **changed), ensure_ascii=False)))


def laid_out(picture: Array, copy: AdCopy = COPY, **choice: Any) -> Layouts:
    given = LayoutChoice(**{"name": "openai", "cache": False, "as_is": True, **choice})
    return place([picture], copy, given)


def place(pictures: list[Array], copy: AdCopy = COPY, choice: LayoutChoice = AS_PROPOSED) -> Layouts:
    return asyncio.run(lay_out(choice, lambda one: frames.place_text(one, pictures, copy, None, None)))


def place_small(picture: Array, copy: AdCopy = COPY) -> Layouts:
    return asyncio.run(lay_out(AS_PROPOSED, lambda one: one.place_text(picture, copy, min_px=8)))


def chosen(request: Received, number: int) -> Box:
    box = next(box for box in request.data["boxes"] if box["number"] == number)
    return Box(*(box[edge] / 100 for edge in ("left", "top", "right", "bottom")))
