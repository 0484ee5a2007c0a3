"""The writer behind every language model: what it is asked, and what of its answer is believed."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

from ...chat.cache import AnswerCache
from ...chat.conversation import Conversation
from ...ports import ChatModel
from ...types import AdCopy, AdPrompt, CopyRequest, PromptRequest
from ..picture.assembler import assemble
from ..reading.brief import read_brief
from .copy_turn import copy_turn
from .instructions import instructions_version
from .prompt_task import prompt_task
from .rules import RulesWriter, copy_notes


class ModelWriter:
    """Writes prompt and copy with a language model; implements ``ports.PromptWriter``.

    The rules read every brief first: they refuse what is no brief, and their reading is the model's draft. Scene ids,
    style and negative prompt stay theirs.

    Args:
        cache: where answers are kept; None asks anew each time.
        deadline_s: the time for a whole piece of writing; a second try gets what the first has left of it.
    """

    def __init__(self, chat: ChatModel, *, cache: AnswerCache | None = None, deadline_s: float | None = None) -> None:
        self.name = chat.name
        self._conversation = Conversation(chat, cache, deadline_s)
        self._rules = RulesWriter()

    async def write_prompt(self, request: PromptRequest) -> AdPrompt:
        """Turn a brief into an English prompt.

        Raises:
            InputError: what ``RulesWriter.write_prompt`` refuses; no request was sent.
            ProviderError: ``provider.bad_answer``, ``provider.cut_short``, and what the language model raises.
        """
        began = time.perf_counter()
        draft = await self._rules.write_prompt(request)
        shown = (
            await self._rules.write_prompt(replace(request, backdrop_only=False)) if request.backdrop_only else draft
        )
        task = prompt_task(request, draft, shown.parts.subject)
        answer = await self._conversation.answer(task, *_decided_by(request, draft), seed=request.seed)
        read = answer.value
        return replace(
            draft,
            positive=assemble(read.parts),
            parts=read.parts,
            industry=read.industry,
            copy_space=read.copy_space,
            keywords=read.keywords,
            provider=self.name,
            model=answer.model,
            notes=(*answer.notes, *read.notes, *copy_notes(read_brief(request.brief))),
            tokens=answer.tokens,
            seconds=time.perf_counter() - began,
        )

    async def write_copy(self, request: CopyRequest) -> AdCopy:
        """Write the Korean words on an ad. Raises as ``write_prompt`` does."""
        began = time.perf_counter()
        draft = await self._rules.write_copy(request)
        answer = await self._conversation.answer(
            copy_turn(request, draft), *_decided_by(request, draft), seed=request.seed
        )
        return replace(
            answer.value,
            provider=self.name,
            model=answer.model,
            notes=(*answer.notes, *answer.value.notes),
            tokens=answer.tokens,
            seconds=time.perf_counter() - began,
        )


def _decided_by(request: PromptRequest | CopyRequest, draft: AdPrompt | AdCopy) -> tuple[object, ...]:
    return instructions_version(), asdict(request), asdict(replace(draft, seconds=0.0))
