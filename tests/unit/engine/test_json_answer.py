"""Whatever chooses the tokens, an answer bound to a schema is JSON of it, and ends in time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from conversation import SCHEMA, why_invalid

from adstudio import config
from adstudio.engine.forms.assembly import build_tokenizer
from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer
from adstudio.engine.writing.answer import Draft, Walk, is_looping, walk_freely
from adstudio.engine.writing.json_answer import is_writable, walk_form
from adstudio.engine.writing.vocabulary import Vocabulary

NESTED = {
    "type": "object",
    "properties": {
        'a "quoted" 이름': {"type": "string"},
        "rows": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "object", "properties": {"on": {"type": "boolean"}, "label": {"type": "string"}}},
        },
        "version": {"const": 3},
        "level": {"enum": [1, 2, None, "그\n림"]},
        "codes": {"type": "array", "items": {"enum": ["ab", "abc"]}, "minItems": 2, "maxItems": 4},
    },
}
Choose = Callable[[torch.Tensor], int]


@pytest.fixture(scope="module", params=["demo", "qwen"])
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    if request.param == "qwen":
        return Vocabulary(qwen_tokenizer(), 151936)
    return Vocabulary(build_tokenizer(config.EMBEDDED_CHECKPOINT / "tokenizer"), 2048)


@pytest.fixture(scope="module")
def qwen() -> Vocabulary:
    return Vocabulary(qwen_tokenizer(), 151936)


def run(walk: Walk, draft: Draft, choose: Choose) -> int:
    """Let ``choose`` be the model; returns how often it was asked."""
    asked = 0
    ids = next(walk, None)
    while ids is not None and draft.room > 0:
        asked += 1
        try:
            ids = walk.send(choose(ids))
        except StopIteration:
            ids = None
    return asked


def at_random(seed: int) -> Choose:
    dice = random.Random(seed)
    return lambda ids: int(ids[dice.randrange(len(ids))])


def never_ending(vocabulary: Vocabulary, seed: int) -> Choose:
    """A model that closes no string on its own."""
    dice = random.Random(seed)

    def choose(ids: torch.Tensor) -> int:
        while True:
            token = int(ids[dice.randrange(len(ids))])
            if token not in vocabulary.closing or len(ids) < 3:
                return token

    return choose


@pytest.mark.parametrize("form", [SCHEMA, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("seed", range(12))
def test_any_choice_gives_json_of_the_schema(vocabulary: Vocabulary, form: dict[str, Any], seed: int):
    draft = Draft(vocabulary, 400)
    run(walk_form(draft, form), draft, at_random(seed))
    assert len(draft.tokens) <= 400
    assert why_invalid(json.loads(draft.text), form) == ""


@pytest.mark.parametrize("form", [SCHEMA, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("most", [130, 170, 300])
@pytest.mark.parametrize("seed", range(4))
def test_it_ends_in_time_though_no_string_is_closed(vocabulary: Vocabulary, form: dict[str, Any], most: int, seed: int):
    draft = Draft(vocabulary, most)
    run(walk_form(draft, form), draft, never_ending(vocabulary, seed))
    assert len(draft.tokens) <= most
    assert why_invalid(json.loads(draft.text), form) == ""


def test_room_is_shared_so_that_late_strings_are_not_starved(vocabulary: Vocabulary):
    form = {"type": "object", "properties": {name: {"type": "string", "minLength": 1} for name in "abcd"}}
    draft = Draft(vocabulary, 160)
    run(walk_form(draft, form), draft, never_ending(vocabulary, 1))
    lengths = [len(vocabulary.encode(text)) for text in json.loads(draft.text).values()]
    assert min(lengths) >= 10
    assert draft.is_cut_short


def test_a_string_that_reaches_its_length_is_not_called_cut_short(qwen: Vocabulary):
    form = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 5}}}
    draft = Draft(qwen, 60)
    run(walk_form(draft, form), draft, never_ending(qwen, 3))
    assert len(json.loads(draft.text)["a"]) == 5
    assert not draft.is_cut_short


def test_what_is_bound_to_come_is_not_asked(qwen: Vocabulary):
    form = {"type": "object", "properties": {"kind": {"const": "ad"}, "mood": {"enum": ["calm", "bright"]}}}
    draft = Draft(qwen, 60)
    assert run(walk_form(draft, form), draft, at_random(0)) == 1
    assert json.loads(draft.text)["mood"] in ("calm", "bright")


def test_a_token_that_ends_a_string_and_more_is_read_for_what_it_says(qwen: Vocabulary):
    form = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}, "b": {"const": 1}}}
    by_text = {qwen.spell(index): index for index in [*qwen.closing, *map(int, qwen.in_string)]}
    script = [b'"', b"x", b'",', b"y", b'"]']
    draft = Draft(qwen, 90)

    def choose(ids: torch.Tensor) -> int:
        token = by_text[script.pop(0)]
        assert token in ids
        return token

    assert run(walk_form(draft, form), draft, choose) == 5
    assert json.loads(draft.text) == {"a": ["x", "y"], "b": 1}


def test_half_an_escape_is_never_kept(qwen: Vocabulary):
    form = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 1}}}
    escape = next(index for index in qwen.in_string.tolist() if qwen.spell(index) == b"\\n")
    draft = Draft(qwen, 60)
    run(walk_form(draft, form), draft, lambda ids: escape)
    assert json.loads(draft.text) == {"a": ""}


def test_a_loop_within_a_string_is_closed(qwen: Vocabulary):
    form = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 4000}, "b": {"const": 1}}}
    draft, word = Draft(qwen, 2000), qwen.encode(" 맛있는")[0]
    run(walk_form(draft, form), draft, lambda ids: word if word in ids else int(ids[0]))
    assert len(draft.tokens) < 100
    assert json.loads(draft.text)["b"] == 1
    assert draft.is_cut_short


def test_room_for_not_even_the_form_is_said_and_kept_to(vocabulary: Vocabulary):
    draft = Draft(vocabulary, 10)
    run(walk_form(draft, SCHEMA), draft, at_random(0))
    assert draft.room <= 0


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"type": "number"},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}},
        {"type": "array"},
        {"enum": []},
        {"enum": [1, 12]},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}},
        {"type": ["string", "null"]},
    ],
)
def test_other_schemas_are_not_promised(form: dict[str, Any]):
    assert not is_writable(form)


def test_free_writing_ends_with_the_object(qwen: Vocabulary):
    text = 'Sure:\n```json\n{"a": "}{\\"", "b": {"c": [1]}} and then some'
    script = qwen.encode(text)
    draft = Draft(qwen, 100)
    run(walk_freely(draft), draft, lambda ids: script.pop(0))
    start = draft.text.index("{")
    assert json.loads(draft.text[start:].rstrip("` \n")) == {"a": '}{"', "b": {"c": [1]}}
    assert "and then" not in draft.text


def test_an_object_within_a_thought_does_not_end_it(qwen: Vocabulary):
    script = qwen.encode('<think>{"a": 1}</think>{"b": 2} more')
    draft = Draft(qwen, 100)
    run(walk_freely(draft), draft, lambda ids: script.pop(0))
    assert draft.text.rstrip().endswith('{"b": 2}')


def test_free_writing_ends_at_the_end_of_the_turn(qwen: Vocabulary):
    script = [*qwen.encode("안녕하세요"), 151645, *qwen.encode("x")]
    draft = Draft(qwen, 100)
    run(walk_freely(draft), draft, lambda ids: script.pop(0))
    assert draft.text == "안녕하세요"


@pytest.mark.parametrize(
    ("tokens", "is_loop"),
    [
        ([1] * 32, True),
        ([1] * 31, False),
        ([9, *[1, 2, 3] * 11], True),
        ([*range(40)] * 4, True),
        ([*range(40)] * 3, False),
        ([*[1, 2, 3] * 11, 9], False),
        ([], False),
    ],
)
def test_loops_are_phrases_over_and_over(tokens: list[int], is_loop: bool):
    assert is_looping(tokens) is is_loop
