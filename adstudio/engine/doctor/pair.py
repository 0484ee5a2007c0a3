"""Rules on whether the parts of a checkpoint fit each other."""

from __future__ import annotations

from ...types import Note
from .findings import Case, Problem, Rule

_PROMPTS = (
    "the transformer reads prompts {wide} wide, but this encoder writes them {given} wide; they are of two different "
    "models."
)
_LATENTS = (
    "the transformer draws latents of {drawn} channels, but this VAE reads {read}; they are of two different models."
)


def _caption(case: Case) -> Problem | None:
    wide, given = case.facts["transformer"].get("cap_feat_dim"), case.facts["text_encoder"].get("hidden_size")
    if wide is None or given is None or wide == given:
        return None
    return Problem(Note("doctor.prompt_width", _PROMPTS, wide=wide, given=given))


def _latents(case: Case) -> Problem | None:
    drawn, read = case.facts["transformer"].get("in_channels"), case.facts["vae"].get("latent_channels")
    if drawn is None or read is None or drawn == read:
        return None
    return Problem(Note("doctor.latent_channels", _LATENTS, drawn=drawn, read=read))


RULES = (
    Rule(
        "text_encoder.fits",
        "text_encoder",
        "hidden_size and the transformer's cap_feat_dim",
        "equal: the transformer reads what the encoder writes",
        False,
        _caption,
    ),
    Rule(
        "vae.fits",
        "vae",
        "latent_channels and the transformer's in_channels",
        "equal: the VAE reads what the transformer draws",
        False,
        _latents,
    ),
)
