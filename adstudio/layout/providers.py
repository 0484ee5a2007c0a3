"""Layout analyzers by name, over one picture or whole batches. A provider that fails is never replaced in silence."""

from __future__ import annotations

import asyncio
import difflib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..chat.cache import AnswerCache
from ..chat.conversation import Conversation
from ..chat.openai_chat import OpenAIChat
from ..errors import InputError, ModelError, ProviderError
from ..settings import Service, Settings, read_settings
from ..types import LayoutPlan, Note, Placement
from .frames import Analyzer
from .saliency import LocalAnalyzer
from .vision.analyzer import VisionAnalyzer

AUTO, LOCAL, OPENAI = "auto", "local", "openai"
_NAMES = (LOCAL, OPENAI, AUTO)
_BLANK = LayoutPlan(products=(Placement(0.5, 0.9, 0.5),))  # stands where an answer will
_NO_EYES = Note("layout.no_eyes", "auto: 그림을 보는 모델이 설정되어 있지 않아 이 컴퓨터에서 배치했습니다.")
_SHOWN = "auto: 설정된 모델 ‘{model}’에게 그림을 보여 주었습니다."
_AT_ONCE = 4  # pictures of a batch that are asked about
Question = Callable[[VisionAnalyzer], Awaitable[LayoutPlan]]
logger = logging.getLogger("adstudio.layout")


@dataclass(frozen=True, slots=True)
class LayoutChoice:
    """Who lays out.

    Args:
        name: ``local``, ``openai`` (a model that looks at the picture), or ``auto``: openai where the settings name a
            ``vision_model`` that can be asked, else local.
        as_is: take the model's layout even where the local one scores better.
        fallback: have the local analyzer lay out where the model fails, and say so in the plan.
        model: which model looks, before the one of the settings; ``spare_model`` where the settings name none.
        writer: the provider of a connected language model; one without eyes is not asked about pictures.
        check_cancelled, base_url, cache: as in ``prompt.providers.ProviderChoice``.
    """

    name: str = LOCAL
    as_is: bool = False
    fallback: bool = False
    model: str = ""
    spare_model: str = ""
    base_url: str = ""
    writer: str = ""
    check_cancelled: Callable[[], None] | None = None
    cache: bool = True


@dataclass(frozen=True, slots=True)
class Layouts:
    """A plan for a batch, and who was asked.

    Args:
        asked: ``local``, or ``openai`` with its model.
        fallback_from: the provider that failed before the local analyzer laid out; empty where none did.
    """

    plan: LayoutPlan
    asked: str
    fallback_from: str = ""


def analyzer_names() -> list[str]:
    """Every name that a ``LayoutChoice`` takes."""
    return [*_NAMES]


def check_choice(choice: LayoutChoice) -> str:
    """Tell who would lay out, ``local`` or ``openai``; nothing is sent.

    Raises:
        InputError: ``layout.unknown_provider``, and what the settings raise.
        ProviderError: ``provider.no_vision``, ``provider.no_vision_model``, ``provider.no_key`` and its kin.
    """
    return LOCAL if _resolve(choice)[0] is None else OPENAI


async def lay_out(choice: LayoutChoice, work: Callable[[Analyzer], LayoutPlan]) -> Layouts:
    """Have the chosen analyzer work; where it fails, the local one, if that is wanted, and the plan tells it.

    A wrong input is no failure of a provider, nor is a cancel or a lack of memory: they come out as they are.

    Args:
        work: lays out one picture or several by the analyzer that it is given, such as ``frames.place_text``. Where a
            model is asked it is called twice, first to hear of all its questions, then with their answers.

    Raises:
        InputError: what ``work`` or ``check_choice`` finds.
        ProviderError: the model failed, and ``choice.fallback`` is off.
    """
    try:
        service, told = _resolve(choice)
        if service is None:
            return Layouts(work(_Telling(LocalAnalyzer(), told)), LOCAL)
        asked = _Asked()
        work(asked)
        answers = iter(await _each(_seer(choice, service), asked.questions))
        return Layouts(work(_Telling(_Answered(answers), told)), f"{OPENAI} ({service.model})")
    except (ProviderError, ModelError) as error:
        if not choice.fallback:
            raise
        failure = error
    logger.warning("%s failed (%s); the local analyzer lays out", OPENAI, failure.code)
    said = "‘{provider}’ 실패, 대신 이 컴퓨터에서 배치했습니다: {why}"
    told = (Note("layout.fallback", said, because=failure, provider=OPENAI),)
    return Layouts(work(_Telling(LocalAnalyzer(), told)), LOCAL, OPENAI)


