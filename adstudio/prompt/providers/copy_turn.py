"""Have a language model write the copy of a brief."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...types import AdCopy, CopyRequest
from ..answers import UnusableAnswer
from ..brief import read_brief
from ..copywriting import HEADLINE_CHARS, SUB_CHARS, line_length
from .task import TEXT, TEXTS, Task, ask, flat_schema, instruction, text_field, texts_field

MAX_TOKENS = 900
_TONES = {
    "polite": "정중한 존댓말",
    "friendly": "친근한 말투",
    "emotional": "감성적인 말투",
    "bold": "짧고 강렬한 말투",
}
_SCHEMA = flat_schema({"headline": TEXT, "sub": TEXT, "call_to_action": TEXT, "hashtags": TEXTS, "caption": TEXT})


def copy_task(request: CopyRequest, draft: AdCopy) -> Task[AdCopy]:
    """Ask for the words on an ad; ``draft`` is what the rules wrote."""
    data = {
        "brief": read_brief(request.brief).text,
        "tone": _TONES.get(request.tone, _TONES["friendly"]),
        "draft": {"headline": draft.headline, "sub": draft.sub, "hashtags": draft.hashtags},
    }

    def read(answer: Mapping[str, Any]) -> AdCopy:
        return _read(answer, draft)

    return Task("copy", ask(instruction("copy"), data, _SCHEMA), _SCHEMA, MAX_TOKENS, read)


def _read(answer: Mapping[str, Any], draft: AdCopy) -> AdCopy:
    headline, sub = text_field(answer, "headline"), text_field(answer, "sub")
    if not re.search(r"\w", headline):
        raise UnusableAnswer("'headline' should hold the headline in Korean")
    for name, line, limit in (("headline", headline, HEADLINE_CHARS), ("sub", sub, SUB_CHARS)):
        if line_length(line) > limit:
            raise UnusableAnswer(f"'{name}' should be at most {limit} Hangul long, but it has {line_length(line)}")
    tags = (re.sub(r"[^0-9A-Za-z가-힣_]", "", tag) for tag in texts_field(answer, "hashtags", most=30, chars=40))
    hashtags = tuple(dict.fromkeys(f"#{tag}" for tag in tags if tag))[:8]
    call = text_field(answer, "call_to_action")
    return replace(
        draft,
        headline=headline,
        sub=sub,
        hashtags=hashtags or draft.hashtags,
        call_to_action=call if line_length(call) <= HEADLINE_CHARS else draft.call_to_action,
        caption=text_field(answer, "caption")[:600],
    )
