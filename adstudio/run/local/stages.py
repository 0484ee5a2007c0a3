"""The stages of an ad, in the order in which they run. What a stage makes lies in ``Run`` for those after it.

Everything that can go wrong cheaply goes first: words, photos and cut-outs are done before a model is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ... import config
from ...errors import InputError, numbered
from ...output.findings import Finding
from ...ports import Host
from ...prompt.providers import LOCAL
from ...types import AdCopy, AdPrompt, Array, Channel, Composite, CutOut, LayoutPlan
from ..asked import check_words, own_copy, shown_copy
from ..channels import takes_copy, takes_marks
from ..enlargement import check_enlargement
from ..finishing import Wanted, wanted_of
from ..photos import cover, cover_seen, find_subject, read_logo, read_source, target_size
from ..recorder import Recorder
from ..request import AdRequest
from ..room import check_headline
from ..target import channel_of, check_copy, check_template, refuse_locked, template_of
from ..wire import open_source
from .layout_provider import RequestedAnalyzer, check_layout_provider
from .layouts import place_copy, place_products


@dataclass
class Run:
    """A run under way. The lists hold one entry per picture.

    Args:
        channel: what the pictures are made for; None = no channel in particular.
        font: family of the copy, where a template fixes it.
    """

    request: AdRequest
    recorder: Recorder
    host: Host
    channel: Channel | None = None
    font: str = ""
    checkpoint: Any = None
    prompts: tuple[AdPrompt, ...] = ()
    copy: AdCopy = field(init=False)
    reference: Array | None = None
    logo: Array | None = None
    cutouts: list[CutOut] = field(default_factory=list)
    zit: Any = None
    model: str = ""
    adapters: list[str] = field(default_factory=list)
    providers: dict[str, str] = field(default_factory=dict)
    fallbacks: dict[str, str] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    evaluations: int = 0
    originals: list[Array] = field(default_factory=list)
    masks: list[Array | None] = field(default_factory=list)
    layouts: list[LayoutPlan] = field(default_factory=list)
    finished: list[Array] = field(default_factory=list)
    receipts: list[dict[str, float]] = field(default_factory=list)
    findings: list[tuple[Finding, ...]] = field(default_factory=list)

    def check(self) -> None:
        """Find the channel and the checkpoint, and refuse what cannot be drawn for them, before anything is spent."""
        from ...engine.forms.checkpoint import find_checkpoint, open_checkpoint

        request = self.request
        self.channel = channel_of(request)
        if request.task == "generate":
            refuse_locked(self.channel)
        elif self.is_locked:
            check_template(request)
            return
        path = find_checkpoint(request.checkpoint, self.host)
        self.checkpoint = open_checkpoint(path, self.host, text_encoder=request.text_encoder, vae=request.vae)
        if request.reference is None or request.aspect != "auto" or request.width is not None:
            self._target_size(self.checkpoint)
        for name, _ in request.loras:
            self._adapter(name)

    @property
    def is_locked(self) -> bool:
        """Whether a template of the channel fixes the picture, and nothing is drawn."""
        return self.channel is not None and template_of(self.channel) is not None

    def wanted(self) -> Wanted:
        """How its pictures are to be saved: as its request says, within what its channel takes."""
        return wanted_of(self.request, self.channel, model=self.model, is_drawn=not self.is_locked)

    def check_words(self) -> None:
        """Refuse a brief, style or channel that cannot be used, before a model is loaded or a service is asked."""
        request = self.request
        check_words(request)
        check_layout_provider(request)
        drawn_px = None if self.is_locked or request.reference is not None else self._target_size(self.checkpoint)
        check_headline(request, own_copy(request), self.channel, drawn_px)

    def writes_locally(self) -> bool:
        """Whether the checkpoint's own text encoder writes the words, which has it loaded before them."""
        from ...engine.writing.language import may_write
        from .words import wants_local_words

        if self.is_locked:
            return False
        is_asked = self.request.provider == LOCAL
        return wants_local_words(self.request) and (is_asked or may_write(self.checkpoint))

    def write_words(self) -> None:
        """Turn the brief into English prompts and the copy."""
        from ...prompt.report import author_of
        from .words import provider_choice, write_words

        request = self.request
        choice = provider_choice(request, self.zit, self.host, self.recorder.check_cancelled)
        self.prompts, self.copy = write_words(request, choice, self.recorder)
        self.providers |= {"prompt": author_of(self.prompts[0]), "copy": author_of(self.copy)}
        if self.channel is not None and not self.is_locked and (shown := self._shown_copy()) is not None:
            check_copy(shown, self.channel, override=request.override_channel)
        if not self.is_locked:
            check_headline(request, self.copy, self.channel, self._target_size(self.checkpoint))

    def read_pictures(self) -> None:
        """Read the reference photo and the logo, or read the products and cut them out."""
        request = self.request
        if request.reference is not None and self.reference is None:
            with self.recorder.step("photo"):
                self.reference = read_source(request.reference)
        if request.logo is not None and self.logo is None:
            with self.recorder.step("logo"):
                self.logo = read_logo(request.logo)
        if request.task == "composite" and not self.cutouts:
            with self.recorder.step("cutout"):
                for number, source in enumerate(request.products, start=1):
                    self.recorder.check_cancelled()
                    with numbered("Product", number, len(request.products)):
                        self.cutouts.append(self._cut_out(source))
                self.providers["cutout"] = self.cutouts[0].method
                check_enlargement(request, self.cutouts, self.channel, lambda: self._target_size(self.checkpoint))

    def load_model(self) -> None:
        """Load the checkpoint, unless the words have had it loaded."""
        from ...engine.drawing.options import Options
        from ...engine.drawing.precision import with_options
        from ...engine.memory.components import load

        if self.zit is not None:
            return
        with self.recorder.step("load"):
            request = self.request
            zit = load(request.checkpoint, self.host, text_encoder=request.text_encoder, vae=request.vae)
            self.zit = with_options(zit, Options(precision=request.precision), self.host)
            for note in zit.checkpoint.notes:
                self.recorder.note(note)
            found = zit.checkpoint
            self.model = config.EMBEDDED_NAME if found.path == config.EMBEDDED_CHECKPOINT else found.name

    def put_on_style(self) -> None:
        """Put the style's adapter, and the user's, on the checkpoint."""
        from ...engine.lora.uses import LoraUse, find_adapter, with_loras
        from ...prompt.styles import get_style

        with self.recorder.step("style"):
            style, uses = get_style(self.prompts[0].style), list[Any]()
            if style.lora:
                found = find_adapter(self.checkpoint, style.lora, self.host)
                if found is None:
                    self.recorder.note(
                        f"This checkpoint has no adapter '{style.lora}': the words alone carry '{style.name}'."
                    )
                else:
                    uses.append(LoraUse(found, style.weight, style.triggers))
            for name, weight in self.request.loras:
                uses.append(LoraUse(self._adapter(name), weight))
            self.zit = with_loras(self.zit, uses) if uses else self.zit
            self.adapters = [f"{Path(use.path).stem}:{use.weight:g}" for use in uses]

    def generate(self) -> None:
        """Draw the pictures, each after its prompt."""
        from ...engine.drawing.sampling import Samples, image_to_image, text_to_image
        from .drawing import draw_pictures

        if self.originals:  # another ad's backdrop
            return
        request = self.request
        width, height = self._target_size(self.zit.checkpoint)
        first = request.seed or 0
        if self.reference is not None:
            self.reference = (cover if self.channel is None else cover_seen)(self.reference, width, height)

        def draw(words: list[str], number: int) -> Samples:
            seed, steps, batch = first + number, request.steps, len(words)
            if self.reference is None:
                return text_to_image(
                    self.zit, words, width=width, height=height, seed=seed, steps=steps, batch=batch, host=self.host
                )
            return image_to_image(
                self.zit,
                words,
                self.reference,
                strength=request.strength,
                seed=seed,
                steps=steps,
                batch=batch,
                host=self.host,
            )

        with self.recorder.step("generate"):
            # A photo may have lettering of its own, which nobody wants drawn away.
            drawn = draw_pictures(draw, self.prompts, request.lettering if self.reference is None else "ignore")
            for note in drawn.notes:
                self.recorder.note(note)
            self.originals = list(drawn.images)
            self.prompts = tuple(map(_worded, self.prompts, drawn.words))
            self.seeds = list(drawn.seeds)
            self.evaluations = drawn.evaluations
            self.masks = [None] * len(self.originals)

    def composite(self) -> None:
        """Put the products on every backdrop."""
        if not self.cutouts:
            return
        from ..composing import compose_on

        backdrops = self.originals
        with self.recorder.step("place"):
            has_copy = self._shown_copy() is not None
            places = [
                place_products(self.request, self._analyzer(), backdrop, self.cutouts, prompt, has_copy)
                for backdrop, prompt in zip(backdrops, self.prompts, strict=True)
            ]
        with self.recorder.step("compose"):
            done: list[Composite] = []
            for backdrop, plan in zip(backdrops, places, strict=True):
                self.recorder.check_cancelled()
                done.append(compose_on(self.host, backdrop, self.cutouts, plan.products, **self._finish()))
                for note in done[-1].notes:
                    self.recorder.note(note)
            # All at once: where one cannot be composed, the backdrops are still what was drawn.
            self.originals, self.masks = [made.image for made in done], [made.mask for made in done]
            self.receipts, self.layouts = [dict(made.receipt) for made in done], places

    def blend(self) -> None:
        """Draw the ground under the products anew, where that is asked for."""
        from .contact import blend_contact

        request = self.request
        if request.contact == 0 or not self.cutouts:
            return
        with self.recorder.step("contact"):
            evaluations = 0
            for index, (picture, mask, prompt) in enumerate(zip(self.originals, self.masks, self.prompts, strict=True)):
                assert mask is not None  # a composite has one per picture
                blended = blend_contact(
                    self.zit,
                    picture,
                    mask,
                    prompt.positive,
                    strength=request.contact,
                    seed=self.seeds[index],
                    steps=request.steps,
                    host=self.host,
                )
                self.originals[index] = blended.image
                self.receipts[index] |= blended.receipt
                evaluations = max(evaluations, blended.evaluations)
                for note in blended.notes:
                    self.recorder.note(note)
            self.evaluations += evaluations

    def letter(self) -> None:
        """Find room for the copy and draw it; without copy the originals are the finished pictures."""
        products = self.layouts or [LayoutPlan()] * len(self.originals)
        shown, logo = self._shown_copy(), self.logo if takes_marks(self.channel) else None
        if shown is None and logo is None:
            self.finished, self.layouts = list(self.originals), products
            return
        from ...text.lettering import letter

        request, analyzer = self.request, self._analyzer()
        with self.recorder.step("layout"):
            if self.reference is not None and self.masks[0] is None:
                self.masks = [find_subject(self.reference, request.strength)] * len(self.originals)
            pictures = zip(self.originals, self.masks, products, self.prompts, strict=True)
            copy = shown or AdCopy("")
            self.layouts = [place_copy(request, analyzer, *each, copy, channel=self.channel) for each in pictures]
            self.providers["layout"] = analyzer.name
        with self.recorder.step("lettering"):
            logos: dict[str, Any] = {} if logo is None else {"logos": {"": logo}}
            for picture, plan in zip(self.originals, self.layouts, strict=True):
                self.recorder.check_cancelled()
                done = letter(picture, plan, request.text_style, **logos)
                self.finished.append(done.image)
                for note in done.notes:
                    self.recorder.note(note)

    def _shown_copy(self) -> AdCopy | None:
        """The copy that stands on the pictures; None where there is none, or the channel takes none."""
        return shown_copy(self.request, self.copy) if takes_copy(self.channel) else None

    def _target_size(self, checkpoint: Any) -> tuple[int, int]:
        photo = None if self.reference is None else (self.reference.shape[1], self.reference.shape[0])
        return target_size(self.request, checkpoint.grid_px, checkpoint.base_px, photo, self.channel)

    def _cut_out(self, source: str) -> CutOut:
        from ...imaging.cutout.matting import cut_out

        found = cut_out(open_source(source), method=self.request.cutout, host=self.host)
        for note in found.notes:
            self.recorder.note(note)
        return found

    def _analyzer(self) -> RequestedAnalyzer:
        return RequestedAnalyzer(self.request, self.recorder, fallbacks=self.fallbacks)

    def _finish(self) -> dict[str, Any]:
        """How the request wants its products brought into their scene, as ``compose`` takes it."""
        request, lighting = self.request, self.request.lighting
        return {
            "shadow": request.shadow,
            "harmonize": request.harmonize,
            "detail": request.detail,
            "reflection": request.reflection,
            "fidelity_limit": request.fidelity_limit,
            "light": lighting.side,
            "light_angle": lighting.angle,
            "light_height": lighting.height,
            "softness": lighting.softness,
        }

    def _adapter(self, name: str) -> Path:
        from ...engine.lora.uses import find_adapter

        path = Path(name)
        found = path if path.is_file() else find_adapter(self.checkpoint, name, self.host)
        if found is None:
            raise InputError(
                "request.adapter_not_found",
                f"There is no adapter file or adapter named '{name}'.",
                "Give the path of a .safetensors file, or a name from the checkpoint's own 'loras' folder.",
            )
        return found


def _worded(prompt: AdPrompt, words: str) -> AdPrompt:
    return replace(prompt, positive=words)