class _Asked:
    """In the place of an analyzer: notes the questions."""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    def place_text(self, *about: Any, **wishes: Any) -> LayoutPlan:
        self.questions.append(lambda seer: seer.place_text(*about, **wishes))
        return _BLANK

    def place_products(self, *about: Any, **wishes: Any) -> LayoutPlan:
        self.questions.append(lambda seer: seer.place_products(*about, **wishes))
        return _BLANK


class _Answered:
    """In the place of an analyzer: gives the answers in the order of the questions."""

    def __init__(self, answers: Iterator[LayoutPlan]) -> None:
        self._answers = answers

    def place_text(self, *_: Any, **__: Any) -> LayoutPlan:
        return next(self._answers)

    place_products = place_text


class _Telling:
    """An analyzer whose reasons begin with how it came to be chosen."""

    def __init__(self, analyzer: Analyzer, told: tuple[str, ...]) -> None:
        self._analyzer, self._told = analyzer, told

    def place_text(self, *about: Any, **wishes: Any) -> LayoutPlan:
        return self._with_reasons(self._analyzer.place_text(*about, **wishes))

    def place_products(self, *about: Any, **wishes: Any) -> LayoutPlan:
        return self._with_reasons(self._analyzer.place_products(*about, **wishes))

    def _with_reasons(self, plan: LayoutPlan) -> LayoutPlan:
        return replace(plan, reasons=(*self._told, *plan.reasons))


def _resolve(choice: LayoutChoice) -> tuple[Service | None, tuple[str, ...]]:
    """Whom to ask (None = nobody, the local analyzer works) and what to say about the choice."""
    wanted, has_eyes = _known(choice.name), choice.writer in ("", AUTO, OPENAI)
    if wanted == LOCAL:
        return None, ()  # it works even where the settings are broken
    if wanted == OPENAI and not has_eyes:
        raise ProviderError(
            "provider.no_vision",
            f"The connected language model '{choice.writer:.40}' does not look at pictures.",
            "Choose openai there, disconnect it, or take the layout provider local.",
            model=f"{choice.writer:.40}",
        )
    settings = read_settings()
    if wanted == AUTO:
        model = (choice.model or settings.vision_model) if settings.vision_model else ""
        if not (has_eyes and model and settings.is_ready(choice.base_url)):
            return None, (_NO_EYES,)
        service = settings.service(choice.base_url, model)
        return service, (Note("layout.shown_to", _SHOWN, model=service.model),)
    return settings.service(choice.base_url, _model(choice, settings)), ()


def _model(choice: LayoutChoice, settings: Settings) -> str:
    model = choice.model.strip() or settings.vision_model or choice.spare_model.strip()
    if not model:
        raise ProviderError(
            "provider.no_vision_model",
            "No model is named that looks at pictures.",
            "Write openai: vision_model: into settings.yaml, set ADSTUDIO_VISION_MODEL, or name a language model here.",
        )
    return model


def _seer(choice: LayoutChoice, service: Service) -> VisionAnalyzer:
    chat = OpenAIChat(service, check_cancelled=choice.check_cancelled)
    cache = AnswerCache() if choice.cache and read_settings().cache else None
    return VisionAnalyzer(Conversation(chat, cache, service.timeout_s), choice.as_is)


def _known(name: str) -> str:
    wanted = str(name).strip().lower()
    if wanted in _NAMES:
        return wanted
    near = difflib.get_close_matches(wanted, _NAMES, 1)
    raise InputError(
        "layout.unknown_provider",
        f"There is no layout provider '{name!s:.40}'.",
        (f"Did you mean {near[0]}? " if near else "") + f"Providers: {', '.join(_NAMES)}.",
    )


async def _each(seer: VisionAnalyzer, questions: Sequence[Question]) -> list[LayoutPlan]:
    """Ask about several pictures at once; one that fails calls off the rest."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Question) -> LayoutPlan:
        async with room:
            return await question(seer)

    tasks = [asyncio.ensure_future(one(question)) for question in questions]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
