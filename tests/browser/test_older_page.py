"""The page of an older ComfyUI: the panel makes ads and says what is lacking, the editor works, templates open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer
from editor_graph import graph, load, plan_of, run
from node_words import read
from playwright.sync_api import expect
from shipped import APPS, ui_graph
from test_panel import BRIEF, KO, MADE_MS, UNKNOWN, open_panel
from test_templates import SETTLE_MS

WORDS = read("ko", "main")["adStudio"]


def test_the_panel_makes_an_ad_and_says_what_is_lacking(open_older: Any, older_server: ComfyServer, tmp_path: Path):
    page = open_older(locale="ko")
    panel = open_panel(page)
    lacks = panel.locator(".adp-lacks")
    lacks.locator("summary").click()
    told = {row.get_attribute("data-code"): row.inner_text() for row in lacks.locator("li").all()}
    assert {lack["code"] for lack in older_server.get("/adstudio/lacks")["lacks"]} <= set(told)
    assert all(any("가" <= letter <= "힣" for letter in text) and "{" not in text for text in told.values()), told
    lacks.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "lacks.png")
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    panel.get_by_role("button", name=KO["make"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=2 * MADE_MS)
    page.screenshot(path=tmp_path / "panel.png")
    panel.get_by_role("button", name=KO["open"]).click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioText2Image')")
    page.wait_for_timeout(SETTLE_MS)
    assert page.evaluate(UNKNOWN) == []


@pytest.mark.parametrize("vue_nodes", [False, True], ids=["classic", "nodes-2"])
def test_the_editor_and_the_report_work(open_older: Any, tmp_path: Path, vue_nodes: bool):
    page = open_older(locale="ko", vue_nodes=vue_nodes)
    editor = load(page, graph(folder=f"older/{vue_nodes}"))
    assert run(page)[0] == "execution_success"
    box = editor.locator('.ads-box[data-key="text:0"]')
    box.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_timeout(SETTLE_MS)
    assert plan_of(page)["texts"][0]["text"] == "여름 세일 반값"
    assert run(page)[0] == "execution_success"
    page.evaluate("() => app.extensionManager.command.execute('Comfy.Canvas.FitView')")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=tmp_path / "editor.png")
    page.evaluate("() => app.extensionManager.command.execute('AdStudio.RunReport')")
    report = page.get_by_role("dialog", name=WORDS["report"]["title"])
    expect(report.locator("tbody tr")).to_have_count(5)
    page.screenshot(path=tmp_path / "report.png")


def test_templates_are_offered_and_an_app_opens(open_older: Any, older_server: ComfyServer, tmp_path: Path):
    page = open_older(locale="ko")
    page.evaluate("() => { app.extensionManager.command.execute('Comfy.BrowseTemplates') }")
    dialog = page.get_by_role("dialog").first
    category = read("ko", "main")["templateWorkflows"]["category"][older_server.folder]
    dialog.get_by_text(category, exact=True).click()
    dialog.get_by_text("01-text-to-image-ad", exact=True).first.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=tmp_path / "templates.png")
    dialog.get_by_text("01-text-to-image-ad", exact=True).first.click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioText2Image')")
    page.evaluate("async text => { await app.loadGraphData(JSON.parse(text)) }", json.dumps(ui_graph(APPS[0])))
    page.wait_for_timeout(SETTLE_MS)
    assert page.evaluate(UNKNOWN) == []
    page.screenshot(path=tmp_path / "app.png")
