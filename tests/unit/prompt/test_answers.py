"""Reading JSON out of what language models write around it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstudio.chat.answers import MAX_CHARS, UnusableAnswer, parse_answer

WANTED = {"subject": "a latte", "props": "a spoon"}
PLAIN = json.dumps(WANTED)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"\ufeff  {PLAIN}\n",
        f"```json\n{PLAIN}\n```",
        f"```\n{PLAIN}```",
        f"Sure, here is the JSON:\n\n{PLAIN}\n\nEnjoy!",
        f"The form is {{subject, props}}: {PLAIN}",
        f"It begins with {{ and goes on: {PLAIN}",
        f"[{PLAIN}]",
        f'<think>maybe {{"subject": 1}}</think>{PLAIN}',
        f"<THINKING>\nno\n</THINKING>\n{PLAIN}",
        f'the tag was in the question {{"a": 1}} </think> {PLAIN}',
        f"<think>a</think><think>{{}}</think>{PLAIN}",
        f"{PLAIN}<think>and now",
        '{"subject": "a latte", "props": "a spoon",}',
        '{"subject": "a latte",\n "props": "a spoon" , }',
        '{"props": "first", "subject": "a latte", "props": "a spoon"}',
        f"{{}} {PLAIN}",
        f'{PLAIN} {{"subject": "another"}}',
    ],
)
def test_the_object_is_found(text: str) -> None:
    assert parse_answer(text) == WANTED


def test_braces_commas_and_breaks_inside_text_stay() -> None:
    assert parse_answer('{"a": "x,} {y [\\"z\\"] ,]",}') == {"a": 'x,} {y ["z"] ,]'}
    assert parse_answer('{"a": "two\nlines"}') == {"a": "two\nlines"}
    for words in ("<think>", "</think>", "a <THINKING> man {</thinking>}"):
        assert parse_answer(f"Here: {json.dumps({'a': words})}") == {"a": words}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("a latte on a table", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("<think>still thinking {", "no JSON object"),
        ('{"subject": "a la', "no end"),
        ('{"subject": NaN}', "not valid"),
        ('{"subject": Infinity}', "not valid"),
        ("{subject: 'a latte'}", "not valid"),
        ("{}", "empty"),
        ('{"a":' * 9 + "1" + "}" * 9, "nested"),
        ("[" * 5000, "no JSON object"),
        ('{"a":' + "[" * 100_000, "characters"),
        ('{"a":' + "[" * 20_000, "nested"),
        ('{"a": "' + "x" * (1 << 20) + '"}', "characters"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, problem: str) -> None:
    with pytest.raises(UnusableAnswer, match=problem):
        parse_answer(text)


@pytest.mark.parametrize("piece", ["{", '{"', "{}", '{"a":1,', "<think>", "</think>", ", }", '"\\'])
def test_a_long_answer_of_nonsense_is_refused(piece: str) -> None:
    with pytest.raises(UnusableAnswer):
        parse_answer(piece * (MAX_CHARS // len(piece)))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UnusableAnswer):
        assert isinstance(parse_answer(text), dict)


@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=60) | st.lists(st.text(max_size=20), max_size=4), min_size=1)
)
def test_any_flat_object_is_read_as_json_reads_it(fields: dict[str, object]) -> None:
    assert parse_answer(f"Here: {json.dumps(fields)}") == fields
