"""What the shipped workflows are described with: steps, groups and links, and the groups that most of them share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOTES = Path(__file__).parent / "workflow_notes"


@dataclass(frozen=True)
class Link:
    """The output of another step."""

    step: str
    output: int = 0


@dataclass(frozen=True)
class Step:
    """One node. Inputs that are not named keep the node's default."""

    key: str
    node: str
    values: dict[str, Any] = field(default_factory=dict)
    width: float = 340
    text_height: float = 110
    picture_height: float = 0
    room: float = 0  # left free below it: the node grows when a run shows something on it
    after_generate: str = "randomize"


@dataclass(frozen=True)
class Group:
    """A titled frame around a stack of nodes."""

    title: str
    steps: tuple[Step, ...]
    color: str


@dataclass(frozen=True)
class Graph:
    """One workflow: columns of groups from left to right.

    Args:
        form: for App mode: ``(step, widget)`` of every field that it shows, in order.
    """

    name: str
    columns: tuple[tuple[Group, ...], ...]
    form: tuple[tuple[str, str], ...] = ()

    @property
    def note(self) -> str:
        """What the note beside the graph says, in Markdown."""
        return (NOTES / f"{self.name}.md").read_text(encoding="utf-8")

    @property
    def uuid(self) -> str:
        """The same for ever, so that a regenerated file is the same workflow to ComfyUI."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"zit-ad-studio/{self.name}"))

    def steps(self) -> Iterator[Step]:
        """All nodes in reading order, which is the order of their ids."""
        for column in self.columns:
            for group in column:
                yield from group.steps

    def ids(self) -> dict[str, int]:
        """The number of each node by its key."""
        return {step.key: number for number, step in enumerate(self.steps(), start=1)}


MODEL = "#6aa5e3"
WORDS = "#d77fd0"
PICTURE = "#e3b341"
PHOTO = "#d39a6a"
LETTERS = "#7cc48d"
SAVED = "#b0b0b0"


def model(style: str = "realistic") -> Group:
    """The model, its style and its language model."""
    steps = (
        Step("loader", "AdStudioZitLoader"),
        Step("style", "AdStudioLoraStyle", {"zit": Link("loader"), "style": style}, room=40),
        Step("writer", "AdStudioLanguageModel", {"zit": Link("loader")}),
    )
    return Group("1  모델과 스타일 · Model and style", steps, MODEL)


def brief(words: str, *, backdrop_only: bool = False) -> Group:
    """The brief, and the copy that is written from it."""
    values = {"brief": words, "style": Link("style", 1), "backdrop_only": backdrop_only, "writer": Link("writer")}
    steps = (
        Step("prompt", "AdStudioPromptProcessor", values, 400, text_height=120, room=120),
        Step(
            "copy",
            "AdStudioAdCopy",
            {"prompt": Link("prompt"), "writer": Link("writer")},
            400,
            text_height=60,
            room=120,
        ),
    )
    return Group("2  브리프와 문구 · Brief and copy", steps, WORDS)


def letters(number: int, picture: str, keep_clear: Link | None = None, *, by_hand: bool = False) -> Group:
    """The copy, laid out and drawn on a picture; ``by_hand`` with the editor between the two."""
    where: dict[str, Any] = {"image": Link(picture), "copy": Link("copy"), "prompt": Link("prompt")}
    last = "edited_layout" if by_hand else "text_layout"
    steps = (
        Step("text_layout", "AdStudioTextLayoutAnalyzer", where | ({"keep_clear": keep_clear} if keep_clear else {})),
        *([_editor(picture)] if by_hand else []),
        Step("lettering", "AdStudioTextOverlay", {"image": Link(picture), "layout": Link(last)}),
    )
    return Group(f"{number}  문구 · Lettering", steps, LETTERS)


def _editor(picture: str) -> Step:
    shown = {"image": Link(picture), "layout": Link("text_layout")}
    return Step("edited_layout", "AdStudioLayoutEditor", shown, 480, text_height=60, room=560)


def save(number: int, picture: str) -> Group:
    """The lettered picture and its original, saved."""
    values = {
        "image": Link("lettering"),
        "original": Link(picture),
        "ad_prompt": Link("prompt"),
        "layout": Link("text_layout"),
    }
    return Group(f"{number}  저장 · Save", (Step("save", "AdStudioSaveImage", values, 400, picture_height=440),), SAVED)
