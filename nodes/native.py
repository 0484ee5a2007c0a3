"""The bridge to ComfyUI's own nodes."""

from __future__ import annotations

from typing import Any

from ..adstudio.engine.memory.components import Zit as ZitHandle
from ..adstudio.types import Note
from . import _feedback
from ._api import io
from ._io import Zit
from ._native_clip import SharedClip
from ._native_model import host_room, knows_dynamic, native_model
from ._native_vae import SharedVae

_NO_STYLES = Note("receipt.no_styles", "without styles")
_WEIGHTS = (
    "{size} MiB of weights, of them {copied} MiB copied to fuse query, key and value; the rest stays in the file."
)
_COPIES = "ComfyUI runs without dynamic VRAM: unloading this model copies {size} GiB into a host memory of {room} GiB."


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
        shown = _feedback.show(cls, _describe(zit, model, copied))
        return io.NodeOutput(model, SharedClip(zit), SharedVae(zit), ui=shown)


def _describe(zit: ZitHandle, model: Any, copied: int) -> list[Note]:
    """Which adapters came along, and what the host's memory has to hold."""
    styles = ", ".join(f"{use.path.stem} x {use.weight:g}" for use in zit.loras if use.weight)
    lines = [Note("receipt.styles", "with {styles}", styles=styles) if styles else _NO_STYLES]
    whole, total, copies = host_room(model)
    lines.append(Note("receipt.native", _WEIGHTS, size=f"{whole / 2**20:,.0f}", copied=f"{copied / 2**20:,.0f}"))
    if not copies or whole <= total / 2:
        return lines
    size, room = f"{whole / 2**30:.1f}", f"{total / 2**30:.1f}"
    if knows_dynamic():
        remedy = "Start it without --disable-dynamic-vram and --highvram."
        return [*lines, Note("checkpoint.no_dynamic", f"{_COPIES} {remedy}", size=size, room=room)]
    return [*lines, Note("checkpoint.too_old", f"{_COPIES} Newer ones do not.", size=size, room=room)]


NODES = (ZitToNative,)
