"""The value objects that travel between the parts. All frozen; arrays inside them are never changed in place.

Picture arrays are ``[H,W,3] float32 sRGB 0..1``; mattes ``[H,W] float32 0..1`` with 1 = foreground.
Positions and sizes are fractions of the picture (0..1) unless a name ends in ``_px``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Light = Literal["left", "right", "above"]
Side = Literal["top", "bottom", "left", "right", "center"]
Anchor = Literal["bottom", "center", "top", "left", "right", "bottom_left", "bottom_right", "top_left", "top_right"]
Stance = Literal["standing", "hanging", "flat_lay"]
Tone = Literal["polite", "friendly", "emotional", "bold"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the backdrop shows, by the ids of ``prompt/data/scenes.yaml``."""

    place: str
    colour: str
    light: Light
    mood: str


@dataclass(frozen=True, slots=True)
class Style:
    """A named look: words for the prompt and, where the checkpoint has one, an adapter.

    ``triggers`` are the words the adapter was trained with; they join the prompt only where it is really put on.

    Args:
        opening: what the prompt begins with, before the subject; empty = the assembler's own, of a photograph.
        backdrop: the same where the picture shows no product.
        rendering: further words on how it is rendered, after ``phrase``.
        has_lens: it is taken with a camera, so words about cameras may stand in the prompt.
        leave_out: words that no phrase of props, light or camera may hold.
        words: words of a brief that ask for the style by themselves.
    """

    name: str
    phrase: str
    negative: str = ""
    lora: str | None = None
    weight: float = 1.0
    korean: str = ""
    aliases: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    opening: str = ""
    backdrop: str = ""
    rendering: str = ""
    has_lens: bool = True
    leave_out: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """What a picture prompt is asked for.

    Args:
        backdrop_only: leave the product out, for a composite.
        copy_space: the side to keep free for copy; None leaves it to the brief.
        seed: varies what neither the brief nor the industry's default (seed 0) decides.
        variant: an English direction for this one of several pictures, such as ``"seen from above, light from the
            right"``; it decides what the brief leaves open.
    """

    brief: str
    industry: str = "auto"
    style: str = "realistic"
    backdrop_only: bool = False
    copy_space: Side | None = None
    seed: int = 0
    variant: str = ""


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What a prompt says, in English phrases; an empty one is left out.

    ``opening`` and ``text_free`` are the assembler's own words where they are empty.
    """

    subject: str = ""
    setting: str = ""
    props: str = ""
    palette: str = ""
    light: str = ""
    mood: str = ""
    camera: str = ""
    copy_space: str = ""
    style: str = ""
    opening: str = ""
    text_free: str = ""


@dataclass(frozen=True, slots=True)
class AdPrompt:
    """An English prompt for the picture, and how it came about.

    Args:
        negative: for models that use one; Z-Image Turbo does not.
        keywords: words of the brief that steered the picture.
        provider: who wrote it, ``rules``, ``local`` or ``openai``; with ``model``, which one.
        fallback_from: the provider that failed before ``provider`` wrote it; empty where none did.
        tokens: what a language model read and wrote.
        decided: what the brief's own words decided, of ``place``, ``colour``, ``mood``, ``light``, ``camera``; no
            variant and no rewording changes it.
    """

    positive: str
    negative: str
    brief: str
    industry: str
    style: str
    scene: Scene
    copy_space: Side
    provider: str
    notes: tuple[str, ...] = ()
    parts: PromptParts = PromptParts()
    keywords: tuple[str, ...] = ()
    model: str = ""
    fallback_from: str = ""
    tokens: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)
    decided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What ad copy is asked for.

    ``channel`` limits the lengths; empty = the limits of the ad itself, ``auto`` = those of the trade's usual channel.
    """

    brief: str
    industry: str = "auto"
    tone: Tone = "friendly"
    channel: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CopyFlag:
    """A claim in the copy that Korean advertising law treats strictly: where it stands, why, and by which source."""

    text: str
    field: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class AdCopy:
    """The Korean words on the ad and beside it; ``caption`` is the post's text, ``hashtags`` begin with ``#``."""

    headline: str
    sub: str = ""
    hashtags: tuple[str, ...] = ()
    provider: str = "user"
    call_to_action: str = ""
    caption: str = ""
    flags: tuple[CopyFlag, ...] = ()
    notes: tuple[str, ...] = ()
    model: str = ""
    fallback_from: str = ""
    tokens: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the picture; ``x1``/``y1`` are exclusive."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """``(left, top, right, bottom)`` in whole pixels."""
        return (
            round(self.x0 * width_px),
            round(self.y0 * height_px),
            round(self.x1 * width_px),
            round(self.y1 * height_px),
        )


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One piece of copy and the box it is fitted into. ``color`` None = picked by contrast.

    ``anchor`` says which edge of the box the lines hold on to, so that a headline and the line under it stay together.
    """

    role: Literal["headline", "sub", "note"]
    text: str
    box: Box
    align: Literal["left", "center", "right"] = "center"
    color: str | None = None
    anchor: Literal["top", "middle", "bottom"] = "middle"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a product stands: the middle of its base, and its height as a share of the picture's height.

    Args:
        height: of the product as it is cut out, before ``rotation``.
        order: a higher one stands in front; among equals the lower base does.
        rotation: degrees clockwise.
        anchor: the point of the product (turned) that lies at ``x``, ``base_y``.
        stance: ``hanging`` throws its shadow on the wall behind, ``flat_lay`` on the surface seen from above.
    """

    x: float
    base_y: float
    height: float
    order: int = 0
    rotation: float = 0.0
    anchor: Anchor = "bottom"
    stance: Stance = "standing"


@dataclass(frozen=True, slots=True)
class LayoutScore:
    """How well a plan sits on its picture; every figure 0..1, higher is better."""

    occlusion: float
    readability: float
    contrast: float
    margins: float
    total: float


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """Where the copy and the products go, who proposed it and why.

    ``frames`` holds one plan per picture where a batch was analysed; empty = this plan serves every picture.
    """

    texts: tuple[TextBlock, ...] = ()
    products: tuple[Placement, ...] = ()
    provider: str = "user"
    score: LayoutScore | None = None
    reasons: tuple[str, ...] = ()
    frames: tuple[LayoutPlan, ...] = ()

    def for_frame(self, index: int) -> LayoutPlan:
        """The plan of one picture of a batch; the last one serves any picture beyond."""
        return self.frames[min(index, len(self.frames) - 1)] if self.frames else self


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How copy is drawn. ``plate`` puts a translucent panel behind it; ``auto`` only where contrast asks for it."""

    font: str = "Pretendard"
    weight: int = 700
    min_px: int = 20
    outline: bool = False
    shadow: bool = True
    plate: Literal["auto", "always", "never"] = "auto"


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A product with straight (not premultiplied) alpha, trimmed to its bounds: ``rgba [H,W,4] float32 sRGB 0..1``.

    ``origin_px`` (left, top) and ``source_px`` (width, height) tell where the trimmed piece lay in its photo.
    """

    rgba: Array
    method: str
    notes: tuple[str, ...] = ()
    origin_px: tuple[int, int] = (0, 0)
    source_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One sheet of a layered picture: straight alpha, ``rgba [h,w,4] float32 sRGB 0..1``, its corner in pixels.

    ``multiply`` (shadows) and ``normal`` are both meant in linear light, as ComfyUI's compositor blends them.
    """

    name: str
    rgba: Array
    left_px: int = 0
    top_px: int = 0
    blend: Literal["normal", "multiply"] = "normal"


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A finished composite and the receipt of what happened to the product's own pixels.

    Args:
        layers: from the backdrop to the front; blended in turn they give ``image``.
        plate: products and shadows without the backdrop, ``[H,W,4]`` with straight alpha.
    """

    image: Array
    mask: Array
    light: Light
    receipt: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    plate: Array | None = None


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One thing that happened in a run; the run report is a list of these."""

    kind: Literal["start", "progress", "preview", "finish", "error", "cancel", "note"]
    step: str
    value: float = 0.0
    seconds: float = 0.0
    message: str = ""
    preview: object = None


Status = Literal["done", "failed", "cancelled", "running"]
