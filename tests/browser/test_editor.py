"""The layout editor in the real page: what is moved there is what the prompt carries and the picture shows."""

from __future__ import annotations

import base64
import io
import json
import re
import unicodedata
import urllib.parse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comfy_server import ComfyServer
from editor_graph import SETTLE_MS, graph, load, plan_of, run
from node_words import read
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from waits import place_of, wait_until

WORDS = {language: read(language, "main")["adStudio"]["editor"] for language in ("en", "ko")}
BOXES = {
    "headline": {"x0": 0.05, "y0": 0.06, "x1": 0.5, "y1": 0.2},
    "sub": {"x0": 0.05, "y0": 0.8, "x1": 0.5, "y1": 0.9},
}
SAVED = """() => JSON.stringify(
    app.nodeOutputs[app.graph.nodes.find(n => n.comfyClass === "AdStudioSaveImage").id].images)"""
INK = """text => {
    const box = text.getBBox();
    return [text.firstElementChild.x.baseVal[0].value / 600, (box.x + box.width) / 600];
}"""
PHOTO_SHOWN = "() => document.querySelector('.ads-picture')?.naturalWidth === 600"
RESULT_SHOWN = "() => document.querySelector('.ads-picture')?.src.includes('type=temp')"
GRAPH_UNDO = "() => app.extensionManager.command.execute('Comfy.Undo')"
# What a run would tell the editor, of a channel and a product that this graph has not.
TELL = """(answer) => {
    const node = app.graph.nodes.find(each => each.comfyClass === "AdStudioLayoutEditor");
    const known = app.nodeOutputs[node.id].adstudio_editor[0];
    node.onExecuted({adstudio_editor: [{...known, ...answer}]});
}"""


def plan(*roles: str, **more: Any) -> str:
    texts = [{"role": role, "text": f"{role} 문구", "box": BOXES[role], "color": "#FFFFFF"} for role in roles]
    return json.dumps({"texts": texts, "provider": "user", **more}, ensure_ascii=False)


def box(page: Page, key: str = "text:0") -> Locator:
    return page.locator(f'.ads-box[data-key="{key}"]')


def drag(page: Page, target: Locator, dx: float, dy: float) -> None:
    """Pull at the middle, past every line that a box would cling to."""
    left, top, width, height = place_of(target)
    x, y = left + width / 2, top + height / 2
    page.keyboard.down("Alt")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    page.keyboard.up("Alt")


def placed(page: Page, index: int = 0) -> tuple[float, ...]:
    found = plan_of(page)["texts"][index]["box"]
    return tuple(round(found[side], 4) for side in ("x0", "y0", "x1", "y1"))


def saved(page: Page, server: ComfyServer) -> np.ndarray:
    (file,) = json.loads(page.evaluate(SAVED))
    with Image.open(io.BytesIO(server.read("/view?" + urllib.parse.urlencode(file)))) as picture:
        return np.asarray(picture.convert("RGB"), np.int16)


