"""Reflow: whatever the words and the channel, boxes stay inside the safe zone, apart, in order, loud as before."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.layout.copy.blocks import Piece, group_pieces, pieces_of
from adstudio.layout.copy.reflow import reflow
from adstudio.types import Box, Channel, LayoutPlan, Mark, Placement, TextBlock

WORDS = (
    "가을을 담은 첫 모금",
    "신메뉴 라떼 5,500원",
    "지금 주문하기",
    "1+1",
    "매일 10시 ~ 21시",
    "행사 10월 1일~31일",
    "봄",
)
ROLES = ("headline", "sub", "note", "cta", "price", "hours")


def channel(width: int, height: int, safe: Box = Box(0, 0, 1, 1)) -> Channel:  # noqa: B008 - frozen
    return Channel("test", "시험", "Test", (width, height), safe=safe)


@st.composite
def plans(draw: st.DrawFn) -> LayoutPlan:
    """Plans as an analyzer or a person makes them: a column of blocks, a badge, a line of legal text, a code."""
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=4))
    align = draw(st.sampled_from(["left", "center", "right"]))
    left, top = draw(st.floats(0.05, 0.4)), draw(st.floats(0.05, 0.3))
    width = draw(st.floats(0.3, 0.5))
    texts: list[TextBlock] = []
    for role in roles:
        height = draw(st.floats(0.04, 0.1))
        texts.append(TextBlock(role, draw(st.sampled_from(WORDS)), Box(left, top, left + width, top + height), align))  # type: ignore[arg-type]
        top += height + draw(st.floats(0.005, 0.03))
    marks = ()
    if draw(st.booleans()):
        texts.append(TextBlock("badge", "1+1", Box(0.8, 0.05, 0.95, 0.15)))
    if draw(st.booleans()):
        texts.append(TextBlock("legal", "행사 기간 10월 1일~31일", Box(0.1, 0.93, 0.9, 0.96)))
    if draw(st.booleans()):
        marks = (Mark("qr", Box(0.8, 0.75, 0.95, 0.9), "https://example.com"),)
    return LayoutPlan(tuple(texts), marks=marks)


SIZES = st.sampled_from([(1080, 1350), (1080, 1920), (1250, 560), (1660, 260), (1200, 750), (1200, 380), (800, 400)])
ZONES = st.sampled_from([Box(0, 0, 1, 1), Box(0, 0.13, 1, 0.8), Box(0.15, 0.09, 0.85, 0.94), Box(0.05, 0, 0.95, 1)])
SOURCE = (1024, 1024)
MIDDLE = Box(0.4, 0.4, 0.6, 0.6)


@settings(max_examples=40)
@given(plan=plans(), size=SIZES, safe=ZONES, product=st.booleans())
def test_boxes_stay_safe_apart_ordered_and_loud(plan: LayoutPlan, size: tuple[int, int], safe: Box, product: bool):
    keep = None
    if product:
        keep = np.zeros((40, 40), np.float32)
        keep[18:, 22:36] = 1
    try:
        laid = reflow(plan, SOURCE, channel(*size, safe), keep=keep, min_px=10)
    except InputError as error:
        assert error.code == "reflow.no_room"
        assert len(plan.texts) + len(plan.marks) > 3 or min(size) < 400
        return
    boxes = [thing.box for thing in (*laid.texts, *laid.marks)]
    for box in boxes:
        assert safe.x0 - 1e-6 <= box.x0 < box.x1 <= safe.x1 + 1e-6
        assert safe.y0 - 1e-6 <= box.y0 < box.y1 <= safe.y1 + 1e-6
    assert all(one.overlap(other) < 1e-9 for one, other in combinations(boxes, 2))
    assert [replace(block, box=MIDDLE) for block in laid.texts] == [replace(block, box=MIDDLE) for block in plan.texts]
    before, after = pieces_of(plan, SOURCE), pieces_of(laid, size)
    for group in group_pieces(before, SOURCE):
        for one, other in combinations(group.pieces, 2):
            upper, lower = sorted((one, other), key=lambda piece: piece.box[1])
            assert after[before.index(upper)].box[3] <= after[before.index(lower)].box[1] + 1e-6
    for (one, other), (one_now, other_now) in zip(combinations(before, 2), combinations(after, 2), strict=True):
        if is_louder(one, other):
            assert one_now.size > other_now.size * 0.97


def is_louder(one: Piece, other: Piece) -> bool:
    return one.size > other.size * 1.1


def two_lines(**more: Any) -> LayoutPlan:
    texts = (
        TextBlock("headline", "가을을 담은 첫 모금", Box(0.1, 0.06, 0.9, 0.18), color="#221100"),
        TextBlock("sub", "신메뉴 라떼 5,500원", Box(0.1, 0.2, 0.9, 0.26)),
    )
    return LayoutPlan(texts, **more)


def test_copy_goes_beside_the_product_on_a_banner():
    keep = np.zeros((56, 125), np.float32)
    keep[5:51, 70:110] = 1
    laid = reflow(two_lines(), SOURCE, channel(1250, 560), keep=keep)
    assert max(block.box.x1 for block in laid.texts) < 70 / 125
    middle = (laid.texts[0].box.y0 + laid.texts[-1].box.y1) / 2
    assert 0.3 < middle < 0.7


def test_copy_that_stood_at_the_right_stays_there():
    plan = two_lines()
    moved = replace(plan, texts=tuple(replace(b, box=Box(0.6, b.box.y0, 0.95, b.box.y1)) for b in plan.texts))
    laid = reflow(moved, SOURCE, channel(1250, 560))
    assert min(block.box.x0 for block in laid.texts) > 0.45


def test_copy_keeps_off_what_must_be_seen_and_off_the_edge_of_light_and_dark():
    keep = np.zeros((100, 100), np.float32)
    keep[:45] = 1
    laid = reflow(two_lines(), SOURCE, channel(1080, 1080), keep=keep)
    assert laid.texts[0].box.y0 > 0.44
    tone = np.where(np.arange(100)[:, None] < 25, 0.9, 0.2).astype(np.float32) * np.ones((100, 100), np.float32)
    laid = reflow(two_lines(), SOURCE, channel(1080, 1080), tone=tone)
    assert laid.texts[-1].box.y1 <= 0.26 or laid.texts[0].box.y0 >= 0.24


def test_a_locked_block_stays_where_a_person_put_it():
    plan = LayoutPlan((*two_lines().texts, TextBlock("note", "매일 10시", Box(0.6, 0.7, 0.9, 0.76), locked=True)))
    laid = reflow(plan, SOURCE, channel(1080, 1350))
    box = laid.texts[2].box
    assert abs((box.x0 + box.x1) / 2 - 0.75) < 0.06
    assert abs((box.y0 + box.y1) / 2 - 0.73) < 0.06


def test_a_template_is_left_alone():
    plan = two_lines(provider="template", channel="kakao_bizboard", size_px=(1029, 258))
    bizboard = replace(channel(1029, 258), id="kakao_bizboard")
    assert reflow(plan, (1029, 258), bizboard) is plan
    with pytest.raises(InputError) as caught:
        reflow(plan, (1029, 258), channel(1080, 1080))
    assert caught.value.code == "reflow.locked_template"


def test_the_plan_says_what_it_is_for():
    plan = two_lines(products=(Placement(0.5, 0.9, 0.4),), picture="0123456789abcdef")
    laid = reflow(plan, SOURCE, channel(1080, 1920))
    assert (laid.channel, laid.size_px, laid.picture, laid.score) == ("test", (1080, 1920), "", None)
    assert laid.products == plan.products
    assert "1080x1920" in laid.reasons[-1]


def test_letters_that_would_be_too_small_are_refused():
    with pytest.raises(InputError) as caught:
        reflow(two_lines(), SOURCE, channel(342, 228), min_px=60)
    assert caught.value.code == "reflow.no_room"


def test_a_plan_without_words_is_taken_to_the_new_size():
    laid = reflow(LayoutPlan(products=(Placement(0.5, 0.9, 0.4),)), SOURCE, channel(1080, 1920))
    assert (laid.texts, laid.size_px) == ((), (1080, 1920))
