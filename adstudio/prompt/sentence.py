"""The one place that words a prompt. The demo model's captions come from here too, so the two never drift apart."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from ..types import Scene, Side


@cache
def vocabulary() -> dict[str, Any]:
    """The scene vocabulary of ``data/scenes.yaml``."""
    text = resources.files(__package__ or "adstudio.prompt").joinpath("data/scenes.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def scene_sentence(
    scene: Scene, copy_space: Side, *, subject: str = "", style_phrase: str = "", detail: str = ""
) -> str:
    """Word a scene for the picture model.

    Args:
        subject: English name of the product to draw; empty = an empty backdrop, as a composite needs.
        style_phrase: how it is rendered, e.g. ``"realistic photograph"``.
        detail: further English words of the industry, e.g. ``"steam, roasted beans"``.
    """
    words = vocabulary()
    place = words["places"][scene.place]["phrase"]
    opening = f"Advertising photograph of {subject} on {place}" if subject else f"Empty advertising backdrop, {place}"
    parts = [
        opening,
        detail,
        f"{words['colours'][scene.colour]['phrase']} colour palette",
        words["lights"][scene.light]["phrase"],
        words["moods"][scene.mood]["phrase"],
        words["copy_spaces"][copy_space],
        style_phrase,
        words["text_free"],
    ]
    return ", ".join(part for part in parts if part) + "."
