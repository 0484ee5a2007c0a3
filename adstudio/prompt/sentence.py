"""Words for a scene. The demo model's captions come from here too, so the two never drift apart."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..types import PromptParts, Scene, Side
from .tables import PACKAGED, read_table

AXES = {"place": "places", "colour": "colours", "mood": "moods"}  # of a scene, each with its table in the vocabulary


@cache
def vocabulary() -> dict[str, Any]:
    """The scene vocabulary of ``data/scenes.yaml``."""
    return read_table(PACKAGED / "scenes.yaml")


@cache
def shot_table() -> dict[str, Any]:
    """How pictures are taken and lit: the vocabulary of ``data/shots.yaml``."""
    return read_table(PACKAGED / "shots.yaml")


def text_free_clauses() -> tuple[str, ...]:
    """Our own wordings of the text-free clause, the first the one that the embedded model was trained on."""
    return (vocabulary()["text_free"], *shot_table()["text_free"])


def scene_parts(
    scene: Scene, copy_space: Side, *, subject: str = "", style_phrase: str = "", detail: str = ""
) -> PromptParts:
    """Word a scene for the picture model, part by part.

    Args:
        subject: English name of the product to draw; empty = an empty backdrop, as a composite needs.
        style_phrase: how it is rendered, e.g. ``"realistic photograph"``.
        detail: further English words of the industry, e.g. ``"steam, roasted beans"``.
    """
    words = vocabulary()
    return PromptParts(
        subject=subject,
        setting=words["places"][scene.place]["phrase"],
        props=detail,
        palette=f"{words['colours'][scene.colour]['phrase']} colour palette",
        light=words["lights"][scene.light]["phrase"],
        mood=words["moods"][scene.mood]["phrase"],
        copy_space=words["copy_spaces"][copy_space],
        style=style_phrase,
    )
