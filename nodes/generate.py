"""Drawing nodes: a picture from words, a picture over another one, and the ground under products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ..adstudio.engine.drawing import sampling, sizes
from ..adstudio.engine.drawing.inpaint import Edit
from ..adstudio.engine.memory.components import Zit as ZitHandle
from ..adstudio.errors import InputError
from ..adstudio.run.local.contact import blend_contact, describe_blend
from ..adstudio.run.local.drawing import REDRAWS, Drawn, draw_pictures
from ..adstudio.run.request import MAX_COUNT, MAX_STEPS
from ..adstudio.types import AdPrompt, Note
from . import _feedback, _host
from ._api import io
from ._io import Prompt, Zit, for_each, from_latent, mask_to_arrays, masks_for, to_arrays, to_image, to_latent, to_mask

_LARGEST_SEED = 2**53 - 1  # what a browser can count without rounding
_MODEL_SIZE, _OUTSIDE, _INSIDE = "model", "outside", "inside"
_SIZES = {_MODEL_SIZE: {}, "photo": {"own_size": True}, "photo, detailed": {"crop": True}}
_SIZES_DIFFER = "The pictures were worked on in different sizes, which one LATENT cannot hold: edit them one by one."
_SEED = "The same seed gives the same picture. Picture number n of a batch uses seed + n."


class Text2Image(io.ComfyNode):
    """Draw pictures of a prompt with Z-Image Turbo."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioText2Image",
            display_name="Text2Image",
            category="Ad Studio/generate",
            description="Draws pictures of a prompt in 8 steps, in the size that the model is made for.",
            search_aliases=["generate", "txt2img", "t2i", "z-image", "이미지 생성", "그리기"],
            inputs=[
                Zit.Input("zit"),
                Prompt.Input("prompt", optional=True, tooltip="From the Prompt Processor."),
                io.Combo.Input(
                    "aspect",
                    options=list(sizes.ASPECTS),
                    default="1:1",
                    tooltip="Width to height. The size in pixels follows from it and from the model.",
                ),
                io.Int.Input("seed", default=0, min=0, max=_LARGEST_SEED, control_after_generate=True, tooltip=_SEED),
                io.Int.Input(
                    "steps", default=8, min=1, max=MAX_STEPS, tooltip="Runs of the model. Turbo is made for 8."
                ),
                io.Int.Input("batch", default=1, min=1, max=MAX_COUNT, tooltip="How many pictures."),
                _side("width"),
                _side("height"),
                _words_input(),
                io.Combo.Input(
                    "lettering",
                    options=["ignore", *REDRAWS],
                    default="ignore",
                    optional=True,
                    advanced=True,
                    tooltip="Where a picture seems to hold lettering: 'report' says so on the node, 'redraw' draws it "
                    "up to twice more, in other words.",
                ),
            ],
            outputs=[
                io.Image.Output("image"),
                io.Latent.Output("latent", tooltip="For ComfyUI's own nodes: VAE Decode, KSampler, Save Latent."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        zit: ZitHandle,
        aspect: str,
        seed: int,
        steps: int,
        batch: int,
        width: int = 0,
        height: int = 0,
        prompt: AdPrompt | None = None,
        text: str = "",
        lettering: str = "ignore",
    ) -> io.NodeOutput:
        across, down = sizes.choose_size(
            aspect, width, height, grid=zit.checkpoint.grid_px, base_px=zit.checkpoint.base_px
        )
        host = _host.host()

        def draw(words: list[str], first: int) -> sampling.Samples:
            count, base = len(words), seed + first
            return sampling.text_to_image(
                zit, words, width=across, height=down, seed=base, steps=steps, batch=count, host=host
            )

        drawn = draw_pictures(draw, [_prompt(prompt, text)] * batch, lettering)
        return io.NodeOutput(to_image(drawn.images), to_latent(drawn.latents), ui=_feedback.show(cls, _note([drawn])))


class Image2Image(io.ComfyNode):
    """Redraw a picture, or the masked part of it, with Z-Image Turbo."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioImage2Image",
            display_name="Image2Image",
            category="Ad Studio/generate",
            description="Redraws a share of a picture after a prompt; with a mask only the part that it marks.",
            search_aliases=["img2img", "i2i", "inpaint", "edit", "이미지 변환", "인페인트", "사진 바꾸기"],
            inputs=[
                Zit.Input("zit"),
                io.Image.Input(
                    "image",
                    optional=True,
                    tooltip="Worked on in its own aspect, at a size that the model is good at.",
                ),
                Prompt.Input("prompt", optional=True, tooltip="From the Prompt Processor."),
                io.Float.Input(
                    "strength",
                    default=0.6,
                    min=0.05,
                    max=1.0,
                    step=0.01,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="The share of the schedule that runs: 0.3 changes the mood, 0.6 the scene, 1 draws it "
                    "anew. The node shows how many runs of the model that was.",
                ),
                io.Int.Input("seed", default=0, min=0, max=_LARGEST_SEED, control_after_generate=True, tooltip=_SEED),
                io.Int.Input(
                    "steps", default=8, min=1, max=MAX_STEPS, tooltip="Of the whole schedule. Turbo is made for 8."
                ),
                io.Mask.Input("mask", optional=True, tooltip="White is redrawn; the rest keeps its own pixels."),
                _words_input(),
                io.Combo.Input(
                    "size",
                    options=list(_SIZES),
                    default=_MODEL_SIZE,
                    optional=True,
                    tooltip="The size of the result. 'photo': the photo's own; outside the mask every pixel stays "
                    "exactly as it was. 'photo, detailed': the same, but only the masked part and its surroundings are "
                    "worked on, at the model's full size: for small parts of large photos.",
                ),
                _edge("grow_px", -512, "Moves the mask's edge outwards by so many pixels of the photo, or inwards."),
                _edge("feather_px", 0, "How many pixels of the photo the mask's edge takes to fade; 0 keeps its own."),
                io.Combo.Input(
                    "feather",
                    options=[_OUTSIDE, _INSIDE],
                    default=_OUTSIDE,
                    optional=True,
                    advanced=True,
                    tooltip="Whether the edge fades around the mask or within it.",
                ),
                io.Latent.Input(
                    "from_latent",
                    display_name="latent",
                    optional=True,
                    tooltip="Instead of an image: latents of this model, from Text2Image, KSampler or VAE Encode, "
                    "drawn over as they are, in their own size. Their noise mask counts where no mask is connected.",
                ),
            ],
            outputs=[
                io.Image.Output("redrawn", display_name="image"),
                io.Int.Output("evaluations", tooltip="Runs of the model per picture."),
                io.Latent.Output("latent", tooltip="What was drawn, in the model's size, before it was laid back."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        zit: ZitHandle,
        strength: float,
        seed: int,
        steps: int,
        image: torch.Tensor | None = None,
        prompt: AdPrompt | None = None,
        mask: torch.Tensor | None = None,
        text: str = "",
        size: str = _MODEL_SIZE,
        grow_px: int = 0,
        feather_px: int = 0,
        feather: str = _OUTSIDE,
        from_latent: dict[str, Any] | None = None,
    ) -> io.NodeOutput:
        edit = Edit(**_SIZES[size], grow_px=grow_px, feather_px=feather_px, feather_inside=feather == _INSIDE)
        options = {"strength": strength, "steps": steps, "edit": edit, "host": _host.host()}
        redraw, starts, own_mask = _starts(image, from_latent)
        words = text if text.strip() or prompt is None else prompt.positive
        masks = masks_for(own_mask if mask is None else mask, len(starts))
        drawn = [
            redraw(zit, words, start, mask=part, seed=seed + index, **options)
            for index, (start, part) in enumerate(zip(starts, masks, strict=True))
        ]
        pictures = to_image([picture for samples in drawn for picture in samples.images])
        latent = to_latent([samples.latents for samples in drawn]) or _host.blocked(_SIZES_DIFFER)
        return io.NodeOutput(pictures, drawn[0].evaluations, latent, ui=_feedback.show(cls, _note(drawn)))


class ContactBlend(io.ComfyNode):
    """Draw the ground under products anew."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="AdStudioContactBlend",
            display_name="Contact Blend",
            category="Ad Studio/generate",
            description="Draws the ground where products touch it anew, so that they stand in the scene. The products' "
            "own pixels stay exactly as they are, and no further model is loaded.",
            search_aliases=["contact", "blend", "inpaint", "ground", "접촉면", "바닥 다듬기", "합성 다듬기"],
            inputs=[
                Zit.Input("zit"),
                io.Image.Input("image", tooltip="The composite, from Background Composite."),
                io.Mask.Input("mask", tooltip="White = product: the mask of Background Composite."),
                Prompt.Input("prompt", optional=True, tooltip="The backdrop's, from the Prompt Processor."),
                io.Float.Input(
                    "strength",
                    default=0.4,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="How much of the ground is drawn anew: 0.3 touches it up, 0.5 draws more, 0 does nothing.",
                ),
                io.Float.Input(
                    "reach",
                    default=0.12,
                    min=0.02,
                    max=0.5,
                    step=0.01,
                    tooltip="How far from the product's base, as a share of its size.",
                ),
                io.Int.Input("seed", default=0, min=0, max=_LARGEST_SEED, control_after_generate=True, tooltip=_SEED),
                io.Int.Input(
                    "steps", default=8, min=1, max=MAX_STEPS, tooltip="Of the whole schedule. Turbo is made for 8."
                ),
                _words_input(),
            ],
            outputs=[
                io.Image.Output("blended", display_name="image"),
                io.Mask.Output("zone", display_name="mask", tooltip="White = was drawn anew."),
                io.String.Output(
                    "receipt", tooltip="How much was drawn anew, and the largest change inside the product: 0."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        zit: ZitHandle,
        image: torch.Tensor,
        mask: torch.Tensor,
        strength: float,
        reach: float,
        seed: int,
        steps: int,
        prompt: AdPrompt | None = None,
        text: str = "",
    ) -> io.NodeOutput:
        frames, host = to_arrays(image), _host.host()
        words = text if text.strip() or prompt is None else prompt.positive
        options = {"strength": strength, "reach": reach, "steps": steps, "host": host}
        masks = for_each(mask_to_arrays(mask), len(frames), "mask")
        done = [
            blend_contact(zit, frame, part, words, seed=seed + index, **options)
            for index, (frame, part) in enumerate(zip(frames, masks, strict=True))
        ]
        _feedback.note(dict.fromkeys(line for each in done for line in each.notes))
        lines = _feedback.apart(map(describe_blend, done))
        pictures, zones = to_image([each.image for each in done]), to_mask([each.zone for each in done])
        return io.NodeOutput(pictures, zones, "\n".join(lines), ui=_feedback.show(cls, lines))


def _side(name: str) -> io.Int.Input:
    return io.Int.Input(
        name,
        default=0,
        min=0,
        max=8192,
        step=16,
        advanced=True,
        tooltip=f"The {name} in pixels; 0 takes it from the aspect. A multiple of the model's grid (16 for Z-Image).",
    )


def _edge(name: str, low: int, tooltip: str) -> io.Int.Input:
    return io.Int.Input(name, default=0, min=low, max=512, optional=True, advanced=True, tooltip=tooltip)


def _words_input() -> io.String.Input:
    return io.String.Input(
        "text",
        default="",
        multiline=True,
        optional=True,
        advanced=True,
        tooltip="An English prompt of your own. When it is filled in it is used instead of 'prompt'.",
    )


def _starts(
    image: torch.Tensor | None, latent: dict[str, Any] | None
) -> tuple[Callable[..., sampling.Samples], Sequence[Any], torch.Tensor | None]:
    """What is drawn over, the way to do it, and the mask that came with it."""
    if image is not None and latent is not None:
        raise InputError(
            "image.two_sources",
            "Both an image and a LATENT are connected, and only one can be drawn over.",
            "Disconnect one of them.",
        )
    if latent is not None:
        return sampling.latent_to_image, *from_latent(latent)
    if image is not None:
        return sampling.image_to_image, to_arrays(image), None
    raise InputError(
        "image.missing", "There is nothing to draw over.", "Connect a picture to 'image', or latents to 'latent'."
    )


def _prompt(prompt: AdPrompt | None, text: str) -> AdPrompt | str:
    return text if text.strip() or prompt is None else prompt


def _note(drawn: Sequence[sampling.Samples | Drawn]) -> list[str]:
    width, height = drawn[0].size
    seeds = ", ".join(str(seed) for samples in drawn for seed in samples.seeds)
    said, steps = "{width}x{height} · {evaluations:evaluation|evaluations} · seed {seeds}", drawn[0].evaluations
    line = Note("receipt.drawn", said, width=width, height=height, evaluations=steps, seeds=seeds)
    notes = list(dict.fromkeys(note for samples in drawn for note in samples.notes))
    _feedback.note(notes)
    return [line, *notes]


NODES = (Text2Image, Image2Image, ContactBlend)
