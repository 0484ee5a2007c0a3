"""What comes while the layout editor is in somebody's hands, late, or not at all."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from comfy_server import ComfyServer
from editor_graph import graph, load, plan_of, run
from node_words import read
from PIL import Image
from playwright.sync_api import Page, expect
from waits import place_of, wait_until

WORDS = read("en", "main")["adStudio"]["editor"]
PLAN = json.dumps({
    "texts": [{"role": "headline", "text": "봄", "box": {"x0": 0.05, "y0": 0.06, "x1": 0.5, "y1": 0.2}}],
    "provider": "user",
})  # fmt: skip
HEADLINE = '.ads-box[data-key="text:0"]'
# A run's answer with other words and for another picture. Ends once the editor has had it.
TELL = """async () => {
    const node = app.graph.nodes.find(each => each.comfyClass === "AdStudioLayoutEditor");
    const known = app.nodeOutputs[node.id].adstudio_editor[0];
    const texts = known.proposal.texts.map(block => ({...block, text: "다른 말"}));
    node.onExecuted({adstudio_editor: [{...known, digest: "fedcba9876543210", proposal: {...known.proposal, texts}}]});
    for (let i = 0; i < 3; i += 1) {
        const picture = Object.assign(new Image(), {src: document.querySelector(".ads-picture").src});
        await picture.decode();
        await new Promise(done => setTimeout(done));
    }
}"""
# Pictures whose file is called slow.png come when the test says so. Ends once what waited for them has gone on.
HOLD = """() => {
    const decode = HTMLImageElement.prototype.decode;
    HTMLImageElement.prototype.decode = function () {
        if (!this.src.includes("slow.png")) return decode.call(this);
        return new Promise((done, failed) => {
            window.letPictureGo = async () => {
                await decode.call(this).then(done, failed);
                await new Promise(go => setTimeout(go));
            };
        });
    };
}"""
CHOOSE = """() => {
    const widget = app.graph.nodes.find(each => each.comfyClass === "LoadImage").widgets.find(w => w.name === "image");
    widget.value = "example.png";
    widget.callback(widget.value);
    document.querySelector(".adstudio-editor").dispatchEvent(new PointerEvent("pointerenter"));
}"""
REMOVE = """() => {
    window.gone = document.querySelector(".adstudio-editor");
    app.graph.remove(app.graph.nodes.find(node => node.comfyClass === "AdStudioLayoutEditor"));
}"""
LOOK_AGAIN = '() => document.querySelector(".adstudio-editor").dispatchEvent(new PointerEvent("pointerenter"))'


def hold_slow_photo(page: Page, server: ComfyServer) -> None:
    """Open the editor behind a photo that has yet to come."""
    content = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(content, "PNG")
    server.upload("slow.png", content.getvalue())
    page.evaluate(HOLD)
    steps = graph(PLAN)
    steps["1"]["inputs"]["image"] = "slow.png"
    load(page, steps)
    page.wait_for_function("() => window.letPictureGo")


@pytest.mark.parametrize("hand", ["mouse", "key", "words"])
def test_a_run_that_ends_while_a_box_is_changed_takes_nothing_from_the_hand(shared_page: Page, hand: str):
    page = shared_page
    editor = load(page, graph())
    assert run(page)[0] == "execution_success"
    box = page.locator(HEADLINE)
    x, y, width, height = place_of(box)
    x, y = x + width / 2, y + height / 2
    if hand == "mouse":
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y + 10)
    elif hand == "key":
        box.focus()
        page.keyboard.down("ArrowDown")
    else:
        box.dblclick()
        page.keyboard.insert_text("내 말")
    page.evaluate(TELL)
    if hand == "mouse":
        page.mouse.move(x + 40, y + 20)
        page.mouse.up()
    elif hand == "key":
        page.keyboard.up("ArrowDown")
    else:
        page.keyboard.press("Enter")
    text = plan_of(page)["texts"][0]["text"]
    assert text == ("내 말" if hand == "words" else "여름 세일 반값")
    expect(editor.locator('[data-notice="stale_picture"]')).to_be_visible()
    expect(editor.locator('[data-notice="new_words"]')).to_be_visible()


def test_of_two_photos_the_one_that_is_chosen_last_is_shown(open_page: Any, server: ComfyServer):
    page = open_page()
    hold_slow_photo(page, server)
    page.evaluate(CHOOSE)
    page.wait_for_function("() => document.querySelector('.ads-picture')?.naturalWidth === 600")
    page.evaluate("() => window.letPictureGo()")
    assert "example.png" in (page.locator(".ads-picture").get_attribute("src") or "")


def test_a_photo_that_comes_when_its_editor_is_gone_is_not_drawn(open_page: Any, server: ComfyServer):
    page = open_page()
    hold_slow_photo(page, server)
    page.evaluate(REMOVE)
    page.evaluate("() => window.letPictureGo()")
    assert page.evaluate("() => window.gone.querySelector('.ads-picture').src") == ""


def test_letters_are_asked_for_again_once_the_server_is_back(shared_page: Page, server: ComfyServer):
    page = shared_page
    load(page, graph(PLAN))
    proof, letters = page.locator(".ads-proof"), page.locator(".ads-letters")
    expect(proof).to_have_count(1)
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    for route in ("typeset", "lettering"):
        page.route(f"**/adstudio/{route}", lambda route: route.abort())
    page.locator(HEADLINE).focus()
    page.keyboard.press("ArrowDown")
    wait_until(page, lambda: all(any(name in url for url in failed) for name in ("typeset", "lettering")))
    page.unroute_all()
    page.evaluate(LOOK_AGAIN)
    expect(proof).to_have_count(1)
    expect(letters).to_have_count(1)
