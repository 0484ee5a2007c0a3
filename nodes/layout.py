"""Layout nodes: where the copy and the products go, and why."""

from __future__ import annotations

import torch
from comfy_api.latest import io

from ..adstudio.layout import frames, report, saliency
from ..adstudio.types import AdCopy, AdPrompt, CutOut
from ._io import Copy, CutOutIO, Layout, Prompt, masks_for, to_arrays, to_image

_SIDES = ["auto", "top", "bottom", "left", "right", "center"]


class TextLayoutAnalyzer(io.ComfyNode):
    """Find free space for the headline and the line under it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioTextLayoutAnalyzer",
            display_name="Text Layout Analyzer",
            category="Ad Studio/layout",
            description="Finds the calm, free part of a picture and lays the copy out there, without any network. "
            "Every picture of a batch gets its own layout.",
            search_aliases=["text position", "copy space", "saliency", "레이아웃", "문구 배치", "글자 위치", "여백"],
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
            ],
            outputs=[
                Layout.Output("layout"),
                io.String.Output("report", tooltip="In Korean: why the copy stands where it stands, and its score."),
                io.Image.Output("preview", tooltip="The picture with the text boxes drawn on it."),
            ],
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
    ) -> io.NodeOutput:
        """Analyse every frame and hand the plans on as one."""
        pictures = to_arrays(image)
        masks = masks_for(keep_clear, len(pictures))
        words = frames.choose_copy(copy, headline, sub)
        side = frames.choose_side(copy_space, prompt)
        plan = frames.place_text(saliency.LocalAnalyzer(), pictures, words, masks, side)
        previews = [report.draw_boxes(picture, plan.for_frame(i)) for i, picture in enumerate(pictures)]
        return io.NodeOutput(plan, report.describe(plan), to_image(previews))


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
        return io.NodeOutput(plan, report.describe(plan))


NODES = (TextLayoutAnalyzer, ProductLayoutAnalyzer)
