"""Prompt nodes: from a Korean brief to the English prompt of the picture and the Korean copy on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar, get_args

from ..adstudio.engine.memory.components import Zit as ZitHandle
from ..adstudio.engine.writing.language import EncoderChat
from ..adstudio.prompt import processor
from ..adstudio.prompt.copy_limits import channel_choices
from ..adstudio.prompt.industries import AUTO, industry_choices
from ..adstudio.prompt.providers import RULES, ProviderChoice, writer_names
from ..adstudio.prompt.report import copy_record, describe_copy, describe_prompt, post_text
from ..adstudio.prompt.styles import style_choices
from ..adstudio.prompt.tables import words_stamp
from ..adstudio.run.request import MAX_COUNT
from ..adstudio.settings import settings_stamp
from ..adstudio.types import AdPrompt, CopyRequest, PromptRequest, Side, Tone
from . import _feedback, _host
from ._api import io
from ._io import Copy, Prompt, WriterIO, Zit

_EXAMPLE = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"
_BRIEF = (
    "What to advertise, in Korean: the product and, if you like, place, colour, side of the light, mood and season. "
    'Words in quotes ("봄날의 한 잔") become the headline. Lettering is never drawn into the picture; it is set on it '
    "later, by Text Overlay. Say where it goes: '글자는 위에', '왼쪽 여백'."
)
_INDUSTRY = "Kind of shop; decides what the brief leaves open. 'auto' reads it from the brief."
_PROVIDERS = (
    "Who writes. 'rules': word lists, offline. 'openai': a service with that interface; its key stands in the settings "
    "file or the environment. 'local': a connected checkpoint's own text encoder. 'auto': the first of openai, local "
    "and rules that is there."
)
_LARGEST_VARIATION = 2**31 - 1
_NO_CHANNEL = "none"
_SIDES: dict[str, Side | None] = {AUTO: None, **{side: side for side in get_args(Side)}}


@dataclass(frozen=True, slots=True)
class Writer:
    """What travels on a writer socket: who writes; see ``ProviderChoice``."""

    provider: str = AUTO
    fallback: bool = False
    model: str = ""
    zit: ZitHandle | None = None


class LanguageModel(io.ComfyNode):
    """Choose who writes prompt and copy."""

    fallbacks: ClassVar[int] = 0  # so far; a provider that failed is asked again in the next run

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioLanguageModel",
            display_name="Language Model",
            category="Ad Studio/prompt",
            description="Chooses who writes prompt and copy: word lists, a service, or the loaded checkpoint itself.",
            search_aliases=["llm", "openai", "ollama", "qwen", "provider", "언어 모델", "작성자"],
            inputs=[
                io.Combo.Input("provider", options=writer_names(), default=AUTO, tooltip=_PROVIDERS),
                Zit.Input(
                    "zit", optional=True, tooltip="For 'local': the loaded checkpoint, whose text encoder can write."
                ),
                io.Boolean.Input(
                    "fallback",
                    default=False,
                    tooltip="Let the word lists write where the provider fails. The node then says so.",
                ),
                io.String.Input(
                    "language_model",
                    default="",
                    tooltip="Which model of the provider 'openai'; empty takes the one of the settings.",
                ),
            ],
            outputs=[WriterIO.Output("writer")],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        return _host.fingerprint((settings_stamp(), LanguageModel.fallbacks))

    @classmethod
    async def execute(
        cls, provider: str, fallback: bool, language_model: str, zit: ZitHandle | None = None
    ) -> io.NodeOutput:
        # ComfyUI runs first what is async: so a request is on its way before other nodes begin to work.
        return io.NodeOutput(Writer(provider, fallback, language_model, zit))


class PromptProcessor(io.ComfyNode):
    """Turn a Korean brief into the picture's English prompt."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioPromptProcessor",
            display_name="Prompt Processor",
            category="Ad Studio/prompt",
            description="Reads a Korean brief and writes the English prompt of the picture. Shows which words of the "
            "brief steered what, and who wrote it.",
            search_aliases=["korean prompt", "translate", "brief", "프롬프트", "브리프", "번역"],
            inputs=[
                io.String.Input("brief", default=_EXAMPLE, multiline=True, tooltip=_BRIEF),
                io.Combo.Input("industry", options=industry_choices(), default=AUTO, tooltip=_INDUSTRY),
                io.Combo.Input(
                    "style",
                    options=[*style_choices(), AUTO],
                    tooltip="How the picture is rendered. Connect the LoRA Style node's 'style', so that words and "
                    "adapter agree. 'auto' reads it from the brief, for the words alone.",
                ),
                io.Boolean.Input(
                    "backdrop_only",
                    default=False,
                    tooltip="Leave the product out of the picture, for Background Composite.",
                ),
                io.Int.Input(
                    "variation",
                    default=0,
                    min=0,
                    max=_LARGEST_VARIATION,
                    tooltip="0 takes the shop's usual scene; other numbers try others that suit it. What the brief "
                    "itself says never changes.",
                ),
                io.Combo.Input(
                    "provider",
                    options=writer_names(),
                    advanced=True,
                    tooltip=f"{_PROVIDERS} A connected Language Model goes first.",
                ),
                WriterIO.Input("writer", optional=True, tooltip="From Language Model: who writes."),
                io.Int.Input(
                    "variants",
                    default=1,
                    min=1,
                    max=MAX_COUNT,
                    optional=True,
                    tooltip="How many rewrites: other composition, light and set each, and a picture of each. Seeds "
                    "alone change little on a turbo model.",
                ),
                io.Combo.Input(
                    "copy_space",
                    options=list(_SIDES),
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="The side to keep free for the copy; 'auto' reads it from the brief.",
                ),
            ],
            outputs=[
                Prompt.Output("prompt", is_output_list=True),
                Copy.Output("copy", tooltip="Copy from word lists, at once. Ad Copy writes it better."),
                io.String.Output("positive", is_output_list=True, tooltip="The English prompt as text."),
                io.String.Output(
                    "negative", is_output_list=True, tooltip="What to keep out, for models that read one, such as SDXL."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        # an edited word list or setting of the user's counts as a new input
        return _host.fingerprint((words_stamp(), settings_stamp()))

    @classmethod
    async def execute(
        cls,
        brief: str,
        industry: str,
        style: str,
        backdrop_only: bool,
        variation: int,
        provider: str,
        writer: Writer | None = None,
        variants: int = 1,
        copy_space: str = AUTO,
    ) -> io.NodeOutput:
        request = PromptRequest(brief, industry, style, backdrop_only, _SIDES[copy_space], variation)
        prompts = await processor.write_prompts(request, variants, _choice(writer, provider))
        LanguageModel.fallbacks += any(prompt.fallback_from for prompt in prompts)
        copy = await processor.write_ad_copy(CopyRequest(brief, industry, seed=variation), ProviderChoice(RULES))
        positives = [prompt.positive for prompt in prompts]
        negatives = [prompt.negative for prompt in prompts]
        return io.NodeOutput(
            list(prompts),
            copy,
            positives,
            negatives,
            ui=_feedback.show(cls, _feedback.apart(map(describe_prompt, prompts))),
        )


class AdCopyWriter(io.ComfyNode):
    """Write the Korean words on the ad and beside it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioAdCopy",
            display_name="Ad Copy",
            category="Ad Studio/prompt",
            description="Writes headline, line below it, call to action, hashtags and the post's text in Korean, and "
            "flags claims that advertising law treats strictly.",
            search_aliases=["ad copy", "headline", "caption", "hashtag", "광고 문구", "카피", "해시태그", "캡션"],
            inputs=[
                Prompt.Input("prompt", optional=True, tooltip="From the Prompt Processor: its brief and industry."),
                io.String.Input(
                    "brief",
                    default="",
                    multiline=True,
                    optional=True,
                    tooltip="What is advertised, in Korean. Empty takes the prompt's brief. Prices, dates and hours "
                    "are repeated as they stand; nothing is made up.",
                ),
                io.Combo.Input("industry", options=industry_choices(), default=AUTO, optional=True, tooltip=_INDUSTRY),
                io.Combo.Input(
                    "tone",
                    options=list(get_args(Tone)),
                    default="friendly",
                    optional=True,
                    tooltip="How it speaks: polite, friendly, emotional or bold.",
                ),
                io.Combo.Input(
                    "channel",
                    options=[_NO_CHANNEL, *channel_choices()],
                    default=_NO_CHANNEL,
                    optional=True,
                    tooltip="Where it will appear, for its limits of length. 'none' keeps the ad's own, 'auto' takes "
                    "the trade's usual place.",
                ),
                io.Int.Input(
                    "variation",
                    default=0,
                    min=0,
                    max=_LARGEST_VARIATION,
                    optional=True,
                    tooltip="Other numbers give other lines.",
                ),
                WriterIO.Input("writer", optional=True, tooltip="From Language Model: who writes; 'auto' without it."),
            ],
            outputs=[
                Copy.Output("copy"),
                io.String.Output("json", tooltip="All of it as JSON text."),
                io.String.Output("caption", tooltip="The post's text with its hashtags."),
                io.String.Output("headline", tooltip="The headline alone, and so each of the two that follow."),
                io.String.Output("sub"),
                io.String.Output("call_to_action"),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        return _host.fingerprint((words_stamp(), settings_stamp()))

    @classmethod
    async def execute(
        cls,
        prompt: AdPrompt | None = None,
        brief: str = "",
        industry: str = AUTO,
        tone: Tone = "friendly",
        channel: str = _NO_CHANNEL,
        variation: int = 0,
        writer: Writer | None = None,
    ) -> io.NodeOutput:
        place = "" if channel == _NO_CHANNEL else channel
        request = CopyRequest(*_subject(prompt, brief, industry), tone, place, variation)
        copy = await processor.write_ad_copy(request, _choice(writer))
        LanguageModel.fallbacks += bool(copy.fallback_from)
        record = json.dumps(copy_record(copy), ensure_ascii=False, indent=1)
        lines = (copy.headline, copy.sub, copy.call_to_action)
        return io.NodeOutput(copy, record, post_text(copy), *lines, ui=_feedback.show(cls, describe_copy(copy)))


def _subject(prompt: AdPrompt | None, brief: str, industry: str) -> tuple[str, str]:
    """The brief and the industry of copy: what is written on the node, else the prompt's."""
    if prompt is None:
        return brief, industry
    return brief if brief.strip() else prompt.brief, prompt.industry if industry == AUTO else industry


def _choice(writer: Writer | None, provider: str = AUTO) -> ProviderChoice:
    host, chosen = _host.host(), writer or Writer(provider)
    local = None if chosen.zit is None else EncoderChat(chosen.zit, host)
    return ProviderChoice(
        chosen.provider, chosen.fallback, chosen.model, local=local, check_cancelled=host.check_cancelled
    )


NODES = (LanguageModel, PromptProcessor, AdCopyWriter)
