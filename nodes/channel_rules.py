"""Channel nodes: what a channel would not take, and the layouts that channels fix."""

from __future__ import annotations

import numpy as np
import torch

from ..adstudio.output.channel_table import channels_stamp
from ..adstudio.output.channels import channel_names, get_channel
from ..adstudio.output.findings import finding_lines, is_blocked, refuse
from ..adstudio.output.templates import templates
from ..adstudio.run.channels import inspect
from ..adstudio.run.templates import OFFICIAL, draw_template
from ..adstudio.text.faces.fonts import font_names
from ..adstudio.types import Array, Channel, CutOut, LayoutPlan
from . import _feedback, _host
from ._api import io
from ._io import ChannelIO, CutOutIO, Layout, masks_for, to_arrays_with_alpha, to_image

_OWN, _UNTOLD = "of the template", "not told"


class ChannelCheck(io.ComfyNode):
    """Stop a picture that its channel would not take."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioChannelCheck",
            display_name="Channel Check",
            category="Ad Studio/channels",
            description="Checks the finished picture against the channel's rules. What the channel would not take "
            "stops the run before it is saved, unless override is on; warnings are only told.",
            search_aliases=["validate", "policy", "rules", "검수", "심사", "규칙 확인", "비즈보드", "쿠팡"],
            inputs=[
                io.Image.Input("image", tooltip="The finished picture, with its letters."),
                ChannelIO.Input("channel"),
                Layout.Input("layout", optional=True, tooltip="For safe zone, letter sizes and wording."),
                io.Mask.Input("product", optional=True, tooltip="White = product; else whatever is not white counts."),
                io.String.Input("advertiser", default="", tooltip="Whose ad it is, where the channel wants it named."),
                io.Boolean.Input("override", default=False, tooltip="Let the picture through all the same."),
                io.Combo.Input(
                    "font",
                    options=[_UNTOLD, *font_names()],
                    default=_UNTOLD,
                    advanced=True,
                    tooltip="What the letters were drawn in, where the channel fixes the font.",
                ),
            ],
            outputs=[
                io.Image.Output("image_out", display_name="image"),
                io.String.Output("report", tooltip="In Korean: what was found, the gravest first."),
                io.Boolean.Output("passed", tooltip="False where an override let it through."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        image: torch.Tensor,
        channel: Channel,
        advertiser: str,
        override: bool,
        font: str,
        layout: LayoutPlan | None = None,
        product: torch.Tensor | None = None,
    ) -> io.NodeOutput:
        """Check every frame."""
        frames = _with_alpha(image)
        found = [
            finding
            for index, (frame, mask) in enumerate(zip(frames, masks_for(product, len(frames)), strict=True))
            for finding in inspect(
                frame,
                channel,
                plan=layout and layout.for_frame(index),
                product=mask,
                advertiser=advertiser,
                font="" if font == _UNTOLD else font,
            )
        ]
        lines = finding_lines(dict.fromkeys(found))
        shown = _feedback.show(cls, lines)
        if not override:
            refuse(found, channel.english)
        return io.NodeOutput(image, "\n".join(lines), not is_blocked(found), ui=shown)


class ChannelTemplate(io.ComfyNode):
    """Set an ad by a layout that its channel fixes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioChannelTemplate",
            display_name="Locked Template",
            category="Ad Studio/channels",
            description="Sets a product and its copy by a layout that the channel fixes, without drawing anything: "
            "Kakao Bizboard with its object at the right, or the white main picture of a marketplace.",
            search_aliases=[
                "bizboard",
                "white background",
                "비즈보드",
                "대표 이미지",
                "흰 배경",
                "쿠팡",
                "스마트스토어",
            ],
            inputs=[
                CutOutIO.Input("cutout", tooltip="The product, from a Background Removal."),
                io.Combo.Input(
                    "template",
                    options=list(templates()),
                    tooltip="kakao_bizboard: transparent, with its object at the right. marketplace_white: pure white.",
                ),
                io.String.Input(
                    "headline", default="", tooltip="Bizboard: one line, at most 585 px in its fixed size."
                ),
                io.String.Input("sub", default="", tooltip="Bizboard: the second line; must differ from the first."),
                io.String.Input("advertiser", default="", tooltip="Bizboard: must stand in the copy or on the object."),
                io.Combo.Input(
                    "font",
                    options=[OFFICIAL, *font_names()],
                    default=OFFICIAL,
                    tooltip="official: the channel's own, refused where it is not installed. Others are for drafts.",
                ),
                io.Combo.Input(
                    "channel",
                    options=[_OWN, *channel_names()],
                    default=_OWN,
                    tooltip="White main picture: whose size it gets. Coupang's unless you choose another.",
                ),
                io.Boolean.Input(
                    "override", default=False, tooltip="Let it through even where the channel would refuse it."
                ),
                # Optional, as graphs of before must still run.
                io.String.Input(
                    "old_price",
                    default="",
                    optional=True,
                    tooltip="Bizboard: a price, struck through before the sub, or before the headline without one.",
                ),
                io.String.Input(
                    "app",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="Bizboard: name of the app that is advertised, in a row of its own beside its icon.",
                ),
                io.Image.Input("app_icon", optional=True, tooltip="Bizboard: the app's icon, shown 38x38."),
            ],
            outputs=[
                io.Image.Output("image", tooltip="With transparency where the channel wants it."),
                Layout.Output("layout"),
                ChannelIO.Output("channel_out", display_name="channel"),
                io.String.Output("report", tooltip="In Korean: what was found, and what to know."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        # a channel that the user has added or corrected counts as a new input
        return _host.fingerprint(channels_stamp())

    @classmethod
    def execute(
        cls,
        cutout: CutOut,
        template: str,
        headline: str,
        sub: str,
        advertiser: str,
        font: str,
        channel: str,
        override: bool,
        old_price: str = "",
        app: str = "",
        app_icon: torch.Tensor | None = None,
    ) -> io.NodeOutput:
        """Set the ad."""
        made = draw_template(
            template,
            cutout,
            headline=headline,
            sub=sub,
            advertiser=advertiser,
            font=font,
            channel="" if channel == _OWN else get_channel(channel).id,
            old_price=old_price,
            app=app,
            app_icon=None if app_icon is None else _with_alpha(app_icon)[0],
        )
        lines = (*made.notes, *finding_lines(made.findings))
        shown = _feedback.show(cls, lines)
        if not override:
            refuse(made.findings, made.channel.english)
        _feedback.note(made.warnings())
        words = [{"role": block.role, "text": block.text} for block in made.plan.texts]
        shown = {**shown.as_dict(), "adstudio_words": words}
        return io.NodeOutput(to_image([made.picture]), made.plan, made.channel, "\n".join(lines), ui=shown)


def _with_alpha(image: torch.Tensor) -> list[Array]:
    pairs = to_arrays_with_alpha(image)
    return [rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=-1) for rgb, alpha in pairs]


NODES = (ChannelCheck, ChannelTemplate)
