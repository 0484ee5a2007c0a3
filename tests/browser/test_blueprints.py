"""The subgraph blueprints: found by name, opened whole, and run as one node."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer
from comfyui import PACK
from PIL import Image
from playwright.sync_api import Page
from waits import searching

NAMES = sorted(path.stem for path in (PACK / "subgraphs").glob("*.json"))
# The blueprint between photos and a file, as a user wires it.
WIRE = """async ([text, photos, values]) => {
    await app.loadGraphData(JSON.parse(text));
    const whole = app.canvas.graph.nodes[0];
    for (const socket of photos) {
        const photo = LiteGraph.createNode("LoadImage");
        app.canvas.graph.add(photo);
        photo.widgets.find(w => w.name === "image").value = "example.png";
        photo.connect(0, whole, whole.inputs.findIndex(each => each.name === socket));
    }
    for (const [name, value] of Object.entries(values)) whole.widgets.find(w => w.name === name).value = value;
    const save = LiteGraph.createNode("AdStudioSaveImage");
    app.canvas.graph.add(save);
    whole.connect(0, save, 0);
    return JSON.stringify([whole.widgets.map(w => w.name), whole.title, [...whole.subgraph.nodes].map(n => n.type),
        [...whole.subgraph.nodes].filter(n => n.has_errors).map(n => n.type)]);
}"""
RUN = """async () => {
    const ends = ["execution_success", "execution_error", "execution_interrupted"];
    const end = new Promise(done => ends.forEach(
        kind => app.api.addEventListener(kind, event => done([kind, event.detail]), {once: true})));
    await app.queuePrompt(0);
    return JSON.stringify(await end);
}"""
CASES = {
    "Korean lettering": (["image"], {"headline": "여름 세일", "sub": "오늘 하루만"}, (600, 400)),
    "Product composite": (["backdrop", "photo"], {"shadow": 0.5}, (600, 400)),
}


def test_they_are_listed_with_their_pack_and_found_by_name(shared_page: Page, server: ComfyServer, tmp_path: Path):
    listed = [each for each in server.get("/api/global_subgraphs").values() if each["source"] == "custom_node"]
    assert sorted(each["name"] for each in listed) == NAMES == sorted(CASES)
    page = shared_page
    for name in NAMES:
        with searching(page, name):
            page.get_by_text(name).first.wait_for()
            page.screenshot(path=tmp_path / f"{name}.png")


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_as_one_node(
    open_page: Any, request: pytest.FixtureRequest, server: ComfyServer, tmp_path: Path, name: str
):
    page: Page = open_page(vue_nodes=True) if name == NAMES[0] else request.getfixturevalue("shared_page")
    text = (PACK / "subgraphs" / f"{name}.json").read_text(encoding="utf-8")
    photos, values, size = CASES[name]
    widgets, title, kinds, broken = json.loads(page.evaluate(WIRE, [text, photos, values]))
    blueprint = json.loads(text)["definitions"]["subgraphs"][0]
    assert (title, broken) == (name, [])
    assert kinds == [node["type"] for node in blueprint["nodes"]]
    assert widgets == [widget for _, widget in json.loads(text)["nodes"][0]["properties"]["proxyWidgets"]]
    assert blueprint["category"].startswith("Ad Studio/") and blueprint["description"]
    page.screenshot(path=tmp_path / "wired.png")
    kind, detail = json.loads(page.evaluate(RUN))
    assert kind == "execution_success", detail
    entry = server.wait(detail["prompt_id"]).entry  # the history has it a moment after the page was told
    (file,) = [
        file for output in entry["outputs"].values() for file in output.get("images", []) if file["type"] == "output"
    ]
    query = "&".join(f"{key}={file[key]}" for key in ("filename", "subfolder", "type"))
    with Image.open(io.BytesIO(server.read(f"/view?{query}"))) as picture:
        assert picture.size == size
        prompt = json.loads(picture.info["prompt"]).values()
        inner = {key: value for step in prompt for key, value in step["inputs"].items() if key in values}
        assert inner == values
