"""Answers that come after their user has done something else: what is shown stays what is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfy_server import ComfyServer
from playwright.sync_api import Locator, Page, Route, expect
from test_panel import BRIEF, KO, OPEN, choose, coffee, open_panel
from test_panel_engines import CATCH, asked
from waits import place_of, reload, wait_until

KEEP = """ads => localStorage.setItem("adstudio.panel", JSON.stringify({ads}))"""

# The panel looks first whether the picture without letters is still there. Ends once what waited for it has gone on.
HOLD_LOOK = """() => {
    const plain = window.fetch;
    window.fetch = (address, options) => options?.method !== "HEAD" ? plain(address, options) : new Promise(answer => {
        window.letLookGo = async () => {
            answer(await plain(address, options));
            await new Promise(done => setTimeout(done));
        };
    });
}"""

# As CATCH, the queue's part: nobody answers.
SILENCE = """() => {
    const send = app.api.fetchApi.bind(app.api);
    window.isSilent = true;
    app.api.fetchApi = (route, options) =>
        route === "/queue" && window.isSilent ? Promise.reject(new TypeError("Failed to fetch")) : send(route, options);
}"""

# As ComfyUI answers a graph whose photo is gone.
NO_PHOTO = {"node_errors": {"ad_1": {"errors": [{"message": "m", "extra_info": {"input_name": "image"}}]}}}
UNDER = "(element, [x, y]) => element.contains(document.elementFromPoint(x, y))"


def hold(page: Page, address: str) -> Callable[[], None]:
    """Have a request wait; what is given lets it go on."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route))

    def let_go() -> None:
        wait_until(page, lambda: held)
        held.pop().continue_()

    return let_go


def choose_photo(panel: Locator, name: str = "컵.png") -> None:
    panel.locator(".adp-photo input").set_input_files({"name": name, "mimeType": "image/png", "buffer": coffee()})


def test_an_ad_that_is_asked_for_before_its_photo_has_arrived_waits_for_it(open_page: Any):
    page = open_page(locale="ko")
    page.evaluate(CATCH)
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    let_go = hold(page, "**/upload/image")
    choose_photo(panel)
    expect(panel.locator(".adp-busy")).to_be_visible()
    panel.get_by_label(KO["brief"]).press("Control+Enter")
    let_go()
    expect(panel.locator(".adp-has-photo")).to_be_visible()
    assert "LoadImage" in asked(page)


