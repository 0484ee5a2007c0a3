"""Text nodes: put the copy of a layout plan on an image."""

from __future__ import annotations

from typing import Literal

import torch
from comfy_api.latest import io

from ..adstudio.text import fonts, lettering
from ..adstudio.text.roles import roles_stamp
from ..adstudio.types import LayoutPlan, TextStyle
from . import _host
from ._io import Layout, to_arrays, to_image


class TextOverlay(io.ComfyNode):
    """Draw every text block of a layout plan, fitted to its box."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioTextOverlay",
            display_name="Text Overlay",
            category="Ad Studio/text",
            description="Draws every text block of a layout: Korean lines broken between words, as large as the box "
            "allows, in a colour that reads on the picture.",
            search_aliases=["korean text", "hangul", "lettering", "headline", "텍스트", "문구", "한글", "글자"],
            inputs=[
                io.Image.Input("image"),
                Layout.Input("layout", tooltip="From a Text Layout Analyzer."),
                io.Combo.Input(
                    "font",
                    options=fonts.font_names(),
                    default=fonts.BUNDLED,
                    tooltip="Pretendard comes with the pack and looks the same everywhere; the others are those in "
                    "models/fonts and those with Hangul on this machine.",
                ),
                io.Int.Input(
                    "weight",
                    default=800,
                    min=100,
                    max=900,
                    step=100,
                    tooltip="Boldness of the headline: 100 thin, 300 light, 400 regular, 500 medium, 600 semibold, "
                    "700 bold, 800 extrabold, 900 black. Smaller lines are set lighter.",
                ),
                io.Int.Input(
                    "min_px",
                    default=20,
                    min=8,
                    max=512,
                    tooltip="Smallest letter height in pixels. Copy that needs smaller letters is refused, not drawn "
                    "unreadable. Small print may be a little smaller.",
                ),
                io.Combo.Input(
                    "plate",
                    options=["auto", "always", "never"],
                    default="auto",
                    tooltip="What lies behind the copy. auto: a soft shade or a frosted panel, only where the picture "
                    "gives too little contrast.",
                ),
                io.Boolean.Input("shadow", default=True, tooltip="A soft shadow under light letters."),
                io.Boolean.Input(
                    "outline", default=False, tooltip="A rim around the letters, for very restless pictures."
                ),
                io.String.Input(
                    "fallback",
                    display_name="second fonts",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="Fonts that draw what the font lacks (hanja, symbols, emoji in one colour), by the first "
                    "that has it: Noto Sans CJK KR, Segoe UI Emoji. The first font may as well be one of Latin "
                    "letters, and Pretendard its second.",
                ),
            ],
            outputs=[io.Image.Output("lettered", display_name="image")],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        # an edited style or another font of the user's counts as a new input
        return _host.fingerprint((roles_stamp(), fonts.fonts_stamp()))

    @classmethod
    def execute(
        cls,
        image: torch.Tensor,
        layout: LayoutPlan,
        font: str,
        weight: int,
        min_px: int,
        plate: Literal["auto", "always", "never"],
        shadow: bool,
        outline: bool,
        fallback: str = "",
    ) -> io.NodeOutput:
        """Letter every frame by its own plan."""
        seconds = tuple(name.strip() for name in fallback.split(",") if name.strip())
        style = TextStyle(font, weight, min_px, outline, shadow, plate, seconds)
        frames = to_arrays(image)
        return io.NodeOutput(to_image([lettering.draw(f, layout.for_frame(i), style) for i, f in enumerate(frames)]))


NODES = (TextOverlay,)
