"""What a node's run tells the page beside its results: badges, what is written on the node, and errors by their code.

Every node is wrapped once, where the list of nodes is handed out, so that no node has to think of it.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import Any

from ..adstudio.errors import AdStudioError
from ..adstudio.imaging.cutout.rembg_models import MODELS
from ..adstudio.prompt.report import describe_flags
from ..adstudio.run.remote.answers import ERROR
from ..adstudio.types import AdCopy, AdPrompt, CutOut, LayoutPlan, Note
from . import _host
from ._api import io

BADGES, RECEIPT = "adstudio_badges", "adstudio_receipt"
_MARK = "_adstudio_reports"

Badge = dict[str, Any]  # kind and value; a note that other languages can say, also code, figures and the error in it
_notes: ContextVar[list[str] | None] = ContextVar("adstudio_notes", default=None)
_shown: ContextVar[list[str] | None] = ContextVar("adstudio_shown", default=None)
_said: dict[str, dict[str, Any]] = {}  # by prompt id: ComfyUI's history keeps an error's words alone
_MOST_SAID = 500


def note(sentences: Iterable[str]) -> None:
    """Have the running node say something that is no result, such as the rung that its memory allowed."""
    noted = _notes.get()
    if noted is not None:
        noted.extend(sentence for sentence in sentences if not _is_usual(sentence))


def show(node: Any, lines: str | Iterable[str]) -> Any:
    """Write on the running node, as the server says it; the page then has its own words for lines that are notes."""
    lines = [lines] if isinstance(lines, str) else list(lines)
    shown = _shown.get()
    if shown is not None:
        shown[:] = lines
    return _host.show(node, "\n".join(lines))


def apart(texts: Iterable[Iterable[str]]) -> list[str]:
    """The lines of several texts, with an empty one between them."""
    return [line for text in texts for line in ("", *text)][1:]


def reporting(node: type[io.ComfyNode]) -> type[io.ComfyNode]:
    """Have a node report; a second time changes nothing."""
    if _MARK in node.__dict__:
        return node
    run = node.execute.__func__  # pyright: ignore[reportFunctionMemberAccess]

    @functools.wraps(run)
    def execute(cls: Any, *values: Any, **inputs: Any) -> io.NodeOutput:
        with _listening():
            return _badged(run(cls, *values, **inputs))

    @functools.wraps(run)
    async def execute_async(cls: Any, *values: Any, **inputs: Any) -> io.NodeOutput:
        with _listening():
            return _badged(await run(cls, *values, **inputs))

    node.execute = classmethod(execute_async if inspect.iscoroutinefunction(run) else execute)  # pyright: ignore[reportAttributeAccessIssue]
    setattr(node, _MARK, True)
    return node


def badges_of(results: Iterable[Any]) -> list[Badge]:
    """What the value objects among a node's results say about how they came to be, each thing once."""
    found = [badge for result in results for one in _flat(result) for badge in _badges(one)]
    return list({json.dumps(badge): badge for badge in found}.values())


def said_of(prompt_id: str) -> dict[str, Any] | None:
    """All that the error said that ended a run, as long as no more than a few hundred came since."""
    return _said.get(prompt_id)


def _keep(about: dict[str, Any]) -> None:
    running = _host.running_prompt()
    if running:
        _said[running] = about
        while len(_said) > _MOST_SAID:
            del _said[next(iter(_said))]


@contextmanager
def _listening() -> Iterator[None]:
    notes, shown = _notes.set([]), _shown.set([])
    try:
        yield
    except AdStudioError as error:
        about = error.told()
        _keep(about)
        _host.send(ERROR, about | {RECEIPT: _receipt()})
        raise
    finally:
        _notes.reset(notes)
        _shown.reset(shown)


def _badged(output: io.NodeOutput) -> io.NodeOutput:
    shown = output.ui if isinstance(output.ui, dict) else output.ui.as_dict() if output.ui is not None else {}
    noted = [_noted(sentence) for sentence in _notes.get() or ()]
    # Also where there is none: ComfyUI joins what a node shows that runs over a list by the keys of its first run.
    output.ui = {**shown, BADGES: [*badges_of(output.args), *noted], RECEIPT: _receipt()}
    return output


def _receipt() -> list[list[Badge]]:
    """What stands on the node, line by line; one such text for each run over a list."""
    lines = [_noted(line) for line in _shown.get() or ()]
    return [lines] if lines else []


def _badges(value: Any) -> Iterator[Badge]:
    match value:
        case AdPrompt() | AdCopy():
            yield _badge("provider", value.provider) | ({"model": value.model} if value.model else {})
            if value.fallback_from:
                yield _badge("fallback", value.fallback_from)
            if isinstance(value, AdCopy):
                yield from map(_noted, describe_flags(value))
        case LayoutPlan():
            yield _badge("provider", value.provider)
        case CutOut():
            yield _badge("method", value.method)
            model = MODELS.get(value.method.removeprefix("rembg:"))
            if model is not None:
                yield _badge("licence" if model.commercial else "no_business", model.licence)
    if is_dataclass(value) and any(field.name == "notes" for field in fields(value)):
        said = value.notes  # pyright: ignore[reportAttributeAccessIssue]
        yield from (_noted(sentence) for sentence in said if not _is_usual(sentence))


def _badge(kind: str, value: str) -> Badge:
    return {"kind": kind, "value": value}


def _noted(sentence: str) -> Badge:
    badge = _badge("note", str(sentence))
    if not isinstance(sentence, Note):
        return badge
    badge |= {"code": sentence.code, "figures": sentence.figures}
    return badge | {"error": sentence.error} if sentence.error else badge


def _is_usual(sentence: str) -> bool:
    """Whether it stands on the node and nowhere else: nobody has to look at it."""
    return isinstance(sentence, Note) and sentence.is_usual


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value
