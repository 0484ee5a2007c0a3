"""Read what a server sends back as a chat completion, believing none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..settings import Service
from . import Completion
from .failures import Failure, bad_answer, describe, not_an_api, quotable, redact, refused, status_failure

MAX_BYTES = 1 << 20  # an answer has a few kilobytes
_MAX_MODEL_CHARS = 100


def read_completion(service: Service, body: str, content_type: str) -> Completion | Failure:
    """Take the text out of a completion, or say what came instead."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        kind = content_type.partition(";")[0].strip().lower()
        if kind.endswith("json") and body.lstrip().startswith("{"):
            return bad_answer(service, "its JSON is broken")
        said = quotable(body[:80], service)
        return not_an_api(service, (kind or "something without a type") + (f": {said}" if said else ""))
    if answer.get("error"):  # a proxy may report what happened behind it with HTTP 200
        error = answer["error"]
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 502
        return status_failure(service, status, answer, {})
    choices = answer.get("choices")
    if not isinstance(choices, list):
        return not_an_api(service, f"JSON without 'choices': {', '.join(map(str, answer))[:80]}")
    choice = choices[0] if choices and isinstance(choices[0], dict) else None
    message = choice.get("message") if choice else None
    if choice is None or not isinstance(message, dict):
        return bad_answer(service, "one without a message came")
    ended = choice.get("finish_reason")
    if message.get("refusal") or ended == "content_filter":
        return refused(service, str(message.get("refusal") or "its content filter ended the answer"))
    text, cut = _text(message.get("content")), ended == "length"
    if not text.strip() and not cut:
        return bad_answer(service, "an empty one came")
    usage = answer.get("usage")
    return Completion(
        text=redact(text, service),
        model=_model(service, answer.get("model")),
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        is_cut_short=cut,
    )


def _text(content: Any) -> str:
    """Some servers send a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _model(service: Service, name: Any) -> str:
    """What answered, where the server tells it: an alias may stand for a dated model."""
    told = describe(name, service) if isinstance(name, str) else ""
    return told[:_MAX_MODEL_CHARS] or service.model


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0
