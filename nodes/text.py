"""Text nodes: put the copy of a layout plan on an image."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from ..adstudio.errors import InputError
from ..adstudio.run.channels import letter_for
from ..adstudio.text.faces import fonts
from ..adstudio.text.roles import roles_stamp
from ..adstudio.types import Array, LayoutPlan, TextStyle
from . import _host
from ._api import io
from ._io import LayersIO, Layout, masks_for, one_or_each, to_arrays, to_arrays_with_alpha, to_image, to_layers


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
                io.Image.Input(
                    "logo",
                    optional=True,
                    tooltip="The shop's logo, for the place that the layout keeps for it. One serves the whole batch.",
                ),
                io.Mask.Input(
                    "logo_mask",
                    optional=True,
                    tooltip="The logo's mask as Load Image gives it: what is white in it is left out.",
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
            outputs=[
                io.Image.Output("lettered", display_name="image"),
                io.Image.Output("plate", tooltip="The copy alone on a clear ground, to lay on the same picture."),
                LayersIO.Output(
                    "layers",
                    is_output_list=True,
                    tooltip="The picture, and every plate, text block, code and logo as a layer, for Create Layered "
                    "Image; one stack for each picture.",
                ),
                io.String.Output(
                    "report", tooltip="Which colours were chosen, how well they read, and on what ground."
                ),
            ],
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
        logo: torch.Tensor | None = None,
        logo_mask: torch.Tensor | None = None,
        fallback: str = "",
    ) -> io.NodeOutput:
        """Letter every frame by its own plan."""
        seconds = tuple(name.strip() for name in fallback.split(",") if name.strip())
        fonts.require_families(seconds)  # a graph may come from anybody
        style = TextStyle(font, weight, min_px, outline, shadow, plate, seconds)
        frames = to_arrays(image)
        logos = one_or_each(_logos(logo, logo_mask), len(frames), "logo")
        done = [
            letter_for(frame, layout.for_frame(index), style, None if mark is None else {"": mark})
            for index, (frame, mark) in enumerate(zip(frames, logos, strict=True))
        ]
        return io.NodeOutput(
            to_image([each.image for each in done]),
            to_image([each.plate for each in done]),
            [to_layers(each.layers, each.image.shape[1], each.image.shape[0]) for each in done],
            "\n\n".join("\n".join(each.notes) for each in done),
        )


def _logos(logo: torch.Tensor | None, mask: torch.Tensor | None) -> list[Array] | None:
    """Join logos with what their masks leave of them."""
    if logo is None:
        return None
    pictures = to_arrays_with_alpha(logo)
    left_out = masks_for(mask, len(pictures))
    return [_joined(*each, out) for each, out in zip(pictures, left_out, strict=True)]


def _joined(colour: Array, alpha: Array | None, left_out: Array | None) -> Array:
    alpha = np.ones(colour.shape[:2], np.float32) if alpha is None else alpha
    if left_out is None:
        return np.dstack([colour, alpha])
    if left_out.shape != alpha.shape:
        raise InputError(
            "logo.mask_size",
            f"The logo is {colour.shape[1]}x{colour.shape[0]} px, but its mask "
            f"{left_out.shape[1]}x{left_out.shape[0]} px.",
            "Connect the mask of the same Load Image.",
            logo=f"{colour.shape[1]}×{colour.shape[0]}",
            mask=f"{left_out.shape[1]}×{left_out.shape[0]}",
        )
    return np.dstack([colour, alpha * (1 - left_out)])


NODES = (TextOverlay,)
