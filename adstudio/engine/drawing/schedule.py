"""How much noise each evaluation of the model starts from."""

from __future__ import annotations

import math
from typing import Any

import torch

from ...errors import InputError, ModelError
from ..forms.assembly import diffusers_class

_MOST_STEPS = 100


def full_schedule(steps: int) -> list[float]:
    """Noise levels from 1 downwards, ``steps`` of them, before the checkpoint's own shift.

    Explicit levels, because what a bare step count means has changed between versions of diffusers.

    Raises:
        InputError: ``steps.out_of_range``
    """
    if not 1 <= steps <= _MOST_STEPS:
        raise InputError(
            "steps.out_of_range",
            f"Between 1 and {_MOST_STEPS} steps are possible, but {steps} came.",
            "Z-Image Turbo is made for 8.",
            most=_MOST_STEPS,
            came=steps,
        )
    return _levels(1.0, steps)


def partial_schedule(steps: int, strength: float) -> list[float]:
    """The last ``strength`` of the schedule: its levels start at exactly that share.

    The number of levels is the number of evaluations, ``steps * strength`` rounded up (0.6 of 8 gives 5). Where
    ``steps * strength`` is whole the levels are the tail of the full schedule.

    Raises:
        InputError: ``strength.out_of_range``, ``steps.out_of_range``
    """
    if not (math.isfinite(strength) and 0.0 < strength <= 1.0):
        raise InputError(
            "strength.out_of_range",
            f"Strength is the share of the picture's schedule that is redrawn, above 0 and up to 1, but {strength:g} "
            "came.",
            "Use about 0.3 for a new mood, 0.6 for a new scene, 1 to draw it anew; at 0 there is nothing to draw.",
            came=f"{strength:g}",
        )
    evaluations = max(1, math.ceil(len(full_schedule(steps)) * strength - 1e-6))
    return _levels(strength, evaluations)


def make_scheduler(
    config: dict[str, Any], levels: list[float], image_tokens: int, device: torch.device, begin: int = 0
) -> Any:
    """Build a fresh scheduler for one pass: it counts its steps, so it is never shared.

    Args:
        begin: the number of the level that comes first.

    Raises:
        ModelError: ``checkpoint.bad_config``
    """
    known = {key: value for key, value in config.items() if not key.startswith("_")}
    kind = diffusers_class("FlowMatchEulerDiscreteScheduler")
    try:
        scheduler = kind.from_config(known)
        shift = _resolution_shift(known, image_tokens) if known.get("use_dynamic_shifting") else None
        scheduler.set_timesteps(sigmas=levels, device="cpu", mu=shift)
        if not bool((scheduler.sigmas - 0.5).abs().max() < 0.501):  # NaN neither
            raise ValueError("its noise levels are not between 0 and 1")
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(
            "checkpoint.bad_config",
            f"The checkpoint's scheduler_config.json does not describe a schedule ({error}).",
            "Download this file again.",
            file="scheduler/scheduler_config.json",
        ) from error
    # Moved only now: looked at there, they would have the host wait for the encoder.
    scheduler.sigmas, scheduler.timesteps = scheduler.sigmas.to(device), scheduler.timesteps.to(device)
    scheduler.set_begin_index(begin)
    return scheduler


def _levels(top: float, count: int) -> list[float]:
    return torch.linspace(top, top / count, count).tolist()


def _resolution_shift(config: dict[str, Any], image_tokens: int) -> float:
    """Larger pictures need more noise: a line through two points."""
    few, many = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    low, high = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    slope = (high - low) / (many - few)
    return image_tokens * slope + (low - slope * few)
