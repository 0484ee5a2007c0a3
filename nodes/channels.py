"""Channel nodes: sizes for a channel, pictures fitted to it, one design on many, and what a channel would not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..adstudio.engine.drawing.sizes import drawn_size
from ..adstudio.output.channel_table import channels_stamp
from ..adstudio.output.channels import channel_names, get_channel, get_channels, get_entry, require_size
from ..adstudio.run.reflow import Reflowed, Refused, fit_picture, reflow_each, with_products
from ..adstudio.types import Channel, CutOut, LayoutPlan, Note
from . import _feedback, _host
from ._api import io
from ._io import ChannelIO, CutOutIO, Layout, Zit, masks_for, to_arrays, to_image, to_mask

_MANY = "instagram_feed\ninstagram_story\nkakao_native:2x1\nnaver_place"


class ChannelPreset(io.ComfyNode):
    """The size to draw in for a channel, and the size that it takes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioChannelPreset",
            display_name="Channel Preset",
            category="Ad Studio/channels",
            description="Gives the size to draw in for a channel, on the model's grid, and the exact size that the "
            "channel takes. Fit to Channel leads from the one to the other.",
            search_aliases=[
                "size",
                "instagram",
                "kakao",
                "naver",
                "채널",
                "크기",
                "규격",
                "인스타그램",
                "카카오",
                "네이버",
            ],
            inputs=[
                io.Combo.Input(
                    "channel",
                    options=channel_names(),
                    tooltip="Where the ad will appear. Add your own in channels.yaml of your Ad Studio folder.",
                ),
                Zit.Input("zit", optional=True, tooltip="The model that draws; without it, Z-Image Turbo is assumed."),
            ],
            outputs=[
                io.Int.Output("width", tooltip="To draw in."),
                io.Int.Output("height", tooltip="To draw in."),
                io.Int.Output("exact_width", tooltip="What the channel takes."),
                io.Int.Output("exact_height", tooltip="What the channel takes."),
                ChannelIO.Output("channel_out", display_name="channel"),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, **_: object) -> object:
        # a channel that the user has added or corrected counts as a new input
        return _host.fingerprint(channels_stamp())

    @classmethod
    def execute(cls, channel: str, zit: Any = None) -> io.NodeOutput:
        """Look the channel up."""
        found, entry = require_size(get_channel(channel)), get_entry(channel)
        grid, base = (16, 1024) if zit is None else (zit.checkpoint.grid_px, zit.checkpoint.base_px)
        drawn = drawn_size(*found.size_px, grid=grid, base_px=base)
        lines = [_named(found)]
        if entry.note:
            lines.append(Note("channel.about", "{said}", said=entry.note, english=entry.note_en or entry.note))
        return io.NodeOutput(*drawn, *found.size_px, found, ui=_feedback.show(cls, lines))


