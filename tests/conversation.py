"""What the tests of the encoder as a language model share."""

from __future__ import annotations

import asyncio
from typing import Any

from adstudio.chat import ChatMessage, Completion
from adstudio.engine.writing.language import EncoderChat

MESSAGES = (ChatMessage("system", "You write ads. Answer in JSON."), ChatMessage("user", "가을 신메뉴 밤라떼"))
SCHEMA = {
    "type": "object",
    "properties": {
        "headline": {"type": "string", "minLength": 1, "maxLength": 20},
        "mood": {"type": "string", "enum": ["calm", "bright", "따뜻한"]},
        "hashtags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 1, "maxItems": 3},
    },
    "required": ["headline", "mood", "hashtags"],
    "additionalProperties": False,
}


def ask(
    zit: Any,
    host: Any,
    messages: Any = MESSAGES,
    *,
    schema: Any = SCHEMA,
    max_tokens: int = 96,
    seed: int = 0,
    is_bound: bool = True,
) -> Completion:
    chat = EncoderChat(zit, host, is_bound=is_bound)
    return asyncio.run(chat.complete(messages, schema=schema, max_tokens=max_tokens, seed=seed))


def why_invalid(value: Any, form: Any) -> str:
    """What a value breaks of a schema; empty when nothing."""
    if "enum" in form or "const" in form:
        return "" if value in form.get("enum", [form.get("const")]) else f"{value!r} is not among the values"
    kind = form["type"]
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"{value!r} is no boolean"
    if kind == "string":
        right = isinstance(value, str) and form.get("minLength", 0) <= len(value) <= form.get("maxLength", 10**9)
        return "" if right else f"{value!r} is no such string"
    if kind == "array":
        if not (isinstance(value, list) and form.get("minItems", 0) <= len(value) <= form.get("maxItems", 10**9)):
            return f"{value!r} is no such list"
        return next(filter(None, (why_invalid(item, form["items"]) for item in value)), "")
    if not isinstance(value, dict) or list(value) != list(form["properties"]):
        return f"{value!r} has other names"
    return next(filter(None, (why_invalid(value[name], its) for name, its in form["properties"].items())), "")
