"""Batches and wishes: a plan per picture, masks of any size, and the user's own numbers first."""

from __future__ import annotations

import numpy as np
import pytest

from adstudio.errors import InputError
from adstudio.layout.frames import ProductWish, aspects_of, choose_copy, choose_side, place_products, place_text
from adstudio.layout.plan.digest import bind, digest_of
from adstudio.layout.plan.reading import check_plan
from adstudio.layout.plan.report import describe, draw_boxes, report_lines
from adstudio.layout.saliency import LocalAnalyzer, Wishes
from adstudio.types import AdCopy, AdPrompt, Array, Box, CutOut, LayoutPlan, Note, Scene, TextBlock

COPY = AdCopy("가을 세일", "오늘 하루만", provider="rules")
LOCAL = LocalAnalyzer()


def test_every_picture_of_a_batch_gets_its_own_plan(disc: Array):
    mirrored = np.ascontiguousarray(disc[:, ::-1])
    plan = place_text(LOCAL, [disc, mirrored], COPY, None, None)
    assert plan.for_frame(0) == LOCAL.place_text(disc, COPY)
    assert plan.for_frame(1) == LOCAL.place_text(mirrored, COPY)
    with pytest.raises(InputError) as error:
        plan.for_frame(2)
    assert error.value.code == "layout.frame_count"
    assert plan.for_frame(0).texts[0].box != plan.for_frame(1).texts[0].box


def test_plan_of_one_picture_serves_every_one(disc: Array):
    plan = LOCAL.place_text(disc, COPY)
    assert plan.for_frame(5) == plan


def test_plans_are_bound_to_their_pictures(disc: Array):
    mirrored = np.ascontiguousarray(disc[:, ::-1])
    plan = bind(place_text(LOCAL, [disc, mirrored], COPY, None, None), [disc, mirrored])
    assert [frame.picture for frame in plan.frames] == [digest_of(disc), digest_of(mirrored)]
    assert plan.picture == digest_of(disc) != digest_of(mirrored) and len(plan.picture) == 16
    assert plan.size_px == (600, 400) and check_plan(plan) == plan
    whole = (np.rint(disc * 255) / 255).astype(np.float32)
    assert digest_of(whole + 0.3 / 255) == digest_of(whole) != digest_of(whole[:, :300]), "as 8 bits, and by their size"


def test_locked_parts_of_a_batch_stay_in_each_of_its_pictures(disc: Array):
    held = [TextBlock("headline", "고정", Box(x, 0.1, x + 0.4, 0.3), locked=True) for x in (0.06, 0.5)]
    previous = LayoutPlan(frames=tuple(LayoutPlan((block,)) for block in held))
    plan = place_text(LOCAL, [disc, disc], COPY, None, None, Wishes(previous=previous))
    assert [plan.for_frame(i).texts[0] for i in (0, 1)] == held
    with pytest.raises(InputError):
        place_text(LOCAL, [disc] * 3, COPY, None, None, Wishes(previous=previous))


def test_single_picture_gives_a_plain_plan(disc: Array):
    assert place_text(LOCAL, [disc], COPY, None, None).frames == ()


def test_mask_of_another_size_is_brought_to_the_picture(disc: Array):
    small = np.zeros((40, 60), np.float32)
    small[:, :30] = 1
    plan = place_text(LOCAL, [disc], AdCopy("세일"), [small], None)
    assert all(block.box.x0 >= 0.5 for block in plan.texts)


def test_empty_mask_means_nothing_to_keep_clear(disc: Array):
    assert place_text(LOCAL, [disc], COPY, [np.zeros((64, 64), np.float32)], None) == LOCAL.place_text(disc, COPY)


def test_masks_that_do_not_match_the_batch_are_refused(disc: Array):
    with pytest.raises(InputError) as error:
        place_text(LOCAL, [disc] * 3, COPY, [np.zeros((4, 4), np.float32)] * 2, None)
    assert error.value.code == "layout.mask_count"


