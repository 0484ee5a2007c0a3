"""A partial plan: what a person gives of it wins, and what is no part of an ad is refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adstudio.errors import InputError
from adstudio.layout.plan.overrides import held_parts, with_overrides
from adstudio.types import AdCopy, Box, LayoutPlan, Placement, TextBlock

BOX = [0.1, 0.1, 0.5, 0.2]
PLAN = LayoutPlan((TextBlock("headline", "봄 세일", Box(0.1, 0.1, 0.9, 0.3)),))


def test_a_box_holds_its_part_with_the_words_of_the_copy():
    copy = AdCopy("봄 세일", price="9,900원", old_price="12,900원")
    (held,) = held_parts({"texts": [{"role": "price", "box": BOX}]}, copy).texts
    assert (held.text, held.was, held.locked) == ("9,900원", "12,900원", True)


@pytest.mark.parametrize("role", [["price"], {"a": 1}, 7, None])
def test_a_role_that_is_no_word_is_refused_in_words(role: object):
    with pytest.raises(InputError) as caught:
        held_parts({"texts": [{"role": role, "box": BOX}]}, AdCopy("봄"))
    assert caught.value.code == "layout.bad_value"


@pytest.mark.parametrize("partial", [[1], "texts", {"texts": 5}, {"texts": [5]}, {"texts": [{"role": ["headline"]}]}])
def test_what_is_no_partial_plan_is_refused_in_words(partial: object):
    with pytest.raises(InputError):
        held_parts(partial, AdCopy("봄"))  # pyright: ignore[reportArgumentType]
        with_overrides(PLAN, partial)  # pyright: ignore[reportArgumentType]


def test_products_are_told_by_their_order():
    plan = replace(PLAN, products=(Placement(0.3, 0.9, 0.4), Placement(0.7, 0.9, 0.4)))
    first, second = with_overrides(plan, {"products": [{}, {"x": 0.6}]}).products
    assert (first, second) == (plan.products[0], replace(plan.products[1], x=0.6))
    with pytest.raises(InputError) as caught:
        with_overrides(plan, {"products": [{}, {}, {"x": 0.6}]})
    assert caught.value.code == "layout.no_such_part"
