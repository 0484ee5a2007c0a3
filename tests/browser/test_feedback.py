"""What a run tells its user in the page: an error in their language, badges on nodes, a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from comfy_server import ComfyServer
from editor_graph import ANALYZER, OVERLAY, graph, load, run
from node_words import read
from playwright.sync_api import expect

WORDS = read("ko", "main")["adStudio"]
DRAWN = {
    "11": {"class_type": "AdStudioZitLoader", "inputs": {"checkpoint": "demo (embedded)"}},
    "12": {"class_type": "AdStudioLoraStyle", "inputs": {"zit": ["11", 0], "style": "realistic", "lora": "none"}},
    "13": {
        "class_type": "AdStudioText2Image",
        "inputs": {"zit": ["12", 0], "text": "a cup", "width": 256, "height": 256, "steps": 1, "seed": 3},
    },
    "14": {"class_type": "AdStudioChannelPreset", "inputs": {"channel": "kakao_bizboard"}},
    "15": {"class_type": "AdStudioChannelCheck", "inputs": {"image": ["13", 0], "channel": ["14", 4]}},
    "16": {"class_type": "PreviewImage", "inputs": {"images": ["15", 0]}},
}
OPEN = "text => app.loadApiJson(JSON.parse(text), 'drawn.json')"
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
    assert rows.count() >= 4  # the report is drawn once, when it is opened
    states = {row.get_attribute("data-state") for row in rows.all()}
    assert states <= {"done", "cached"}, states
    assert WORDS["badge"]["provider"]["local"] in report.inner_text()
    page.screenshot(path=tmp_path / "report.png")
    page.keyboard.press("Escape")
    expect(report).to_have_count(0)

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


def test_what_stands_on_a_node_is_in_the_language_of_the_page(open_page: Any, server: ComfyServer, tmp_path: Path):
    """Also where a node has refused what it checked."""
    told = {
        "ko": (
            "어댑터 없이 프롬프트의 말로만",
            "256×256픽셀 · 모델 1회 실행 · 시드 3",
            "카카오 비즈보드 1029×258",
            r"\[오류\] .*[가-힣]",
        ),
        "en": (
            "by words alone",
            "256x256 · 1 evaluation · seed 3",
            "Kakao Bizboard 1029×258",
            r"\[error\] [a-z._]+: [A-Z]",
        ),
    }
    for language, sentences in told.items():
        server.free()  # what was kept from the run before would say nothing
        page = open_page(locale=language, vue_nodes=True)
        page.evaluate(OPEN, json.dumps(DRAWN))
        assert run(page)[0] == "execution_error"
        for node, sentence in zip(("12", "13", "14", "15"), sentences, strict=True):
            expect(page.locator(f'[data-node-id="{node}"]')).to_contain_text(re.compile(sentence))
        expect(page.locator('[data-node-id="15"] br')).not_to_have_count(0)  # line by line, and not as one paragraph
        page.screenshot(path=tmp_path / f"{language}.png")


READ = {
    "21": {
        "class_type": "AdStudioPromptProcessor",
        "inputs": {"brief": "창가 말고 뷁뷁 카페", "industry": "auto", "style": "realistic", "provider": "rules"},
    },
    "22": {
        "class_type": "AdStudioAdCopy",
        "inputs": {"brief": "‘국내 최고의 카페’ 딸기라떼", "channel": "none", "provider": "rules"},
    },
    "23": {"class_type": "PreviewAny", "inputs": {"source": ["21", 1]}},
    "24": {"class_type": "PreviewAny", "inputs": {"source": ["22", 1]}},
}


def test_what_is_unusual_in_a_brief_is_told_in_the_language_of_the_page(
    open_page: Any, server: ComfyServer, tmp_path: Path
):
    told = {
        "ko": (r"‘창가’ 제외: 쓰지 말라는 말이 있어요\.", r"‘최고’: .*객관적인 근거"),
        "en": (r"“창가” is left out: the brief says so\.", r"“최고”: An absolute word"),
    }
    for language, sentences in told.items():
        server.free()
        page = open_page(locale=language, vue_nodes=True)
        page.evaluate(OPEN, json.dumps(READ))
        assert run(page)[0] == "execution_success"
        for node, sentence in zip(("21", "22"), sentences, strict=True):
            expect(page.locator(f'[data-node-id="{node}"]')).to_contain_text(re.compile(sentence))
        page.screenshot(path=tmp_path / f"{language}.png")
