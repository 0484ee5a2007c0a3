"""Say in Korean why copy stands where it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...types import LayoutPlan, Side
from ..copy.compositions import Draft, Scene
from ..picture.energy import Busyness
from ..picture.metrics import copy_contrast, under
from ..picture.score import has_plate
from ..stand import SIDE_NAMES

_ENOUGH_CONTRAST = 4.5


def explain(
    scene: Scene, draft: Draft, plan: LayoutPlan, busy: Busyness, others: Sequence[tuple[str, LayoutPlan]]
) -> tuple[str, ...]:
    """Explain a proposal.

    Args:
        others: all proposals of the picture by name, this one among them; empty = they are not to be told.
    """
    reasons = []
    if draft.main is not None:
        reasons += _place(scene, draft)
    if scene.ground.clear is not None:
        covered = draft.covered(scene.ground)
        reasons.append(
            "제품과 겹치지 않게 했습니다."
            if covered == 0
            else f"제품을 완전히 피할 자리가 없어 글자 영역의 {covered:.0%}가 제품에 닿습니다."
        )
    if busy.faces:
        reasons.append("얼굴을 가리지 않는 자리를 먼저 찾았습니다.")
    if plan.channel:
        reasons.append(f"{plan.channel} 채널의 안전 영역 안에 두었습니다.")
    if any(block.locked for block in plan.texts) or any(mark.locked for mark in plan.marks):
        reasons.append("고정하신 항목은 그대로 두고 나머지를 그 주위에 배치했습니다.")
    if draft.stack is not None and draft.stack.items[0].role == "headline":
        reasons.append(f"제목은 {draft.stack.lines}줄, 글자 크기는 약 {draft.stack.size:.0f}px입니다.")
    bare = [block for block in plan.texts if not has_plate(block)]
    contrast = min((copy_contrast(under(busy.small, block.box)) for block in bare), default=21.0)
    reasons.append(
        "바탕의 밝기가 고르므로 글자만으로 잘 읽힙니다."
        if contrast >= _ENOUGH_CONTRAST
        else "바탕의 밝기가 고르지 않으니 글자 뒤에 음영이나 받침판을 까는 것이 좋습니다."
    )
    if others:
        reasons.append(_compared(draft.composition.korean, others))
    return tuple(reasons)


def _place(scene: Scene, draft: Draft) -> list[str]:
    assert draft.main is not None
    ground = scene.ground
    x = (draft.main[0] + draft.main[2]) / 2 / ground.width
    y = (draft.main[1] + draft.main[3]) / 2 / ground.height
    place = _place_name(x, y, draft.composition.align == "center")
    is_free = float(ground.busy(*np.array(draft.main))) < 0.05
    said = [
        f"{place} 공간이 비어 있고 잔잔해서 문구를 그곳에 놓았습니다."
        if is_free
        else f"완전히 빈 곳이 없어 가장 덜 복잡한 {place} 공간에 문구를 놓았습니다."
    ]
    if scene.prefer is not None:
        side = SIDE_NAMES[scene.prefer]
        said.append(
            f"요청하신 {side} 여백을 따랐습니다."
            if _is_on_side(scene.prefer, x, y)
            else f"요청하신 {side}에는 피사체가 있어 다른 여백을 골랐습니다."
        )
    return said


def _compared(chosen: str, proposals: Sequence[tuple[str, LayoutPlan]]) -> str:
    def points(plan: LayoutPlan) -> str:
        return f"{plan.score.total * 100:.0f}점" if plan.score else "점수 없음"

    own = next(points(plan) for name, plan in proposals if name == chosen)
    best = max(plan.score.total for _, plan in proposals if plan.score)
    is_best = any(name == chosen and plan.score and plan.score.total > best - 0.005 for name, plan in proposals)
    rest = ", ".join(f"{name} {points(plan)}" for name, plan in proposals if name != chosen)
    if not rest:
        return f"들어맞는 구성은 '{chosen}'({own})뿐입니다."
    why = "" if is_best else " 점수가 더 높아도 글자가 작거나 요청과 먼 구성은 뒤로 미루었습니다."
    return f"구성 {len(proposals)}가지를 견주어 '{chosen}'({own})을 골랐습니다.{why} 나머지: {rest}."


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
