"""Layout nodes: where the copy and the products go, and why."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from ..adstudio.layout import frames, saliency
from ..adstudio.layout.plan import digest, report
from ..adstudio.layout.providers import LOCAL, LayoutChoice, Layouts, analyzer_names, lay_out
from ..adstudio.settings import settings_stamp
from ..adstudio.types import AdCopy, AdPrompt, Channel, CutOut, LayoutPlan
from . import _feedback, _host
from ._api import io
from ._io import ChannelIO, Copy, CutOutIO, Layout, Prompt, WriterIO, masks_for, to_arrays, to_image
from .prompt import Writer

_SIDES = ["auto", "top", "bottom", "left", "right", "center"]
_MORE: dict[str, Any] = {"default": "", "optional": True, "advanced": True}
_PARTS = [
    io.String.Input(
        "price", tooltip="What it costs now, such as '9,900원'. Replaces the price of the copy when not empty.", **_MORE
    ),
    io.String.Input("old_price", tooltip="What it cost before; it is struck through before the price.", **_MORE),
    io.String.Input(
        "badge", tooltip="One or two words in a spot near the product, such as '1+1' or '신메뉴'.", **_MORE
    ),
    io.String.Input(
        "call_to_action",
        tooltip="What the button says, such as '지금 주문하기'. Replaces the copy's own when not empty.",
        **_MORE,
    ),
    io.String.Input("legal", tooltip="The small print along the lower edge.", **_MORE),
    io.String.Input("hours", tooltip="Opening hours, above the small print.", **_MORE),
    io.String.Input("link", tooltip="What a QR code in a corner leads to: a Kakao channel, a map, a menu.", **_MORE),
]
_PROVIDERS = (
    "Who lays out. 'local': this machine, without any network. 'openai': a model that looks at the picture, which is "
    "sent to it; settings.yaml names it as vision_model. 'auto': openai where such a model is set, else local."
)
_WRITER = "From Language Model: the name of a model that looks at pictures, and whether the local layout may step in."
_AS_PROPOSED = "Take the model's layout even where the local one scores better."


class _Analyzer:
    """What both analyzers share."""

    fallbacks: ClassVar[int] = 0  # so far; a provider that failed is asked again in the next run

    @classmethod
    def fingerprint_inputs(cls, provider: str = LOCAL, **_: object) -> object:
        return "" if provider == LOCAL else _host.fingerprint((settings_stamp(), _Analyzer.fallbacks))

    @staticmethod
    def choice(provider: str, writer: Writer | None, as_proposed: bool) -> LayoutChoice:
        """Who lays out, as the library takes it."""
        asked = writer or Writer("")
        return LayoutChoice(
            provider,
            as_proposed,
            asked.fallback,
            asked.model,
            writer=asked.provider,
            check_cancelled=_host.host().check_cancelled,
        )

    @staticmethod
    def say(laid: Layouts) -> tuple[str, list[str]]:
        """The report, and a note for the next run where a provider failed."""
        _Analyzer.fallbacks += bool(laid.fallback_from)
        return report.describe(laid.plan), report.report_lines(laid.plan)


class TextLayoutAnalyzer(_Analyzer, io.ComfyNode):
    """Find free space for all parts of an ad's copy."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioTextLayoutAnalyzer",
            display_name="Text Layout Analyzer",
            category="Ad Studio/layout",
            description="Finds the calm, free part of a picture and lays the copy out there, on this machine or by a "
            "model that looks at the picture: headline, price, badge, button, small print and QR code. Every picture "
            "of a batch gets its own layout.",
            search_aliases=[
                "text position",
                "copy space",
                "saliency",
                "레이아웃",
                "문구 배치",
                "글자 위치",
                "여백",
                "가격",
            ],
            inputs=[
                io.Image.Input("image"),
                Copy.Input("copy", optional=True, tooltip="From a Prompt Processor. headline and sub below go first."),
                io.String.Input("headline", default="", tooltip="Replaces the headline of the copy when not empty."),
                io.String.Input("sub", default="", tooltip="Replaces the smaller line of the copy when not empty."),
                io.Mask.Input(
                    "keep_clear",
                    optional=True,
                    tooltip="What copy must never cover, white = product. Connect the mask of Background Composite.",
                ),
                Prompt.Input(
                    "prompt",
                    optional=True,
                    tooltip="From a Prompt Processor: copy_space 'auto' then goes where the prompt asked for space.",
                ),
                io.Combo.Input(
                    "copy_space",
                    options=_SIDES,
                    default="auto",
                    tooltip="Preferred side. It is followed unless something stands there; the report says which.",
                ),
                *_PARTS,
                io.Boolean.Input(
                    "logo_slot",
                    default=False,
                    optional=True,
                    advanced=True,
                    tooltip="Leave a place for a logo, which Text Overlay fills.",
                ),
                ChannelIO.Input(
                    "channel",
                    optional=True,
                    tooltip="From a Channel Preset: copy stays where the channel's app covers nothing.",
                ),
                Layout.Input(
                    "previous",
                    optional=True,
                    tooltip="An earlier layout: what is locked in it stays as it is, the rest flows around it.",
                ),
                io.Combo.Input("provider", options=analyzer_names(), default=LOCAL, optional=True, tooltip=_PROVIDERS),
                WriterIO.Input("writer", optional=True, tooltip=_WRITER),
                io.Boolean.Input("as_proposed", default=False, optional=True, tooltip=_AS_PROPOSED),
                io.Int.Input(
                    "min_px",
                    default=20,
                    min=8,
                    max=512,
                    optional=True,
                    tooltip="Smallest letter height in pixels to make room for; the same as Text Overlay's.",
                ),
            ],
            outputs=[
                Layout.Output("layout"),
                io.String.Output("report", tooltip="In Korean: why the copy stands where it stands, and its score."),
                io.Image.Output("preview", tooltip="The picture with the text boxes drawn on it."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    async def execute(
        cls,
        image: torch.Tensor,
        headline: str,
        sub: str,
        copy_space: str,
        copy: AdCopy | None = None,
        keep_clear: torch.Tensor | None = None,
        prompt: AdPrompt | None = None,
        logo_slot: bool = False,
        channel: Channel | None = None,
        previous: LayoutPlan | None = None,
        provider: str = LOCAL,
        writer: Writer | None = None,
        as_proposed: bool = False,
        min_px: int = 20,
        **parts: str,
    ) -> io.NodeOutput:
        """Analyse every frame and hand the plans on as one."""
        pictures = to_arrays(image)
        masks = masks_for(keep_clear, len(pictures))
        words = frames.choose_copy(copy, headline, sub, **parts)
        side = frames.choose_side(copy_space, prompt)
        wishes = saliency.Wishes(channel, previous, logo_slot)
        choice = cls.choice(provider, writer, as_proposed)
        laid = await lay_out(
            choice, lambda one: frames.place_text(one, pictures, words, masks, side, wishes, min_px=min_px)
        )
        plan = digest.bind(laid.plan, pictures)
        previews = [report.draw_boxes(picture, plan.for_frame(i)) for i, picture in enumerate(pictures)]
        said, lines = cls.say(laid)
        return io.NodeOutput(plan, said, to_image(previews), ui=_feedback.show(cls, lines))


class ProductLayoutAnalyzer(_Analyzer, io.ComfyNode):
    """Find where the products stand on a backdrop."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioProductLayoutAnalyzer",
            display_name="Product Layout Analyzer",
            category="Ad Studio/layout",
            description="Finds the table or floor of a backdrop and stands the products on it, in a sensible size, "
            "on this machine or by a model that looks at the picture.",
            search_aliases=["product position", "placement", "scale", "제품 배치", "상품 위치", "크기", "레이아웃"],
            inputs=[
                io.Image.Input("backdrop"),
                CutOutIO.Input("cutout", tooltip="From a Background Removal."),
                CutOutIO.Input("cutout_2", optional=True, tooltip="A second product, to the right of the first."),
                CutOutIO.Input("cutout_3", optional=True, tooltip="A third product, to the right of the second."),
                io.Combo.Input(
                    "copy_space",
                    options=_SIDES,
                    default="auto",
                    tooltip="The side to leave free for the copy; the products move away from it.",
                ),
                io.Float.Input(
                    "x",
                    default=-1.0,
                    min=-1.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Middle of the products, 0 = left edge, 1 = right edge of the picture; -1 = found for you.",
                ),
                io.Float.Input(
                    "base_y",
                    default=-1.0,
                    min=-1.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Height of the ground under them, 0 = top, 1 = bottom of the picture; -1 = found for you.",
                ),
                io.Float.Input(
                    "height",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Height of the tallest product as a share of the picture's; 0 = chosen for you.",
                ),
                io.Combo.Input("provider", options=analyzer_names(), default=LOCAL, optional=True, tooltip=_PROVIDERS),
                WriterIO.Input("writer", optional=True, tooltip=_WRITER),
                io.Boolean.Input("as_proposed", default=False, optional=True, tooltip=_AS_PROPOSED),
            ],
            outputs=[
                Layout.Output("layout"),
                io.String.Output("report", tooltip="In Korean: why the products stand where they stand."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    async def execute(
        cls,
        backdrop: torch.Tensor,
        cutout: CutOut,
        copy_space: str,
        x: float,
        base_y: float,
        height: float,
        cutout_2: CutOut | None = None,
        cutout_3: CutOut | None = None,
        provider: str = LOCAL,
        writer: Writer | None = None,
        as_proposed: bool = False,
    ) -> io.NodeOutput:
        """Analyse every backdrop and hand the plans on as one."""
        aspects = frames.aspects_of((cutout, cutout_2, cutout_3))
        wish = frames.ProductWish(x, base_y, height)
        side = frames.choose_side(copy_space, None)
        pictures, choice = to_arrays(backdrop), cls.choice(provider, writer, as_proposed)
        laid = await lay_out(choice, lambda one: frames.place_products(one, pictures, aspects, wish, side))
        said, lines = cls.say(laid)
        return io.NodeOutput(laid.plan, said, ui=_feedback.show(cls, lines))


NODES = (TextLayoutAnalyzer, ProductLayoutAnalyzer)
