"""Have a language model write the copy of a brief."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...chat.answers import UnusableAnswer
from ...chat.task import Task
from ...types import AdCopy, CopyRequest
from ..copy.offers import read_facts
from ..copy.task import CopyProblems, copy_messages, copy_schema, read_copy
from ..reading.brief import read_brief
from ..reading.scan import scan
from .rules import choose_industry

MAX_TOKENS = 1200


def copy_turn(request: CopyRequest, draft: AdCopy) -> Task[AdCopy]:
    """Ask for the words on an ad and beside it; ``draft`` is what the rules wrote."""
    brief = read_brief(request.brief)
    shop, _ = choose_industry(brief, scan(brief.body), request.industry)

    def read(answer: Mapping[str, Any]) -> AdCopy:
        try:
            return read_copy(answer, request, shop, draft)
        except CopyProblems as error:
            raise UnusableAnswer(str(error)) from error

    messages = copy_messages(request, shop, read_facts(brief.body), draft)
    return Task("copy", tuple(messages), copy_schema(request), MAX_TOKENS, read)
