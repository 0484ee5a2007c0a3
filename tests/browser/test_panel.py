"""The ad panel: an ad from a brief and a photo without a node in sight, and what happens when something goes wrong."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_server import ComfyServer
from node_words import read
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from waits import READY, reload, wait_until
from warm_python import Popen

from adstudio.run.request import MAX_STEPS

WORDS = {language: read(language, "main")["adStudio"]["panel"] for language in ("en", "ko")}
KO = WORDS["ko"]
BRIEF = "봄맞이 딸기라떼 출시, 분홍빛 대리석 위 상큼한 분위기"
OPEN = "() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }"
DROP = """async ([text, name, type]) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type}));
    const target = document.querySelector(".adstudio-panel .adp-brief");
    target.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
GRAPH = """() => JSON.stringify(Object.fromEntries(app.canvas.graph.nodes.map(n => [n.type,
    Object.fromEntries((n.widgets ?? []).map(w => [w.name, w.value]))])))"""
UNKNOWN = """() => app.canvas.graph.nodes
    .filter(n => n.has_errors || !LiteGraph.registered_node_types[n.type]).map(n => n.type)"""
PREVIEWS = """() => {
    window.previews = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = blob => {
        const url = createObjectURL.call(URL, blob);
        if (new Error().stack.includes("/js/panel/")) previews.add(url);
        return url;
    };
    URL.revokeObjectURL = url => { previews.delete(url); revokeObjectURL.call(URL, url); };
}"""
REPORT = "() => app.extensionManager.command.execute('AdStudio.RunReport')"
VALUES = "all => all.map(each => each.value)"
MADE_MS = 300_000


def coffee() -> bytes:
    return resources.files("skimage.data").joinpath("coffee.png").read_bytes()


def open_panel(page: Page) -> Locator:
    page.evaluate(OPEN)
    page.locator(".adp-form").wait_for()
    return page.locator(".adstudio-panel")


def drop(page: Page, content: bytes, name: str, kind: str = "image/png") -> None:
    page.evaluate(DROP, [base64.b64encode(content).decode(), name, kind])


def choose(panel: Locator, label: str) -> None:
    panel.get_by_role("radio", name=label, exact=True).check()


def shown_file(page: Page, server: ComfyServer) -> Image.Image:
    address = page.locator(".adp-shown .adp-main").get_attribute("href") or ""
    return Image.open(io.BytesIO(server.read(address.removeprefix(server.url))))


def prompt_of(picture: Image.Image, kind: str) -> dict[str, Any]:
    steps = json.loads(picture.info["prompt"]).values()
    return next(step["inputs"] for step in steps if step["class_type"] == kind)


def drawing_for(steps: int) -> Callable[[Route], None]:
    """Have what the page queues drawn in so many steps: it must not be done before it is looked at."""

    def change(route: Route) -> None:
        asked: Any = route.request.post_data_json
        for step in asked["prompt"].values():
            if step["class_type"] in ("AdStudioText2Image", "AdStudioImage2Image"):
                step["inputs"]["steps"] = steps
        route.continue_(post_data=json.dumps(asked))

    return change


