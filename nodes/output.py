"""Output node: the finished ad becomes a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ..adstudio.output.encode import FORMATS
from ..adstudio.output.store import inside, prepare_folder
from ..adstudio.run.finishing import NO_LABEL, Wanted
from ..adstudio.run.graph_saving import BESIDES, save_ad, source_in
from ..adstudio.run.report import graph_record
from ..adstudio.run.request import MAX_KB
from ..adstudio.text.paint.label import LABELS
from ..adstudio.types import AdPrompt, Array, Channel, LayoutPlan
from . import _feedback, _folders, _host
from ._api import io
from ._io import ChannelIO, Layout, Prompt, one_or_each, to_arrays, to_arrays_with_alpha


class SaveImage(io.ComfyNode):
    """Save every picture once, under the hash of its pixels."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioSaveImage",
            display_name="Save Image",
            category="Ad Studio/output",
            description="Saves the ad under the hash of its pixels: the same picture is stored once, its un-lettered "
            "original in origin/, its record as JSON beside it. PNG, WebP, AVIF and the JSON drag back into ComfyUI.",
            search_aliases=[
                *("save", "export", "jpeg", "webp", "avif", "file size", "C2PA", "watermark"),
                *("저장", "내보내기", "파일", "용량", "AI 표시", "워터마크"),
            ],
            inputs=[
                io.Image.Input("image"),
                io.Image.Input(
                    "original", optional=True, tooltip="The picture before lettering, kept losslessly in origin/."
                ),
                # Not "prompt": ComfyUI hands an output node its whole graph under that name.
                Prompt.Input("ad_prompt", optional=True, tooltip="Writes brief and prompt into the file."),
                Layout.Input("layout", optional=True, tooltip="Writes the layout's score into the file."),
                io.String.Input("folder", default="ads", tooltip="Folder inside ComfyUI's output folder."),
                io.Combo.Input(
                    "format",
                    options=list(FORMATS),
                    tooltip="png keeps every pixel; jpeg, webp and avif are small. A jpeg cannot carry the workflow; "
                    "the JSON beside it does.",
                ),
                io.Int.Input(
                    "quality",
                    default=95,
                    min=1,
                    max=100,
                    tooltip="For jpeg, webp and avif; webp at 100 keeps every pixel. With max_kb the highest to try.",
                ),
                ChannelIO.Input(
                    "channel",
                    optional=True,
                    tooltip="From a Channel Preset: what it says of size, format and bytes holds. What it would "
                    "refuse is not saved.",
                ),
                # Optional, as graphs of before must still run: ComfyUI refuses one that lacks a required widget.
                io.Int.Input(
                    "max_kb",
                    optional=True,
                    default=0,
                    min=0,
                    max=MAX_KB,
                    tooltip="The most a file may take, in thousands of bytes; 0 = no limit. The best quality that fits "
                    "is taken, and what would look bad is refused.",
                ),
                io.Combo.Input(
                    "ai_label",
                    options=[NO_LABEL, *LABELS],
                    optional=True,
                    tooltip="Small words on the picture that say it comes from AI, in a corner free of copy. The mark "
                    "for machines in the file is always there.",
                ),
                io.Boolean.Input(
                    "credentials",
                    default=False,
                    optional=True,
                    advanced=True,
                    tooltip="Signs the file (C2PA content credentials) with the certificate of the settings.",
                ),
                Layout.Input(
                    "product_layout",
                    optional=True,
                    tooltip="From Background Composite: writes into the file where the products stand.",
                ),
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        image: torch.Tensor,
        folder: str,
        format: str,
        quality: int,
        original: torch.Tensor | None = None,
        ad_prompt: AdPrompt | None = None,
        layout: LayoutPlan | None = None,
        channel: Channel | None = None,
        max_kb: int = 0,
        ai_label: str = NO_LABEL,
        credentials: bool = False,
        product_layout: LayoutPlan | None = None,
    ) -> io.NodeOutput:
        target = inside(_folders.output_folder(), folder)
        wanted = Wanted(format, quality, max_kb, ai_label, credentials, channel)
        frames = _frames(image, wanted.settled_format())
        originals = one_or_each(None if original is None else to_arrays(original), len(frames), "original")
        wanted = replace(wanted, source=source_in(cls.hidden.prompt, cls.hidden.unique_id))
        prepare_folder(target)
        saved = [
            save_ad(
                frame,
                target,
                wanted,
                original=before,
                plan=None if layout is None else layout.for_frame(index),
                metadata=_host.file_metadata(cls.hidden, graph_record(ad_prompt, layout, index, product_layout)),
            )
            for index, (frame, before) in enumerate(zip(frames, originals, strict=True))
        ]
        if notes := [note for picture in saved for note in picture.notes]:
            _feedback.show(cls, notes)
        return io.NodeOutput(
            ui={
                "images": [_folders.shown_file(picture.path) for picture in saved],
                BESIDES: [
                    {
                        "origin": picture.origin_path and _folders.shown_file(picture.origin_path),
                        "record": picture.report_path and _folders.shown_file(picture.report_path),
                    }
                    for picture in saved
                ],
            }
        )


def _frames(image: torch.Tensor, format: str) -> list[Array]:
    if not FORMATS[format].alpha:
        return to_arrays(image)
    pairs = to_arrays_with_alpha(image)
    return [rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=-1) for rgb, alpha in pairs]


NODES = (SaveImage,)
