"""A workflow run from the page: the ad appears on its node, and its file dropped on ComfyUI brings the graph back."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path
from typing import Any

from comfy_server import ComfyServer
from playwright.sync_api import Page
from shipped import ui_graph

NAME = "03-product-composite"
SETTLE_MS = 800

RUN = """async () => {
    const ends = ["execution_success", "execution_error", "execution_interrupted"];
    const end = new Promise(done => ends.forEach(
        kind => app.api.addEventListener(kind, event => done([kind, event.detail]), {once: true})));
    await app.queuePrompt(0);
    return JSON.stringify(await end);
}"""
# The canvas loads a node's picture when it draws the node, and the last node of a wide graph is out of sight.
LOOK = """() => app.canvas.centerOnNode(app.canvas.graph.nodes.find(n => n.type === "AdStudioSaveImage"))"""
# A picture that another test has stored already keeps what was saved with it.
OWN_FOLDER = """() => { app.canvas.graph.nodes.find(n => n.type === "AdStudioSaveImage")
    .widgets.find(w => w.name === "folder").value = "ads/page" }"""
SHOWN = """() => JSON.stringify((app.canvas.graph.nodes.find(n => n.type === "AdStudioSaveImage").imgs ?? [])
    .map(image => [image.naturalWidth, image.src]))"""
DROP = """async text => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "ad.png", {type: "image/png"}));
    const place = {bubbles: true, cancelable: true, clientX: 900, clientY: 900};
    document.getElementById("graph-canvas").dispatchEvent(new DragEvent("drop", {dataTransfer: data, ...place}));
}"""
KINDS = "() => JSON.stringify(app.canvas.graph.nodes.map(n => [n.type, n.widgets?.map(w => w.value) ?? []]))"


def graph_of(page: Page) -> list[Any]:
    return json.loads(page.evaluate(KINDS))


def test_a_run_shows_the_ad_and_its_file_brings_the_graph_back(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko")
    page.evaluate("async text => { await app.loadGraphData(JSON.parse(text)) }", json.dumps(ui_graph(NAME)))
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate(OWN_FOLDER)
    ran = graph_of(page)
    kind, detail = json.loads(page.evaluate(RUN))
    assert kind == "execution_success", detail
    page.evaluate(LOOK)
    page.wait_for_function(
        "() => app.canvas.graph.nodes.find(n => n.type === 'AdStudioSaveImage').imgs?.[0]?.naturalWidth > 0"
    )
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=tmp_path / "after-run.png")
    ((width, address),) = json.loads(page.evaluate(SHOWN))
    assert width >= 256

    query = urllib.parse.parse_qs(urllib.parse.urlparse(address).query)
    file = urllib.parse.urlencode({key: query[key][0] for key in ("filename", "subfolder", "type")})
    content = server.read(f"/view?{file}")
    page.evaluate("() => app.canvas.graph.clear()")
    assert graph_of(page) == []
    page.evaluate(DROP, base64.b64encode(content).decode())
    page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioSaveImage')")
    page.wait_for_timeout(SETTLE_MS)
    assert [kind for kind, _ in graph_of(page)] == [kind for kind, _ in ran]
    brief = next(values for kind, values in graph_of(page) if kind == "AdStudioPromptProcessor")
    assert brief == next(values for kind, values in ran if kind == "AdStudioPromptProcessor")
