"""Composite nodes: products stand on a backdrop, with shadow and tone; a shadow alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from ..adstudio.errors import InputError
from ..adstudio.imaging.composite.grounding import cast_alone, shade_white
from ..adstudio.imaging.composite.placement import STANCES, line_up
from ..adstudio.imaging.composite.products import check_cutouts
from ..adstudio.imaging.composite.receipt import receipt_lines
from ..adstudio.imaging.composite.stance import settle_stances
from ..adstudio.imaging.cutout.matting import restore_frame
from ..adstudio.layout.frames import BY_HAND, together
from ..adstudio.run.composing import compose_on
from ..adstudio.types import Array, CutOut, LayoutPlan, Placement
from . import _feedback, _host, _lamp
from ._api import io
from ._io import CutOutIO, LayersIO, Layout, mask_to_arrays, one_or_each, to_arrays, to_image, to_layers, to_mask


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
                    options=_lamp.LIGHTS,
                    tooltip="Where the light comes from; the shadow falls the other way. auto reads the backdrop, "
                    "angle takes light_angle.",
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
                    tooltip="How far the product takes on the backdrop's light. 0 keeps its own pixels exactly; "
                    "held back by itself so that they change little (4 delta E on average at most).",
                ),
                io.Combo.Input(
                    "stance",
                    options=["auto", *STANCES],
                    default="auto",
                    optional=True,
                    advanced=True,
                    tooltip="standing: shadow on the ground. hanging: on the wall behind. flat_lay: all around, on a "
                    "table seen from above. auto: what the layout says; without one it is read from outline and "
                    "backdrop, and the receipt says why.",
                ),
                io.Float.Input(
                    "rotation",
                    default=0.0,
                    min=-180.0,
                    max=180.0,
                    step=1.0,
                    optional=True,
                    advanced=True,
                    tooltip="Degrees clockwise, for products placed by hand.",
                ),
                *_lamp.lamp_inputs(),
                io.Float.Input(
                    "reflection",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    advanced=True,
                    tooltip="How strongly a glossy table mirrors the products. 0 = not at all.",
                ),
                io.Float.Input(
                    "detail",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    optional=True,
                    advanced=True,
                    tooltip="How far the product takes on the backdrop's grain, and its outline the backdrop's "
                    "sharpness. Does nothing where harmonize is 0.",
                ),
                io.Float.Input(
                    "fidelity_limit",
                    default=0.0,
                    min=0.0,
                    max=20.0,
                    step=0.1,
                    optional=True,
                    advanced=True,
                    tooltip="Stops with an error when a product's colours change by more than this on average "
                    "(delta E 2000). 0 = no limit.",
                ),
            ],
            outputs=[
                io.Image.Output("composite", display_name="image"),
                io.Mask.Output("product_mask", display_name="mask", tooltip="White where a product stands."),
                io.String.Output(
                    "receipt", tooltip="Scale, light, and how much the product's colours changed (delta E)."
                ),
                io.Image.Output("plate", tooltip="Products and shadows on a clear ground, to lay on another picture."),
                LayersIO.Output(
                    "layers",
                    is_output_list=True,
                    tooltip="Backdrop, shadow and each product as layers, for Create Layered Image; one stack for each "
                    "backdrop.",
                ),
                Layout.Output(
                    "placed", display_name="layout", tooltip="Where the products stand, found or set by hand; for Save."
                ),
            ],
            hidden=[io.Hidden.unique_id],
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
        stance: str = "auto",
        rotation: float = 0.0,
        fidelity_limit: float = 0.0,
        **settings: Any,
    ) -> io.NodeOutput:
        products = [product for product in (cutout, cutout_2, cutout_3) if product is not None]
        check_cutouts(products)
        by_hand = {"x": x, "base_y": base_y, "height": height}
        options = {"shadow": shadow, "harmonize": harmonize, "layers": True, "fidelity_limit": fidelity_limit or None}
        options |= _lamp.lamp_options(light, settings) | settings
        plan = None if manual_placement else layout
        done, placed = list[Any](), list[LayoutPlan]()
        for index, frame in enumerate(to_arrays(backdrop)):
            places = _turned(_placements(plan, index, frame, products, **by_hand), plan, rotation, stance)
            found = settle_stances(frame, products, places) if plan is None and stance == "auto" else (places, ())
            made = compose_on(_host.host(), frame, products, found[0], **options)
            done.append(replace(made, notes=(*found[1], *made.notes)))
            proposed = LayoutPlan(reasons=(BY_HAND,)) if plan is None else plan.for_frame(index)
            placed.append(replace(proposed, products=tuple(found[0])))
        lines = _feedback.apart(map(receipt_lines, done))
        _feedback.note(dict.fromkeys(note for each in done for note in each.notes))
        return io.NodeOutput(
            to_image([each.image for each in done]),
            to_mask([each.mask for each in done]),
            "\n".join(lines),
            to_image([each.plate for each in done if each.plate is not None]),
            [to_layers(each.layers, each.image.shape[1], each.image.shape[0]) for each in done],
            together(placed),
            ui=_feedback.show(cls, lines),
        )


class Shadow(io.ComfyNode):
    """Throw the shadow of a cut-out or a mask, alone."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioShadow",
            display_name="Shadow",
            category="Ad Studio/compose",
            description="Throws the shadow of a cut-out or a mask, without drawing the product: as a picture on white "
            "to multiply with, and as a mask.",
            search_aliases=["drop shadow", "cast shadow", "contact shadow", "그림자", "바닥 그림자"],
            inputs=[
                CutOutIO.Input("cutout", optional=True, tooltip="The product, where it stands in its photo."),
                io.Mask.Input("mask", optional=True, tooltip="Instead of a cut-out: white = what throws the shadow."),
                io.Image.Input("backdrop", optional=True, tooltip="Where light = auto reads the light from."),
                io.Combo.Input(
                    "light",
                    options=_lamp.LIGHTS,
                    tooltip="Where the light comes from. auto reads the backdrop; without one it comes from above.",
                ),
                io.Combo.Input(
                    "stance",
                    options=list(STANCES),
                    tooltip="standing: on the ground. hanging: on the wall behind. flat_lay: all around, on a table "
                    "seen from above.",
                ),
                io.Float.Input(
                    "strength", default=1.0, min=0.0, max=2.0, step=0.05, tooltip="0 = none, 1 = natural, 2 = heavy."
                ),
                io.Boolean.Input(
                    "under_product",
                    default=False,
                    tooltip="Keeps the shadow under the product too, for a product that is laid over it afterwards. "
                    "Off: it is exactly 0 there.",
                ),
                *_lamp.lamp_inputs(),
            ],
            outputs=[
                io.Image.Output("shadow", tooltip="The shadow on white: multiply any picture with it."),
                io.Mask.Output("density", display_name="mask", tooltip="White = no light comes there."),
            ],
        )

    @classmethod
    def execute(
        cls,
        light: str,
        stance: Any,
        strength: float,
        under_product: bool,
        cutout: CutOut | None = None,
        mask: torch.Tensor | None = None,
        backdrop: torch.Tensor | None = None,
        **lamp: Any,
    ) -> io.NodeOutput:
        shapes = _shapes(cutout, mask)
        scenes = one_or_each(None if backdrop is None else to_arrays(backdrop), len(shapes), "backdrop")
        options = _lamp.lamp_options(light, lamp)
        found = [
            cast_alone(shape, _lamp.find(options, scene), stance, strength, under=under_product)
            for shape, scene in zip(shapes, scenes, strict=True)
        ]
        return io.NodeOutput(to_image([shade_white(each) for each in found]), to_mask(found))


def _shapes(cutout: CutOut | None, mask: torch.Tensor | None) -> list[Array]:
    if cutout is not None and mask is None:
        check_cutouts([cutout])
        return [restore_frame(cutout)[..., 3]]
    if mask is not None and cutout is None:
        return mask_to_arrays(mask)
    raise InputError(
        "shadow.one_shape",
        f"A shadow needs a cut-out or a mask, but {'both' if cutout is not None else 'neither'} came.",
        "Connect one of the two.",
    )


def _placements(
    plan: LayoutPlan | None, index: int, frame: Array, products: Sequence[CutOut], **by_hand: float
) -> tuple[Placement, ...]:
    if plan is not None:
        return plan.for_frame(index).products
    aspects = [product.rgba.shape[1] / product.rgba.shape[0] for product in products]
    return line_up(aspects, frame.shape[1] / frame.shape[0], **by_hand)


def _turned(
    places: Sequence[Placement], plan: LayoutPlan | None, rotation: float, stance: Any
) -> tuple[Placement, ...]:
    turned = places if plan is not None else [replace(place, rotation=rotation) for place in places]
    return tuple(turned if stance == "auto" else [replace(place, stance=stance) for place in turned])


NODES = (BackgroundComposite, Shadow)
