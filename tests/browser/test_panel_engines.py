"""Which engines the panel offers, how it changes a picture by instruction, and what it says where files are missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from comfy_server import ComfyServer
from comfyui import PACK
from node_words import read
from playwright.sync_api import Locator, Page, expect
from test_panel import BRIEF, KO, choose, coffee, open_panel
from waits import reload

from adstudio.run.readiness import check_workflows

EMPTY_HEAD = (2).to_bytes(8, "little") + b"{}"  # what a file begins with that holds no tensor
LIST = "select => [...select.options].map(option => option.value)"
# Read in the page: Playwright's own reading of a body stumbles over the Hangul in it.
CATCH = """() => {
    const send = app.api.fetchApi.bind(app.api);
    app.api.fetchApi = (route, options) => {
        if (route !== "/prompt") return send(route, options);
        window.asked = options.body;
        return Promise.resolve(new Response(JSON.stringify({prompt_id: "caught"}), {status: 200}));
    };
}"""


@pytest.fixture
def put(server: ComfyServer) -> Iterator[Any]:
    """Put the files of workflows among the server's models, as far as their heads; they go with the test."""
    written: list[Path] = []

    def put(*workflows: str) -> None:
        for found in check_workflows(lambda kind, name: None):
            for file, _ in found.files if found.workflow in workflows else ():
                path = server.base / "models" / file.place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(EMPTY_HEAD)
                written.append(path)

    yield put
    for path in written:
        path.unlink(missing_ok=True)


def asked(page: Page) -> dict[str, list[dict[str, Any]]]:
    """The nodes of the graph that was sent, by class."""
    page.wait_for_function("() => window.asked")
    body = json.loads(page.evaluate("() => { const sent = window.asked; window.asked = null; return sent; }"))
    steps: dict[str, list[dict[str, Any]]] = {}
    for step in body["prompt"].values():
        steps.setdefault(step["class_type"], []).append(step["inputs"])
    return steps


def engines(panel: Locator) -> Locator:
    return panel.locator(".adp-engine select")


def test_engines_without_files_are_named_with_the_files_and_offered_once_they_are_there(
    open_page: Any, put: Any, tmp_path: Path
):
    page = open_page(locale="ko")
    page.evaluate(CATCH)
    panel = open_panel(page)
    panel.locator("summary").click()
    assert engines(panel).evaluate(LIST) == ["zit"]
    expect(panel.locator(".adp-waiting")).to_contain_text(KO["engines"]["flux2-klein"])
    panel.locator(".adp-waiting").get_by_role("button", name=KO["which_files"]).click()
    dialog = page.get_by_role("dialog", name=KO["help"]["files_title"])
    for file in ("models/diffusion_models/flux-2-klein-4b.safetensors", "models/vae/flux2-vae.safetensors"):
        expect(dialog.get_by_text(file, exact=True).first).to_be_visible()
    expect(dialog.get_by_text(KO["help"]["not_commercial"]).first).to_be_visible()
    page.screenshot(path=tmp_path / "files.png")

    put("11-flux2-klein-4b", "12-flux2-klein-9b")
    dialog.get_by_role("button", name=KO["help"]["look_again"]).click()
    panel.locator("summary").click()
    assert engines(panel).evaluate(LIST) == ["zit", "flux2-klein", "flux2-klein-9b"]
    engines(panel).select_option("flux2-klein-9b")
    expect(panel.get_by_text(KO["not_for_sale"])).to_be_visible()
    expect(panel.locator(".adp-checkpoint")).to_have_count(0)
    page.screenshot(path=tmp_path / "engines.png")

    panel.get_by_label(KO["brief"]).fill(BRIEF)
    panel.get_by_role("button", name=KO["make"]).click()
    steps = asked(page)
    assert steps["UNETLoader"][0]["unet_name"] == "flux-2-klein-9b.safetensors"
    assert steps["AdStudioPromptProcessor"][0]["brief"] == BRIEF
    (latent,) = steps["EmptyFlux2LatentImage"]
    assert latent["width"] / latent["height"] == pytest.approx(4 / 5, abs=0.02)
    assert "AdStudioZitLoader" not in steps

    panel.locator(".adp-photo input").set_input_files({"name": "컵.png", "mimeType": "image/png", "buffer": coffee()})
    panel.locator(".adp-has-photo").wait_for()
    panel.get_by_role("button", name=KO["make"]).click()
    expect(panel.locator(".adp-hindrance.adp-problem")).to_contain_text(KO["errors"]["engine_task"])
    assert not page.evaluate("() => window.asked")
    page.screenshot(path=tmp_path / "not-with-a-photo.png")
    panel.get_by_role("button", name=KO["by_zit"]).click()
    panel.get_by_role("button", name=KO["make"]).click()
    assert "AdStudioZitLoader" in asked(page)


