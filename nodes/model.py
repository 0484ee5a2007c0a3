"""Model nodes: load Z-Image Turbo, and choose the style it draws in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..adstudio.engine.download.convert import bfloat16_edition
from ..adstudio.engine.download.fetch import fetch, is_complete
from ..adstudio.engine.drawing.options import BF16, OFFERED_PRECISIONS, PRECISIONS, Options
from ..adstudio.engine.drawing.precision import with_options
from ..adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from ..adstudio.engine.forms.model_files import AUTO
from ..adstudio.engine.lora.uses import LoraUse, adapters_stamp, find_adapter, offered_triggers, with_loras
from ..adstudio.engine.memory.components import Zit as ZitHandle
from ..adstudio.engine.memory.components import load
from ..adstudio.prompt.styles import get_style, style_choices, styles
from ..adstudio.prompt.tables import stamp
from ..adstudio.run.usual import usual_checkpoint
from ..adstudio.types import Note, Style
from . import _feedback, _folders, _host
from ._api import io
from ._io import Zit

_BY_STYLE = "by style"
_NONE = "none"


class ZitLoader(io.ComfyNode):
    """Load a Z-Image Turbo checkpoint once, for every node that draws with it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        checkpoints = _folders.checkpoint_names()
        return io.Schema(
            node_id="AdStudioZitLoader",
            display_name="ZIT Loader",
            category="Ad Studio/model",
            description="Loads Z-Image Turbo: a diffusers folder, or the files that ComfyUI's own templates use. All "
            "drawing nodes share what is loaded here.",
            search_aliases=["z-image", "zit", "checkpoint", "load model", "모델 불러오기", "체크포인트"],
            inputs=[
                io.Combo.Input(
                    "checkpoint",
                    options=checkpoints,
                    default=usual_checkpoint(checkpoints),
                    tooltip="The embedded model runs anywhere, at 512 px. For print quality put the Z-Image Turbo "
                    "folder (bf16) into models/diffusers, or its file into models/diffusion_models.",
                ),
                io.Combo.Input(
                    "text_encoder",
                    options=_folders.part_names("text_encoder"),
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="'auto' takes the folder's own, or finds the Qwen3-4B file in models/text_encoders. Choose "
                    "one where several are there.",
                ),
                io.Combo.Input(
                    "vae",
                    options=_folders.part_names("vae"),
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="'auto' takes the folder's own, or finds Flux' VAE in models/vae. Choose one where several "
                    "are there.",
                ),
                io.String.Input(
                    "hub_id",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="A model on the Hugging Face hub, such as org/model, downloaded into models/diffusers once "
                    "and taken instead of the checkpoint above. A download that broke off goes on where it was.",
                ),
                io.Combo.Input(
                    "precision",
                    options=list(OFFERED_PRECISIONS),
                    default=BF16,
                    optional=True,
                    advanced=True,
                    tooltip="'fp8 weights' halves the graphics memory that the picture model takes. It draws somewhat "
                    "slower, and pictures differ a little from those in bf16.",
                ),
                io.Boolean.Input(
                    "to_bf16",
                    default=False,
                    optional=True,
                    advanced=True,
                    tooltip="A checkpoint folder in float32, such as the model's first publication, is written once "
                    "more beside itself in bf16 (as NAME-bf16) and loaded from there: half the memory. It needs the "
                    "room on the disk; the original stays. What is in bf16 already is loaded as it is.",
                ),
            ],
            outputs=[Zit.Output("zit", tooltip="The model with no style on it yet.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, precision: str | None = BF16) -> bool | str:
        # Instead of the page's list: graphs saved with a precision that is no longer offered draw what they drew.
        known = ", ".join(OFFERED_PRECISIONS)
        return precision is None or precision in PRECISIONS or f"'{precision}' is not known. Use one of {known}."

    @classmethod
    def fingerprint_inputs(
        cls,
        checkpoint: str,
        text_encoder: str = AUTO,
        vae: str = AUTO,
        hub_id: str = "",
        precision: str = BF16,
        to_bf16: bool = False,
    ) -> object:
        # Changes when a file of the checkpoint does, so that a new download is loaded without a restart.
        if hub_id.strip() and not is_complete(_folders.download_folder(hub_id)):
            return hub_id
        path = find_checkpoint(_place(checkpoint, hub_id), _host.host())
        return _host.fingerprint(open_checkpoint(path, _host.host(), text_encoder=text_encoder, vae=vae).stamp)

    @classmethod
    def execute(
        cls,
        checkpoint: str,
        text_encoder: str = AUTO,
        vae: str = AUTO,
        hub_id: str = "",
        precision: str = BF16,
        to_bf16: bool = False,
    ) -> io.NodeOutput:
        host = _host.host()
        if hub_id.strip():
            fetch(hub_id.strip(), _folders.download_folder(hub_id), host)
        place = _place(checkpoint, hub_id)
        if to_bf16:
            place = bfloat16_edition(find_checkpoint(place, host), host)
        zit = load(place, host, text_encoder=text_encoder, vae=vae)
        zit = with_options(zit, Options(precision=precision), host)
        return io.NodeOutput(zit, ui=_feedback.show(cls, [zit.checkpoint.summary, *zit.checkpoint.notes]))


class LoraStyle(io.ComfyNode):
    """Put a style's adapter, or any LoRA for Z-Image, on the model without changing it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioLoraStyle",
            display_name="LoRA Style",
            category="Ad Studio/model",
            description="Chooses how the picture is rendered: the words for it, and an adapter where there is one. "
            "Chain several of these nodes to mix adapters.",
            search_aliases=["lora", "style", "adapter", "anime", "illustration", "스타일", "화풍", "로라"],
            inputs=[
                Zit.Input("zit"),
                io.Combo.Input(
                    "style",
                    options=style_choices(),
                    tooltip="Connect the output 'style' to the Prompt Processor, so that words and adapter agree.",
                ),
                io.Combo.Input(
                    "lora",
                    options=[_BY_STYLE, _NONE, *_folders.lora_names()],
                    tooltip="'by style' takes the adapter that the style names, from the checkpoint's own folder or "
                    "from models/loras. Or name one of your own.",
                ),
                io.Float.Input(
                    "weight",
                    default=1.0,
                    min=-4.0,
                    max=4.0,
                    step=0.05,
                    tooltip="How strongly the adapter works; 0 switches it off.",
                ),
            ],
            outputs=[
                Zit.Output("styled", display_name="zit"),
                io.Combo.Output("style_name", display_name="style", tooltip="For the Prompt Processor's style."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, style: str | None = None, lora: str | None = None, **_: object) -> object:
        # A style that the user has changed counts as a new input; so does an adapter that has come or was trained anew.
        named = [each.lora for each in styles().values() if each.lora and style in (None, each.name)]
        files = named if lora in (None, _BY_STYLE) else [lora]
        return _host.fingerprint((stamp("styles"), adapters_stamp(files, _host.host())))

    @classmethod
    def execute(cls, zit: ZitHandle, style: str, lora: str, weight: float) -> io.NodeOutput:
        chosen = get_style(style)
        uses, note = _adapters(zit, chosen, lora, weight)
        styled = with_loras(zit, uses)
        shown = [note, *(line for use in uses for line in _about_triggers(use))]
        return io.NodeOutput(styled, chosen.name, ui=_feedback.show(cls, shown))


def _adapters(zit: ZitHandle, style: Style, choice: str, weight: float) -> tuple[list[LoraUse], Note]:
    """What goes on the model, and a sentence about it."""
    name = {_BY_STYLE: style.lora, _NONE: None}.get(choice, choice)
    if not name:
        return [], Note("receipt.style_in_words", "{style}: by words alone", style=style.name)
    found = find_adapter(zit.checkpoint, name, _host.host())
    if found is None and choice == _BY_STYLE:
        said = "{style}: by words alone, this checkpoint has no adapter '{lora}'"
        return [], Note("receipt.style_without", said, style=style.name, lora=name)
    scale = weight * style.weight if choice == _BY_STYLE else weight
    use = LoraUse(found or Path(name), scale, style.triggers if choice == _BY_STYLE else ())
    return [use], Note(
        "receipt.style_with", "{style}: {lora} x {weight}", style=style.name, lora=name, weight=f"{scale:g}"
    )


def _about_triggers(use: LoraUse) -> Iterator[Note]:
    """Which trigger words go into the prompt, and which others the adapter's file names."""
    if use.triggers and use.weight > 0:
        yield Note("receipt.joined", "joined to the prompt: {words}", words=", ".join(use.triggers))
    if offered := [word for word in offered_triggers(use.path) if word not in use.triggers]:
        said = "the file names these trigger words, not added: {words}"
        yield Note("receipt.not_joined", said, words=", ".join(offered))


def _place(checkpoint: str, hub_id: str) -> str | Path:
    """What is loaded: the folder of a download where one is asked for, else the chosen checkpoint."""
    return _folders.download_folder(hub_id) if hub_id.strip() else checkpoint


NODES = (ZitLoader, LoraStyle)
