"""Layout nodes: where the copy and the products go, and why."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from ..adstudio.layout import digest, frames, report, saliency
from ..adstudio.types import AdCopy, AdPrompt, Channel, CutOut, LayoutPlan
from . import _host
from ._io import ChannelIO, Copy, CutOutIO, Layout, Prompt, masks_for, to_arrays, to_image

_SIDES = ["auto", "top", "bottom", "left", "right", "center"]
_PARTS = {
    "price": "What it costs now, such as '9,900원'. Replaces the price of the copy when not empty.",
    "old_price": "What it cost before; it is struck through before the price.",
    "badge": "One or two words in a spot near the product, such as '1+1' or '신메뉴'.",
    "call_to_action": "What the button says, such as '지금 주문하기'. Replaces the copy's own when not empty.",
    "legal": "The small print along the lower edge.",
    "hours": "Opening hours, above the small print.",
    "link": "What a QR code in a corner leads to: a Kakao channel, a map, a menu.",
}


def _part(name: str) -> io.Input:
    """A field for one more part of the ad."""
    return io.String.Input(name, default="", optional=True, advanced=True, tooltip=_PARTS[name])


class TextLayoutAnalyzer(io.ComfyNode):
    """Find free space for all parts of an ad's copy."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioTextLayoutAnalyzer",
            display_name="Text Layout Analyzer",
            category="Ad Studio/layout",
            description="Finds the calm, free part of a picture and lays the copy out there, without any network: "
            "headline, price, badge, button, small print and QR code. Every picture of a batch gets its own layout.",
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
                *(_part(name) for name in _PARTS),
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
            ],
            outputs=[
                Layout.Output("layout"),
                io.String.Output("report", tooltip="In Korean: why the copy stands where it stands, and its score."),
                io.Image.Output("preview", tooltip="The picture with the text boxes drawn on it."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
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
        **parts: str,
    ) -> io.NodeOutput:
        """Analyse every frame and hand the plans on as one."""
        pictures = to_arrays(image)
        masks = masks_for(keep_clear, len(pictures))
        words = frames.choose_copy(copy, headline, sub, **parts)
        side = frames.choose_side(copy_space, prompt)
        wishes = saliency.Wishes(channel, previous, logo_slot)
        plan = frames.place_text(saliency.LocalAnalyzer(), pictures, words, masks, side, wishes)
        plan = digest.bind(plan, pictures)
        previews = [report.draw_boxes(picture, plan.for_frame(i)) for i, picture in enumerate(pictures)]
        said = report.describe(plan)
        return io.NodeOutput(plan, said, to_image(previews), ui=_host.show(cls, said))


class ProductLayoutAnalyzer(io.ComfyNode):
    """Find where the products stand on a backdrop."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioProductLayoutAnalyzer",
            display_name="Product Layout Analyzer",
            category="Ad Studio/layout",
            description="Finds the table or floor of a backdrop and stands the products on it, in a sensible size, "
            "without any network.",
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
            ],
            outputs=[
                Layout.Output("layout"),
                io.String.Output("report", tooltip="In Korean: why the products stand where they stand."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        backdrop: torch.Tensor,
        cutout: CutOut,
        copy_space: str,
        x: float,
        base_y: float,
        height: float,
        cutout_2: CutOut | None = None,
        cutout_3: CutOut | None = None,
    ) -> io.NodeOutput:
        """Analyse every backdrop and hand the plans on as one."""
        aspects = frames.aspects_of((cutout, cutout_2, cutout_3))
        wish = frames.ProductWish(x, base_y, height)
        side = frames.choose_side(copy_space, None)
        plan = frames.place_products(saliency.LocalAnalyzer(), to_arrays(backdrop), aspects, wish, side)
        said = report.describe(plan)
        return io.NodeOutput(plan, said, ui=_host.show(cls, said))


NODES = (TextLayoutAnalyzer, ProductLayoutAnalyzer)