class FitToChannel(io.ComfyNode):
    """Bring a picture to a channel's exact size, with the product in view."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioFitToChannel",
            display_name="Fit to Channel",
            category="Ad Studio/channels",
            description="Cuts a picture to the channel's exact size with the product in view; where that cannot be, "
            "its edges are continued quietly, and the report says so.",
            search_aliases=["crop", "resize", "outpaint", "자르기", "크기 맞추기", "채널 맞춤"],
            inputs=[
                io.Image.Input("image", tooltip="Before the copy is drawn: letters would be cut."),
                ChannelIO.Input("channel"),
                io.Mask.Input("keep", optional=True, tooltip="What must stay in view, white = product."),
                io.Float.Input(
                    "lean",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    advanced=True,
                    tooltip="Where the picture lies if its edges are continued: 0 = left or top, 1 = right or bottom.",
                ),
            ],
            outputs=[
                io.Image.Output("image_out", display_name="image"),
                io.Mask.Output("mask", tooltip="The mask, fitted alike."),
                io.String.Output("report", tooltip="In Korean: what was continued, and whether that shows."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls, image: torch.Tensor, channel: Channel, lean: float, keep: torch.Tensor | None = None
    ) -> io.NodeOutput:
        """Fit every frame."""
        frames = to_arrays(image)
        pairs = zip(frames, masks_for(keep, len(frames)), strict=True)
        fitted = [fit_picture(frame, require_size(channel), mask, lean=lean) for frame, mask in pairs]
        lines = list(dict.fromkeys(note for one in fitted for note in one.notes))
        pictures, masks = to_image([one.picture for one in fitted]), to_mask([one.mask for one in fitted])
        return io.NodeOutput(pictures, masks, "\n".join(lines), ui=_feedback.show(cls, lines))


class Reflow(io.ComfyNode):
    """One design for many channels: its picture fitted, its copy laid out anew."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="AdStudioReflow",
            display_name="Reflow to Channels",
            category="Ad Studio/channels",
            description="Brings one design to many channels: the picture is fitted, products are stood anew, and the "
            "copy is laid out anew inside each safe zone. Gives lists, which the nodes after it work through. A "
            "channel that cannot be made is left out, and told.",
            search_aliases=[
                "resize design",
                "multi size",
                "many channels",
                "여러 채널",
                "크기별",
                "리사이즈",
                "재배치",
            ],
            inputs=[
                io.Image.Input("image", tooltip="Without letters. With a cut-out connected: the empty backdrop."),
                Layout.Input("layout", tooltip="Of this picture, from a Text Layout Analyzer."),
                io.String.Input(
                    "channels",
                    default=_MANY,
                    multiline=True,
                    tooltip="One a line, by id or Korean name: 스토리, kakao_native:2x1 …",
                ),
                Layout.Input(
                    "product_layout", optional=True, tooltip="With cut-outs: where they stand on the backdrop."
                ),
                CutOutIO.Input("cutout", optional=True, tooltip="The product, stood anew on every size."),
                CutOutIO.Input("cutout_2", optional=True, tooltip="A second product."),
                CutOutIO.Input("cutout_3", optional=True, tooltip="A third product."),
                io.Mask.Input(
                    "keep", optional=True, tooltip="Without cut-outs: what must stay in view, white = product."
                ),
                io.Int.Input("min_px", default=20, min=8, max=512, tooltip="Smallest letters, as in Text Overlay."),
                io.Float.Input(
                    "shadow",
                    default=1.0,
                    min=0.0,
                    max=2.0,
                    step=0.05,
                    advanced=True,
                    tooltip="Of the cut-outs: 0 = none, 1 = natural.",
                ),
                io.Float.Input(
                    "harmonize",
                    default=0.3,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    advanced=True,
                    tooltip="How far cut-outs take on the backdrop's light.",
                ),
            ],
            outputs=[
                io.Image.Output("image_out", display_name="image", is_output_list=True),
                Layout.Output("layout_out", display_name="layout", is_output_list=True),
                ChannelIO.Output("channel", is_output_list=True),
                io.Mask.Output("mask", is_output_list=True, tooltip="What copy does not cover."),
                io.String.Output(
                    "report",
                    tooltip="In Korean: what was continued or made smaller, and which channel could not be made.",
                ),
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
        image: torch.Tensor,
        layout: LayoutPlan,
        channels: str,
        min_px: int,
        shadow: float,
        harmonize: float,
        product_layout: LayoutPlan | None = None,
        cutout: CutOut | None = None,
        cutout_2: CutOut | None = None,
        cutout_3: CutOut | None = None,
        keep: torch.Tensor | None = None,
    ) -> io.NodeOutput:
        """Bring every frame to every channel."""
        frames, places = to_arrays(image), get_channels(channels)
        products = [each for each in (cutout, cutout_2, cutout_3) if each is not None]
        finish = {"shadow": shadow, "harmonize": harmonize} if products else {}
        found = [
            one
            for index, (frame, mask) in enumerate(zip(frames, masks_for(keep, len(frames)), strict=True))
            for one in reflow_each(
                frame,
                with_products(layout.for_frame(index), product_layout and product_layout.for_frame(index)),
                places,
                keep=mask,
                cutouts=products,
                min_px=min_px,
                **finish,
            )
        ]
        made, refused = _parted(found)
        _feedback.note(refused)
        about = {
            one.channel: dict.fromkeys(note for each in made if each.channel == one.channel for note in each.notes)
            for one in made
        }
        told = [(_named(channel), *notes) for channel, notes in about.items() if notes]
        lines = _feedback.apart([*told, *([refused] if refused else [])])
        return io.NodeOutput(
            [to_image([one.picture]) for one in made],
            [one.plan for one in made],
            [one.channel for one in made],
            [to_mask([one.mask]) for one in made],
            "\n".join(lines),
            ui=_feedback.show(cls, lines),
        )


def _parted(found: Sequence[Reflowed | Refused]) -> tuple[list[Reflowed], list[Note]]:
    """The channels that were made, and sentences on the others; where none was, it ends with what they say."""
    made = [one for one in found if isinstance(one, Reflowed)]
    refused = {one.channel.id: one for one in found if isinstance(one, Refused)}
    if not made:
        raise next(iter(refused.values())).error
    return made, [_refusal(one) for one in refused.values()]


def _refusal(one: Refused) -> Note:
    said, name, english = "{channel}: 이 채널은 만들지 못했어요. {why}", one.channel.korean, one.channel.english
    return Note("reflow.refused", said, channel=name, english=english, because=one.error)


def _named(channel: Channel) -> Note:
    width, height = channel.size_px
    said, name, english = "{name} {width}x{height}", channel.korean, channel.english
    return Note("channel.size", said, name=name, english=english, width=width, height=height)


NODES = (ChannelPreset, FitToChannel, Reflow)
