"""An answer that is JSON of a given schema, whatever the model: names, order and form are written for it.

The model chooses the words of strings, among the values of an enumeration, and how long a list is. Every string gets a
share of the room that is left, so that the last brace always comes in time.

Reads of JSON schema: objects with ``properties``, arrays with ``items``, ``minItems`` and ``maxItems``, strings with
``minLength`` and ``maxLength``, ``enum``, ``const``, booleans. Nothing else is promised.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

import torch

from .answer import Draft, Walk, is_looping

Form = Mapping[str, Any]
_Part = Generator[torch.Tensor, int, str]  # gives back what the model would have written next, where it is known

_MOST_LETTERS = 400
_MOST_ITEMS = 12
_TAIL = 4  # tokens that finish a character, and the quote


def is_writable(form: Any) -> bool:
    """Whether a schema says nothing but what can be promised."""
    if not isinstance(form, Mapping):
        return False
    options = _options(form)
    if options is not None:
        return bool(options) and not any(one != other and other.startswith(one) for one in options for other in options)
    kind = form.get("type")
    if kind == "object":
        fields = form.get("properties")
        return isinstance(fields, Mapping) and bool(fields) and all(map(is_writable, fields.values()))
    return kind == "string" or (kind == "array" and is_writable(form.get("items")))


def walk_form(draft: Draft, form: Form) -> Walk:
    """Let the model fill in a schema."""
    yield from _JsonWalk(draft).value(form)
    draft.settle()


class _JsonWalk:
    """Where in the schema the answer is. ``_rest`` holds for every open level the least that it still needs."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._vocabulary = draft, draft.vocabulary
        self._rest: list[tuple[str, int]] = []

    def value(self, form: Form) -> _Part:
        options = _options(form)
        if options is not None:
            return self._choice(options)
        return {"object": self._object, "array": self._array, "string": self._string}[form["type"]](form)

    def _object(self, form: Form) -> _Part:
        fields = list(form["properties"].items())
        for number, (name, field) in enumerate(fields):
            self._draft.say(_lead(number, name))
            rest = "".join(_lead(number + 1, later) + _least(its) for later, its in fields[number + 1 :])
            self._rest.append((rest + "}", sum(_weight(its) for _, its in fields[number + 1 :])))
            yield from self.value(field)
            self._rest.pop()
        self._draft.say("}")
        return ""

    def _array(self, form: Form) -> _Part:
        item, low, high = form["items"], form.get("minItems", 0), form.get("maxItems", _MOST_ITEMS)
        count, hint = 0, ""
        self._draft.say("[")
        while count < high and (count < low or (yield from self._goes_on(item, count, hint))):
            self._draft.say(", " if count else "")
            missing = [_least(item)] * (low - count - 1)
            self._rest.append(("".join(f", {least}" for least in missing) + "]", (high - count - 1) * _weight(item)))
            hint = yield from self.value(item)
            self._rest.pop()
            count += 1
        self._draft.say("]")
        return ""

    def _goes_on(self, item: Form, count: int, hint: str) -> Generator[torch.Tensor, int, bool]:
        more = "," if count else _least(item)[0]
        needed = len(self._vocabulary.encode(f", {_least(item)}]{self._least_rest()}")) + _TAIL
        if self._draft.room < needed:
            self._draft.is_cut_short = True
            return False
        if hint not in (more, "]"):
            # Asked, not written: what is written is the usual form, in tokens of its own.
            goes_on, ends = (self._vocabulary.encode(text)[0] for text in (more, "]"))
            token = yield torch.tensor([goes_on, ends])
            return token == goes_on
        return hint == more

    def _choice(self, options: list[str]) -> _Part:
        self._draft.settle()
        alive, place = [self._vocabulary.encode(option) for option in options], 0
        while len(alive) > 1:
            choices = sorted({tokens[place] for tokens in alive})
            token = choices[0] if len(choices) == 1 else (yield torch.tensor(choices))
            self._draft.take(token)
            alive = [tokens for tokens in alive if tokens[place] == token]
            place += 1
        for token in alive[0][place:]:
            self._draft.take(token)
        return ""

    def _string(self, form: Form) -> _Part:
        draft, vocabulary = self._draft, self._vocabulary
        low, high = form.get("minLength", 0), form.get("maxLength", _MOST_LETTERS)
        draft.say('"')
        share, first = self._share(_weight(form)), len(draft.tokens)
        letters, pending, hint = 0, b"", ""
        while True:
            if pending and len(ids := vocabulary.completing(pending)):
                token = yield ids
            elif letters >= high:
                break
            elif len(draft.tokens) - first >= share or is_looping(draft.tokens[first:]):
                draft.is_cut_short = True
                break
            else:
                token = yield vocabulary.in_string if letters < low else vocabulary.in_string_or_end
            before, hint = vocabulary.closing.get(token, ("", ""))
            text, still = (before, b"") if token in vocabulary.closing else vocabulary.read(pending, token)
            is_last = token in vocabulary.closing or letters + len(text) > high
            if is_last:
                draft.say(_cut(text, high - letters))
                break
            draft.take(token)
            letters, pending = letters + len(text), still
        draft.say('"')
        return hint

    def _share(self, weight: int) -> float:
        """The tokens that a string may take, so that all that comes after it has its share."""
        spare = self._draft.room - len(self._vocabulary.encode('"' + self._least_rest())) - _TAIL
        return max(0, spare) * weight / (weight + sum(weight for _, weight in self._rest))

    def _least_rest(self) -> str:
        return "".join(text for text, _ in reversed(self._rest))


def _options(form: Form) -> list[str] | None:
    if "const" in form:
        return [_dump(form["const"])]
    if "enum" in form:
        return list(dict.fromkeys(map(_dump, form["enum"])))
    return ["true", "false"] if form.get("type") == "boolean" else None


def _lead(number: int, name: str) -> str:
    return f"{', ' if number else '{'}{_dump(name)}: "


def _least(form: Form) -> str:
    """The shortest text that a value can be."""
    options = _options(form)
    if options is not None:
        return max(options, key=len)  # the model may choose the longest
    if form["type"] == "object":
        fields = form["properties"].items()
        return "".join(_lead(number, name) + _least(field) for number, (name, field) in enumerate(fields)) + "}"
    if form["type"] == "array":
        return f"[{', '.join([_least(form['items'])] * form.get('minItems', 0))}]"
    return f'"{"가" * form.get("minLength", 0)}"'


def _weight(form: Form) -> int:
    """How much of the room a value may want, beside others."""
    if _options(form) is not None:
        return 0
    if form["type"] == "object":
        return sum(_weight(field) for field in form["properties"].values())
    if form["type"] == "array":
        return form.get("maxItems", _MOST_ITEMS) * _weight(form["items"])
    return form.get("maxLength", _MOST_LETTERS)


def _cut(text: str, letters: int) -> str:
    if len(text) <= letters:
        return text
    return "" if "\\" in text else text[:letters]  # half an escape would be no JSON


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
