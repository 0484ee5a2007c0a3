"""A shipped workflow in API form, changed by what its nodes are, never by their numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError, ServerError

WORKFLOWS = Path(__file__).resolve().parents[1] / "data" / "workflows"
SAVE, PREVIEW = "AdStudioSaveImage", "PreviewImage"
# The step of a run that a node is, in the words of ``LocalRunner``.
STEPS = {
    "LoadImage": "photo",
    "LoadImageMask": "photo",
    "JoinImageWithAlpha": "photo",
    "CreateList": "seeds",
    "AdStudioZitLoader": "load",
    "UNETLoader": "load",
    "CLIPLoader": "text encoder",
    "VAELoader": "vae",
    "CheckpointLoaderSimple": "load",
    "AdStudioLoraStyle": "style",
    "AdStudioLanguageModel": "writer",
    "AdStudioPromptProcessor": "prompt",
    "AdStudioAdCopy": "copy",
    "AdStudioText2Image": "generate",
    "AdStudioImage2Image": "generate",
    "SamplerCustomAdvanced": "generate",
    "KSampler": "generate",
    "AdStudioBackgroundRemoval": "cutout",
    "AdStudioProductLayoutAnalyzer": "place",
    "AdStudioBackgroundComposite": "compose",
    "AdStudioContactBlend": "contact",
    "AdStudioChannelPreset": "channel size",
    "AdStudioFitToChannel": "fit",
    "AdStudioChannelTemplate": "template",
    "StringConcatenate": "sub",
    "AdStudioTextLayoutAnalyzer": "layout",
    "AdStudioTextOverlay": "lettering",
    "AdStudioChannelCheck": "channel",
    "MaskToImage": "mask",
    PREVIEW: "show mask",
    SAVE: "save",
}

Node = dict[str, Any]
Link = list[Any]


class Graph:
    """Nodes by id, as ``POST /prompt`` takes them."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes: dict[str, Node] = json.loads(json.dumps(nodes))

    @classmethod
    def shipped(cls, name: str) -> Graph:
        """Read a workflow that comes with the library."""
        return cls(json.loads((WORKFLOWS / f"{name}.json").read_text(encoding="utf-8")))

    def ids(self, kind: str) -> list[str]:
        """The nodes of a class, in the order of the file."""
        return [number for number, node in self.nodes.items() if node["class_type"] == kind]

    def id(self, kind: str) -> str:
        """The one node of a class."""
        found = self.ids(kind)
        if len(found) != 1:
            raise ServerError(
                "comfyui.workflow",
                f"The workflow should have one {kind}, but it has {len(found)}.",
                "Update Ad Studio.",
            )
        return found[0]

    def has(self, kind: str) -> bool:
        """Whether a node of that class is there."""
        return bool(self.ids(kind))

    def set(self, kind: str, **inputs: object) -> None:
        """Fill in inputs of the one node of a class."""
        self.nodes[self.id(kind)]["inputs"].update(inputs)

    def unlink(self, kind: str, *names: str) -> None:
        """Leave inputs of the one node of a class empty."""
        for name in names:
            self.nodes[self.id(kind)]["inputs"].pop(name, None)

    def add(self, kind: str, **inputs: object) -> str:
        """Add a node; its id is returned."""
        number = str(max(map(int, self.nodes)) + 1)
        self.nodes[number] = {"class_type": kind, "inputs": dict(inputs), "_meta": {"title": STEPS.get(kind, kind)}}
        return number

    def output(self, kind: str, slot: int = 0) -> Link:
        """A link to an output of the one node of a class."""
        return [self.id(kind), slot]

    def relink(self, old: Link, new: Link, *, beside: Collection[str] = ()) -> None:
        """Have whatever reads ``old``, other than the nodes named in ``beside``, read ``new``."""
        for number, node in self.nodes.items():
            if number not in beside:
                node["inputs"].update({name: [*new] for name, value in node["inputs"].items() if value == old})

    def keep_for(self, kind: str) -> None:
        """Drop every node that the one node of a class does not need."""
        wanted, left = set[str](), [self.id(kind)]
        while left:
            number = left.pop()
            if number not in wanted:
                wanted.add(number)
                left += [str(value[0]) for value in self.nodes[number]["inputs"].values() if _is_link(value)]
        self.nodes = {number: node for number, node in self.nodes.items() if number in wanted}

    def steps(self) -> dict[str, str]:
        """What each node is called in a run; where several do the same they are numbered."""
        named: dict[str, str] = {}
        seen: dict[str, int] = {}
        for number, node in self.nodes.items():
            kind: str = node["class_type"]
            step = STEPS.get(kind, kind)
            seen[step] = seen.get(step, 0) + 1
            named[number] = step if seen[step] == 1 else f"{step} {seen[step]}"
        return named

    def check_against(self, schemas: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Refuse a graph that a server would understand only in part: ComfyUI drops inputs that it does not know.

        Args:
            schemas: what the server says of each class, as ``/object_info`` does; None where it has none.

        Raises:
            ServerError: ``comfyui.no_node``.
            InputError: ``request.not_on_server``.
        """
        lacking = sorted({node["class_type"] for node in self.nodes.values() if not schemas[node["class_type"]]})
        if lacking:
            raise ServerError(
                "comfyui.no_node",
                f"This server has no node {', '.join(lacking)}.",
                "Install Ad Studio there, or update it and ComfyUI to the version of this client.",
            )
        for node in self.nodes.values():
            parts = (schemas[node["class_type"]] or {}).get("input", {})
            known = {name for part in ("required", "optional") for name in parts.get(part, {})}
            unknown = [name for name in node["inputs"] if name.partition(".")[0] not in known]
            if unknown:
                raise InputError(
                    "request.not_on_server",
                    f"This server's {node['class_type']} does not know '{unknown[0]}', which the request sets.",
                    "Update Ad Studio on the server, or leave that setting at its default.",
                )


def shipped_names() -> list[str]:
    """The workflows that come with the library."""
    return sorted(path.stem for path in WORKFLOWS.glob("*.json"))


def _is_link(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)
