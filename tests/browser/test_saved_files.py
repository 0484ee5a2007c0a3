"""A saved file dropped on the page brings its graph back, in every format that can, and by the record beside it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page
from shipped import api_graph, ui_graph

from adstudio.output.disclosure import Disclosure
from adstudio.output.save import save_picture

NAME = "01-text-to-image-ad"
DROP = """async ([text, name, type]) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type}));
    const place = {bubbles: true, cancelable: true, clientX: 900, clientY: 900};
    document.getElementById("graph-canvas").dispatchEvent(new DragEvent("drop", {dataTransfer: data, ...place}));
}"""


def kinds(page: Page) -> list[str]:
    return sorted(json.loads(page.evaluate("() => JSON.stringify(app.canvas.graph.nodes.map(n => n.type))")))


@pytest.mark.parametrize("format", ["png", "webp", "avif", "jpeg"])
def test_the_graph_comes_back(shared_page: Page, tmp_path: Path, format: str):
    workflow = ui_graph(NAME)
    picture = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
    metadata = {"prompt": api_graph(NAME), "workflow": workflow, "adstudio": {"seed": 1}}
    saved = save_picture(picture, tmp_path, format=format, metadata=metadata, disclosure=Disclosure())
    page = shared_page
    for path in (saved.path, saved.report_path):
        if path is None or path.suffix == ".jpg":
            continue
        page.evaluate("() => app.canvas.graph.clear()")
        type = "application/json" if path.suffix == ".json" else f"image/{format}"
        page.evaluate(DROP, [base64.b64encode(path.read_bytes()).decode(), path.name, type])
        page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioSaveImage')")
        page.wait_for_function(f"() => app.canvas.graph.nodes.length === {len(workflow['nodes'])}")
        assert kinds(page) == sorted(node["type"] for node in workflow["nodes"])
