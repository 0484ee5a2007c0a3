"""Output node: the finished ad becomes a file."""

from __future__ import annotations

import numpy as np
import torch
from comfy_api.latest import io

from ..adstudio.output.encode import FORMATS
from ..adstudio.output.save import save_picture
from ..adstudio.output.store import inside
from ..adstudio.run.report import graph_record
from ..adstudio.types import AdPrompt, Array, LayoutPlan
from . import _host
from ._io import Layout, Prompt, one_or_each, to_arrays, to_arrays_with_alpha


class SaveImage(io.ComfyNode):
    """Save every picture once, under the hash of its pixels."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioSaveImage",
            display_name="Save Image",
            category="Ad Studio/output",
            description="Saves the ad under the hash of its pixels: the same picture is stored once, the un-lettered "
            "original in origin/ under the same name. PNG and WebP files drag back into ComfyUI.",
            search_aliases=["save", "export", "jpeg", "webp", "저장", "내보내기", "파일"],
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
                    tooltip="png keeps every pixel; jpeg and webp are small. A jpeg cannot carry the workflow.",
                ),
                io.Int.Input(
                    "quality", default=95, min=1, max=100, tooltip="For jpeg and webp; webp at 100 keeps every pixel."
                ),
            ],
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
    ) -> io.NodeOutput:
        target = inside(_host.output_folder(), folder)
        frames = _frames(image, format)
        originals = one_or_each(None if original is None else to_arrays(original), len(frames), "original")
        saved = [
            save_picture(
                frame,
                target,
                format=format,
                quality=quality,
                original=before,
                metadata=_host.file_metadata(cls.hidden, graph_record(ad_prompt, layout, index)),
            )
            for index, (frame, before) in enumerate(zip(frames, originals, strict=True))
        ]
        return io.NodeOutput(ui={"images": [_host.shown_file(picture.path) for picture in saved]})


def _frames(image: torch.Tensor, format: str) -> list[Array]:
    if not FORMATS[format].alpha:
        return to_arrays(image)
    pairs = to_arrays_with_alpha(image)
    return [rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=-1) for rgb, alpha in pairs]


NODES = (SaveImage,)
