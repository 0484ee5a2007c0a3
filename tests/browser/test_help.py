"""What a Korean user finds without being told: nodes by Korean words, and the help page of a node."""

from __future__ import annotations

import json
from pathlib import Path

from node_words import read
from playwright.sync_api import Page
from shipped import ui_graph
from waits import searching

SELECT = """() => {
    const node = app.canvas.graph.nodes.find(n => n.type === "AdStudioPromptProcessor");
    app.canvas.selectNode(node);
    app.canvas.setDirty(true, true);
}"""


def test_help_page_opens_in_korean(shared_korean_page: Page, tmp_path: Path):
    page = shared_korean_page
    page.evaluate(
        "async text => { await app.loadGraphData(JSON.parse(text)) }", json.dumps(ui_graph("01-text-to-image-ad"))
    )
    page.evaluate(SELECT)
    page.get_by_test_id("info-button").click()
    words = read("ko")["AdStudioPromptProcessor"]
    page.get_by_role("heading", name=words["display_name"], level=1).wait_for()
    page.get_by_role("listitem").filter(has_text=words["inputs"]["variation"]["tooltip"]).wait_for()
    assert "written by tools" not in page.inner_text("body")
    page.screenshot(path=tmp_path / "help.png")


def test_nodes_are_found_by_korean_and_english_words(shared_korean_page: Page, tmp_path: Path):
    page = shared_korean_page
    for word, node in (("누끼", "AdStudioBackgroundRemoval"), ("rembg", "AdStudioBackgroundRemoval")):
        with searching(page, word):
            page.get_by_text(read("ko")[node]["description"][:20]).first.wait_for()
            page.screenshot(path=tmp_path / f"{word}.png")
