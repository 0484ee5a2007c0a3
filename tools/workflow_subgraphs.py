"""The subgraph blueprints: a few nodes that are used as one, found in ComfyUI's node search by their names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflow_parts import Link, Step

INPUT, OUTPUT = -10, -20  # the ids of a subgraph's two ends
GAP, TOP = 60, 60
MakeNode = Callable[[Step, int, list[list[float]]], dict[str, Any]]
Height = Callable[[Step], float]


@dataclass(frozen=True)
class Blueprint:
    """One subgraph.

    Args:
        inputs: ``name -> (step, input)`` that it leads to.
        outputs: ``name -> link`` that leads to it.
        widgets: ``(step, widget)`` shown on the outside.
    """

    name: str
    category: str
    description: str
    steps: tuple[Step, ...]
    inputs: dict[str, tuple[tuple[str, str], ...]]
    outputs: dict[str, Link]
    widgets: tuple[tuple[str, str], ...]


PRODUCT_COMPOSITE = Blueprint(
    "Product composite",
    "Ad Studio/compose",
    "제품 사진의 배경을 지우고 배경 이미지 위에 그림자와 함께 놓습니다. "
    "Cuts a product out of its photo and stands it on a backdrop, with a shadow.",
    (
        Step("cutout", "AdStudioBackgroundRemoval"),
        Step("layout", "AdStudioProductLayoutAnalyzer", {"cutout": Link("cutout")}),
        Step("composite", "AdStudioBackgroundComposite", {"cutout": Link("cutout"), "layout": Link("layout")}),
    ),
    {"backdrop": (("layout", "backdrop"), ("composite", "backdrop")), "photo": (("cutout", "image"),)},
    {"image": Link("composite"), "mask": Link("composite", 1)},
    (("cutout", "method"), ("layout", "copy_space"), ("composite", "shadow"), ("composite", "harmonize")),
)

KOREAN_LETTERING = Blueprint(
    "Korean lettering",
    "Ad Studio/text",
    "이미지의 빈자리를 찾아 한글 제목과 부제목을 읽기 좋게 넣습니다. "
    "Finds free space in a picture and letters a Korean headline and a line below it.",
    (
        Step("layout", "AdStudioTextLayoutAnalyzer"),
        Step("lettering", "AdStudioTextOverlay", {"layout": Link("layout")}),
    ),
    {
        "image": (("layout", "image"), ("lettering", "image")),
        "copy": (("layout", "copy"),),
        "keep_clear": (("layout", "keep_clear"),),
    },
    {"image": Link("lettering"), "layout": Link("layout")},
    (
        ("layout", "headline"),
        ("layout", "sub"),
        ("layout", "copy_space"),
        ("lettering", "font"),
        ("lettering", "weight"),
        ("lettering", "plate"),
    ),
)

BLUEPRINTS = (PRODUCT_COMPOSITE, KOREAN_LETTERING)


def blueprint_form(blueprint: Blueprint, make_node: MakeNode, height: Height) -> dict[str, Any]:
    """A blueprint as the frontend saves it: one node, and what is inside it."""
    ids = {step.key: number for number, step in enumerate(blueprint.steps, start=1)}
    nodes, left, links = {}, 0.0, []
    for step in blueprint.steps:
        nodes[step.key] = make_node(step, ids[step.key], [[left, TOP], [step.width, height(step)]])
        left += step.width + GAP

    def link(origin: int, slot: int, target: int, place: int, kind: str) -> int:
        number = len(links) + 1
        ends = {"origin_id": origin, "origin_slot": slot, "target_id": target, "target_slot": place}
        links.append({"id": number, **ends, "type": kind})
        return number

    def lead(to: str, name: str, origin: int, slot: int) -> tuple[int, str]:
        place, entry = next((i, each) for i, each in enumerate(nodes[to]["inputs"]) if each["name"] == name)
        entry["link"] = link(origin, slot, ids[to], place, entry["type"])
        return entry["link"], entry["type"]

    def leave(output: dict[str, Any], number: int) -> None:
        output["links"] = [*(output["links"] or []), number]

    for step in blueprint.steps:
        for name, value in step.values.items():
            if isinstance(value, Link):
                leave(
                    nodes[value.step]["outputs"][value.output], lead(step.key, name, ids[value.step], value.output)[0]
                )
    slots_in = []
    for slot, (name, targets) in enumerate(blueprint.inputs.items()):
        led = [lead(step, socket, INPUT, slot) for step, socket in targets]
        place = [-GAP - 40, TOP + 20 * slot]
        ends = {"type": led[0][1], "linkIds": [number for number, _ in led], "pos": place}
        slots_in.append({"id": _uuid(blueprint.name, "in", name), "name": name, **ends})
    slots_out = []
    for slot, (name, source) in enumerate(blueprint.outputs.items()):
        output = nodes[source.step]["outputs"][source.output]
        number = link(ids[source.step], source.output, OUTPUT, slot, output["type"])
        leave(output, number)
        ends = {"type": output["type"], "linkIds": [number], "pos": [left + 20, TOP + 20 * slot]}
        slots_out.append({"id": _uuid(blueprint.name, "out", name), "name": name, **ends})

    kind = _uuid(blueprint.name)
    outside = {
        "id": len(ids) + 1,
        "type": kind,
        "pos": [0, 0],
        "size": [320, 60 + 26 * len(blueprint.widgets) + 20 * len(slots_in)],
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [{"name": slot["name"], "type": slot["type"], "link": None} for slot in slots_in],
        "outputs": [{"name": slot["name"], "type": slot["type"], "links": []} for slot in slots_out],
        "properties": {"proxyWidgets": [[str(ids[step]), widget] for step, widget in blueprint.widgets]},
        "widgets_values": [],
        "title": blueprint.name,
    }
    inside = {
        "id": kind,
        "version": 1,
        "state": {"lastGroupId": 0, "lastNodeId": len(ids) + 1, "lastLinkId": len(links), "lastRerouteId": 0},
        "revision": 0,
        "config": {},
        "name": blueprint.name,
        "category": blueprint.category,
        "description": blueprint.description,
        "inputNode": {"id": INPUT, "bounding": [-GAP - 140, TOP - 20, 120, 40 + 20 * len(slots_in)]},
        "outputNode": {"id": OUTPUT, "bounding": [left, TOP - 20, 120, 40 + 20 * len(slots_out)]},
        "inputs": slots_in,
        "outputs": slots_out,
        "widgets": [],
        "nodes": list(nodes.values()),
        "groups": [],
        "links": links,
        "extra": {},
    }
    return {
        "revision": 0,
        "last_node_id": len(ids) + 1,
        "last_link_id": len(links),
        "nodes": [outside],
        "links": [],
        "version": 0.4,
        "definitions": {"subgraphs": [inside]},
        "extra": {},
    }


def _uuid(*path: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("zit-ad-studio/subgraphs", *path))))