@pytest.mark.parametrize("vue_nodes", [False, True], ids=["classic", "nodes-2"])
def test_a_drag_lands_in_the_prompt_and_in_the_picture(
    open_page: Any, server: ComfyServer, tmp_path: Path, vue_nodes: bool
):
    page = open_page(locale="ko", vue_nodes=vue_nodes)
    editor = load(page, graph(plan("headline", "sub"), folder=f"editor/{vue_nodes}"))
    assert editor.get_by_role("button", name=WORDS["ko"]["undo"], exact=True).is_disabled()
    page.wait_for_function(PHOTO_SHOWN)  # before any run
    page.locator(".ads-letters").first.wait_for()

    _, _, width, height = place_of(page.locator(".ads-sheet"))
    drag(page, box(page), 0.3 * width, 0.35 * height)
    moved = placed(page)
    assert moved == pytest.approx((0.35, 0.41, 0.8, 0.55), abs=0.012)
    assert box(page).get_attribute("aria-pressed") == "true"

    kind, detail = run(page)
    assert kind == "execution_success", detail
    with Image.open(server.base / "input" / "example.png") as photo:
        before = np.asarray(photo.convert("RGB"), np.int16)
    changed = np.argwhere(np.abs(saved(page, server) - before).max(axis=2) > 60)[:, ::-1] / (600, 400)
    upper = changed[changed[:, 1] < 0.7]
    assert moved[0] - 0.01 < upper[:, 0].min() and upper[:, 0].max() < moved[2] + 0.01
    assert moved[1] - 0.03 < upper[:, 1].min() and upper[:, 1].max() < moved[3] + 0.03

    # The letters in the editor are where the drawing's are.
    page.wait_for_function(RESULT_SHOWN)
    left, right = page.locator(".ads-letters").first.evaluate(INK)
    assert left == pytest.approx(upper[:, 0].min(), abs=0.01)
    assert right == pytest.approx(upper[:, 0].max(), abs=0.02)
    page.screenshot(path=tmp_path / "editor.png")

    # Its own undo, and then the graph's.
    page.locator(".ads-tool-undo").click()
    assert placed(page) == pytest.approx(tuple(BOXES["headline"].values()))
    page.locator(".ads-tool-redo").click()
    assert placed(page) == moved
    box(page).focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert placed(page) == pytest.approx(
        (moved[0] - 10 / 600, moved[1] + 1 / 400, moved[2] - 10 / 600, moved[3] + 1 / 400), abs=2e-4
    )
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert placed(page) == moved
    drag(page, box(page, "text:1"), 20, -40)
    later = placed(page, 1)
    page.mouse.move(5, 5)  # not over the editor, which looks again whenever the pointer comes
    page.evaluate(GRAPH_UNDO)
    wait_until(page, lambda: placed(page, 1) != later)
    top = 100 * placed(page, 1)[1]
    expect(page.locator(".adstudio-editor")).to_have_count(1)
    # What is shown is what the prompt carries.
    expect(box(page, "text:1")).to_have_attribute("style", re.compile(re.escape(f"top: {top:g}")))
    drag(page, box(page, "text:1"), 0, -30)
    assert placed(page, 1)[1] < BOXES["sub"]["y0"] - 0.01, "and it can be moved on"