def test_a_photo_arrives_in_a_panel_that_was_closed_and_opened_meanwhile(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    panel = open_panel(page)
    let_go = hold(page, "**/upload/image")
    choose_photo(panel)
    expect(panel.locator(".adp-busy")).to_be_visible()
    page.evaluate(OPEN)
    panel.wait_for(state="detached")
    panel = open_panel(page)
    expect(panel.locator(".adp-busy")).to_be_visible()
    page.screenshot(path=tmp_path / "on-its-way.png")
    let_go()
    expect(panel.locator(".adp-name")).to_have_text("컵.png")
    expect(panel.locator(".adp-busy")).to_have_count(0)


def test_of_two_ads_to_change_the_one_that_was_chosen_last_stays(open_page: Any, server: ComfyServer):
    folder = server.base / "output" / "late"
    folder.mkdir(parents=True, exist_ok=True)
    files = [{"filename": name, "subfolder": "late", "type": "output"} for name in ("first.png", "second.png")]
    for file in files:
        (folder / file["filename"]).write_bytes(coffee())
    files[0]["origin"] = {**files[0], "filename": "bare.png"}
    page = open_page(locale="ko")
    page.evaluate(KEEP, [{"id": file["filename"], "file": file, "wishes": {"brief": BRIEF}} for file in files])
    reload(page)
    panel = open_panel(page)
    page.evaluate(HOLD_LOOK)
    panel.get_by_role("button", name=KO["refer"]).click()
    expect(panel.locator(".adp-busy")).to_be_visible()
    panel.locator(".adp-thumb").nth(1).click()
    panel.get_by_role("button", name=KO["refer"]).click()
    expect(panel.locator(".adp-name")).to_have_text("second.png")
    page.evaluate("() => window.letLookGo()")
    expect(panel.locator(".adp-name")).to_have_text("second.png")


def test_a_server_that_is_back_is_noticed_where_nothing_is_under_way_any_more(open_page: Any):
    page = open_page(locale="ko")
    page.evaluate(CATCH)
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    panel.get_by_role("button", name=KO["make"]).click()
    asked(page)
    page.evaluate(SILENCE)
    expect(panel.locator(".adp-gone")).to_be_visible()
    panel.get_by_role("button", name=KO["cancel"]).click()
    expect(panel.locator(".adp-job")).to_have_count(0)
    page.evaluate("() => { window.isSilent = false }")
    expect(panel.locator(".adp-gone")).to_be_hidden()


def test_a_double_click_and_a_key_that_is_held_make_one_ad(open_page: Any):
    page = open_page(locale="ko")
    page.evaluate(CATCH)
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    jobs, make = panel.locator(".adp-job"), panel.get_by_role("button", name=KO["make"])
    make.dblclick()
    expect(jobs).to_have_count(1)
    choose(panel, KO["words"]["own"])
    panel.get_by_label(KO["headline"], exact=True).fill("봄")
    for _ in range(3):
        page.keyboard.down("Enter")  # the second and the third time it is held
    page.keyboard.up("Enter")
    expect(jobs).to_have_count(2)
    panel.get_by_label(KO["brief"]).focus()
    page.keyboard.down("Control")
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(jobs).to_have_count(3)


def test_the_second_click_of_a_double_click_meets_no_other_button(open_page: Any):
    page = open_page(locale="ko")
    page.route("**/api/prompt", lambda route: route.abort())
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    panel.get_by_role("button", name=KO["make"]).click()
    again = panel.locator(".adp-job[data-state=failed]").get_by_role("button", name=KO["fix"]["again"])
    x, y, width, height = place_of(again)
    page.evaluate(CATCH)
    page.mouse.click(x + width / 2, y + height / 2)
    queued = panel.locator(".adp-job[data-state=queued]")
    expect(queued).to_have_count(1)
    assert queued.get_by_role("button", name=KO["cancel"]).evaluate(UNDER, [x + width / 2, y + height / 2])
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    expect(queued).to_have_count(1)


def test_an_ad_that_cannot_be_opened_is_told(open_page: Any, tmp_path: Path):
    page = open_page(locale="ko")
    page.evaluate(KEEP, [{"id": "a", "file": {"filename": "a.png", "type": "output"}, "wishes": {"brief": BRIEF}}])
    reload(page)
    panel = open_panel(page)
    page.route("**/workflow_templates/**", lambda route: route.abort())
    panel.get_by_role("button", name=KO["open"]).click()
    expect(page.get_by_role("alert").filter(has_text=KO["errors"]["unreachable"]).first).to_be_visible()
    page.screenshot(path=tmp_path / "away.png")


def test_a_photo_that_was_replaced_since_stays(open_page: Any):
    page = open_page(locale="ko")
    panel = open_panel(page)
    panel.get_by_label(KO["brief"]).fill(BRIEF)
    choose_photo(panel, "하나.png")
    expect(panel.locator(".adp-name")).to_have_text("하나.png")
    page.route("**/api/prompt", lambda route: route.fulfill(status=400, json=NO_PHOTO))
    panel.get_by_role("button", name=KO["make"]).click()
    fix = panel.locator(".adp-job[data-state=failed]").get_by_role("button", name=KO["fix"]["photo"])
    fix.wait_for()
    choose_photo(panel, "둘.png")
    expect(panel.locator(".adp-name")).to_have_text("둘.png")
    fix.click()
    expect(fix).to_have_count(0)
    expect(panel.locator(".adp-name")).to_have_text("둘.png")
