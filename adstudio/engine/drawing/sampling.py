"""Draw pictures: from words, or over a picture. The one door to the engine's drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from ...errors import InputError
from ...ports import Host
from ...types import Array
from ..memory import ladder
from ..memory.components import Zit, registry
from . import latents, schedule, sizes
from .encoding import length_notes
from .inpaint import Edit
from .redrawing import prepare_latents, prepare_redrawing
from .stages import Drawing, Start

_LARGEST_SEED = 2**64 - 1
_MOST_PICTURES = 64
_PLAIN_EDIT = Edit()


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Drawn pictures.

    ``rung`` is the rung of the fallback ladder that the run ended on; ``notes`` say what that meant, and what of a long
    prompt was not read.

    Shapes: each image ``[H,W,3] float32 sRGB 0..1``; ``size`` is ``(width, height)``; ``latents [B,C,h,w] float32`` in
    the VAE's own scale, as ComfyUI's LATENT.
    Units: ``evaluations`` = runs of the model per picture.
    """

    images: tuple[Array, ...]
    seeds: tuple[int, ...]
    evaluations: int
    size: tuple[int, int]
    latents: torch.Tensor
    rung: str = ladder.RESIDENT
    notes: tuple[str, ...] = ()


def text_to_image(
    zit: Zit,
    prompt: str | Sequence[str],
    *,
    width: int,
    height: int,
    seed: int,
    steps: int = 8,
    batch: int = 1,
    host: Host,
) -> Samples:
    """Draw ``batch`` pictures of a prompt; picture ``i`` uses ``seed + i`` and equals the single run of that seed.

    Args:
        prompt: one for all pictures, or one for each.

    Raises:
        InputError: the prompt, size, seed, steps or batch cannot be used.
    """
    size = sizes.check_size(width, height, zit.checkpoint.grid_px, zit.checkpoint.base_px)
    start, seeds = Start(size, schedule.full_schedule(steps)), _seeds(seed, batch)
    with _drawing():
        return _draw(Drawing(zit, size, batch, host), zit, _prompts(prompt, batch), start, seeds)


def image_to_image(
    zit: Zit,
    prompt: str | Sequence[str],
    image: Array,
    *,
    strength: float,
    mask: Array | None = None,
    seed: int,
    steps: int = 8,
    batch: int = 1,
    edit: Edit = _PLAIN_EDIT,
    host: Host,
) -> Samples:
    """Redraw ``strength`` of a picture, or of the part that ``mask`` marks with 1; the rest keeps its own pixels.

    The picture is worked on in its own aspect at a size the checkpoint is good at; ``Samples.size`` tells which. It
    comes back in that size unless ``edit`` says otherwise.

    Shapes: image ``[H,W,3] float32 sRGB 0..1``; mask ``[h,w]`` of the same aspect.

    Raises:
        InputError: the prompt, picture, mask, strength, seed, steps or batch cannot be used.
    """
    levels, seeds = schedule.partial_schedule(steps, strength), _seeds(seed, batch)
    job = prepare_redrawing(zit.checkpoint, image, mask, edit)
    with _drawing():
        host.check_cancelled()
        drawing = Drawing(zit, job.size, batch, host)
        start = Start(job.size, levels, drawing.encode(job.picture), job.redraw)
        samples = _draw(drawing, zit, _prompts(prompt, batch), start, seeds)
        return replace(samples, images=tuple(job.finish(drawn) for drawn in samples.images))


def latent_to_image(
    zit: Zit,
    prompt: str | Sequence[str],
    cells: torch.Tensor,
    *,
    strength: float,
    mask: Array | None = None,
    seed: int,
    steps: int = 8,
    batch: int = 1,
    edit: Edit = _PLAIN_EDIT,
    host: Host,
) -> Samples:
    """Redraw ``strength`` of what latents show, without decoding and encoding them first; in their own size.

    The mask works on the latents: what it leaves alone stays what they held, and is decoded with the rest.

    Shapes: cells ``[1,C,h,w]`` in the VAE's own scale, as ComfyUI's LATENT and ``Samples.latents``.

    Raises:
        InputError: the prompt, latents, mask, strength, seed, steps or batch cannot be used.
    """
    levels, seeds = schedule.partial_schedule(steps, strength), _seeds(seed, batch)
    size, clean, redraw = prepare_latents(zit, cells, mask, edit)
    with _drawing():
        host.check_cancelled()
        start = Start(size, levels, clean, redraw)
        return _draw(Drawing(zit, size, batch, host), zit, _prompts(prompt, batch), start, seeds)


def _draw(drawing: Drawing, zit: Zit, prompts: Sequence[str], start: Start, seeds: tuple[int, ...]) -> Samples:
    drawn = drawing.denoise(start, seeds, drawing.embed(prompts))
    images = drawing.decode(drawn)
    with torch.inference_mode(False):  # what leaves here may be used outside
        handed_on = latents.to_raw(zit.components.vae, torch.cat([cells.clone() for cells in drawn]))
    notes = (*drawing.notes, *dict.fromkeys(note for prompt in prompts for note in length_notes(zit, prompt)))
    return Samples(tuple(images), seeds, len(start.levels), start.size, handed_on, drawing.plan.rung, notes)


@contextmanager
def _drawing() -> Iterator[None]:
    """One generation at a time, always under inference_mode: as in ComfyUI, and without autograd's bookkeeping.

    Whatever makes tensors that stay, such as the weights' copies on a device, leaves that mode by itself.
    """
    with registry.draw(), torch.inference_mode():
        yield


def _prompts(prompt: str | Sequence[str], batch: int) -> list[str]:
    prompts = [prompt] * batch if isinstance(prompt, str) else list(prompt)
    if len(prompts) != batch:
        each = f", or one for each of the {batch} pictures" if batch > 1 else ""
        raise InputError(
            "prompt.count",
            f"Expected one prompt{each}, but {len(prompts)} came.",
            "Give as many prompts as pictures.",
        )
    return prompts


def _seeds(seed: int, batch: int) -> tuple[int, ...]:
    if not 0 <= seed <= _LARGEST_SEED:
        raise InputError(
            "seed.out_of_range",
            f"A seed is a whole number from 0 to 2^64-1, but {seed} came.",
            "Use a smaller one.",
            came=str(seed),
        )
    if not 1 <= batch <= _MOST_PICTURES:
        raise InputError(
            "batch.out_of_range", f"1 to {_MOST_PICTURES} pictures are drawn at once, but {batch} came.", "Use 1 to 4."
        )
    return tuple((seed + index) & _LARGEST_SEED for index in range(batch))
