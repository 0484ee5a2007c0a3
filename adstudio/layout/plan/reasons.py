"""Say in Korean why copy stands where it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...types import LayoutPlan, Note, Side
from ..copy.compositions import Composition, Draft, Scene
from ..picture.energy import Busyness
from ..picture.metrics import copy_contrast, under
from ..picture.score import has_plate
from ..stand import SIDE_NAMES

_ENOUGH_CONTRAST = 4.5
_CLEAR = Note("layout.off_product", "제품과 겹치지 않게 했습니다.")
_EVEN = Note("layout.even_ground", "바탕의 밝기가 고르므로 글자만으로 잘 읽힙니다.")
_UNEVEN = Note("layout.uneven_ground", "바탕의 밝기가 고르지 않으니 글자 뒤에 음영이나 받침판을 까는 것이 좋습니다.")
_ONLY = "들어맞는 구성은 '{chosen}'({points}점)뿐입니다."
_BEST = "구성 {count}가지를 견주어 '{chosen}'({points}점)을 골랐습니다. 나머지: {rest}."
_FITTEST = (
    "구성 {count}가지를 견주어 '{chosen}'({points}점)을 골랐습니다. 점수가 더 높아도 글자가 작거나 요청과 먼 구성은 "
    "뒤로 미루었습니다. 나머지: {rest}."
)


def explain(
    scene: Scene, draft: Draft, plan: LayoutPlan, busy: Busyness, others: Sequence[tuple[Composition, LayoutPlan]]
) -> tuple[str, ...]:
    """Explain a proposal.

    Args:
        others: all proposals of the picture and what each is, this one among them; empty = they are not to be told.
    """
    reasons: list[str] = []
    if draft.main is not None:
        reasons += _place(scene, draft)
    if scene.ground.clear is not None:
        covered, said = (
            draft.covered(scene.ground),
            "제품을 완전히 피할 자리가 없어 글자 영역의 {share}가 제품에 닿습니다.",
        )
        reasons.append(_CLEAR if covered == 0 else Note("layout.on_product", said, share=f"{covered:.0%}"))
    if busy.faces:
        reasons.append(Note("layout.faces", "얼굴을 가리지 않는 자리를 먼저 찾았습니다."))
    if plan.channel:
        said = "{channel} 채널의 안전 영역 안에 두었습니다."
        reasons.append(Note("layout.safe_zone", said, channel=plan.channel))
    if any(block.locked for block in plan.texts) or any(mark.locked for mark in plan.marks):
        reasons.append(Note("layout.locked", "고정하신 항목은 그대로 두고 나머지를 그 주위에 배치했습니다."))
    if draft.stack is not None and draft.stack.items[0].role == "headline":
        said, px = "제목은 {lines}줄, 글자 크기는 약 {px}px입니다.", f"{draft.stack.size:.0f}"
        reasons.append(Note("layout.headline", said, lines=draft.stack.lines, px=px))
    bare = [block for block in plan.texts if not has_plate(block)]
    contrast = min((copy_contrast(under(busy.small, block.box)) for block in bare), default=21.0)
    reasons.append(_EVEN if contrast >= _ENOUGH_CONTRAST else _UNEVEN)
    if others:
        reasons.append(_compared(draft.composition, others))
    return tuple(reasons)


def _place(scene: Scene, draft: Draft) -> list[Note]:
    assert draft.main is not None
    ground = scene.ground
    x = (draft.main[0] + draft.main[2]) / 2 / ground.width
    y = (draft.main[1] + draft.main[3]) / 2 / ground.height
    place, spot = _place_name(x, y, draft.composition.align == "center")
    is_free = float(ground.busy(*np.array(draft.main))) < 0.05
    said = "완전히 빈 곳이 없어 가장 덜 복잡한 {place} 공간에 문구를 놓았습니다."
    found = Note("layout.calmest_place", said, place=place, spot=spot)
    if is_free:
        said = "{place} 공간이 비어 있고 잔잔해서 문구를 그곳에 놓았습니다."
        found = Note("layout.free_place", said, place=place, spot=spot)
    if scene.prefer is None:
        return [found]
    side = SIDE_NAMES[scene.prefer]
    if _is_on_side(scene.prefer, x, y):
        said = "요청하신 {side} 여백을 따랐습니다."
        return [found, Note("layout.side_taken", said, side=side, copy_space=scene.prefer)]
    said = "요청하신 {side}에는 피사체가 있어 다른 여백을 골랐습니다."
    return [found, Note("layout.side_busy", said, side=side, copy_space=scene.prefer)]


def _compared(chosen: Composition, proposals: Sequence[tuple[Composition, LayoutPlan]]) -> Note:
    points = {each.name: plan.score.total * 100 if plan.score else 0.0 for each, plan in proposals}
    own, name, english = f"{points[chosen.name]:.0f}", chosen.korean, _spoken(chosen)
    others = [each for each, _ in proposals if each.name != chosen.name]
    if not others:
        return Note("layout.only_one", _ONLY, chosen=name, english=english, points=own)
    rest = ", ".join(f"{each.korean} {points[each.name]:.0f}점" for each in others)
    ranks = ", ".join(f"{_spoken(each)} {points[each.name]:.0f}" for each in others)
    count, said = len(proposals), _BEST
    if points[chosen.name] > max(points.values()) - 0.5:
        return Note("layout.best", said, count=count, chosen=name, english=english, points=own, rest=rest, ranks=ranks)
    said = _FITTEST
    return Note("layout.fittest", said, count=count, chosen=name, english=english, points=own, rest=rest, ranks=ranks)


def _spoken(composition: Composition) -> str:
    return composition.name.replace("_", " ")


def _place_name(x: float, y: float, centred: bool) -> tuple[str, str]:
    """Where that is, in Korean and in English."""
    down, height = ("위", "top") if y < 0.4 else ("아래", "bottom") if y > 0.6 else ("가운데", "middle")
    if centred:
        return ("한가운데", "middle") if height == "middle" else (f"{down}쪽 중앙", f"{height} middle")
    return (f"왼쪽 {down}", f"{height} left") if x < 0.5 else (f"오른쪽 {down}", f"{height} right")


def _is_on_side(prefer: Side, x: float, y: float) -> bool:
    return {
        "top": y < 0.5,
        "bottom": y > 0.5,
        "left": x < 0.5,
        "right": x > 0.5,
        "center": abs(x - 0.5) < 0.2 and abs(y - 0.5) < 0.2,
    }[prefer]
