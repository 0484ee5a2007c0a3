"""Draw pictures: from words, or over a picture. The one door to the engine's drawing.

Each stage borrows the one component it needs from the host: text encoder, VAE, transformer, VAE again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn import functional

from ..errors import InputError, ModelError
from ..ports import Host
from ..types import Array
from . import denoise, latents, preview, schedule, sizes
from .adapters import applied
from .components import Zit, registry
from .encoding import encode_prompt

_LARGEST_SEED = 2**64 - 1
_MOST_PICTURES = 64
_SMALLEST_PHOTO_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Drawn pictures.

    Shapes: each image ``[H,W,3] float32 sRGB 0..1``; ``size`` is ``(width, height)``.
    Units: ``evaluations`` = runs of the model per picture.
    """

    images: tuple[Array, ...]
    seeds: tuple[int, ...]
    evaluations: int
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """What every picture of a run starts from."""

    size: tuple[int, int]
    levels: list[float]
    latents: torch.Tensor | None = None
    mask: torch.Tensor | None = None


def text_to_image(
    zit: Zit, prompt: str, *, width: int, height: int, seed: int, steps: int = 8, batch: int = 1, host: Host
) -> Samples:
    """Draw ``batch`` pictures of a prompt; picture ``i`` uses ``seed + i`` and equals the single run of that seed.

    Raises:
        InputError: the prompt, size, seed, steps or batch cannot be used.
    """
    size = sizes.check_size(width, height, zit.checkpoint.grid_px, zit.checkpoint.base_px)
    start = _Start(size, schedule.full_schedule(steps))
    with _drawing():
        return _draw(zit, prompt, start, _seeds(seed, batch), host)


def image_to_image(
    zit: Zit,
    prompt: str,
    image: Array,
    *,
    strength: float,
    mask: Array | None = None,
    seed: int,
    steps: int = 8,
    batch: int = 1,
    host: Host,
) -> Samples:
    """Redraw ``strength`` of a picture, or of the part that ``mask`` marks with 1; the rest keeps its own pixels.

    The picture is worked on in its own aspect at a size the checkpoint is good at; ``Samples.size`` tells which.

    Raises:
        InputError: the prompt, picture, mask, strength, seed, steps or batch cannot be used.
    """
    levels, seeds = schedule.partial_schedule(steps, strength), _seeds(seed, batch)
    size = _working_size(zit, image)
    picture = latents.to_picture(image, size)
    redraw = None if mask is None else latents.to_mask(mask, image, size)
    with _drawing():
        host.check_cancelled()
        vae = zit.components.vae
        with host.on_device(vae, latents.vae_activation_bytes(vae, size, zit.checkpoint.base_px)) as device:
            coded = latents.encode_picture(vae, picture, device).cpu()
        samples = _draw(zit, prompt, _Start(size, levels, coded, redraw), seeds, host)
    if redraw is None:
        return samples
    share, original = redraw[0, 0, :, :, None].numpy(), latents.from_picture(picture)
    # The VAE changes even what the model leaves alone; the shop's own pixels come back as they were.
    images = tuple(share * drawn + (1 - share) * original for drawn in samples.images)
    return Samples(images, samples.seeds, samples.evaluations, samples.size)


def _draw(zit: Zit, prompt: str, start: _Start, seeds: tuple[int, ...], host: Host) -> Samples:
    embedding = encode_prompt(zit, prompt, host)
    vae, base_px = zit.components.vae, zit.checkpoint.base_px
    drawn = _denoise_all(zit, embedding, start, seeds, host)
    images = []
    with host.on_device(vae, latents.vae_activation_bytes(vae, start.size, base_px)) as device:
        for cells in drawn:
            host.check_cancelled()
            images.append(latents.from_picture(latents.decode_latents(vae, cells, base_px=base_px, device=device)))
    return Samples(tuple(images), seeds, len(start.levels), start.size)


def _denoise_all(
    zit: Zit, embedding: torch.Tensor, start: _Start, seeds: tuple[int, ...], host: Host
) -> list[torch.Tensor]:
    parts = zit.components
    factors, transformer = _preview_factors(zit, host), parts.transformer
    columns, rows = (side // latents.scale_of(parts.vae) for side in start.size)
    tokens, total, drawn = rows * columns // 4, len(seeds) * len(start.levels), []
    borrowed = host.on_device(transformer, denoise.activation_bytes(transformer, tokens, len(embedding)))
    with applied(parts, zit.loras), borrowed as device:
        for index, seed in enumerate(seeds):
            host.check_cancelled()
            scheduler = schedule.make_scheduler(parts.scheduler_config, start.levels, tokens, device)
            noise = denoise.draw_noise(seed, transformer.in_channels, rows, columns).to(device)
            clean = torch.zeros_like(noise) if start.latents is None else start.latents.to(device)
            kept = _kept(clean, noise, start.mask)

            def on_step(number: int, guess: torch.Tensor, done: int = index * len(start.levels)) -> None:
                host.progress(done + number, total, preview.draw_preview(guess, factors))
                host.check_cancelled()

            noisy = denoise.mix_noise(clean, noise, scheduler.sigmas[0])
            cells = denoise.denoise(transformer, scheduler, noisy, embedding, on_step, kept)
            if not torch.isfinite(cells).all():
                raise ModelError(
                    "sampling.not_finite",
                    "The model returned values that are not numbers.",
                    "Use the bf16 edition of the checkpoint, and check the strength of its styles.",
                )
            drawn.append(cells.cpu())
    return drawn


def _preview_factors(zit: Zit, host: Host) -> torch.Tensor:
    parts = zit.components
    if parts.preview_factors is None:
        with host.on_device(parts.vae) as device:
            parts.preview_factors = preview.fit_factors(parts.vae, device)
    return parts.preview_factors


def _kept(clean: torch.Tensor, noise: torch.Tensor, mask: torch.Tensor | None) -> denoise.Kept | None:
    if mask is None:
        return None
    # A latent cell that the mask touches anywhere is redrawn: the seam is blended in pixels, not in cells.
    touched = functional.adaptive_max_pool2d(mask, clean.shape[-2:])
    return denoise.Kept(clean, noise, touched.to(clean.device))


@contextmanager
def _drawing() -> Iterator[None]:
    """One generation at a time, in one autograd regime.

    ComfyUI runs nodes under inference_mode; modules touched there and here must not mix both kinds of tensors.
    """
    with registry.draw(), torch.inference_mode(False), torch.no_grad():
        yield


def _seeds(seed: int, batch: int) -> tuple[int, ...]:
    if not 0 <= seed <= _LARGEST_SEED:
        raise InputError(
            "seed.out_of_range", f"A seed is a whole number from 0 to 2^64-1, but {seed} came.", "Use a smaller one."
        )
    if not 1 <= batch <= _MOST_PICTURES:
        raise InputError(
            "batch.out_of_range", f"1 to {_MOST_PICTURES} pictures are drawn at once, but {batch} came.", "Use 1 to 4."
        )
    return tuple((seed + index) & _LARGEST_SEED for index in range(batch))


def _working_size(zit: Zit, image: Array) -> tuple[int, int]:
    latents.check_picture(image)
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST_PHOTO_PX:
        raise InputError(
            "image.too_small",
            f"A picture of {width}x{height} pixels shows nothing to go by.",
            f"Use one of at least {_SMALLEST_PHOTO_PX} pixels on each side; 512 and more look good.",
        )
    return sizes.fit_size(width, height, grid=zit.checkpoint.grid_px, base_px=zit.checkpoint.base_px)
