"""The shipped workflows in the real frontend: found in the template browser, loaded whole, read as we ship them."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer
from comfyui import PACK
from node_words import read
from playwright.sync_api import Page, expect
from shipped import APPS, NAMES, NODES, api_graph, ui_graph
from waits import wait_until

SETTLE_MS = 600

SAVED = """() => JSON.stringify(app.canvas.graph.serialize())"""
PROMPT = """async () => JSON.stringify((await app.graphToPrompt()).output)"""
# What the frontend would draw each node as, at least.
SIZES = """() => JSON.stringify(app.canvas.graph.nodes.map(n => [n.type, [...n.size], [...n.computeSize()]]))"""
UNKNOWN = """() => app.canvas.graph.nodes
    .filter(n => n.has_errors || !LiteGraph.registered_node_types[n.type]).map(n => n.type)"""

# Weights that do not come with the pack may be missing here; a node may not.
BROKEN = """() => app.canvas.graph.nodes.filter(n => !LiteGraph.registered_node_types[n.type]
    || n.has_errors && n.type.startsWith("AdStudio")).map(n => n.type)"""

FILES = {
    *("UNETLoader", "CLIPLoader", "VAELoader", "LoraLoaderModelOnly"),
    *("CheckpointLoaderSimple", "ControlNetLoader", "ModelPatchLoader"),
}


# In pixels of the graph: what Nodes 2.0 has drawn, as [title, left, top, right, bottom], and the groups. A node lies
# where the graph says, whatever the view does meanwhile; only how tall it became has to be measured.
DRAWN = """() => {
    const nodes = [...document.querySelectorAll("[data-node-id]")].map(element => {
        const node = app.canvas.graph.getNodeById(element.dataset.nodeId), box = element.getBoundingClientRect();
        const [x, y] = [node.pos[0], node.pos[1] - LiteGraph.NODE_TITLE_HEIGHT], scale = box.width / node.size[0];
        return [node.title, x, y, x + node.size[0], y + box.height / scale];
    });
    const groups = app.canvas.graph.groups.map(group => {
        const [x, y, width, height] = group.boundingRect ?? group._bounding;
        return [group.title, x, y, x + width, y + height];
    });
    return JSON.stringify([nodes, groups]);
}"""
# All nodes have to be in sight: those out of it are not drawn.
FIT = "() => { app.extensionManager.command.execute('Comfy.Canvas.FitView') }"

Box = tuple[str, float, float, float, float]
RESTING = 6  # looks one after another that show the same


def at_rest(page: Page) -> tuple[list[Box], list[Box]]:
    """Nodes and groups, once all are drawn as high as they become: a node grows with what is drawn in it."""
    seen: list[Any] = []

    def rests() -> bool:
        seen.append(answer(page, DRAWN))
        return len(seen) > RESTING and all(each == seen[-1] for each in seen[-RESTING:])

    wait_until(page, rests)
    return seen[-1]


def meet(one: Box, other: Box) -> bool:
    (_, left, top, right, bottom), (_, *there) = one, other
    return left + 1 < there[2] and there[0] + 1 < right and top + 1 < there[3] and there[1] + 1 < bottom


def holds(group: Box, node: Box) -> bool:
    (_, left, top, right, bottom), (_, *there) = group, node
    return left - 1 <= there[0] and top - 1 <= there[1] and there[2] <= right + 1 and there[3] <= bottom + 1


def load(page: Page, name: str) -> None:
    page.evaluate("async text => { await app.loadGraphData(JSON.parse(text)) }", json.dumps(ui_graph(name)))
    page.wait_for_timeout(SETTLE_MS)


def count_nodes(name: str) -> int:
    return len(ui_graph(name)["nodes"])


def assert_form(page: Page, name: str) -> None:
    """An app shows the fields that it asks for, everything else none."""
    fields = ui_graph(name)["extra"].get("linearData", {}).get("inputs", [])
    assert bool(fields) == (name in APPS)
    expect(page.get_by_test_id("app-mode-widget-item")).to_have_count(len(fields))


def answer(page: Page, code: str) -> Any:
    return json.loads(page.evaluate(code))


def plain(node: dict[str, Any]) -> dict[str, Any]:
    """A saved node without what depends on the reader's language or on the canvas."""
    slots = {
        side: [{key: slot.get(key) for key in ("name", "type", "link", "links")} for slot in node.get(side, [])]
        for side in ("inputs", "outputs")
    }
    kept = ("id", "type", "pos", "widgets_values", "widgets_values_named", "mode", "properties")
    return {**{key: node.get(key) for key in kept}, **slots}


