"""Prompt nodes: from a Korean brief to the English prompt of the picture and the Korean copy on it."""

from __future__ import annotations

from comfy_api.latest import io

from ..adstudio.prompt import processor
from ..adstudio.prompt.industries import AUTO, industry_choices
from ..adstudio.prompt.providers import writer_names
from ..adstudio.prompt.styles import style_choices
from ..adstudio.prompt.tables import words_stamp
from . import _host
from ._io import Copy, Prompt

_EXAMPLE = "따뜻한 햇살이 드는 창가 카페, 딸기라떼 신메뉴 광고"
_BRIEF = (
    "What to advertise, in Korean: the product and, if you like, place, colour, side of the light, mood and season. "
    'Words in quotes ("봄날의 한 잔") become the headline. Lettering is never drawn into the picture; it is set on it '
    "later, by Text Overlay. Say where it goes: '글자는 위에', '왼쪽 여백'."
)
_LARGEST_VARIATION = 2**31 - 1


class PromptProcessor(io.ComfyNode):
    """Turn a Korean brief into the picture's English prompt and the ad's Korean copy."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioPromptProcessor",
            display_name="Prompt Processor",
            category="Ad Studio/prompt",
            description="Reads a Korean brief and writes the English prompt of the picture and the Korean copy on it. "
            "Shows which words of the brief steered what.",
            search_aliases=[
                "korean prompt",
                "translate",
                "ad copy",
                "brief",
                "프롬프트",
                "브리프",
                "번역",
                "광고 문구",
            ],
            inputs=[
                io.String.Input("brief", default=_EXAMPLE, multiline=True, tooltip=_BRIEF),
                io.Combo.Input(
                    "industry",
                    options=industry_choices(),
                    default=AUTO,
                    tooltip="Kind of shop; decides what the brief leaves open. 'auto' reads it from the brief.",
                ),
                io.Combo.Input(
                    "style",
                    options=style_choices(),
                    tooltip="How the picture is rendered. Connect the LoRA Style node's 'style', so that words and "
                    "adapter agree.",
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
                    tooltip="Who writes. 'rules' works offline from word lists; 'auto' takes the best one there is.",
                    advanced=True,
                ),
            ],
            outputs=[
                Prompt.Output("prompt"),
                Copy.Output("copy", tooltip="Headline, line below it and hashtags, in Korean."),
                io.String.Output("positive", tooltip="The English prompt as text, for other nodes."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        return _host.fingerprint(words_stamp())  # an edited word list of the user's counts as a new input

    @classmethod
    def execute(
        cls, brief: str, industry: str, style: str, backdrop_only: bool, variation: int, provider: str
    ) -> io.NodeOutput:
        prompt = processor.write(
            brief, industry=industry, style=style, provider=provider, backdrop_only=backdrop_only, seed=variation
        )
        copy = processor.write_copy(brief, industry=industry, provider=provider)
        shown = "\n".join((copy.headline, copy.sub, " ".join(copy.hashtags), "", prompt.positive, "", *prompt.notes))
        return io.NodeOutput(prompt, copy, prompt.positive, ui=_host.show(cls, shown))


NODES = (PromptProcessor,)
