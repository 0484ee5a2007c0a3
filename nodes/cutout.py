"""Cut-out node: a product photo becomes a product with alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..adstudio.errors import numbered
from ..adstudio.imaging.cutout.matting import cut_out, licence_of, list_licences, methods, restore_frame
from ..adstudio.imaging.cutout.rembg_models import first_available
from ..adstudio.imaging.cutout.rembg_session import Device
from ..adstudio.types import Array, CutOut
from . import _folders, _host
from ._api import io
from ._io import CutOutIO, masks_for, to_arrays_with_alpha, to_image, to_mask


class BackgroundRemoval(io.ComfyNode):
    """Cut the product out of every photo, with clean edges."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioBackgroundRemoval",
            display_name="Background Removal",
            category="Ad Studio/cutout",
            description="Cuts the product out of its photo and cleans the old background's colour out of the edge. "
            "Works without any model; uses a given mask or a rembg model where there is one.",
            search_aliases=["rembg", "cut out", "matting", "remove background", "누끼", "배경 제거", "배경 지우기"],
            inputs=[
                io.Image.Input("image", tooltip="The product photo. Its own transparency is used when it has any."),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="The product's mask from any other node, white = product.",
                ),
                io.Combo.Input(
                    "method",
                    options=methods(),
                    tooltip="auto: the mask if one is linked, else a rembg model whose file is in models/rembg, else "
                    "geodesic, which needs no model and suits products on a calm background. " + list_licences(),
                ),
                io.Boolean.Input(
                    "invert_mask",
                    default=False,
                    tooltip="Switch on for the mask of Load Image, where white = transparent. "
                    "Leave off for masks of Remove Background and segmentation nodes, where white = product.",
                ),
                io.Float.Input(
                    "edge_trim_px",
                    default=0.0,
                    min=0.0,
                    max=10.0,
                    step=0.5,
                    tooltip="Pulls the outline inwards by so many photo pixels, if a rim of the old background stays.",
                ),
                io.Boolean.Input(
                    "allow_download",
                    default=False,
                    advanced=True,
                    tooltip="Lets the chosen rembg model fetch its file (5 to 970 MB) once, into models/rembg. "
                    "Else nothing is fetched.",
                ),
                io.Combo.Input(
                    "device",
                    options=["cpu", "gpu"],
                    advanced=True,
                    optional=True,
                    tooltip="Where a rembg model runs. cpu leaves the graphics memory to the picture model; gpu needs "
                    "onnxruntime-gpu and falls back. The report tells where it ran.",
                ),
            ],
            outputs=[
                CutOutIO.Output(
                    "cutout",
                    is_output_list=True,
                    tooltip="The product, trimmed to its bounds; one for each photo of a batch.",
                ),
                io.Image.Output("transparent", display_name="image", tooltip="The photo with a clear background."),
                io.Mask.Output("matte", display_name="mask", tooltip="White = product, in the photo's size."),
                io.String.Output("report", tooltip="The method that was used, its licence, and what to look at."),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, method: str | None = None, **_: object) -> object:
        # 'auto' takes a model as soon as its file is there: what was cut out without it is cut out anew
        model, _reason = first_available(_host.host())
        return model.name if model is not None and method in (None, "auto") else ""

    @classmethod
    def execute(
        cls,
        image: torch.Tensor,
        method: str,
        invert_mask: bool,
        edge_trim_px: float,
        allow_download: bool = False,
        device: Device = "cpu",
        mask: torch.Tensor | None = None,
    ) -> io.NodeOutput:
        photos = [_with_alpha(*pair) for pair in to_arrays_with_alpha(image)]
        masks = _masks(mask, invert_mask, len(photos))
        host, folder = _host.host(), _folders.weights_folder("rembg")
        cuts: list[CutOut] = []
        for number, (photo, own) in enumerate(zip(photos, masks, strict=True), start=1):
            host.check_cancelled()
            with numbered("Photo", number, len(photos)):
                cut = cut_out(
                    photo, method=method, mask=own, host=host, edge_trim_px=edge_trim_px,
                    allow_download=allow_download, weights_folder=folder, device=device,
                )  # fmt: skip
            cuts.append(cut)
        frames = [restore_frame(cut) for cut in cuts]
        return io.NodeOutput(
            cuts, to_image(frames), to_mask([frame[..., 3] for frame in frames]), "\n\n".join(map(_report, cuts))
        )


def _with_alpha(colour: Array, alpha: Array | None) -> Array:
    return colour if alpha is None else np.concatenate([colour, alpha[..., None]], axis=-1)


def _masks(mask: torch.Tensor | None, invert: bool, count: int) -> Sequence[Array | None]:
    masks = masks_for(mask, count)
    return [None if each is None else 1 - each for each in masks] if invert else masks


def _report(cut: CutOut) -> str:
    return "\n".join([f"method: {cut.method} ({licence_of(cut.method)})", *cut.notes])


NODES = (BackgroundRemoval,)
