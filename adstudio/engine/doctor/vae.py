"""Rules on the VAE's configuration that its tensors do not tell."""

from __future__ import annotations

from functools import partial

from .findings import Case, Problem, Rule
from .values import judge


def _factor(key: str, why: str, case: Case) -> Problem | None:
    # The transformer was trained on latents of this scale: beside a known transformer another factor cannot be right,
    # whatever VAE it is. FLUX's and SD3's VAEs have the same shapes, so the VAE alone does not tell.
    return judge("vae", key, why, case, overrule=case.known_as("transformer") is not None, needed=True)


def _rule(key: str, why: str, check: object = None) -> Rule:
    judged = check or partial(judge, "vae", key, why, overrule=False)
    return Rule(f"vae.{key}", "vae", key, f"the known model's; {why}", True, judged)  # type: ignore[arg-type]


_SCALE = "latents were scaled by it in training; the default is Stable Diffusion's"
_SHIFT = "latents were shifted by it in training; the default is none"

RULES = (
    _rule("scaling_factor", _SCALE, partial(_factor, "scaling_factor", _SCALE)),
    _rule("shift_factor", _SHIFT, partial(_factor, "shift_factor", _SHIFT)),
    _rule("norm_num_groups", "how channels are grouped in every norm"),
    _rule("act_fn", "the function between convolutions"),
)
