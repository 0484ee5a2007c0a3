"""Plans from outside: read whole, mended where that is asked for, or refused with the place of the fault."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.layout.plan.reading import check_plan, from_json, to_json
from adstudio.layout.plan.schema import plan_schema, read_plan
from adstudio.types import (
    Anchor,
    Box,
    LayoutPlan,
    LayoutScore,
    Mark,
    Placement,
    Plate,
    Stance,
    TextBlock,
    TextRole,
)
from tools import plan_schema as schema_tool

PLAN = LayoutPlan(
    texts=(
        TextBlock("headline", "여름\n세일", Box(0.1, 0.2, 0.9, 0.4), "left", "#FFAA00", "bottom", "#a0f", "scrim"),
        TextBlock("price", "9,900원", Box(0.1, 0.5, 0.4, 0.6), was="12,000원", vertical=True, z=3, locked=True),
    ),
    products=(Placement(0.5, 0.8, 0.4, 1), Placement(0.2, 0.4, 0.3, 0, -12.5, "top_left", "hanging", locked=True)),
    provider="local",
    score=LayoutScore(0.9, 0.8, 0.5, 1.0, 1.0, 1.0, 0.7, 1.0, 0.85),
    reasons=("위쪽이 비어 있습니다.",),
    marks=(
        Mark("qr", Box(0.8, 0.8, 0.95, 0.95), "https://pf.kakao.com/_가게", 2, True),
        Mark("logo", Box(0, 0, 0.2, 0.1)),
    ),
    channel="kakao-bizboard",
    size_px=(1029, 258),
    picture="0123456789abcdef",
)

# --- every valid plan ---

fractions = st.floats(0, 1, allow_subnormal=False)
whole = st.integers(-1000, 1000)
words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
colours = st.none() | st.from_regex(r"#(?:[0-9a-fA-F]{3}){1,2}", fullmatch=True)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x0, x1), (y0, y1) = (
        sorted(draw(st.tuples(fractions, fractions).filter(lambda pair: abs(pair[0] - pair[1]) > 0.0101)))
        for _ in range(2)
    )
    return Box(x0, y0, x1, y1)


texts = st.builds(
    TextBlock,
    st.sampled_from(get_args(TextRole)),
    words,
    boxes(),
    st.sampled_from(["left", "center", "right"]),
    colours,
    st.sampled_from(["top", "middle", "bottom"]),
    colours,
    st.sampled_from(get_args(Plate)),
    words,
    st.booleans(),
    whole,
    st.booleans(),
)
products = st.builds(
    Placement,
    fractions,
    st.floats(0.001, 1),
    st.floats(0.001, 2),
    whole,
    st.floats(-3600, 3600),
    st.sampled_from(get_args(Anchor)),
    st.sampled_from(get_args(Stance)),
    st.booleans(),
)
marks = st.builds(Mark, st.sampled_from(["qr", "logo"]), boxes(), words, whole, st.booleans())
single = st.builds(
    LayoutPlan,
    texts=st.lists(texts, max_size=3).map(tuple),
    products=st.lists(products, max_size=2).map(tuple),
    provider=words,
    score=st.none() | st.builds(LayoutScore, *[fractions] * 9),
    reasons=st.lists(words, max_size=3).map(tuple),
    marks=st.lists(marks, max_size=2).map(tuple),
    channel=words,
    size_px=st.none() | st.tuples(st.integers(1, 65536), st.integers(1, 65536)),
    picture=st.just("") | st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
)
plans = st.builds(lambda plan, frames: replace(plan, frames=tuple(frames)), single, st.lists(single, max_size=2))
VALIDATOR = jsonschema.Draft202012Validator(plan_schema())


@settings(max_examples=60)
@given(plans)
def test_any_plan_survives_json_whole_and_keeps_to_the_schema(plan: LayoutPlan):
    text = to_json(plan)
    assert from_json(text) == plan == check_plan(plan) == from_json(text, lenient=True)
    VALIDATOR.validate(json.loads(text))


NAMES = [*plan_schema()["properties"], "box", "text"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)


@settings(max_examples=100)
@given(json_values, st.booleans())
def test_whatever_comes_is_read_or_refused_in_words(value: object, lenient: bool):
    try:
        plan = from_json(json.dumps(value), lenient=lenient)
    except InputError as error:
        assert error.code.startswith("layout.") and error.hint
    else:
        assert check_plan(plan) == plan


def test_half_a_size_is_none_to_a_lenient_reading():
    plan = from_json('{"size_px": ["wide", 800]}', lenient=True)
    assert plan.size_px is None and any("size_px" in reason for reason in plan.reasons)


def test_published_schema_is_the_one_in_force():
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    assert schema_tool.PATH.read_text("utf-8") == schema_tool.text(), "run python -m tools.plan_schema"


@pytest.mark.parametrize(
    ("path", "value"),
    [(("texts", 0, "role"), "title"), (("marks", 0, "size"), 1), (("texts", 0, "box"), [0, 0, 1]), (("size_px",), [1])],
)
def test_schema_and_reader_refuse_alike(path: tuple, value: object):
    data = changed(path, value)
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(InputError):
        read_plan(data)


# --- reading ---


def test_plan_survives_json_whole():
    both = replace(PLAN, frames=(PLAN, replace(PLAN, provider="user")))
    assert from_json(to_json(both)) == both


def test_hangul_stays_legible_in_json():
    assert "위쪽이 비어 있습니다." in to_json(PLAN)


def test_short_form_of_another_writer_is_read():
    text = '{"texts": [{"text": "세일", "box": [0.1, 0.1, 0.9, 0.3]}]}'
    assert from_json(text) == LayoutPlan(texts=(TextBlock("headline", "세일", Box(0.1, 0.1, 0.9, 0.3)),))
    VALIDATOR.validate(json.loads(text))


def test_plan_of_before_roles_marks_and_channels_is_read():
    old = {
        "texts": [{"role": "sub", "text": "오늘만", "box": {"x0": 0.1, "y0": 0.1, "x1": 0.9, "y1": 0.3},
                   "align": "left", "color": None, "anchor": "top"}],
        "products": [{"x": 0.5, "base_y": 0.8, "height": 0.4, "order": 0, "rotation": 0.0, "anchor": "bottom",
                      "stance": "standing"}],
        "provider": "local",
        "score": {"occlusion": 1, "readability": 1, "contrast": 0.5, "margins": 1, "total": 0.9},
        "reasons": [],
        "frames": [],
    }  # fmt: skip
    plan = read_plan(old)
    assert plan.texts == (TextBlock("sub", "오늘만", Box(0.1, 0.1, 0.9, 0.3), "left", anchor="top"),)
    assert plan.score is None, "its figures measured something else"


@pytest.mark.parametrize("box", [(-0.1, 0, 1, 1), (0, 0, 1.01, 1), (0.5, 0.5, 0.4, 0.6), (0.5, 0.5, 0.505, 0.9)])
def test_boxes_outside_or_too_small_are_refused(box: tuple[float, float, float, float]):
    with pytest.raises(InputError) as error:
        check_plan(replace(PLAN, texts=(TextBlock("headline", "세일", Box(*box)),)))
    assert error.value.code == "layout.bad_box" and "texts[0].box" in error.value.message


def test_an_edge_outside_by_rounding_is_put_right():
    plan = check_plan(replace(PLAN, texts=(TextBlock("headline", "세일", Box(-1e-9, 0, 1 + 1e-9, 1)),)))
    assert plan.texts[0].box == Box(0, 0, 1, 1)


@pytest.mark.parametrize(
    "placement", [(1.2, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 1.1, 0.5), (0.5, 0.5, 0.0), (0.5, 0.5, 9)]
)
def test_products_outside_are_refused(placement: tuple[float, float, float]):
    with pytest.raises(InputError) as error:
        check_plan(replace(PLAN, products=(Placement(*placement),)))
    assert error.value.code == "layout.bad_placement"


def test_frames_are_checked_too():
    bad = replace(PLAN, products=(Placement(2, 2, 2),))
    with pytest.raises(InputError) as error:
        check_plan(replace(PLAN, frames=(PLAN, bad)))
    assert "frames[1].products[0].x" in error.value.message


def changed(path: tuple, value: object) -> dict:
    data = json.loads(to_json(PLAN))
    target = data
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("texts", 0, "box", "x0"), "0.1", "texts[0].box.x0"),
        (("texts", 0, "box", "x0"), True, "texts[0].box.x0"),
        (("texts", 0, "box", "x0"), float("nan"), "texts[0].box.x0"),
        (("texts", 0, "box", "x0"), float("-inf"), "texts[0].box.x0"),
        (("texts", 0, "box", "x0"), 10**400, "texts[0].box.x0"),
        (("texts", 0, "box"), [0, 1], "texts[0].box"),
        (("texts", 0, "text"), None, "texts[0].text"),
        (("texts", 0, "text"), "가" * 2001, "texts[0].text"),
        (("texts", 0, "text"), "벨\x07", "texts[0].text"),
        (("texts", 0, "text"), "\ud800", "texts[0].text"),
        (("texts", 0, "role"), "title", "texts[0].role"),
        (("texts", 0, "role"), ["headline"], "texts[0].role"),
        (("texts", 0, "align"), "justify", "texts[0].align"),
        (("texts", 0, "anchor"), "above", "texts[0].anchor"),
        (("texts", 0, "color"), "red; drop", "texts[0].color"),
        (("texts", 1, "color_to"), "#12", "texts[1].color_to"),
        (("texts", 1, "plate"), "wood", "texts[1].plate"),
        (("texts", 1, "vertical"), 1, "texts[1].vertical"),
        (("texts", 1, "z"), 0.5, "texts[1].z"),
        (("texts", 1, "z"), 10**9, "texts[1].z"),
        (("texts",), {"a": 1}, "texts"),
        (("texts",), [{}] * 51, "texts"),
        (("products", 0, "order"), 1.5, "products[0].order"),
        (("products", 0, "rotation"), 1e300, "products[0].rotation"),
        (("marks", 0, "kind"), "barcode", "marks[0].kind"),
        (("marks", 0, "content"), "x" * 3000, "marks[0].content"),
        (("score", "total"), 7, "score.total"),
        (("score", "utility"), None, "score.utility"),
        (("reasons",), [3], "reasons[0]"),
        (("frames",), [{"frames": [{}]}], "frames[0].frames"),
        (("size_px",), [100, 0], "size_px[1]"),
        (("picture",), "not a digest", "picture"),
    ],
)
def test_wrong_values_are_named(path: tuple, value: object, named: str):
    with pytest.raises(InputError) as error:
        from_json(json.dumps(changed(path, value)))
    assert error.value.code in ("layout.bad_value", "layout.bad_box") and named in error.value.message


@pytest.mark.parametrize(
    ("path", "named"),
    [(("colour",), "the plan"), (("texts", 0, "font"), "texts[0]"), (("texts", 0, "box", "z0"), "texts[0].box")],
)
def test_unknown_names_are_refused_with_their_place(path: tuple, named: str):
    with pytest.raises(InputError) as error:
        from_json(json.dumps(changed(path, 1)))
    assert error.value.code == "layout.unknown_name"
    assert f"Expected {named} to hold" in error.value.message and path[-1] in error.value.message


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "null", "[" * 100_000, '{"a":' * 100_000,
     '{"texts": [{"box": NaN}]}', "9" * 5000, " " * 10**6 + "{}"],
)  # fmt: skip
def test_what_is_no_plan_is_refused(text: str):
    with pytest.raises(InputError):
        from_json(text)


def test_a_name_given_twice_is_refused():
    with pytest.raises(InputError) as error:
        from_json('{"provider": "a", "texts": [], "provider": "b"}')
    assert error.value.code == "layout.bad_json" and "'provider'" in error.value.message


# --- a language model's ---


def test_lenient_reading_mends_and_says_so():
    plan = from_json(
        json.dumps(
            {
                "texts": [
                    {"role": "title", "text": "세일", "box": ["0.9", -3, 0.1, 1.4], "color": "빨강", "size": 20},
                    {"role": "sub", "box": [0, 0, 1, 1]},
                    {"role": "sub", "text": "오늘만", "box": [0.5, 0.5, 0.5, 0.5]},
                ],
                "products": [{"x": 2, "base_y": 0, "height": 7}],
                "title": "my layout",
            }
        ),
        lenient=True,
    )
    assert [block.text for block in plan.texts] == ["세일", "오늘만"]
    assert plan.texts[0].box == Box(0.1, 0, 0.9, 1) and plan.texts[0].role == "note" and plan.texts[0].color is None
    assert plan.products[0].x == 1 and plan.products[0].base_y > 0 and plan.products[0].height == 2
    assert check_plan(plan) == plan
    said = "\n".join(plan.reasons)
    for named in (
        "texts[0].box",
        "texts[0].role",
        "texts[0].color",
        "texts[1]",
        "texts[2].box",
        "products[0].x",
        "title",
    ):
        assert named in said, named  # fmt: skip


def test_lenient_reading_of_a_good_plan_says_nothing():
    assert from_json(to_json(PLAN), lenient=True) == PLAN


@pytest.mark.parametrize("text", ["", "[]", '{"texts": 3}'[:5]])
def test_even_a_lenient_reading_needs_an_object(text: str):
    with pytest.raises(InputError):
        from_json(text, lenient=True)