def test_a_picture_is_changed_by_instruction_where_the_model_is_there(
    open_page: Any, server: ComfyServer, put: Any, tmp_path: Path
):
    page = open_page(locale="ko")
    page.evaluate(CATCH)
    panel = open_panel(page)
    choose(panel, KO["mode"]["edit"])
    panel.locator(".adp-photo input").set_input_files({"name": "컵.png", "mimeType": "image/png", "buffer": coffee()})
    panel.locator(".adp-has-photo").wait_for()
    choose(panel, KO["way"]["instruction"])
    panel.get_by_label(KO["instruction"]).fill("커피를 딸기라떼로 바꿔 주세요")
    expect(panel.locator(".adp-hindrance")).to_contain_text("Qwen-Image-Edit")
    page.screenshot(path=tmp_path / "lacking.png")
    panel.get_by_role("button", name=KO["edit"]).click()
    expect(panel.locator(".adp-hindrance.adp-problem")).to_be_visible()
    assert not page.evaluate("() => window.asked")
    panel.locator(".adp-hindrance").get_by_role("button", name=KO["by_strength"]).click()
    expect(panel.get_by_label(KO["strength"])).to_be_visible()
    expect(panel.locator(".adp-hindrance")).to_have_count(0)

    choose(panel, KO["way"]["instruction"])
    put("15-qwen-image-edit")
    panel.locator(".adp-hindrance").get_by_role("button", name=KO["which_files"]).click()
    page.get_by_role("dialog").get_by_role("button", name=KO["help"]["look_again"]).click()
    expect(panel.locator(".adp-hindrance")).to_have_count(0)
    expect(panel.get_by_label(KO["instruction"])).to_have_value("커피를 딸기라떼로 바꿔 주세요")
    panel.get_by_label(KO["about"]).fill("봄 신메뉴 딸기라떼")
    page.screenshot(path=tmp_path / "instruction.png")
    panel.get_by_role("button", name=KO["edit"]).click()
    steps = asked(page)
    told = sorted(step["prompt"] for step in steps["TextEncodeQwenImageEditPlus"])
    assert told == ["", "커피를 딸기라떼로 바꿔 주세요"]
    assert steps["AdStudioPromptProcessor"][0]["brief"] == "봄 신메뉴 딸기라떼"
    (photo,) = steps["LoadImage"]
    assert (server.base / "input" / photo["image"]).is_file()


def test_files_that_went_away_are_told_by_their_engine(open_page: Any, put: Any):
    page = open_page(locale="ko")
    put("11-flux2-klein-4b")
    panel = open_panel(page)
    panel.locator("summary").click()
    engines(panel).select_option("flux2-klein")
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    page.route("**/prompt", lambda route: route.fulfill(status=400, json=REFUSED))
    panel.get_by_role("button", name=KO["make"]).click()
    failed = panel.locator(".adp-job[data-state=failed]")
    expect(failed).to_contain_text(KO["errors"]["engine_files"])
    failed.get_by_role("button", name=KO["fix"]["files"]).click()
    expect(page.get_by_role("dialog", name=KO["help"]["files_title"])).to_be_visible()


# As ComfyUI answers a graph that names a file which is not there.
REFUSED = {
    "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
    "node_errors": {
        "ad_3": {
            "errors": [
                {
                    "type": "value_not_in_list",
                    "message": "Value not in list",
                    "details": "unet_name: …",
                    "extra_info": {"input_name": "unet_name"},
                }
            ]
        }
    },
}


def test_a_model_that_does_not_open_is_passed_over_and_said(open_page: Any, server: ComfyServer, tmp_path: Path):
    folder = server.base / "models" / "diffusers" / "a-broken-one"
    shutil.copytree(PACK / "adstudio" / "demo" / "checkpoint", folder)
    weights = next((folder / "transformer").glob("*.safetensors"))
    with weights.open("r+b") as file:
        file.truncate(weights.stat().st_size // 2)
    try:
        page = open_page(locale="ko")
        page.evaluate(CATCH)
        panel = open_panel(page)
        expect(panel.locator(".adp-broken")).to_contain_text("a-broken-one")
        why = read("ko", "main")["adStudio"]["errors"]["checkpoint"]["truncated"]
        expect(panel.locator(".adp-broken")).to_contain_text(why.replace("{file}", str(weights)))
        expect(panel.get_by_text(KO["embedded_notice"])).to_be_visible()
        page.screenshot(path=tmp_path / "broken.png")
        panel.get_by_label(KO["brief"]).fill(BRIEF)
        panel.get_by_role("button", name=KO["make"]).click()
        assert asked(page)["AdStudioZitLoader"][0]["checkpoint"] == "demo (embedded)"

        shutil.copytree(PACK / "adstudio" / "demo" / "checkpoint", folder.with_name("b-whole-one"))
        reload(page)
        page.evaluate(CATCH)
        panel = open_panel(page)
        panel.get_by_role("button", name=KO["make"]).click()  # what the form shows as chosen is what draws
        assert asked(page)["AdStudioZitLoader"][0]["checkpoint"] == "b-whole-one"
    finally:
        for name in ("a-broken-one", "b-whole-one"):
            shutil.rmtree(folder.with_name(name), ignore_errors=True)
