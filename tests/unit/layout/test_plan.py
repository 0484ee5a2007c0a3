"""Plans from outside: read whole, or refused with the place of the fault."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adstudio.errors import InputError
from adstudio.layout.plan import check_plan, from_json, to_json
from adstudio.types import Box, LayoutPlan, LayoutScore, Placement, TextBlock

PLAN = LayoutPlan(
    texts=(TextBlock("headline", "여름\n세일", Box(0.1, 0.2, 0.9, 0.4), "left", "#FFAA00", "bottom"),),
    products=(Placement(0.5, 0.8, 0.4, 1), Placement(0.2, 0.4, 0.3, 0, -12.5, "top_left", "hanging")),
    provider="local",
    score=LayoutScore(0.9, 0.8, 0.7, 1.0, 0.85),
    reasons=("위쪽이 비어 있습니다.",),
)


def test_plan_survives_json_whole():
    both = replace(PLAN, frames=(PLAN, replace(PLAN, provider="user")))
    assert from_json(to_json(both)) == both


def test_hangul_stays_legible_in_json():
    assert "위쪽이 비어 있습니다." in to_json(PLAN)


def test_short_form_of_another_writer_is_read():
    plan = from_json('{"texts": [{"text": "세일", "box": [0.1, 0.1, 0.9, 0.3]}]}')
    assert plan == LayoutPlan(texts=(TextBlock("headline", "세일", Box(0.1, 0.1, 0.9, 0.3)),))


@pytest.mark.parametrize("box", [(-0.1, 0, 1, 1), (0, 0, 1.01, 1), (0.5, 0.5, 0.4, 0.6), (0.5, 0.5, 0.505, 0.9)])
def test_boxes_outside_or_too_small_are_refused(box: tuple[float, float, float, float]):
    with pytest.raises(InputError) as error:
        check_plan(replace(PLAN, texts=(TextBlock("headline", "세일", Box(*box)),)))
    assert error.value.code == "layout.bad_box" and "texts[0].box" in error.value.message


def test_not_a_number_is_refused():
    with pytest.raises(InputError):
        check_plan(replace(PLAN, texts=(TextBlock("headline", "세일", Box(float("nan"), 0, 1, 1)),)))


@pytest.mark.parametrize(
    "placement", [(1.2, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 1.1, 0.5), (0.5, 0.5, 0.0), (0.5, 0.5, 9)]
)
def test_products_outside_are_refused(placement: tuple[float, float, float]):
    with pytest.raises(InputError) as error:
        check_plan(replace(PLAN, products=(Placement(*placement),)))
    assert error.value.code == "layout.bad_placement"


def test_frames_are_checked_too():
    bad = replace(PLAN, products=(Placement(2, 2, 2),))
    with pytest.raises(InputError):
        check_plan(replace(PLAN, frames=(PLAN, bad)))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("texts", 0, "box", "x0"), "0.1", "texts[0].box.x0"),
        (("texts", 0, "box", "x0"), True, "texts[0].box.x0"),
        (("texts", 0, "box"), [0, 1], "texts[0].box"),
        (("texts", 0, "text"), None, "texts[0].text"),
        (("texts", 0, "role"), "title", "texts[0].role"),
        (("texts", 0, "align"), "justify", "texts[0].align"),
        (("texts", 0, "anchor"), "above", "texts[0].anchor"),
        (("texts", 0, "color"), "red; drop", "texts[0].color"),
        (("texts",), {"a": 1}, "texts"),
        (("texts",), [{}] * 51, "texts"),
        (("products", 0, "order"), 1.5, "products[0].order"),
        (("score", "total"), 7, "score"),
        (("reasons",), [3], "reasons"),
    ],
)
def test_wrong_values_are_named(path: tuple, value: object, named: str):
    data = json.loads(to_json(PLAN))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(InputError) as error:
        from_json(json.dumps(data))
    assert error.value.code == "layout.bad_value" and named in error.value.message


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "[" * 100_000, '{"texts": [{"box": NaN}]}'])
def test_what_is_no_plan_is_refused(text: str):
    with pytest.raises(InputError):
        from_json(text)
