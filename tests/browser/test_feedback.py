"""What a run tells its user in the page: an error in their language, badges on nodes, a report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from comfy_server import ComfyServer
from editor_graph import ANALYZER, OVERLAY, graph, load, run
from node_words import read
from playwright.sync_api import expect

WORDS = read("ko", "main")["adStudio"]
REPORT = "() => app.extensionManager.command.execute('AdStudio.RunReport')"


def test_a_run_is_told_in_korean(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko", vue_nodes=True)
    load(page, graph(headline="오늘의 소식", folder="feedback"))  # what another test ran is not told again
    page.evaluate(REPORT)
    report = page.get_by_role("dialog", name=WORDS["report"]["title"])
    assert WORDS["report"]["none"] in report.inner_text()
    page.keyboard.press("Escape")

    assert run(page)[0] == "execution_success"
    node = page.locator(f'[data-node-id="{ANALYZER}"]')
    expect(node.get_by_text(WORDS["badge"]["provider"]["local"], exact=True)).to_be_visible()
    page.evaluate(REPORT)
    rows = report.locator("tbody tr")
    assert rows.count() >= 4
    states = {row.get_attribute("data-state") for row in rows.all()}
    assert states <= {"done", "cached"}, states
    assert WORDS["badge"]["provider"]["local"] in report.inner_text()
    page.screenshot(path=tmp_path / "report.png")
    page.keyboard.press("Escape")
    assert report.count() == 0

    page.evaluate("id => { app.graph.getNodeById(id).widgets.find(w => w.name === 'min_px').value = 512 }", OVERLAY)
    assert run(page)[0] == "execution_error"
    told = re.compile(r"‘.+’: \d+×\d+픽셀 상자에 512픽셀 글자로는 들어가지 않습니다")
    toast = page.get_by_role("alert").filter(has_text=told)
    expect(toast.first).to_contain_text(read("ko")["AdStudioTextOverlay"]["display_name"] + "에서 멈췄습니다")
    page.screenshot(path=tmp_path / "toast.png")
    page.evaluate(REPORT)
    failed = report.locator('tr[data-state="failed"]')
    assert told.search(failed.inner_text())
    page.screenshot(path=tmp_path / "failed.png")