def test_typed_words_go_before_the_copys():
    assert choose_copy(COPY, "", " ") == COPY
    assert choose_copy(COPY, "봄 세일", "").headline == "봄 세일"
    assert choose_copy(COPY, "봄 세일", "").sub == COPY.sub
    assert choose_copy(None, "", "") == AdCopy("")
    typed = choose_copy(COPY, price="9,900원", badge=" ", call_to_action="주문하기")
    assert (typed.headline, typed.price, typed.badge, typed.call_to_action) == (
        COPY.headline,
        "9,900원",
        "",
        "주문하기",
    )


def test_auto_side_is_the_prompts():
    prompt = AdPrompt("", "", "", "cafe", "realistic", Scene("wood", "red", "left", "calm"), "left", "rules")
    assert choose_side("auto", prompt) == "left"
    assert choose_side("auto", None) is None
    assert choose_side("top", prompt) == "top"
    with pytest.raises(InputError):
        choose_side("middle", None)


def test_wishes_move_the_products_and_are_reported(table: Array):
    plan = place_products(LOCAL, [table], [1.0], ProductWish(0.3, 0.9, 0.25), None)
    (product,) = plan.products
    assert (product.x, product.base_y, product.height) == pytest.approx((0.3, 0.9, 0.25))
    assert plan.score is None and "직접 지정하신 값" in plan.reasons[-1]


def test_untouched_wishes_leave_the_plan_alone(table: Array):
    assert place_products(LOCAL, [table], [1.0], ProductWish(), None) == LOCAL.place_products(table, [1.0])


def test_group_keeps_its_spacing_when_moved_and_scaled(table: Array):
    before = LOCAL.place_products(table, [0.5, 0.5])
    after = place_products(LOCAL, [table], [0.5, 0.5], ProductWish(height=before.products[0].height / 2), None)
    gaps = [plan.products[1].x - plan.products[0].x for plan in (before, after)]
    assert gaps[1] == pytest.approx(gaps[0] / 2, abs=1e-4)


def test_a_group_that_is_moved_up_stays_in_the_picture(table: Array):
    wish = ProductWish(base_y=0.02)
    products = place_products(LocalAnalyzer(), [table], [0.3, 2.0], wish, None).products
    assert max(each.base_y for each in products) == pytest.approx(0.02)
    assert min(each.base_y for each in products) > 0


def test_impossible_wish_is_refused(table: Array):
    with pytest.raises(InputError) as error:
        place_products(LOCAL, [table], [1.0], ProductWish(base_y=0.0), None)
    assert error.value.code == "layout.bad_placement"


def test_aspects_skip_what_is_not_connected():
    cutout = CutOut(np.zeros((20, 10, 4), np.float32), "mask")
    assert aspects_of((cutout, None, cutout)) == [0.5, 0.5]


def test_report_is_korean_and_has_the_score(disc: Array):
    text = describe(LOCAL.place_text(disc, COPY))
    assert "점수" in text and "놓았습니다." in text
    both = describe(place_text(LOCAL, [disc, disc], COPY, None, None))
    assert "[그림 1]" in both and "[그림 2]" in both


def test_every_line_of_the_report_can_be_said_in_another_language(disc: Array):
    text = place_text(LOCAL, [disc, disc], COPY, None, "left")
    product = place_products(LOCAL, [disc], [1.0, 0.5], ProductWish(height=0.3), "top")
    for plan in (text, product):
        lines = report_lines(plan)
        assert len(lines) > 5 and all(isinstance(line, Note) for line in lines if line)


def test_preview_draws_rims_only(disc: Array):
    plan = LayoutPlan((TextBlock("headline", "세일", Box(0.1, 0.1, 0.5, 0.5)),))
    shown = draw_boxes(disc, plan)
    assert not np.array_equal(shown[40, 60:300], disc[40, 60:300])
    assert np.array_equal(shown[60:180, 80:280], disc[60:180, 80:280])
