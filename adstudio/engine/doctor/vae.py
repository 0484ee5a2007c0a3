"""Rules on the VAE's configuration that its tensors do not tell."""

from __future__ import annotations

from functools import partial

from .findings import Case, Problem, Rule
from .values import judge


def _value(key: str, why: str, needed: bool, case: Case) -> Problem | None:
    # The transformer was trained on latents of this scale: beside a known transformer another factor cannot be right,
    # whatever VAE it is. FLUX's and SD3's VAEs have the same shapes, so the VAE alone does not tell.
    overrule = case.known_as("transformer") is not None
    return judge("vae", key, why, case, overrule=overrule, needed=needed)


def _rule(key: str, why: str, needed: bool = False) -> Rule:
    return Rule(f"vae.{key}", "vae", key, f"the known model's; {why}", True, partial(_value, key, why, needed))


RULES = (
    _rule("scaling_factor", "latents were scaled by it in training; the default is Stable Diffusion's", needed=True),
    _rule("shift_factor", "latents were shifted by it in training; the default is none", needed=True),
    _rule("norm_num_groups", "how channels are grouped in every norm"),
    _rule("act_fn", "the function between convolutions"),
)
