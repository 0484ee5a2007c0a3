"""The bridge to ComfyUI's own nodes."""

from __future__ import annotations

from ..adstudio.engine.memory.components import Zit as ZitHandle
from . import _host
from ._api import io
from ._io import Zit
from ._native_clip import SharedClip
from ._native_model import describe, native_model
from ._native_vae import SharedVae


class ZitToNative(io.ComfyNode):
    """Hand the loaded checkpoint to ComfyUI's own sampler, ControlNet and LoRA nodes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioZitToNative",
            display_name="ZIT to Native",
            category="Ad Studio/native",
            description="Gives the loaded checkpoint as ComfyUI's own MODEL, CLIP and VAE, for KSampler, ControlNet, "
            "LoRA and every other core node. Encoder and VAE are the ones that are loaded already.",
            search_aliases=["model clip vae", "ksampler", "controlnet", "bridge", "네이티브", "케이샘플러", "컨트롤넷"],
            inputs=[Zit.Input("zit", tooltip="Its styles come along as weight patches.")],
            outputs=[
                io.Model.Output("model", tooltip="For KSampler with cfg 1, euler and the simple schedule, 8 steps."),
                io.Clip.Output("clip", tooltip="Reads prompts exactly as Ad Studio does."),
                io.Vae.Output("vae", tooltip="For VAE Decode and VAE Encode."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, zit: ZitHandle) -> io.NodeOutput:
        model, copied = native_model(zit)
        note = describe(zit, model, copied)
        return io.NodeOutput(model, SharedClip(zit), SharedVae(zit), ui=_host.show(cls, note))


NODES = (ZitToNative,)
