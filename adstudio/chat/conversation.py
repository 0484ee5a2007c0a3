"""One question to a language model: asked once, once more where the answer is of no use, and kept on disk."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar

from ..counts import counted
from ..errors import ProviderError
from ..ports import ChatModel
from . import ChatMessage, Completion
from .answers import UnusableAnswer, parse_answer
from .cache import AnswerCache, question_id
from .notes import ASKED_TWICE, KEPT_ANSWER, as_note
from .task import Task, ask_again, plain_text

T = TypeVar("T")
logger = logging.getLogger("adstudio.chat")

_LEAST_S = 2.0  # with less time left there is no second try
_MOST_NOTES, _NOTE_CHARS = 10, 200  # of what was kept


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was made of an answer, and what it took."""

    value: T
    model: str
    tokens: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Puts tasks to one language model.

    Args:
        cache: where answers are kept; None asks anew each time.
        deadline_s: the time for a whole task; a second try gets what the first has left of it.
    """

    chat: ChatModel
    cache: AnswerCache | None = None
    deadline_s: float | None = None

    async def answer(self, task: Task[T], *about: object, seed: int = 0) -> Answer[T]:
        """Have a task done.

        Args:
            about: what else decides whether a kept answer still fits, as values that JSON can hold.

        Raises:
            ProviderError: ``provider.bad_answer``, ``provider.cut_short``, and what the language model raises.
        """
        question = self._question(task, about, seed)
        if self.cache is not None and (kept := _read_kept(task, self.cache.find(question))) is not None:
            return kept
        fields, answer = await self._ask(task, seed)
        if self.cache is not None:
            entry = {"answer": fields, "model": answer.model, "tokens": answer.tokens, "notes": answer.notes}
            self.cache.keep(question, entry)
        return answer

    def _question(self, task: Task[Any], about: tuple[object, ...], seed: int) -> str:
        chat = self.chat
        where = (chat.name, getattr(chat, "host", ""), chat.model, getattr(chat, "identity", ""))
        asked = [
            (
                turn.role,
                turn.content,
                [(hashlib.sha256(shown.data).hexdigest(), shown.detail) for shown in turn.pictures],
            )
            for turn in task.messages
        ]
        return question_id(task.kind, where, asked, task.schema, seed, about)

    async def _ask(self, task: Task[T], seed: int) -> tuple[dict[str, Any], Answer[T]]:
        """Ask once, and once more with what is wrong where the answer is of no use."""
        began = time.monotonic()
        first = await self._complete(task, task.messages, seed)
        fields, value, problem = _try(task, first)
        if value is not None:
            return fields, self._answered(value, first)
        failure = self._failure(task, first, problem)
        logger.debug("%s: an answer of no use: %s", self.chat.model, problem)
        left_s = None if self.deadline_s is None else self.deadline_s - (time.monotonic() - began)
        if first.is_cut_short or (left_s is not None and left_s < _LEAST_S):  # it would be cut short again
            raise failure
        messages = ask_again(task.messages, first.text, problem)
        try:
            second = await asyncio.wait_for(self._complete(task, messages, seed), left_s)
        except TimeoutError:
            second = None
        if second is None:
            raise failure
        fields, value, problem = _try(task, second)
        if value is None:
            raise self._failure(task, second, problem)
        return fields, self._answered(value, second, first)

    def _answered(self, value: T, answer: Completion, spoilt: Completion | None = None) -> Answer[T]:
        tokens = sum(each.input_tokens + each.output_tokens for each in (answer, spoilt) if each)
        notes = (*answer.notes, ASKED_TWICE) if spoilt else answer.notes
        return Answer(value, answer.model or self.chat.model, tokens, notes)

    async def _complete(self, task: Task[Any], messages: Sequence[ChatMessage], seed: int) -> Completion:
        return await self.chat.complete(messages, schema=task.schema, max_tokens=task.max_tokens, seed=seed)

    def _failure(self, task: Task[Any], completion: Completion, problem: str) -> ProviderError:
        model = completion.model or self.chat.model
        if completion.is_cut_short:
            return ProviderError(
                "provider.cut_short",
                f"The model '{model:.80}' was still writing after {counted(completion.output_tokens, 'token')}.",
                "Choose a model that thinks less, or run it again.",
                model=f"{model:.80}",
                tokens=f"{completion.output_tokens:,}",
            )
        return ProviderError(
            "provider.bad_answer",
            f"The model '{model:.80}' should have answered with the fields of a {task.kind}; {problem:.300}.",
            "Run it again with another seed, or choose a larger model.",
            model=f"{model:.80}",
        )


def _try(task: Task[T], completion: Completion) -> tuple[dict[str, Any], T | None, str]:
    """Read an answer: its fields and what was made of them, or None and what is wrong."""
    try:
        fields = parse_answer(completion.text)
        return fields, task.read(fields), ""
    except UnusableAnswer as error:
        return {}, None, str(error)


def _read_kept(task: Task[T], entry: dict[str, Any] | None) -> Answer[T] | None:
    """Read what was kept as if it came now: what the checks have learned since then counts."""
    if entry is None:
        return None
    fields, model, tokens, notes = (entry.get(name) for name in ("answer", "model", "tokens", "notes"))
    if not (isinstance(fields, dict) and isinstance(model, str) and _is_count(tokens) and isinstance(notes, list)):
        return None
    try:
        value = task.read(fields)
    except UnusableAnswer:
        return None
    told = tuple(as_note(plain_text(note)[:_NOTE_CHARS]) for note in notes[:_MOST_NOTES] if isinstance(note, str))
    name = plain_text(model)[:_NOTE_CHARS]
    return Answer(value, name, tokens, (KEPT_ANSWER, *told)) if name else None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
