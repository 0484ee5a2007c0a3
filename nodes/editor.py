"""The layout editor: a person moves what the analyzers proposed, in the page, on the picture itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import torch

from ..adstudio.layout.plan import edited, report
from ..adstudio.layout.plan.digest import digest_of
from ..adstudio.layout.plan.reading import to_json
from ..adstudio.types import Channel, CutOut, LayoutPlan
from . import _host
from ._api import io
from ._io import ChannelIO, CutOutIO, Layout, to_arrays, to_image


class LayoutEditor(io.ComfyNode):
    """Let a person move, word and style the blocks of a layout."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioLayoutEditor",
            display_name="Layout Editor",
            category="Ad Studio/layout",
            description="Shows the layout on the picture: drag, resize, reword and colour every block of copy, move "
            "the products. Left alone it passes on what the analyzers proposed.",
            search_aliases=["edit layout", "move text", "drag", "배치 편집", "문구 옮기기", "글자 위치", "편집기"],
            inputs=[
                io.Image.Input("image", tooltip="The picture under the copy; of a batch the first one is shown."),
                Layout.Input("layout", optional=True, tooltip="The proposal, from a Text Layout Analyzer."),
                Layout.Input(
                    "product_layout",
                    optional=True,
                    tooltip="The products of a Product Layout Analyzer join the copy in one layout.",
                ),
                CutOutIO.Input("cutout", optional=True, tooltip="The product, shown where it stands and moved there."),
                CutOutIO.Input("cutout_2", optional=True, tooltip="The second product."),
                CutOutIO.Input("cutout_3", optional=True, tooltip="The third product."),
                ChannelIO.Input("channel", optional=True, tooltip="Its safe zone is shown, and copy outside it told."),
                io.String.Input(
                    "plan",
                    default="",
                    multiline=True,
                    tooltip="What the editor has made of the proposal, as JSON. Empty: the proposal passes on.",
                ),
                io.Combo.Input(
                    "when_stale",
                    options=["keep", "use proposal", "stop"],
                    default="keep",
                    tooltip="What becomes of an edit made for another picture or channel. use proposal: only what is "
                    "locked stays.",
                ),
            ],
            outputs=[
                Layout.Output("layout"),
                io.Image.Output("preview", tooltip="The picture with the boxes of the copy drawn on it."),
            ],
            hidden=[io.Hidden.unique_id],
            has_intermediate_output=True,
        )

    @classmethod
    def execute(
        cls,
        image: torch.Tensor,
        plan: str,
        when_stale: edited.WhenStale,
        layout: LayoutPlan | None = None,
        product_layout: LayoutPlan | None = None,
        cutout: CutOut | None = None,
        cutout_2: CutOut | None = None,
        cutout_3: CutOut | None = None,
        channel: Channel | None = None,
    ) -> io.NodeOutput:
        """Settle which plan counts, and hand the page what its editor shows."""
        pictures = to_arrays(image)
        proposal = edited.joined(layout or LayoutPlan(), product_layout)
        settled = edited.settle(proposal, plan, pictures, channel.id if channel else "", when_stale)
        previews = [report.draw_boxes(picture, settled.plan.for_frame(i)) for i, picture in enumerate(pictures)]
        shown = {
            "picture": _host.preview(pictures[0]),
            "digest": digest_of(pictures[0]),
            "size_px": [pictures[0].shape[1], pictures[0].shape[0]],
            "proposal": json.loads(to_json(proposal.for_frame(0))),
            "stale": settled.stale,
            "channel": asdict(channel) if channel else None,
            "products": [_product(cut) for cut in (cutout, cutout_2, cutout_3) if cut is not None],
        }
        return io.NodeOutput(settled.plan, to_image(previews), ui={"adstudio_editor": [shown]})


def _product(cut: CutOut) -> dict[str, Any]:
    height, width = cut.rgba.shape[:2]
    return {"picture": _host.preview(cut.rgba), "aspect": width / height}


NODES = (LayoutEditor,)
