"""Put the parts of a prompt together: the one place that knows the order in which the model listens."""

from __future__ import annotations

from ..types import PromptParts, Scene, Side
from .sentence import scene_parts, vocabulary


def assemble(parts: PromptParts) -> str:
    """Word one prompt: what it shows first, how it is rendered late, and last that nothing in it is lettered."""
    on = f" on {parts.setting}" if parts.setting else ""
    opening = f"Advertising photograph of {parts.subject}{on}"
    if not parts.subject:
        opening = ", ".join(part for part in ("Empty advertising backdrop", parts.setting) if part)
    phrases = (
        opening,
        parts.props,
        parts.palette,
        parts.light,
        parts.mood,
        parts.camera,
        parts.copy_space,
        parts.style,
        vocabulary()["text_free"],
    )
    return ", ".join(phrase for phrase in phrases if phrase) + "."


def scene_sentence(
    scene: Scene, copy_space: Side, *, subject: str = "", style_phrase: str = "", detail: str = ""
) -> str:
    """Word a scene for the picture model in one go; the demo model's captions are made so."""
    return assemble(scene_parts(scene, copy_space, subject=subject, style_phrase=style_phrase, detail=detail))