def test_stale_layouts_channels_words_and_locks(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko", light=True)
    editor = load(page, graph(plan("headline", "sub", picture="0123456789abcdef")))
    assert run(page)[0] == "execution_success"
    stale = editor.locator('[data-notice="stale_picture"]')
    expect(stale).to_contain_text(WORDS["ko"]["notice"]["stale_picture"])
    stale.get_by_role("button", name=WORDS["ko"]["keep"]).click()
    expect(stale).to_have_count(0)
    assert plan_of(page)["picture"] not in ("", "0123456789abcdef")

    channel = {
        "id": "story",
        "korean": "인스타그램 스토리",
        "english": "Story",
        "safe": {"x0": 0, "y0": 0.1, "x1": 1, "y1": 0.85},
    }
    product = {"picture": json.loads(page.evaluate(SAVED))[0], "aspect": 0.5}
    page.evaluate(TELL, {"channel": channel, "products": [product]})
    editor.locator('[data-notice="stale_channel"]').get_by_role("button", name=WORDS["ko"]["keep"]).click()
    assert plan_of(page)["channel"] == "story"
    expect(editor.locator(".ads-safe")).to_have_count(1)
    warnings = editor.get_by_role("list", name=WORDS["ko"]["warnings"])
    expect(warnings.locator('[data-code="unsafe"]')).to_have_count(2)
    expect(warnings).to_contain_text("제목이 채널의 안전 영역을 벗어났습니다.")
    page.screenshot(path=tmp_path / "safe.png")

    # Words where they stand; as a Mac writes them they come apart, and go out composed.
    box(page).dblclick()
    page.keyboard.insert_text(unicodedata.normalize("NFD", "봄맞이 할인"))
    page.keyboard.press("Enter")
    assert plan_of(page)["texts"][0]["text"] == "봄맞이 할인"
    page.locator(".ads-letters", has_text="봄맞이").wait_for()

    # A locked box stays.
    page.keyboard.press("l")
    before = placed(page)
    drag(page, box(page), 60, 60)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    assert placed(page) == before and plan_of(page)["texts"][0]["locked"] is True

    # Style, one box more, one less; everything is reached by Tab and named aloud.
    box(page, "text:1").click()
    editor.get_by_role("button", name=WORDS["ko"]["align"]["right"]).click()
    editor.get_by_label(WORDS["ko"]["field"]["plate"]).select_option("none")
    editor.get_by_label(WORDS["ko"]["field"]["color"]).fill("#886644")
    assert {k: plan_of(page)["texts"][1][k] for k in ("align", "plate", "color")} == {
        "align": "right",
        "plate": "none",
        "color": "#886644",
    }
    expect(warnings).to_contain_text("부제: 대비")
    editor.get_by_role("button", name=WORDS["ko"]["add"]).click()
    assert [text["role"] for text in plan_of(page)["texts"]] == ["headline", "sub", "note"]
    assert WORDS["ko"]["role"]["note"] in (page.evaluate("() => document.activeElement.ariaLabel") or "")
    page.keyboard.press("Delete")
    assert len(plan_of(page)["texts"]) == 2

    editor.get_by_role("button", name=WORDS["ko"]["reset"]).click()
    assert plan_of(page) == {}
    expect(editor.locator(".ads-box")).to_have_count(2)  # the proposal again

    # A product is moved, and pulled larger about where it stands.
    stands = {"x": 0.4, "base_y": 0.8, "height": 0.4}
    page.evaluate(TELL, {"channel": None, "products": [product], "proposal": {"products": [stands]}})
    expect(page.locator(".ads-paper image:not(.ads-proof)")).to_have_count(1)
    drag(page, box(page, "product:0"), 50, 20)
    (moved,) = plan_of(page)["products"]
    assert moved["x"] > 0.45 and moved["base_y"] > 0.82 and moved["height"] == 0.4
    drag(page, box(page, "product:0").locator(".ads-nw"), -20, -40)
    (larger,) = plan_of(page)["products"]
    assert larger["height"] > 0.45
    assert (larger["x"], larger["base_y"]) == pytest.approx((moved["x"], moved["base_y"]), abs=1e-4)
    editor.get_by_role("button", name=WORDS["ko"]["reset"]).click()
    assert run(page)[0] == "execution_success"


AS_APP = """async () => {
    const workflow = JSON.parse(JSON.stringify(app.graph.serialize()));
    const form = {inputs: [["3", "layout_editor"]], outputs: ["5"]};
    workflow.extra = {...workflow.extra, linearMode: true, linearData: form};
    await app.loadGraphData(workflow);
}"""


def test_the_editor_works_in_an_apps_form(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    load(page, graph(plan("headline")))
    page.evaluate(AS_APP)
    page.get_by_text(WORDS["ko"]["title"], exact=True).first.wait_for()
    page.wait_for_function(PHOTO_SHOWN)
    before = placed(page)
    drag(page, box(page), 40, 50)
    page.screenshot(path=tmp_path / "app.png")
    wait_until(page, lambda: placed(page) != before)


HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>"


def test_hostile_plans_and_names_do_nothing(open_page: Any, server: ComfyServer, tmp_path: Path):
    content = (server.base / "input" / "example.png").read_bytes()
    name = server.upload("x' onerror='window.hacked=1.png", content)
    page = open_page(locale="en")
    texts = [{"role": HOSTILE, "text": HOSTILE, "box": BOXES["headline"], "color": "red;background:url(http://a.test)"}]
    steps = graph(json.dumps({"texts": texts, "provider": HOSTILE, "channel": HOSTILE, "picture": HOSTILE}))
    steps["1"]["inputs"]["image"] = name
    editor = load(page, steps)
    assert box(page).get_attribute("aria-label") is not None
    assert HOSTILE in editor.get_by_label(WORDS["en"]["field"]["text"]).or_(box(page)).first.evaluate(
        "box => box.ariaLabel ?? box.value"
    )
    kind, detail = run(page)
    assert kind == "execution_error"
    assert "layout.bad_value" not in detail["exception_message"] and "texts[0].role" in detail["exception_message"]
    editor.locator(".ads-box").first.click()
    page.wait_for_timeout(SETTLE_MS)
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".adstudio-editor script, .adstudio-editor img[src='x']").count() == 0

    # What is no plan at all is said, and the proposal shown.
    page.evaluate(
        "text => { const node = app.graph.nodes.find(n => n.comfyClass === 'AdStudioLayoutEditor');"
        "const plan = node.widgets.find(w => w.name === 'plan'); plan.value = text; plan.callback(text); }",
        '{"texts": [',
    )
    notice = editor.locator('[data-notice="unreadable"]')
    expect(notice).to_contain_text(WORDS["en"]["notice"]["unreadable"])
    notice.get_by_role("button").click()
    assert plan_of(page) == {}
    assert run(page)[0] == "execution_success"
    expect(editor.locator(".ads-box")).to_have_count(2)
    page.screenshot(path=tmp_path / "hostile.png")


RICH = {
    "texts": [
        {
            "role": "headline",
            "text": "밤라떼",
            "box": [0.82, 0.05, 0.96, 0.7],
            "vertical": True,
            "color": "#FFD27A",
            "color_to": "#FF6A3D",
        },
        {"role": "cta", "text": "지금 주문하기", "box": [0.05, 0.8, 0.4, 0.93]},
        {"role": "badge", "text": "NEW", "box": [0.05, 0.2, 0.22, 0.42]},
    ],
    "marks": [{"kind": "qr", "content": "https://example.kr/a", "box": [0.5, 0.55, 0.76, 0.97]}],
    "provider": "user",
}
# What the sheet shows of the picture and the proof over it, as pixels of the picture's own size.
SEEN = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 600, height: 400});
    const brush = canvas.getContext("2d");
    const proof = Object.assign(new Image(), {src: document.querySelector(".ads-proof").getAttribute("href")});
    const picture = document.querySelector(".ads-picture");
    await Promise.all([picture.decode(), proof.decode()]);
    for (const image of [picture, proof]) brush.drawImage(image, 0, 0, 600, 400);
    return canvas.toDataURL().split(",")[1];
}"""


def test_upright_lines_gradients_and_marks_are_shown_as_they_will_be_drawn(
    open_page: Any, server: ComfyServer, tmp_path: Path
):
    page = open_page(locale="ko")
    steps = graph(json.dumps(RICH, ensure_ascii=False), folder="editor/rich")
    steps["4"]["inputs"] |= {"plate": "auto", "shadow": True}
    editor = load(page, steps)
    page.locator(".ads-proof").wait_for(state="attached")
    page.locator(".ads-letters").first.wait_for()  # its fonts may come later
    expect(page.locator(".ads-letters").first).to_have_css("opacity", "0")
    assert run(page)[0] == "execution_success"
    page.wait_for_function(RESULT_SHOWN)
    page.locator(".ads-proof").wait_for(state="attached")
    editor.screenshot(path=tmp_path / "rich.png")
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(page.evaluate(SEEN)))).convert("RGB"), np.int16)
    assert np.abs(shown - saved(page, server)).max() <= 3  # rounded twice

    drag(page, box(page, "text:1"), 0, -40)  # while the hand moves, plain letters follow it, and then the proof again
    page.locator(".ads-proof").wait_for(state="attached")

    plain = {**RICH, "marks": [{"kind": "logo", "box": [0.4, 0.1, 0.6, 0.3]}]}
    load(page, graph(json.dumps(plain, ensure_ascii=False)))
    words = WORDS["ko"]["warning"]["left_out"]
    why = read("ko", "main")["adStudio"]["errors"]["text"]["logo_missing"]
    expected = words.replace("{one:을/를}", f"{WORDS['ko']['kind']['logo']}를").replace("{why}", why)
    expect(page.locator(".ads-warnings")).to_contain_text(expected)
