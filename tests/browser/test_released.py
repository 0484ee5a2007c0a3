"""What the page no longer shows is let go: drawn copy of an editor whose node is gone, and questions for it."""

from __future__ import annotations

import json

from comfy_server import ComfyServer
from editor_graph import SETTLE_MS, graph, load
from playwright.sync_api import Page, Request

PLAN = json.dumps({
    "texts": [{"role": "headline", "text": "봄", "box": {"x0": 0.05, "y0": 0.06, "x1": 0.5, "y1": 0.2}}],
    "provider": "user",
})  # fmt: skip
BLOBS = """() => {
    window.blobs = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = blob => {
        const url = createObjectURL.call(URL, blob);
        if (new Error().stack.includes("/js/editor/")) blobs.add(url);
        return url;
    };
    URL.revokeObjectURL = url => { blobs.delete(url); revokeObjectURL.call(URL, url); };
}"""
REMOVE = "() => app.graph.remove(app.graph.nodes.find(node => node.comfyClass === 'AdStudioLayoutEditor'))"


def test_an_editor_whose_node_is_gone_asks_nothing_and_holds_nothing(shared_page: Page, server: ComfyServer):
    shared_page.evaluate(BLOBS)
    load(shared_page, graph(PLAN))
    shared_page.wait_for_function("() => blobs.size === 1")
    asked: list[str] = []

    def listen(request: Request) -> None:
        if "/adstudio/" in request.url:
            asked.append(request.url)

    shared_page.on("request", listen)
    shared_page.evaluate(REMOVE)
    shared_page.wait_for_timeout(4 * SETTLE_MS)
    shared_page.remove_listener("request", listen)
    assert shared_page.evaluate("() => blobs.size") == 0
    assert asked == []
