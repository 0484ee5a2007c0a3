"""Other words for a picture that came out with lettering in it."""

from __future__ import annotations

from dataclasses import replace

from ...types import AdPrompt, Note, PromptParts
from ..sentence import scene_parts, shot_table
from .assembler import assemble


def reword(prompt: AdPrompt, attempt: int) -> AdPrompt:
    """Ask anew, each time (1, 2, 3 …) more strongly for bare surfaces; what the brief decided stays.

    The first attempt changes the camera and asks for unmarked surfaces; the second leaves the shop's props out and
    moves to a setting without usual carriers of lettering; further ones go through those settings.
    """
    if attempt < 1:
        return prompt
    table = shot_table()
    clauses = table["text_free"]
    changes: dict[str, str] = {"text_free": clauses[min(attempt, len(clauses)) - 1]}
    notes = [Note("prompt.reworded", "그림에 글자가 보여 다른 말로 다시 그려요 ({attempt}번째)", attempt=attempt)]
    scene = prompt.scene
    if "camera" not in prompt.decided and prompt.parts.camera:
        changes["camera"] = _other_camera(prompt.parts, attempt)
    if attempt > 1:
        changes["props"] = prompt.parts.props.split(", ")[0]
        if "place" not in prompt.decided:
            places = [place for place in table["bare_places"] if place != scene.place]
            scene = replace(scene, place=places[(attempt - 2) % len(places)])
            changes["setting"] = scene_parts(scene, prompt.copy_space).setting
            said = "글자가 없을 곳으로 옮겼어요: {setting}"
            notes.append(Note("prompt.moved", said, setting=changes["setting"]))
    parts = replace(prompt.parts, **changes)
    return replace(prompt, positive=assemble(parts), parts=parts, scene=scene, notes=(*prompt.notes, *notes))


def reword_text(text: str, attempt: int) -> str:
    """Ask anew for the same words of a user's own, and for bare surfaces."""
    clauses = shot_table()["text_free"]
    return f"{text.rstrip(' ,.')}, {clauses[min(attempt, len(clauses)) - 1]}." if attempt > 0 else text


def _other_camera(parts: PromptParts, attempt: int) -> str:
    """Another view each time, never the one it was; of a backdrop one that a product can be put into."""
    rows = shot_table()["compositions"].values()
    views = (
        [row["phrase"] for row in rows if "side" not in row]
        if parts.subject
        else [row["backdrop"] for row in rows if "backdrop" in row]
    )
    others = [view for view in views if view != parts.camera]
    return others[(attempt - 1) % len(others)]
