"""The shipped workflows: both forms are one graph, each runs to a finished picture, and saved files carry it along."""

from __future__ import annotations

import io
import json
from itertools import combinations
from typing import Any

import pytest
from comfy_server import ComfyServer
from comfyui import PACK
from PIL import Image
from shipped import APPS, NAMES, NOTES, api_graph, as_prompt, inputs, ui_graph

from adstudio.run.readiness import check_workflows
from workflows import render

PICTURES = {"06-catalogue-batch": 3, "07-one-design-many-channels": 5}  # one for each photo, or channel
WAITING = {each.workflow for each in check_workflows()}  # for weights that do not come with the pack: test_engines
READY = [name for name in NAMES if name not in WAITING]


@pytest.fixture(scope="module")
def schemas(server: ComfyServer) -> dict[str, Any]:
    return server.get("/object_info")


def test_every_workflow_is_shipped_in_both_forms(server: ComfyServer):
    assert [
        *("01-text-to-image-ad", "02-image-to-image-ad", "03-product-composite", "04-native-bridge"),
        *("05-many-products-one-backdrop", "06-catalogue-batch", "07-one-design-many-channels"),
        "08-ad-for-one-channel",
        *sorted(WAITING),
        *APPS,
    ] == NAMES
    assert sorted(path.stem for path in (PACK / "workflows" / "api").glob("*.json")) == NAMES
    assert sorted(server.get("/api/workflow_templates")[server.folder]) == NAMES


def test_every_node_occurs_in_a_workflow(schemas: dict[str, Any]):
    used = {node["class_type"] for name in NAMES for node in api_graph(name).values()}
    assert {name for name in schemas if name.startswith("AdStudio")} <= used


def test_files_are_what_their_description_gives(schemas: dict[str, Any]):
    stale = [path.name for path, text in render(schemas).items() if path.read_text(encoding="utf-8") != text]
    assert not stale, f"{stale}; run: python tools/workflows.py"


@pytest.mark.parametrize("name", APPS)
def test_app_asks_for_fields_that_its_nodes_have(schemas: dict[str, Any], name: str):
    workflow = ui_graph(name)
    assert workflow["extra"]["linearMode"] is True
    nodes = {node["id"]: node for node in workflow["nodes"]}
    form = workflow["extra"]["linearData"]
    own = {"AdStudioLayoutEditor": {"layout_editor"}}  # a widget of the page alone
    for number, widget in form["inputs"]:
        kind = nodes[number]["type"]
        assert widget in inputs(schemas[kind]).keys() | own.get(kind, set())
    assert [nodes[number]["type"] for number in form["outputs"]] == ["AdStudioSaveImage"]


@pytest.mark.parametrize("name", NAMES)
class TestForm:
    def test_both_forms_are_one_graph(self, schemas: dict[str, Any], name: str):
        assert as_prompt(ui_graph(name), schemas) == api_graph(name)

    def test_named_and_positional_values_agree(self, name: str):
        for node in ui_graph(name)["nodes"]:
            assert list(node.get("widgets_values_named", {}).values()) == node.get("widgets_values", [])

    def test_both_ends_of_every_link_know_it(self, name: str):
        workflow = ui_graph(name)
        nodes = {node["id"]: node for node in workflow["nodes"]}
        for number, source, output, target, slot, kind in workflow["links"]:
            assert number in nodes[source]["outputs"][output]["links"]
            assert nodes[target]["inputs"][slot]["link"] == number
            assert nodes[source]["outputs"][output]["type"] == nodes[target]["inputs"][slot]["type"] == kind
        ends = [entry["link"] for node in nodes.values() for entry in node["inputs"] if entry["link"] is not None]
        assert sorted(ends) == [link[0] for link in workflow["links"]]

    def test_nodes_lie_apart_each_in_one_group(self, name: str):
        workflow = ui_graph(name)
        title = 30
        frames = {
            node["id"]: (node["pos"][0], node["pos"][1] - title, *map(sum, zip(node["pos"], node["size"], strict=True)))
            for node in workflow["nodes"]
        }
        groups = [(x, y, x + w, y + h) for x, y, w, h in (group["bounding"] for group in workflow["groups"])]
        for one, other in [*combinations(frames.values(), 2), *combinations(groups, 2)]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        for node in workflow["nodes"]:
            x0, y0, x1, y1 = frames[node["id"]]
            around = [g for g in groups if g[0] <= x0 and g[1] <= y0 and x1 <= g[2] and y1 <= g[3]]
            assert len(around) == (0 if node["type"] in NOTES else 1)

    def test_thumbnail_is_a_small_picture_of_a_real_run(self, name: str):
        path = PACK / "workflows" / f"{name}.jpg"
        if name in WAITING:
            assert not path.exists(), "nobody has run it on its real weights"
            return
        with Image.open(path) as thumbnail:
            assert thumbnail.format == "JPEG"
            assert min(thumbnail.size) >= 256
        assert path.stat().st_size < 200_000


@pytest.mark.parametrize("name", READY)
def test_workflow_runs_to_a_picture_and_the_second_run_costs_nothing(server: ComfyServer, name: str):
    graph, workflow = api_graph(name), ui_graph(name)
    # A folder of its own: a picture that another run has stored already keeps the words that were saved with it.
    for node in graph.values():
        if node["class_type"] == "AdStudioSaveImage":
            node["inputs"]["folder"] = f"ads/{name}"
    first = server.run(graph, workflow=workflow)
    assert first.status == "success", first.error
    (file, content), *others = first.pictures()
    assert len(others) == PICTURES.get(name, 1) - 1
    with Image.open(io.BytesIO(content)) as picture:
        assert min(picture.size) >= 256, file
        colours = picture.convert("RGB").resize((32, 32)).getcolors(1024)
        assert colours is not None and len(colours) > 100  # neither black nor flat
        # A file dropped on ComfyUI brings its graph back.
        assert json.loads(picture.info["workflow"]) == workflow
        prompt = json.loads(picture.info["prompt"])
        for node in prompt.values():
            node.pop("is_changed", None)  # ComfyUI notes fingerprints there
        assert prompt == graph
        # No path of this machine travels along.
        assert str(server.base) not in "".join(map(str, picture.info.values()))

    second = server.run(graph, workflow=workflow)
    assert second.status == "success"
    assert second.cached == set(graph)
    assert second.pictures() == first.pictures()
