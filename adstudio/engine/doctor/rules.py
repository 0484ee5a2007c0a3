"""The doctor's checklist as one table. Order matters: what a rule puts right, the later ones find right."""

from __future__ import annotations

from . import index, pair, scheduler, shapes, text_encoder, tokenizer, transformer, vae
from .findings import Rule

RULES: tuple[Rule, ...] = (
    *shapes.RULES,
    *transformer.RULES,
    *text_encoder.RULES,
    *vae.RULES,
    *scheduler.RULES,
    *tokenizer.RULES,
    *pair.RULES,
    *index.RULES,
)
