"""Composite node: products stand on a backdrop, with shadow and tone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from comfy_api.latest import io

from ..adstudio.imaging.composite import compose, describe
from ..adstudio.imaging.placement import line_up
from ..adstudio.types import Array, CutOut, LayoutPlan, Placement
from ._io import CutOutIO, Layout, to_arrays, to_image, to_mask


class BackgroundComposite(io.ComfyNode):
    """Put up to three products on every backdrop."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioBackgroundComposite",
            display_name="Background Composite",
            category="Ad Studio/compose",
            description="Stands one to three products on a backdrop: in linear light, with a shadow that follows the "
            "backdrop's light, and a receipt of how much the product's own colours changed.",
            search_aliases=["composite", "product shot", "drop shadow", "합성", "배경 합성", "상품 합성", "그림자"],
            inputs=[
                io.Image.Input("backdrop", tooltip="One picture, or a batch: each gets the same products."),
                CutOutIO.Input(
                    "cutout", tooltip="The product, from Background Removal. A batch gives one picture each."
                ),
                CutOutIO.Input("cutout_2", optional=True, tooltip="A second product in the same picture."),
                CutOutIO.Input("cutout_3", optional=True, tooltip="A third product in the same picture."),
                Layout.Input(
                    "layout", optional=True, tooltip="Where the products stand, from Product Layout Analyzer."
                ),
                io.Boolean.Input(
                    "manual_placement",
                    default=False,
                    tooltip="Use the three numbers below even if a layout is linked. Without one they always count.",
                ),
                io.Float.Input(
                    "x",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Middle of the product, 0 = left edge, 1 = right.",
                ),
                io.Float.Input(
                    "base_y",
                    default=0.85,
                    min=0.05,
                    max=1.0,
                    step=0.01,
                    tooltip="Where the product stands, 1 = bottom edge.",
                ),
                io.Float.Input(
                    "height",
                    default=0.5,
                    min=0.02,
                    max=2.0,
                    step=0.01,
                    tooltip="The product's height as a share of the picture's. Made smaller when it would not fit.",
                ),
                io.Combo.Input(
                    "light",
                    options=["auto", "left", "right", "above"],
                    tooltip="Where the light comes from; the shadow falls the other way. auto reads the backdrop.",
                ),
                io.Float.Input(
                    "shadow", default=1.0, min=0.0, max=2.0, step=0.05, tooltip="0 = no shadow, 1 = natural, 2 = heavy."
                ),
                io.Float.Input(
                    "harmonize",
                    default=0.3,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="How far the product takes on the backdrop's light. 0 keeps its colours exactly; "
                    "held back by itself so that they change little (6 delta E on average at most).",
                ),
            ],
            outputs=[
                io.Image.Output("composite", display_name="image"),
                io.Mask.Output("product_mask", display_name="mask", tooltip="White where a product stands."),
                io.String.Output(
                    "receipt", tooltip="Scale, light, and how much the product's colours changed (delta E)."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        backdrop: torch.Tensor,
        cutout: CutOut,
        manual_placement: bool,
        x: float,
        base_y: float,
        height: float,
        light: str,
        shadow: float,
        harmonize: float,
        cutout_2: CutOut | None = None,
        cutout_3: CutOut | None = None,
        layout: LayoutPlan | None = None,
    ) -> io.NodeOutput:
        products = [product for product in (cutout, cutout_2, cutout_3) if product is not None]
        plan = None if manual_placement else layout
        done = [
            compose(
                frame,
                products,
                _placements(plan, index, frame, products, x=x, base_y=base_y, height=height),
                shadow=shadow,
                harmonize=harmonize,
                light=light,
            )
            for index, frame in enumerate(to_arrays(backdrop))
        ]
        return io.NodeOutput(
            to_image([each.image for each in done]),
            to_mask([each.mask for each in done]),
            "\n\n".join(map(describe, done)),
        )


def _placements(
    plan: LayoutPlan | None, index: int, frame: Array, products: Sequence[CutOut], **by_hand: float
) -> tuple[Placement, ...]:
    if plan is not None:
        return plan.for_frame(index).products
    aspects = [product.rgba.shape[1] / product.rgba.shape[0] for product in products]
    return line_up(aspects, frame.shape[1] / frame.shape[0], **by_hand)


NODES = (BackgroundComposite,)
