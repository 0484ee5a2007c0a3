"""The writer behind every language model: what it is asked, what of its answer is believed, and one second chance."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeGuard, TypeVar

from ...chat import ChatMessage, Completion
from ...errors import ProviderError
from ...ports import ChatModel
from ...types import AdCopy, AdPrompt, CopyRequest, PromptRequest
from ..answers import UnusableAnswer, parse_answer
from ..assembler import assemble
from ..brief import read_brief
from ..cache import WordCache, question_id
from .copy_turn import copy_turn
from .prompt_task import prompt_task
from .rules import RulesWriter, copy_notes
from .task import Task, instruction, instructions_version, plain_text

T = TypeVar("T")
logger = logging.getLogger("adstudio.prompt")

_REPEATED_CHARS = 4000  # of an unusable answer, shown to the model again
_LEAST_S = 2.0  # with less time left there is no second try
_MOST_NOTES, _NOTE_CHARS = 10, 200  # of what was kept
_FROM_CACHE = "전에 받아 둔 답을 다시 썼어요 (모델에 다시 묻지 않음)"
_REPAIRED = "모델의 첫 답이 틀려서 한 번 더 물었어요"


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    """What was made of an answer, and what it took."""

    value: T
    model: str
    tokens: int
    notes: tuple[str, ...]


class ModelWriter:
    """Writes prompt and copy with a language model; implements ``ports.PromptWriter``.

    The rules read every brief first: they refuse what is no brief, and their reading is the model's draft. Scene ids,
    style and negative prompt stay theirs.

    Args:
        cache: where answers are kept; None asks anew each time.
        deadline_s: the time for a whole piece of writing; a second try gets what the first has left of it.
    """

    def __init__(self, chat: ChatModel, *, cache: WordCache | None = None, deadline_s: float | None = None) -> None:
        self.name = chat.name
        self._chat = chat
        self._cache = cache
        self._deadline_s = deadline_s
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
        answer = await self._answer(task, request, draft)
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
        answer = await self._answer(copy_turn(request, draft), request, draft)
        return replace(
            answer.value,
            provider=self.name,
            model=answer.model,
            notes=(*answer.notes, *answer.value.notes),
            tokens=answer.tokens,
            seconds=time.perf_counter() - began,
        )

    async def _answer(
        self, task: Task[T], request: PromptRequest | CopyRequest, draft: AdPrompt | AdCopy
    ) -> _Answer[T]:
        question = self._question(task, request, draft)
        if self._cache is not None and (kept := _read_kept(task, self._cache.find(question))) is not None:
            return kept
        fields, answer = await self._ask(task, request.seed)
        if self._cache is not None:
            entry = {"answer": fields, "model": answer.model, "tokens": answer.tokens, "notes": answer.notes}
            self._cache.keep(question, entry)
        return answer

    def _question(self, task: Task[Any], request: PromptRequest | CopyRequest, draft: AdPrompt | AdCopy) -> str:
        chat = self._chat
        where = (chat.name, getattr(chat, "host", ""), chat.model, getattr(chat, "identity", ""))
        asked = [asdict(message) for message in task.messages]
        drawn = asdict(replace(draft, seconds=0.0))
        return question_id(task.kind, instructions_version(), where, asked, task.schema, asdict(request), drawn)

    async def _ask(self, task: Task[T], seed: int) -> tuple[dict[str, Any], _Answer[T]]:
        """Ask once, and once more with what is wrong where the answer is of no use."""
        began = time.monotonic()
        first = await self._complete(task, task.messages, seed)
        fields, value, problem = _try(task, first)
        if value is not None:
            return fields, self._answered(value, first)
        failure = self._failure(task, first, problem)
        logger.debug("%s: an answer of no use: %s", self._chat.model, problem)
        left_s = None if self._deadline_s is None else self._deadline_s - (time.monotonic() - began)
        if first.is_cut_short or (left_s is not None and left_s < _LEAST_S):  # it would be cut short again
            raise failure
        messages = _with_repair(task.messages, first.text, problem)
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

    def _answered(self, value: T, answer: Completion, spoilt: Completion | None = None) -> _Answer[T]:
        tokens = sum(each.input_tokens + each.output_tokens for each in (answer, spoilt) if each)
        notes = (*answer.notes, _REPAIRED) if spoilt else answer.notes
        return _Answer(value, answer.model or self._chat.model, tokens, notes)

    async def _complete(self, task: Task[Any], messages: Sequence[ChatMessage], seed: int) -> Completion:
        return await self._chat.complete(messages, schema=task.schema, max_tokens=task.max_tokens, seed=seed)

    def _failure(self, task: Task[Any], completion: Completion, problem: str) -> ProviderError:
        model = completion.model or self._chat.model
        if completion.is_cut_short:
            return ProviderError(
                "provider.cut_short",
                f"The model '{model:.80}' was still writing after {completion.output_tokens:,} tokens.",
                "Choose a model that thinks less, or run it again.",
            )
        return ProviderError(
            "provider.bad_answer",
            f"The model '{model:.80}' should have answered with the fields of a {task.kind}; {problem:.300}.",
            "Run it again with another seed, or choose a larger model.",
        )


def _try(task: Task[T], completion: Completion) -> tuple[dict[str, Any], T | None, str]:
    """Read an answer: its fields and what was made of them, or None and what is wrong."""
    try:
        fields = parse_answer(completion.text)
        return fields, task.read(fields), ""
    except UnusableAnswer as error:
        return {}, None, str(error)


def _with_repair(messages: Sequence[ChatMessage], text: str, problem: str) -> tuple[ChatMessage, ...]:
    said = ChatMessage("assistant", text[:_REPEATED_CHARS])
    return *messages, said, ChatMessage("user", instruction("repair").replace("{problem}", problem))


def _read_kept(task: Task[T], entry: dict[str, Any] | None) -> _Answer[T] | None:
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
    told = tuple(plain_text(note)[:_NOTE_CHARS] for note in notes[:_MOST_NOTES] if isinstance(note, str))
    name = plain_text(model)[:_NOTE_CHARS]
    return _Answer(value, name, tokens, (_FROM_CACHE, *told)) if name else None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40
