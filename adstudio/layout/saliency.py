"""The local layout analyzer: free space by saliency, with no network and no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import InputError
from ..types import AdCopy, Array, LayoutPlan, Side
from .copysize import read_copy
from .energy import Busyness, measure
from .freespace import Candidate, clear_map, search, shapes, to_plan
from .metrics import copy_contrast
from .plan import check_plan
from .rest import find_rest, light_side
from .score import score
from .stand import SIDE_NAMES, check_aspects, describe, score_products, stand

_FINALISTS = 12
_SCORE_WEIGHT = 0.7


class LocalAnalyzer:
    """Proposes layouts from the picture alone. Implements ``adstudio.ports.LayoutAnalyzer``."""

    name = "local"

    def place_text(
        self,
        image: Array,
        copy: AdCopy,
        keep_clear: Array | None = None,
        *,
        prefer: Side | None = None,
        min_px: int = 20,
    ) -> LayoutPlan:
        """Place a headline and the line under it in the free space of a picture.

        Args:
            keep_clear: mask ``[H,W]`` of what copy must not cover, 1 = product.
            prefer: where the copy was meant to go; taken unless something stands there.
            min_px: the smallest letters, as in ``TextStyle``.

        Raises:
            InputError: ``layout.no_copy``, ``layout.no_room``, ``layout.mask_size``.
        """
        height, width = image.shape[:2]
        if keep_clear is not None and keep_clear.shape != (height, width):
            raise InputError(
                "layout.mask_size",
                f"Expected a mask of the picture's size {width}x{height}, but {keep_clear.shape[::-1]} came.",
                "Connect the mask of the same picture.",
            )
        words = read_copy(copy)
        busy = measure(image)
        clear = clear_map(keep_clear, busy)
        candidates = [
            candidate
            for shape in shapes(words, width, height, min_px)
            for candidate in search(shape, busy, clear, width, height, prefer)
        ]
        if not candidates:
            raise InputError(
                "layout.no_room",
                f"This copy does not fit on a picture of {width}x{height} pixels with letters of {min_px} px.",
                "Shorten the copy or use a larger picture.",
            )
        free = [candidate for candidate in candidates if candidate.covered == 0.0] or candidates
        finalists = sorted(free, key=lambda candidate: candidate.cost)[:_FINALISTS]
        scored = []
        for candidate in finalists:
            plan = to_plan(candidate, words, width, height)
            scored.append((candidate, replace(plan, score=score(image, plan, keep_clear, busy=busy))))
        winner, plan = min(scored, key=lambda pair: pair[0].cost - _SCORE_WEIGHT * _total(pair[1]))
        reasons = _explain(winner, plan, busy, clear is not None, prefer, (width, height))
        return check_plan(replace(plan, provider=self.name, reasons=reasons))

    def place_products(self, backdrop: Array, aspects: Sequence[float], *, prefer: Side | None = None) -> LayoutPlan:
        """Stand products on a backdrop.

        Args:
            aspects: width / height of each product, in their order from left to right.
            prefer: the side that the copy will need.

        Raises:
            InputError: ``layout.no_product``, ``layout.too_many_products``, ``layout.bad_value``.
        """
        check_aspects(aspects)
        height, width = backdrop.shape[:2]
        busy = measure(backdrop)
        rest, light = find_rest(busy.small, products=len(aspects)), light_side(busy.small)
        plan = LayoutPlan(products=stand(rest, busy, aspects, width, height, prefer), provider=self.name)
        return check_plan(
            replace(
                plan,
                score=score_products(busy, plan, aspects, width, height),
                reasons=describe(rest, light, plan.products, prefer),
            )
        )


def _total(plan: LayoutPlan) -> float:
    return plan.score.total if plan.score else 0.0


def _explain(
    winner: Candidate,
    plan: LayoutPlan,
    busy: Busyness,
    has_clear: bool,
    prefer: Side | None,
    picture: tuple[int, int],
) -> tuple[str, ...]:
    """Say in Korean why the copy stands where it stands."""
    shape = winner.shape
    x = (winner.left + shape.width / 2) / picture[0]
    y = (winner.top + shape.height / 2) / picture[1]
    place = _place_name(x, y, winner.align == "center")
    reasons = []
    if winner.occupied < 0.05:
        reasons.append(f"{place} 공간이 비어 있고 잔잔해서 문구를 그곳에 놓았습니다.")
    else:
        reasons.append(f"완전히 빈 곳이 없어 가장 덜 복잡한 {place} 공간에 문구를 놓았습니다.")
    if prefer is not None:
        side = SIDE_NAMES[prefer]
        kept = _is_on_side(prefer, x, y)
        reasons.append(
            f"요청하신 {side} 여백을 따랐습니다."
            if kept
            else f"요청하신 {side}에는 피사체가 있어 다른 여백을 골랐습니다."
        )
    if has_clear:
        reasons.append(
            "제품과 겹치지 않게 했습니다."
            if winner.covered == 0.0
            else f"제품을 완전히 피할 자리가 없어 글자 영역의 {winner.covered:.0%}가 제품에 닿습니다."
        )
    reasons.append(f"제목은 {shape.lines}줄, 글자 크기는 약 {shape.size:.0f}px입니다.")
    contrast = min(copy_contrast(_patch(busy, plan, i)) for i in range(len(plan.texts)))
    reasons.append(
        "바탕의 밝기가 고르므로 글자만으로 잘 읽힙니다."
        if contrast >= 4.5
        else "바탕의 밝기가 고르지 않으니 글자 뒤에 음영이나 받침판을 까는 것이 좋습니다."
    )
    return tuple(reasons)


def _place_name(x: float, y: float, centred: bool) -> str:
    down = "위" if y < 0.4 else "아래" if y > 0.6 else "가운데"
    if centred:
        return "한가운데" if down == "가운데" else f"{down}쪽 중앙"
    return f"{'왼쪽' if x < 0.5 else '오른쪽'} {down}"


def _is_on_side(prefer: Side, x: float, y: float) -> bool:
    return {
        "top": y < 0.5,
        "bottom": y > 0.5,
        "left": x < 0.5,
        "right": x > 0.5,
        "center": abs(x - 0.5) < 0.2 and abs(y - 0.5) < 0.2,
    }[prefer]


def _patch(busy: Busyness, plan: LayoutPlan, index: int) -> Array:
    height, width = busy.energy.shape
    left, top, right, bottom = plan.texts[index].box.pixels(width, height)
    return busy.small[top : max(bottom, top + 1), left : max(right, left + 1)]
