"""What decides an ad, and what comes of it: the one boundary object between callers and runners."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from ..config import EMBEDDED
from ..counts import counted
from ..engine.drawing.options import Options
from ..engine.drawing.sizes import check_pair
from ..errors import InputError
from ..output.encode import find_format
from ..types import AdCopy, AdPrompt, Array, LayoutPlan, Placement, Side, TextStyle, Tone
from .report import RunReport

Task = Literal["generate", "composite"]
EngineName = Literal["zit", "flux2-klein", "flux2-klein-9b", "flux2-klein-9b-fp8", "qwen-edit", "sdxl"]
Lettering = Literal["ignore", "report", "redraw"]

ZIT: EngineName = "zit"
INSTRUCTED: EngineName = "qwen-edit"  # its brief says what to change

MAX_SEED = 2**64 - 1
MAX_COUNT = 16
MAX_STEPS = 100
MAX_KB = 1_000_000
MAX_LABEL = 40
TO_CHANNEL = "channel"  # the aspect that makes a picture for the channel, in its exact size


@dataclass(frozen=True, slots=True)
class Lighting:
    """Where the light of a composite comes from, and what is set by hand over it.

    Args:
        side: ``left``, ``right``, ``above``, or ``auto`` to read it from the backdrop.
        angle: seen from above, -90 = left, 0 = front, 90 = right, 180 = behind; ``height`` over the horizon.
        softness: 0 = the sun, 1 = an overcast sky.
    Units: degrees.
    """

    side: str = "auto"
    angle: float | None = None
    height: float | None = None
    softness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdRequest:
    """All that decides a picture. The same request with a seed gives the same picture.

    Pictures are named by a path or held as a ``data:`` URL, so a request is always plain JSON.

    Args:
        task: ``generate`` draws the whole ad, from words or from ``reference``; ``composite`` puts ``products`` on a
            drawn backdrop.
        engine: which model draws; any but ``zit`` on a ComfyUI server only, see ``run.engines``.
        brief: what the ad shows, in Korean; for a composite, what the backdrop shows; for ``qwen-edit``, what to change
            in the photo, in Korean or English.
        context: for a composite or an instruction, what is advertised; the copy is written from it.
        aspect: a name such as ``4:5``; ``auto`` takes the reference photo's own; ``channel`` makes the picture for
            ``channel``: its exact size, safe zone, format and byte limit, and nothing saved that it would refuse.
        width: picture width in pixels, with ``height``; both None = from ``aspect`` and the checkpoint.
        seed: None draws one, which the report names.
        count: how many pictures; picture *i* has seed + *i* and, where it is drawn from words, a rewrite of its own.
        provider: who writes prompt and copy; ``fallback``, ``language_model`` and ``base_url`` as in
            ``ProviderChoice``.
        tone: how the copy speaks; ``channel`` limits its lengths, whatever the aspect.
        override_channel: save even what the channel would refuse.
        copy_space: the side to keep free for copy; None reads it from the brief.
        lettering: what to do where a picture drawn from words seems lettered: nothing, say so, or draw it anew in
            other words.
        strength: share of the schedule that runs over ``reference``; 1 ignores the photo.
        cutout: how the products are cut out, a name of ``adstudio.imaging.cutout.matting``.
        layout_provider: who lays out, as in ``layout.providers``; ``fallback`` holds for it too, and
            ``layout_as_proposed`` takes a model's layout even where the local one scores better.
        placements: where the products stand; with none ``auto_layout`` finds their places, else they stand in a row
            on the lower edge.
        detail: how far the products take on the backdrop's grain and sharpness; ``reflection`` how far the ground
            mirrors them.
        fidelity_limit: refuse a picture in which a product's mean colour change (CIEDE2000) is larger.
        contact: share of the schedule that draws the ground under the products anew; 0 = off. Products stay as they
            are.
        headline: None has it written from the brief, empty draws none.
        sub: None has it written when the headline is, empty draws none.
        max_kb: the most a file may take, in thousands of bytes; ``quality`` is then the highest to try.
        ai_label: what is written on the picture to say that it comes from AI; empty = nothing.
        credentials: sign the file with the operator's content credentials.
        price: what it costs, with ``old_price`` struck through before it.
        badge: one or two words in a spot near the product.
        call_to_action: what the button says; None has it written from the brief, empty draws none.
        legal: the small print; ``hours`` the opening hours above it; ``link`` what a QR code leads to.
        logo: a picture, set on the ad as it is.
        loras: further adapters as (name, weight), over the style's own.
    """

    task: Task = "generate"
    engine: EngineName = ZIT
    brief: str = ""
    context: str = ""
    style: str = "realistic"
    industry: str = "auto"
    provider: str = "auto"
    fallback: bool = False
    language_model: str = ""
    base_url: str = ""
    tone: Tone = "friendly"
    channel: str = ""
    copy_space: Side | None = None
    checkpoint: str = EMBEDDED
    text_encoder: str = "auto"
    vae: str = "auto"
    precision: str = "bf16"
    loras: tuple[tuple[str, float], ...] = ()
    aspect: str = "1:1"
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    steps: int = 8
    count: int = 1
    reference: str | None = None
    strength: float = 0.6
    products: tuple[str, ...] = ()
    cutout: str = "auto"
    layout_provider: str = "local"
    layout_as_proposed: bool = False
    auto_layout: bool = True
    placements: tuple[Placement, ...] = ()
    shadow: float = 1.0
    harmonize: float = 0.3
    detail: float = 0.5
    reflection: float = 0.0
    lighting: Lighting = field(default_factory=Lighting)
    fidelity_limit: float | None = None
    contact: float = 0.0
    lettering: Lettering = "ignore"
    headline: str | None = None
    sub: str | None = None
    price: str = ""
    old_price: str = ""
    badge: str = ""
    call_to_action: str | None = ""
    legal: str = ""
    hours: str = ""
    link: str = ""
    logo: str | None = None
    text_style: TextStyle = field(default_factory=TextStyle)
    format: str = "png"
    quality: int = 95
    max_kb: int | None = None
    ai_label: str = ""
    credentials: bool = False
    override_channel: bool = False

    def __post_init__(self) -> None:
        _check_task(self)
        _check_choices(self)
        _check_numbers(self)
        Options(precision=self.precision)  # refuses an unknown one
        find_format(self.format)

    def seeded(self) -> AdRequest:
        """The same request, with a seed drawn where it names none."""
        return self if self.seed is not None else replace(self, seed=secrets.randbelow(2**32))

    def to_dict(self) -> dict[str, Any]:
        """The request as plain JSON values."""
        from .wire import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: object) -> AdRequest:
        """Read a request from JSON values; a field that is missing has its default.

        Raises:
            InputError: ``request.<reason>``: an unknown field, a wrong type or a value out of range.
        """
        from .wire import from_dict

        return from_dict(data)


@dataclass(frozen=True, slots=True, eq=False)
class AdResult:
    """Finished ads, one entry per picture in every tuple, and the report of the run.

    Args:
        masks: ``[H,W]``, 1 = what of the original must stay in view; None where nothing is known to. A server is asked
            for the first one, and only on demand; empty = it was not asked.
    """

    pictures: tuple[Array, ...]
    originals: tuple[Array, ...]
    paths: tuple[Path, ...]
    origin_paths: tuple[Path | None, ...]
    layouts: tuple[LayoutPlan, ...]
    prompts: tuple[AdPrompt, ...]
    copy: AdCopy
    report: RunReport
    masks: tuple[Array | None, ...] = ()

    @property
    def path(self) -> Path:
        """Where the first picture lies."""
        return self.paths[0]

    @property
    def prompt(self) -> AdPrompt:
        """The prompt of the first picture."""
        return self.prompts[0]


def _check_task(request: AdRequest) -> None:
    if request.engine not in get_args(EngineName):
        raise InputError(
            "request.unknown_engine",
            f"There is no engine '{request.engine}'.",
            f"Use one of: {', '.join(get_args(EngineName))}.",
        )
    if request.task not in ("generate", "composite"):
        raise InputError(
            "request.unknown_task",
            f"The task must be 'generate' or 'composite'; '{request.task}' came.",
            "Use generate for a whole picture and composite for a product photo on a drawn backdrop.",
        )
    if request.task == "composite" and not request.products:
        raise InputError(
            "request.no_product",
            "A composite needs at least one product photo; none came.",
            "Pass a product photo, or use generate to draw the whole picture.",
        )
    if request.task == "composite" and request.reference is not None:
        raise InputError(
            "request.reference_in_composite",
            "A composite takes product photos, not a reference photo; a reference came.",
            "Pass the photo as the product, or use generate with the reference.",
        )
    if request.task == "generate" and request.products:
        raise InputError(
            "request.product_without_composite",
            "Product photos belong to a composite; they came with generate.",
            "Use composite, or pass the photo as the reference.",
        )
    if request.placements and len(request.placements) != len(request.products):
        raise InputError(
            "request.placements",
            f"One placement per product was expected: {counted(len(request.products), 'product')} and "
            f"{counted(len(request.placements), 'placement')} came.",
            "Give every product its place, or none to have them found.",
        )


def _check_choices(request: AdRequest) -> None:
    plates = get_type_hints(TextStyle)["plate"]
    for name, value, kind in (
        ("tone", request.tone, Tone),
        ("lettering", request.lettering, Lettering),
        ("copy_space", request.copy_space or "top", Side),
        ("text_style.plate", request.text_style.plate, plates),
    ):
        if value not in get_args(kind):
            raise InputError(
                f"request.{name}", f"There is no {name} '{value!s:.40}'.", f"Use one of: {', '.join(get_args(kind))}."
            )


def _check_numbers(request: AdRequest) -> None:
    if request.old_price.strip() and not request.price.strip():
        raise InputError(
            "request.old_price_alone",
            f"An old price ('{request.old_price.strip()[:20]}') came without the price that holds now.",
            "Give the price, too.",
        )
    _in_range("steps", request.steps, 1, MAX_STEPS, "Use 8, which is what the model is made for.")
    _in_range("count", request.count, 1, MAX_COUNT, "Run it again for more pictures.")
    _in_range("quality", request.quality, 1, 100, "Use 95 for print and 85 for the web.")
    _in_range("shadow", request.shadow, 0, 2, "Use 1 for a natural shadow and 0 for none.")
    _in_range("harmonize", request.harmonize, 0, 1, "Use 0.3, or 0 to keep the product's colours untouched.")
    _in_range("detail", request.detail, 0, 1, "Use 0.5, or 0 to leave the product's grain and sharpness alone.")
    _in_range("reflection", request.reflection, 0, 1, "Use 0.3 for a glossy table and 0 for a dull one.")
    _in_range("contact", request.contact, 0, 1, "Use 0.4, or 0 to leave the ground as it was composed.")
    if request.fidelity_limit is not None:
        _in_range("fidelity_limit", request.fidelity_limit, 0, 100, "Use 4, or none for no limit.")
    _in_range("text_style.min_px", request.text_style.min_px, 1, 1000, "Use 20, which a phone still shows.")
    _check_lighting(request.lighting)
    if request.max_kb is not None:
        _in_range("max_kb", request.max_kb, 1, MAX_KB, "Use the channel's limit, such as 300, or none for no limit.")
    if len(request.ai_label) > MAX_LABEL or not request.ai_label.isprintable():
        raise InputError(
            "request.ai_label",
            f"The label must be one line of at most {MAX_LABEL} characters; {len(request.ai_label)} came.",
            "Use 'AI로 생성된 이미지' or 'AI 생성 이미지'.",
        )
    if request.seed is not None:
        _in_range("seed", request.seed, 0, MAX_SEED - MAX_COUNT, "Use a whole number, or none to have one drawn.")
    if not 0 < request.strength <= 1:  # also refuses NaN
        raise InputError(
            "request.strength",
            f"The strength must be above 0 and at most 1; {request.strength:g} came.",
            "Use 0.3 to keep most of the photo, 0.6 for a new look, 1 to draw it anew.",
        )
    check_pair(request.width, request.height)
    if request.aspect == TO_CHANNEL and request.width is None and not request.channel.strip():
        raise InputError(
            "request.no_channel",
            "The aspect 'channel' needs a channel; none came.",
            "Name one, such as instagram_story or kakao_native:2x1, or choose an aspect such as 4:5.",
        )
    for name, weight in request.loras:
        _in_range(f"weight of adapter '{name}'", weight, -4, 4, "Use a weight between 0 and 1.")


def _check_lighting(lighting: Lighting) -> None:
    from ..imaging.composite.light import find_lamp

    find_lamp(lighting.side, angle_deg=lighting.angle, height_deg=lighting.height, softness=lighting.softness)


def _in_range(name: str, value: float, low: float, high: float, hint: str) -> None:
    if not low <= value <= high:
        raise InputError(
            f"request.{name.split()[0]}", f"The {name} must lie between {low} and {high}; {value} came.", hint
        )
