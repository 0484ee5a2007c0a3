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
        Step("style", "AdStudioLoraStyle", {"zit": Link("loader"), "style": style}, room=100),
        Step("writer", "AdStudioLanguageModel", {"zit": Link("loader")}),
    )
    return Group("1  모델과 스타일 · Model and style", steps, MODEL)


def brief(words: str, *, backdrop_only: bool = False, channel: str | None = None) -> Group:
    """The brief, and the copy that is written from it, no longer than ``channel`` takes."""
    values = {"brief": words, "style": Link("style", 1), "backdrop_only": backdrop_only, "writer": Link("writer")}
    steps = (
        Step("prompt", "AdStudioPromptProcessor", values, 400, text_height=120, room=210),
        Step(
            "copy",
            "AdStudioAdCopy",
            {"prompt": Link("prompt"), "writer": Link("writer")} | ({"channel": channel} if channel else {}),
            400,
            text_height=60,
            room=190,
        ),
    )
    return Group("2  브리프와 문구 · Brief and copy", steps, WORDS)


def backdrop(number: int, aspect: str, seed: int) -> Group:
    """What is drawn for a product to stand on."""
    values = {"zit": Link("style"), "prompt": Link("prompt"), "aspect": aspect, "seed": seed}
    return Group(f"{number}  배경 · Backdrop", (Step("backdrop", "AdStudioText2Image", values, room=230),), PICTURE)


def placing(cutout: str = "cutout") -> tuple[Step, Step]:
    """The product's place on the backdrop, and the two as one picture."""
    two = {"backdrop": Link("backdrop"), "cutout": Link(cutout)}
    return (
        Step("product_layout", "AdStudioProductLayoutAnalyzer", two, room=190),
        Step("composite", "AdStudioBackgroundComposite", {**two, "layout": Link("product_layout")}),
    )


def text_layout(picture: str, keep_clear: Link | None = None, channel: Link | None = None) -> Step:
    """The copy's places on a picture."""
    where: dict[str, Any] = {"image": Link(picture), "copy": Link("copy"), "prompt": Link("prompt")}
    where |= {name: link for name, link in (("keep_clear", keep_clear), ("channel", channel)) if link}
    return Step("text_layout", "AdStudioTextLayoutAnalyzer", where, room=150)


def letters(
    number: int, picture: str, keep_clear: Link | None = None, *, by_hand: bool = False, channel: Link | None = None
) -> Group:
    """The copy, laid out and drawn on a picture; ``by_hand`` with the editor between the two."""
    last = "edited_layout" if by_hand else "text_layout"
    steps = (
        text_layout(picture, keep_clear, channel),
        *([_editor(picture)] if by_hand else []),
        Step("lettering", "AdStudioTextOverlay", {"image": Link(picture), "layout": Link(last)}),
    )
    return Group(f"{number}  문구 · Lettering", steps, LETTERS)


def _editor(picture: str) -> Step:
    shown = {"image": Link(picture), "layout": Link("text_layout")}
    return Step("edited_layout", "AdStudioLayoutEditor", shown, 480, text_height=60, room=560)


def save(number: int, picture: str, **more: Any) -> Group:
    """The lettered picture and its original, saved."""
    values = {
        "image": Link("lettering"),
        "original": Link(picture),
        "ad_prompt": Link("prompt"),
        "layout": Link("text_layout"),
        **more,
    }
    return Group(f"{number}  저장 · Save", (Step("save", "AdStudioSaveImage", values, 400, picture_height=440),), SAVED)
