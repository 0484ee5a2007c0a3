"""The one place that words a prompt. The demo model's captions come from here too, so the two never drift apart."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..types import Scene, Side
from .tables import PACKAGED, read_table


@cache
def vocabulary() -> dict[str, Any]:
    """The scene vocabulary of ``data/scenes.yaml``."""
    return read_table(PACKAGED / "scenes.yaml")


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