def test_an_ad_of_a_brief_and_a_photo_is_made_kept_and_opened(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko")
    before = page.evaluate(GRAPH)
    panel = open_panel(page)
    panel.get_by_role("button", name=KO["make"]).click()
    expect(panel.get_by_role("alert")).to_have_text(KO["missing"]["brief"])
    expect(panel.locator(".adp-field:has(.adp-brief) + .adp-problem")).to_be_visible()
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    drop(page, coffee(), "딸기라떼 사진.png")
    expect(panel.locator(".adp-name")).to_have_text("딸기라떼 사진.png")
    panel.get_by_label(KO["industry"]).select_option("cafe")
    page.screenshot(path=tmp_path / "form.png")
    assert page.evaluate(GRAPH) == before, "the photo went to the canvas"

    page.route("**/api/prompt", drawing_for(MAX_STEPS // 3))
    panel.get_by_label(KO["brief"]).press("Control+Enter")
    panel.locator(".adp-job[data-state=running]").wait_for()
    reload(page)  # what is under way is found again
    panel = open_panel(page)
    expect(panel.get_by_label(KO["brief"])).to_have_value(BRIEF)
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    expect(panel.locator(".adp-job")).to_have_count(0)
    page.screenshot(path=tmp_path / "made.png")

    picture = shown_file(page, server)
    assert picture.size == (448, 576)
    words = prompt_of(picture, "AdStudioPromptProcessor")
    assert (words["brief"], words["industry"], words["backdrop_only"]) == (BRIEF, "cafe", True)
    assert "linearMode" not in json.loads(picture.info["workflow"])["extra"]
    link = panel.locator(".adp-shown .adp-main")
    assert link.get_attribute("download") == f"{BRIEF[:40].strip()}.png"

    panel.get_by_role("button", name=KO["reword"]).click()
    headline = panel.get_by_label(KO["headline"], exact=True)
    expect(headline).to_be_focused()
    expect(headline).not_to_have_value("")
    headline.fill("오늘만 반값")
    page.screenshot(path=tmp_path / "reword.png")
    panel.get_by_role("button", name=KO["make"]).click()
    expect(panel.locator(".adp-thumb")).to_have_count(2, timeout=MADE_MS)
    expect(panel.locator(".adp-same")).to_be_visible()
    panel.get_by_label(KO["industry"]).select_option("bakery")
    expect(panel.locator(".adp-same")).to_have_count(0)
    panel.get_by_label(KO["industry"]).select_option("cafe")
    reworded = shown_file(page, server)
    layout = prompt_of(reworded, "AdStudioTextLayoutAnalyzer")
    assert (layout["headline"], "copy" in layout) == ("오늘만 반값", True), "its button is gone"
    below = [np.asarray(each.convert("RGB"))[-60:] for each in (picture, reworded)]
    assert np.array_equal(*below), "the picture was drawn anew"

    panel.get_by_role("button", name=KO["open"]).click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(n => n.type === 'AdStudioLayoutEditor')")
    assert page.evaluate(UNKNOWN) == []
    opened = json.loads(page.evaluate(GRAPH))
    assert opened["AdStudioPromptProcessor"]["brief"] == BRIEF
    assert opened["AdStudioText2Image"]["seed"] == prompt_of(picture, "AdStudioText2Image")["seed"]
    page.screenshot(path=tmp_path / "opened.png")


def test_a_picture_is_changed_and_a_run_is_cancelled(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(vue_nodes=True, light=True)
    panel, words = open_panel(page), WORDS["en"]
    page.evaluate(PREVIEWS)
    choose(panel, words["mode"]["edit"])
    panel.get_by_role("button", name=words["edit"]).click()
    expect(panel.get_by_role("alert")).to_have_text(words["missing"]["picture"])
    panel.locator(".adp-photo input").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": coffee()})
    panel.locator(".adp-has-photo").wait_for()
    panel.get_by_label(words["edit_brief"]).fill("나무 탁자 위 핸드드립 커피")
    panel.get_by_label(words["strength"]).fill("0.9")
    choose(panel, words["words"]["own"])
    panel.get_by_label(words["headline"]).fill("오늘의 한 잔")
    page.screenshot(path=tmp_path / "edit.png")

    page.route("**/api/prompt", drawing_for(MAX_STEPS))
    panel.get_by_role("button", name=words["edit"]).click()
    panel.locator(".adp-preview").wait_for()
    page.screenshot(path=tmp_path / "preview.png")
    panel.get_by_role("button", name=words["cancel"]).click()
    expect(panel.locator(".adp-job")).to_have_count(0)
    expect(panel.locator(".adp-shown img")).to_have_count(0)
    page.unroute("**/api/prompt")

    panel.get_by_label(words["strength"]).fill("0.3")
    expect(panel.locator("output")).to_have_text(words["strengths"]["mood"])
    panel.get_by_role("button", name=words["edit"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    assert page.evaluate("() => previews.size") == 0, "previews of ads that are over stay in memory"
    page.evaluate(REPORT)
    titles = page.locator(".adstudio-report tbody th").all_inner_texts()
    assert read("en", "nodeDefs")["AdStudioImage2Image"]["display_name"] in titles and "#" not in "".join(titles)
    page.locator(".adstudio-report header button").click()
    picture = shown_file(page, server)
    assert prompt_of(picture, "AdStudioImage2Image")["strength"] == 0.3
    expect(panel.locator(".adp-lacks")).to_have_count(0)
    layout = prompt_of(picture, "AdStudioTextLayoutAnalyzer")
    assert (layout["headline"], "copy" in layout) == ("오늘의 한 잔", False)

    panel.get_by_role("button", name=words["refer"]).click()
    expect(panel.locator(".adp-name")).not_to_have_text("cup.png")
    assert "origin" in (panel.locator(".adp-has-photo img").get_attribute("src") or ""), "its letters would be redrawn"
    page.evaluate(OPEN)  # closed, and opened again as it was
    panel.wait_for(state="detached")
    panel = open_panel(page)
    expect(panel.get_by_label(words["headline"])).to_have_value("오늘의 한 잔")
    expect(panel.locator(".adp-has-photo img")).to_have_js_property("complete", True)
    panel.get_by_role("button", name=words["edit"]).click()
    expect(panel.locator(".adp-thumb")).to_have_count(2, timeout=MADE_MS)
    page.screenshot(path=tmp_path / "gallery.png")


@pytest.mark.parametrize("tab", ["same", "other"])
def test_an_ad_is_cancelled_before_its_run_begins(open_page: Any, server: ComfyServer, tab: str):
    """Also from another tab, which hears nothing of the run."""
    panel = open_panel(page := open_page(locale="ko"))
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    page.route("**/api/prompt", drawing_for(MAX_STEPS))
    server.post("/adstudio_probe/late_start", {"wait_s": 600})  # ComfyUI forgets a cancel that comes meanwhile
    panel.get_by_role("button", name=KO["make"]).click()
    wait_until(page, lambda: server.get("/queue")["queue_running"])
    expect(panel.locator(".adp-job")).not_to_have_attribute("data-state", "sending")
    if tab == "other":
        page = page.context.new_page()
        page.goto(server.url)
        page.wait_for_function(READY)
        panel = open_panel(page)
    with page.expect_response("**/interrupt"):
        panel.get_by_role("button", name=KO["cancel"]).click()
    server.post("/adstudio_probe/start")
    wait_until(page, lambda: not server.get("/prompt")["exec_info"]["queue_remaining"])
    expect(panel.locator(".adp-job")).to_have_count(0)
    (entry,) = server.get("/history?max_items=1").values()
    assert "execution_interrupted" in [kind for kind, _ in entry["status"]["messages"]]


def test_nothing_hostile_gets_through(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko")
    page.evaluate("() => { window.alert = () => { window.wasHit = true } }")
    panel = open_panel(page)
    evil = '<img src=x onerror="alert(1)"> ../../'
    drop(page, coffee(), f"{evil}나쁜 컵.png")  # a name that no other test's photo has
    panel.locator(".adp-has-photo").wait_for()
    stored = {path.name for path in (server.base / "input").rglob("*나쁜 컵*")}
    assert len(stored) == 1 and not any(set("<>/\\\"'") & set(name) for name in stored), stored
    assert not list(server.base.parent.glob("*나쁜 컵*"))
    drop(page, b"MZ not a picture", "virus.exe", "application/x-msdownload")
    expect(panel.get_by_role("alert")).to_have_text(KO["errors"]["photo_kind"].format(file="virus.exe"))
    drop(page, b"not a picture at all", "사진.png")
    expect(panel.get_by_role("alert")).to_have_text(KO["errors"]["photo_unreadable"].format(file="사진.png"))
    drop(page, coffee(), "망가질 사진.png")
    expect(panel.locator(".adp-name")).to_have_text("망가질 사진.png")
    (server.base / "input" / "망가질 사진.png").write_bytes(b"no longer a picture")
    panel.get_by_label(KO["brief"]).fill(evil)
    panel.get_by_role("button", name=KO["make"]).click()
    failed = panel.locator(".adp-job[data-state=failed]")
    failed.wait_for(timeout=MADE_MS)
    expect(failed).to_contain_text("사진을 읽을 수 없습니다: 망가질 사진.png.")
    page.screenshot(path=tmp_path / "failed.png")
    failed.get_by_role("button", name=KO["fix"]["photo"]).click()
    panel.get_by_role("button", name=KO["make"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    assert panel.locator(".adp-shown .adp-main").get_attribute("download") == "img src=x onerror= alert(1).png"
    expect(panel.locator(".adp-shown .adp-hint")).to_contain_text(evil)
    assert page.evaluate("() => window.wasHit ?? false") is False


def test_what_is_missing_is_explained_and_mended(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    page.set_viewport_size({"width": 1280, "height": 720})
    panel = open_panel(page)
    panel.get_by_role("button", name=KO["embedded_help"]).click()
    page.get_by_role("dialog", name=KO["help"]["title"]).get_by_role("button").click()
    offered = panel.locator(".adp-picker option").evaluate_all(VALUES)
    assert {"kakao_bizboard", "coupang"} <= set(offered) and "google_merchant" not in offered
    barred = panel.locator(".adp-picker option[disabled]")
    merchant = KO["channels"]["google_merchant"]
    wordless = [KO["wordless"].replace("{name}", name) for name in (merchant, f"{merchant} 의류")]
    expect(barred).to_have_text(wordless)
    panel.locator("summary").click()
    panel.get_by_label(KO["provider"]).select_option("openai")
    panel.get_by_label(KO["brief"]).fill(f"{BRIEF}, 20% 할인")
    panel.get_by_role("button", name=KO["make"]).click()
    failed = panel.locator(".adp-job[data-state=failed]")
    told = read("ko", "main")["adStudio"]["errors"]["provider"]["no_key"]
    expect(failed).to_contain_text(told.replace("{host}", "api.openai.com"))
    page.screenshot(path=tmp_path / "no-key.png")
    failed.get_by_role("button", name=KO["fix"]["use_rules"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    expect(panel.locator(".adp-shown img")).to_be_in_viewport(ratio=0.95)
    expect(panel.locator(".adp-look")).to_contain_text("‘할인’: ")
    page.screenshot(path=tmp_path / "look.png")
    expect(panel.get_by_label(KO["provider"])).to_have_value("rules")


def test_a_server_that_could_not_load_the_nodes_is_told_before_anything_is_written(open_page: Any):
    page = open_page(locale="ko")
    page.route("**/object_info/AdStudio*", lambda route: route.fulfill(json={}))
    page.evaluate(OPEN)
    expect(page.locator(".adstudio-panel").get_by_role("alert")).to_have_text(KO["errors"]["no_nodes"])


def test_what_this_browser_kept_is_not_trusted(open_page: Any):
    page = open_page(locale="ko")
    page.evaluate("""() => localStorage.setItem("adstudio.panel", JSON.stringify({wishes: {style: "<b>", channels: "x",
        mode: {}}, ads: [{id: 1}, null], underWay: [7]}))""")
    reload(page)
    panel = open_panel(page)
    expect(panel.get_by_role("button", name=KO["make"])).to_be_visible()


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory, warm_comfyui: Popen) -> Iterator[ComfyServer]:
    """A server of its own, to be killed."""
    server = ComfyServer(tmp_path_factory.mktemp("mortal"), popen=warm_comfyui)
    server.start()
    yield server
    server.stop()


def test_the_panel_outlives_its_server(open_page: Any, mortal: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko", server=mortal)
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    page.route("**/api/prompt", drawing_for(MAX_STEPS))
    panel.get_by_role("button", name=KO["make"]).click()
    panel.locator(".adp-job[data-state=running]").wait_for()
    page.unroute("**/api/prompt")
    os.kill(mortal.pid, signal.SIGKILL)
    expect(panel.locator(".adp-gone")).to_be_visible(timeout=MADE_MS)
    page.screenshot(path=tmp_path / "gone.png")
    mortal.stop()
    mortal.start()
    lost = panel.locator(".adp-job[data-state=lost]")
    lost.wait_for(timeout=MADE_MS)
    expect(panel.locator(".adp-gone")).to_be_hidden()
    page.screenshot(path=tmp_path / "lost.png")
    lost.get_by_role("button", name=KO["fix"]["again"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)


@pytest.fixture
def usual_defaults(server: ComfyServer) -> Iterator[None]:
    """The server keeps what a test sets; the next one begins without."""
    yield
    server.post("/api/settings", {"AdStudio.Panel.Provider": ""})


@pytest.mark.usefixtures("usual_defaults")
def test_defaults_are_set_in_korean_and_reach_the_form(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    panel = open_panel(page)
    panel.locator("summary").click()
    panel.get_by_role("button", name=KO["defaults"]).click()
    dialog = page.get_by_role("dialog").first
    dialog.get_by_text(read("ko", "main")["settingsCategories"]["Ad Studio"], exact=True).first.click()
    for words in read("ko", "settings").values():
        dialog.get_by_text(words["name"], exact=True).wait_for()
    dialog.get_by_text(KO["service_note"]).wait_for()
    expect(dialog.locator("input[type=password]")).to_have_count(0)
    page.screenshot(path=tmp_path / "settings.png")
    menu = dialog.locator("select", has=page.locator("option[value=rules]"))
    with page.expect_response("**/settings/AdStudio.Panel.Provider"):  # which keeps it for the tests to come, too
        menu.select_option("rules")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(panel.get_by_label(KO["provider"])).to_have_value("rules")
    page.evaluate(OPEN)  # closed, and opened again
    panel.wait_for(state="detached")
    panel = open_panel(page)
    panel.locator("summary").click()
    expect(panel.get_by_label(KO["provider"])).to_have_value("rules")