def test_template_browser_shows_and_opens_them(shared_page: Page, server: ComfyServer, tmp_path: Path):
    page = shared_page
    page.evaluate("() => { app.graph.clear(); app.extensionManager.command.execute('Comfy.BrowseTemplates') }")
    dialog = page.get_by_role("dialog").first
    dialog.get_by_text(read("en", "main")["templateWorkflows"]["category"][server.folder], exact=True).click()
    for name in NAMES:
        dialog.get_by_text(name, exact=True).first.wait_for()
    pictured = [name for name in NAMES if (PACK / "workflows" / f"{name}.jpg").exists()]  # those that were really run
    loaded = "box => [...box.querySelectorAll('img')].filter(image => image.naturalWidth > 0).length"
    wait_until(page, lambda: dialog.evaluate(loaded) >= len(pictured))
    page.screenshot(path=tmp_path / "templates.png")
    dialog.get_by_text(NAMES[0], exact=True).first.click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioZitLoader')")


@pytest.mark.parametrize("name", NAMES)
def test_frontend_reads_the_workflow_as_we_ship_it(shared_page: Page, tmp_path: Path, name: str):
    page = shared_page
    load(page, name)
    page.screenshot(path=tmp_path / f"{name}.png")
    assert_form(page, name)
    assert set(page.evaluate(UNKNOWN)) <= FILES  # weights that nobody has here
    assert answer(page, PROMPT) == api_graph(name)

    shipped, saved = ui_graph(name), answer(page, SAVED)
    assert [plain(node) for node in saved["nodes"]] == [plain(node) for node in shipped["nodes"]]
    assert saved["links"] == shipped["links"]
    assert [group["title"] for group in saved["groups"]] == [group["title"] for group in shipped["groups"]]
    assert saved["version"] == shipped["version"]
    for node, size, least in answer(page, SIZES):
        assert size[0] >= least[0] and size[1] >= least[1], f"{node} is too small for its widgets"


def test_every_template_opens_whole_in_nodes_2(open_page: Any, tmp_path: Path):
    page = open_page(vue_nodes=True)
    for name in NAMES:
        load(page, name)
        assert page.evaluate(BROKEN) == [], name
        assert answer(page, PROMPT) == api_graph(name), name
        if name in APPS:  # their forms are what is worth a look
            page.screenshot(path=tmp_path / f"{name}.png")
        else:
            page.evaluate(FIT)
            page.wait_for_function(f"() => document.querySelectorAll('[data-node-id]').length >= {count_nodes(name)}")
            nodes, groups = at_rest(page)
            assert [(a[0], b[0]) for a, b in combinations(nodes, 2) if meet(a, b)] == [], name
            assert [(g[0], n[0]) for g in groups for n in nodes if meet(g, n) and not holds(g, n)] == [], name
        assert_form(page, name)


def test_everything_is_korean_for_korean_users(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    load(page, NAMES[-1])
    page.screenshot(path=tmp_path / "korean.png")
    words = read("ko")
    shown = answer(page, "() => JSON.stringify(Object.fromEntries(app.canvas.graph.nodes.map(n => [n.type, n.title])))")
    for node in NODES.keys() & shown.keys():
        assert shown[node] == words[node]["display_name"]
    labels = answer(
        page,
        """() => JSON.stringify(app.canvas.graph.nodes.flatMap(n => (n.widgets ?? [])
            .filter(w => !w.hidden).map(w => [n.type, w.name, w.label ?? w.name])))""",
    )
    for node, widget, label in labels:
        if node in words and widget in words[node]["inputs"]:
            assert label == words[node]["inputs"][widget]["name"]
