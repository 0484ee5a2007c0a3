"""Typing in the editor and the panel, on a Korean keyboard too: nothing gets lost, nothing gets in its way."""

from __future__ import annotations

import base64
import json
from importlib import resources
from typing import Any

from comfy_server import ComfyServer
from editor_graph import graph, load, plan_of
from node_words import read
from playwright.sync_api import Page, expect
from waits import wait_until

PANEL = read("en", "main")["adStudio"]["panel"]
BOXES = [{"x0": 0.05, "y0": 0.06, "x1": 0.5, "y1": 0.2}, {"x0": 0.05, "y0": 0.8, "x1": 0.5, "y1": 0.9}]
PLAN = json.dumps({
    "texts": [{"role": role, "text": role, "box": box} for role, box in zip(("headline", "sub"), BOXES, strict=True)],
    "provider": "user",
})  # fmt: skip
HANGUL_L = """() => document.querySelector('.ads-box[data-key="text:0"]').dispatchEvent(
    new KeyboardEvent("keydown", {key: "ㅣ", code: "KeyL", bubbles: true, cancelable: true}))"""
PASTE = """([words, photo]) => {
    const data = new DataTransfer();
    if (words) data.setData("text/plain", words);
    const bytes = Uint8Array.from(atob(photo), letter => letter.charCodeAt(0));
    data.items.add(new File([bytes], "cells.png", {type: "image/png"}));
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
SLOW = """() => {
    const plain = app.api.fetchApi.bind(app.api);
    app.api.fetchApi = async (route, options) => {
        if (route === "/upload/image") await new Promise(go => { window.letUploadGo = go; });
        return plain(route, options);
    };
}"""


def photo() -> str:
    return base64.b64encode(resources.files("skimage.data").joinpath("coffee.png").read_bytes()).decode()


def test_a_nudge_whose_key_is_let_go_elsewhere_still_lands_in_the_prompt(shared_page: Page, server: ComfyServer):
    load(shared_page, graph(PLAN))
    shared_page.locator('.ads-box[data-key="text:0"]').click()
    shared_page.keyboard.down("ArrowDown")
    shared_page.evaluate("() => document.activeElement.blur()")
    shared_page.keyboard.up("ArrowDown")
    wait_until(shared_page, lambda: plan_of(shared_page)["texts"][0]["box"]["y0"] > BOXES[0]["y0"])


def test_a_box_is_locked_on_a_keyboard_that_is_switched_to_hangul(shared_page: Page, server: ComfyServer):
    load(shared_page, graph(PLAN))
    shared_page.locator('.ads-box[data-key="text:0"]').click()
    shared_page.evaluate(HANGUL_L)
    wait_until(shared_page, lambda: plan_of(shared_page)["texts"][0]["locked"] is True)


def test_cells_of_a_spreadsheet_are_words_and_no_photo(open_page: Any):
    page = open_page()
    page.evaluate("() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }")
    page.locator(".adp-brief").click()
    uploads: list[str] = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload/" in request.url else None)
    page.evaluate(PASTE, ["딸기라떼\\t6,800", photo()])
    page.evaluate(PASTE, ["", photo()])
    page.locator(".adp-has-photo").wait_for()
    assert len(uploads) == 1, "the cells were taken for a photo as well"


def test_a_photo_that_arrives_late_leaves_who_writes_alone(open_page: Any):
    page = open_page()
    page.evaluate("() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }")
    page.locator(".adp-brief").click()
    page.evaluate(SLOW)
    page.evaluate(PASTE, ["", photo()])
    page.keyboard.type("spring latte")
    page.keyboard.press("Home")
    page.evaluate("() => window.letUploadGo()")
    page.locator(".adp-has-photo").wait_for()
    page.keyboard.type("our ")
    expect(page.locator(".adp-brief")).to_have_value("our spring latte")


def test_of_two_photos_the_one_that_was_chosen_last_stays(open_page: Any):
    page = open_page()
    page.evaluate("() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }")
    page.evaluate(SLOW)
    for name in ("first", "second"):
        file = {"name": f"{name}.png", "mimeType": "image/png", "buffer": base64.b64decode(photo())}
        page.locator(".adp-photo input").set_input_files(files=[file])
        page.wait_for_function("() => window.letUploadGo")
        page.evaluate(f"() => {{ window.{name} = window.letUploadGo; window.letUploadGo = null; }}")
    for name in ("second", "first"):
        with page.expect_response(f"**/view?*{name}.png*"):  # the last that the panel asks for before it shows one
            page.evaluate(f"() => window.{name}()")
        page.evaluate("() => new Promise(done => setTimeout(done, 100))")
        expect(page.locator(".adp-name")).to_have_text("second.png")


def test_words_go_on_in_their_own_field_where_a_picture_is_changed_by_instruction(open_page: Any):
    page = open_page()
    page.evaluate("() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }")
    page.locator('.adp-form input[value="edit"]').check()
    page.locator('.adp-form input[value="instruction"]').check()
    about = page.get_by_label(PANEL["about"])
    about.fill("spring ")
    page.evaluate(PASTE, ["", photo()])
    page.locator(".adp-has-photo").wait_for()
    page.keyboard.type("latte")
    expect(about).to_have_value("spring latte")
    expect(page.get_by_label(PANEL["instruction"])).to_have_value("")
