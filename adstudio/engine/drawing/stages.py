"""One run from prompt and start to decoded pictures, stage by stage, down the fallback ladder where memory asks for it.

Each stage borrows the one component it needs from the host. What a stage has finished is kept when memory runs out:
the embedding, the pictures that are done, and the latents of those under way with the number of their step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch.nn import functional

from ...errors import ModelError
from ...ports import ENDLESS, Host
from ...types import Array, Note
from ..lora.adapters import applied
from ..memory import ladder
from ..memory.components import Zit
from ..memory.residence import residence_of
from . import denoise, encoding, latents, preview, schedule
from .attention import attending
from .compiling import compiled
from .precision import multiplying
from .processor import wide_products

T = TypeVar("T")
_CAPTION_GRID = 32  # tokens; the transformer pads captions to a multiple of it


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """What every picture of a run starts from: ``size`` as (width, height), and latents and mask to draw over."""

    size: tuple[int, int]
    levels: list[float]
    latents: torch.Tensor | None = None
    mask: torch.Tensor | None = None


@dataclass(slots=True, eq=False)
class _Course:
    """A picture under way: its latents after ``done`` evaluations."""

    seed: int
    embedding: torch.Tensor
    noise: torch.Tensor
    latents: torch.Tensor | None = None
    done: int = 0

    @property
    def pace(self) -> tuple[int, int]:
        """What pictures of one pass have in common: prompts of other lengths would need a mask and slower kernels."""
        return self.done, -(-len(self.embedding) // _CAPTION_GRID)


class Drawing:
    """A run under way. The caller holds the drawing lock."""

    def __init__(self, zit: Zit, size: tuple[int, int], pictures: int, host: Host) -> None:
        self._zit, self._parts, self._host = zit, zit.components, host
        self._free = host.free_bytes()
        self._sizes = measure_sizes(zit, size, is_counted=self._free < ENDLESS)
        self.plan = ladder.choose_plan(self._sizes, self._free, pictures if zit.options.one_pass else 1)
        self._out_of_memory: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What the ladder did, in sentences; empty on its highest rung."""
        return (*self._out_of_memory, *ladder.describe_plan(self.plan, self._sizes, self._free))

    def embed(self, prompts: Sequence[str]) -> list[torch.Tensor]:
        """Embed every prompt, as ``[tokens,width]``, while the encoder is there."""
        if self.plan.rung == ladder.RESIDENT and not residence_of(self._parts.transformer).is_away:
            self._attempt("denoise", self._place_transformer)
        found: dict[str, torch.Tensor] = {}

        def work(plan: ladder.Plan) -> None:
            for prompt in prompts:
                if prompt not in found:
                    found[prompt] = encoding.encode_prompt(self._zit, prompt, self._host, streamed=plan.stream_encoder)

        self._attempt("encode", work)
        if not self.plan.keep_encoder:
            self._host.release(self._parts.text_encoder)
        return [found[prompt] for prompt in prompts]

    def encode(self, picture: torch.Tensor) -> torch.Tensor:
        """Turn a picture ``[1,3,H,W]`` into latents on the CPU."""

        def work(plan: ladder.Plan) -> torch.Tensor:
            tile = self._sizes.tiles[plan.tile]
            with self._host.on_device(self._parts.vae, tile.work) as device:
                return latents.encode_picture(self._parts.vae, picture, device, tile.px).cpu()

        return self._attempt("vae", work)

    def denoise(self, start: Start, seeds: tuple[int, ...], embeddings: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Draw the latents of every seed after its own embedding.

        Shapes: embeddings ``[tokens,width]``; each result ``[1,C,h,w] float32`` on the CPU, in the transformer's scale.

        Raises:
            ModelError: ``sampling.not_finite``
            torch.OutOfMemoryError: on the lowest rung as well.
        """
        factors = self._preview_factors()
        columns, rows = (side // latents.scale_of(self._parts.vae) for side in start.size)
        channels = self._parts.transformer.in_channels
        courses = [
            _Course(seed, embedding, denoise.draw_noise(seed, channels, rows, columns))
            for seed, embedding in zip(seeds, embeddings, strict=True)
        ]
        longest = max(len(embedding) for embedding in embeddings)

        def work(plan: ladder.Plan) -> None:
            transformer = self._parts.transformer
            needed = denoise.activation_bytes(transformer, rows * columns // 4, longest) * plan.at_once
            borrowed = self._host.on_device(transformer, needed, streamed=plan.stream_transformer)
            with applied(self._parts, self._zit.loras), borrowed as device, _as_asked(self._zit, device):
                while group := self._next_group(courses, len(start.levels), plan.at_once):
                    self._advance(group, courses, start, preview.Previews(factors, device), device)

        self._attempt("denoise", work)
        return [course.latents for course in courses if course.latents is not None]

    def decode(self, drawn: list[torch.Tensor]) -> list[Array]:
        """Decode latents ``[1,C,h,w]`` to pictures ``[H,W,3] float32 0..1``."""
        images: list[Array] = []

        def work(plan: ladder.Plan) -> None:
            tile, vae = self._sizes.tiles[plan.tile], self._parts.vae
            with self._host.on_device(vae, tile.work) as device:
                while len(images) < len(drawn):
                    self._host.check_cancelled()
                    cells = drawn[len(images)]
                    images.append(latents.from_picture(latents.decode_latents(vae, cells, device, tile.px)))

        self._attempt("vae", work)
        return images

    def _attempt(self, stage: ladder.Stage, work: Callable[[ladder.Plan], T]) -> T:
        while True:
            try:
                return work(self.plan)
            except torch.OutOfMemoryError:
                lower = ladder.lower_plan(self.plan, self._sizes, stage)
                if lower is None:
                    raise
            # Out here the traceback is gone, and with it what its frames held on the device.
            self._out_of_memory = [*self._out_of_memory, _SAID[stage]][:_MOST_SAID]
            for part in (self._parts.text_encoder, self._parts.transformer, self._parts.vae):
                self._host.release(part)
            self._free = self._host.free_bytes()  # others may have taken some of it since the run began
            self.plan = ladder.lower_of(lower, ladder.choose_plan(self._sizes, self._free, lower.at_once))

    def _place_transformer(self, plan: ladder.Plan) -> None:
        # The largest goes first where all three stay: ComfyUI's manager asks for a tenth more room than a model takes,
        # which a 24 GB card has only while the encoder is not there yet.
        with self._host.on_device(self._parts.transformer, streamed=plan.stream_transformer):
            pass

    def _next_group(self, courses: list[_Course], levels: int, at_once: int) -> list[_Course]:
        waiting = [course for course in courses if course.done < levels]
        return [course for course in waiting[:at_once] if course.pace == waiting[0].pace]

    def _advance(
        self,
        group: list[_Course],
        courses: list[_Course],
        start: Start,
        previews: preview.Previews,
        device: torch.device,
    ) -> None:
        self._host.check_cancelled()
        noise = torch.cat([course.noise for course in group]).to(device)
        tokens, begin = noise.shape[-1] * noise.shape[-2] // 4, group[0].done
        scheduler = schedule.make_scheduler(self._parts.scheduler_config, start.levels, tokens, device, begin)
        clean = torch.zeros_like(noise) if start.latents is None else start.latents.to(device).expand_as(noise)
        if begin:
            cells = torch.cat([course.latents for course in group if course.latents is not None]).to(device)
        else:
            cells = denoise.mix_noise(clean, noise, scheduler.sigmas[0])

        def on_step(number: int, cells: torch.Tensor, guess: torch.Tensor) -> None:
            for index, course in enumerate(group):
                course.latents, course.done = cells[index : index + 1], number
            done = sum(course.done for course in courses)
            self._host.progress(done, len(courses) * len(start.levels), previews.draw(guess))
            self._host.check_cancelled()

        kept = _kept(clean, noise, start.mask)
        words = [course.embedding for course in group]
        cells = denoise.denoise(self._parts.transformer, scheduler, cells, words, on_step, kept, begin)
        if not torch.isfinite(cells).all():
            raise ModelError(
                "sampling.not_finite",
                "The model returned values that are not numbers.",
                "Use the bf16 edition of the checkpoint, and check the strength of its styles.",
            )
        for course, drawn in zip(group, cells.cpu().split(1), strict=True):
            course.latents = drawn

    def _preview_factors(self) -> torch.Tensor:
        parts = self._parts
        if parts.preview_factors is None:

            def work(_: ladder.Plan) -> torch.Tensor:
                with self._host.on_device(parts.vae) as device:
                    return preview.fit_factors(parts.vae, device)

            parts.preview_factors = self._attempt("vae", work)
        return parts.preview_factors


_SAID: dict[ladder.Stage, Note] = {
    "encode": Note("memory.ran_out_reading", "Memory ran out while the prompt was read; the run went on with less."),
    "denoise": Note(
        "memory.ran_out_drawing",
        "Memory ran out while drawing; the run went on with less, from the step it had reached.",
    ),
    "vae": Note("memory.ran_out_decoding", "Memory ran out in the VAE; the run went on with less."),
}
_MOST_SAID = 3


@contextmanager
def _as_asked(zit: Zit, device: torch.device) -> Iterator[None]:
    """Have the transformer, which other handles share, run as this one's options say."""
    transformer, options = zit.components.transformer, zit.options
    with (
        attending(options.attention, transformer, device),
        multiplying(transformer, options.precision, device),
        compiled(transformer, options.compiled, device),
        # In compiled blocks the layers do it themselves.
        nullcontext() if options.compiled else wide_products(device, transformer.dtype),
    ):
        yield


def measure_sizes(zit: Zit, size: tuple[int, int], *, is_counted: bool = True) -> ladder.Sizes:
    """What drawing pictures of ``size`` takes on the device; with the longest prompt, as it is not read yet.

    Args:
        is_counted: count the weights, which takes some milliseconds; False where room for them is no question.
    """
    parts, tokens = zit.components, zit.checkpoint.prompt_tokens

    def weigh(part: Any, *, streamed: bool = False) -> int:
        return residence_of(part).size_bytes(streamed=streamed) if is_counted else 0

    scale = latents.scale_of(parts.vae)
    cells = size[0] * size[1] // scale**2
    return ladder.Sizes(
        encoder=weigh(parts.text_encoder),
        encode_work=encoding.activation_bytes(parts.text_encoder, tokens),
        transformer=weigh(parts.transformer),
        transformer_streamed=weigh(parts.transformer, streamed=True),
        denoise_work=denoise.activation_bytes(parts.transformer, cells // 4, tokens),
        vae=weigh(parts.vae),
        tiles=tuple(
            ladder.Tile(px, latents.vae_activation_bytes(parts.vae, size, px))
            for px in ladder.tile_sides(size, zit.checkpoint.base_px, scale)
        ),
    )


def _kept(clean: torch.Tensor, noise: torch.Tensor, mask: torch.Tensor | None) -> denoise.Kept | None:
    if mask is None:
        return None
    # A latent cell that the mask touches anywhere is redrawn: the seam is blended in pixels, not in cells.
    touched = functional.adaptive_max_pool2d(mask, clean.shape[-2:])
    return denoise.Kept(clean, noise, touched.to(clean.device))
