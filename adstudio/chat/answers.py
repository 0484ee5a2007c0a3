"""Read the JSON object out of what a language model wrote around it."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_CHARS = 40_000
MAX_DEPTH = 8
_MAX_STARTS = 20  # braces in the chatter before the answer
_FIRST_THOUGHT = re.compile(r"<think(?:ing)?>", re.I)
_THOUGHT = re.compile(r"</?think(?:ing)?>", re.I)
_END_OF_THOUGHT = re.compile(r"</think(?:ing)?>", re.I)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.S)


class UnusableAnswer(ValueError):
    """A language model's answer that cannot be used; the message says to the model what is wrong with it."""


def parse_answer(text: str) -> dict[str, Any]:
    """Find the first JSON object after the thinking, whatever is written around it.

    A comma too many and raw line breaks inside text are forgiven. Of a key that comes twice the last counts.

    Raises:
        UnusableAnswer: there is none, or one too long or too deep to be an answer.
    """
    if len(text) > MAX_CHARS:
        raise UnusableAnswer(f"the answer has {len(text):,} characters; one short JSON object was asked for")
    body = _without_thoughts(text)
    starts = [hit.start() for hit in re.finditer(r"\{", body)][:_MAX_STARTS]
    problem = "there is no JSON object in the answer"
    read_to = -1
    for start in starts:
        if start < read_to:
            continue
        end, deep = _end_of_object(body, start)
        if deep:
            raise UnusableAnswer(f"the JSON is nested deeper than {MAX_DEPTH} levels; one flat object was asked for")
        if end is None:
            problem = "the JSON object has no end"
            continue
        try:
            found = _load(body[start:end])
        except ValueError as error:
            problem = f"the JSON is not valid ({error!s:.80})"
            continue
        if found:
            return found
        read_to, problem = end, "the JSON object is empty"
    raise UnusableAnswer(problem)


def _without_thoughts(text: str) -> str:
    """Drop ``<think>…</think>``. Its opening tag may be part of the question, and a thought cut short has no end.

    Tags that all stand inside the first object are words of the answer.
    """
    first = text.find("{")
    end, _ = (None, False) if first < 0 else _end_of_object(text, first)
    if end is not None and all(first < tag.start() < end for tag in _THOUGHT.finditer(text)):
        return text
    ends = [hit.end() for hit in _END_OF_THOUGHT.finditer(text)]
    after = text[ends[-1] :] if ends else text
    if (opened := _FIRST_THOUGHT.search(after)) is not None:
        after = after[: opened.start()]
    return after


def _end_of_object(text: str, start: int) -> tuple[int | None, bool]:
    """Where the object that begins at ``start`` is closed, and whether it is too deep."""
    depth, in_string, skip = 0, False, False
    for at in range(start, len(text)):
        char = text[at]
        if skip:
            skip = False
        elif in_string:
            skip, in_string = char == "\\", char != '"'
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                return None, True
        elif char in "}]":
            depth -= 1
            if depth == 0:
                return at + 1, False
    return None, False


def _load(text: str) -> dict[str, Any]:
    try:
        return json.loads(text, strict=False, parse_constant=_refuse)
    except ValueError:
        tidy = _STRING_OR_COMMA.sub(lambda hit: hit[1] or "", text)
        return json.loads(tidy, strict=False, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
