"""The loop that turns noise into latents, eight times round by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

OnStep = Callable[[int, torch.Tensor, torch.Tensor], None]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What must stay of a picture: its latents, the noise it was started with, and a mask with 1 = redraw."""

    latents: torch.Tensor
    noise: torch.Tensor
    mask: torch.Tensor


def draw_noise(seed: int, channels: int, rows: int, columns: int) -> torch.Tensor:
    """Noise ``[1,C,rows,columns]`` of a seed: drawn on the CPU, so a picture is the same whatever the device."""
    return torch.randn((1, channels, rows, columns), generator=torch.Generator("cpu").manual_seed(seed))


def mix_noise(latents: torch.Tensor, noise: torch.Tensor, level: float | torch.Tensor) -> torch.Tensor:
    """Latents ``[B,C,h,w]`` at a noise level, by flow matching: 0 leaves them, 1 leaves noise of their shape."""
    return level * noise + (1.0 - level) * latents


def denoise(
    transformer: Any,
    scheduler: Any,
    latents: torch.Tensor,
    embeddings: Sequence[torch.Tensor],
    on_step: OnStep,
    kept: Kept | None = None,
    begin: int = 0,
) -> torch.Tensor:
    """Run the levels of ``scheduler`` from number ``begin`` on, without guidance.

    Args:
        latents: ``[B,C,h,w] float32`` at the noise of level ``begin``, on the compute device.
        embeddings: each picture's prompt, ``[tokens, width]``.
        on_step: called after each evaluation with its number from 1, the latents so far and the picture guessed from
            them; may raise. The latents it got and the number are all it takes to go on from there.

    Returns:
        Clean latents, float32.
    """
    count, dtype = len(latents), transformer.dtype  # asked once: it looks through every parameter
    captions = [embedding.to(latents.device, dtype) for embedding in embeddings]
    for number in range(begin, len(scheduler.timesteps)):
        timestep = scheduler.timesteps[number]
        model_input = list(latents.to(dtype).unsqueeze(2).unbind(0))
        time = (1000 - timestep.expand(count)) / 1000
        output = transformer(model_input, time, captions, return_dict=False)[0]
        velocity = -torch.stack([frame.float() for frame in output]).squeeze(2)
        guess = latents - scheduler.sigmas[number] * velocity
        latents = scheduler.step(velocity, timestep, latents, return_dict=False)[0]
        if kept is not None:
            # sigmas has one entry more than there are steps, and it is 0: the last round keeps the clean picture
            original = mix_noise(kept.latents, kept.noise, scheduler.sigmas[number + 1])
            latents = (1 - kept.mask) * original + kept.mask * latents
        on_step(number + 1, latents, guess)
    return latents


def activation_bytes(transformer: Any, image_tokens: int, caption_tokens: int) -> int:
    """What one evaluation of one picture needs beside the weights: about seventeen rows of the model's width per token.

    Within a tenth of what a trace of the real model's dimensions gives for pictures of 512 to 2048 px.
    """
    return 17 * (image_tokens + caption_tokens) * int(transformer.config.dim) * transformer.dtype.itemsize
