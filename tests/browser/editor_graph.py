"""A graph with the layout editor in it: a photo, copy, a proposal, the editor, the lettered ad."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect
from waits import place_of

PHOTO, ANALYZER, EDITOR, OVERLAY, SAVE = "1", "2", "3", "4", "5"
SETTLE_MS = 400


def graph(
    plan: str = "", *, when_stale: str = "keep", headline: str = "여름 세일 반값", folder: str = "editor"
) -> dict[str, Any]:
    """In API form."""
    return {
        PHOTO: {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
        ANALYZER: {
            "class_type": "AdStudioTextLayoutAnalyzer",
            "inputs": {
                "image": [PHOTO, 0],
                "headline": headline,
                "sub": "오늘 하루만 만나는 가격",
                "copy_space": "auto",
            },
        },
        EDITOR: {
            "class_type": "AdStudioLayoutEditor",
            "inputs": {"image": [PHOTO, 0], "layout": [ANALYZER, 0], "plan": plan, "when_stale": when_stale},
        },
        OVERLAY: {
            "class_type": "AdStudioTextOverlay",
            "inputs": {
                "image": [PHOTO, 0],
                "layout": [EDITOR, 0],
                "font": "Pretendard",
                "weight": 800,
                "min_px": 12,
                "plate": "never",
                "shadow": False,
                "outline": False,
            },
        },
        SAVE: {
            "class_type": "AdStudioSaveImage",
            "inputs": {"image": [OVERLAY, 0], "folder": folder, "format": "png", "quality": 95},
        },
    }


LOAD = """async text => {
    await app.loadApiJson(JSON.parse(text), "editor.json");
    app.canvas.ds.scale = 1; app.canvas.ds.offset = [-200, 120];
    const node = app.graph.nodes.find(each => each.comfyClass === "AdStudioLayoutEditor");
    app.graph.nodes.forEach((each, i) => { if (each !== node) each.pos = [1000 + 420 * (i % 2), 40 + 300 * i] });
    node.pos = [300, 0];
    node.setSize([520, 780]);
    app.canvas.setDirty(true, true);
}"""
RUN = """async () => {
    const ends = ["execution_success", "execution_error", "execution_interrupted"];
    const end = new Promise(done => ends.forEach(
        kind => app.api.addEventListener(kind, event => done([kind, event.detail]), {once: true})));
    await app.queuePrompt(0);
    return JSON.stringify(await end);
}"""
PLAN = """async () => Object.values((await app.graphToPrompt()).output)
    .find(step => step.class_type === "AdStudioLayoutEditor").inputs.plan"""


def load(page: Page, steps: dict[str, Any]) -> Locator:
    """Open a graph; the editor's element."""
    page.evaluate(LOAD, json.dumps(steps))
    editor = page.locator(".adstudio-editor")
    expect(editor).to_have_count(1)  # that of the graph before is gone
    place_of(editor)
    return editor


def run(page: Page) -> tuple[str, dict[str, Any]]:
    """Run the open graph; how it ended."""
    kind, detail = json.loads(page.evaluate(RUN))
    return kind, detail


def plan_of(page: Page) -> dict[str, Any]:
    """The plan as the prompt carries it; empty where nothing was edited."""
    text = page.evaluate(PLAN)
    return json.loads(text) if text else {}
