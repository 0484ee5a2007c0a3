"""Channels in the panel: those with a template of their own are set by it, and all are chosen by keys as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from comfy_server import ComfyServer
from playwright.sync_api import Locator, expect
from test_panel import KO, MADE_MS, choose, coffee, drop, open_panel, prompt_of, shown_file

BIZBOARD, COUPANG = KO["channels"]["kakao_bizboard"], KO["channels"]["coupang"]
SCARCE = "봄 신메뉴 딸기라떼와 소금빵을 함께 드세요"  # wider than a line of the Bizboard


def add_channel(panel: Locator, name: str) -> None:
    panel.locator(".adp-picker select").select_option(label=name)


def test_a_bizboard_is_chosen_made_and_reworded(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko")
    panel = open_panel(page)
    add_channel(panel, BIZBOARD)
    expect(panel.get_by_text(KO["set_words"].format(name=BIZBOARD))).to_be_visible()
    panel.get_by_label(KO["brief"]).fill("봄 신메뉴 딸기라떼")
    panel.get_by_role("button", name=KO["make"]).click()
    told = panel.get_by_role("alert")
    expect(told).to_contain_text("카카오 비즈보드는 제품 사진으로 만듭니다")
    drop(page, coffee(), "라떼.png")
    expect(panel.locator(".adp-name")).to_have_text("라떼.png")
    expect(told).to_be_hidden()
    page.screenshot(path=tmp_path / "form.png")
    panel.get_by_role("button", name=KO["make"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    page.screenshot(path=tmp_path / "made.png")

    picture = shown_file(page, server)
    assert (picture.format, picture.size, picture.mode) == ("PNG", (1029, 258), "RGBA")
    template = prompt_of(picture, "AdStudioChannelTemplate")
    assert (template["channel"], template["font"], template["override"]) == ("kakao_bizboard", "official", False)
    alpha = np.asarray(picture)[..., 3]
    assert alpha[:, :40].max() == 0 and alpha[:, 48:633].max() == 255 and alpha[:, 666:981].max() == 255

    panel.get_by_role("button", name=KO["reword"]).click()
    headline = panel.get_by_label(KO["headline"], exact=True)
    expect(headline).to_be_focused()
    expect(headline).not_to_have_value("")
    headline.fill(SCARCE)
    panel.get_by_role("button", name=KO["make"]).click()
    failed = panel.locator(".adp-job[data-state=failed]")
    expect(failed.locator(".adp-step")).to_contain_text(f"‘{SCARCE}’", timeout=MADE_MS)
    page.screenshot(path=tmp_path / "too-long.png")
    failed.get_by_role("button", name=KO["fix"]["own_words"]).click()
    expect(headline).to_be_focused()
    headline.fill("오늘만 반값 딸기라떼")
    panel.get_by_label(KO["advertiser"]).fill("소담카페")
    panel.get_by_role("button", name=KO["make"]).click()
    expect(failed.locator(".adp-step")).to_contain_text("소담카페", timeout=MADE_MS)  # nowhere in the copy
    page.screenshot(path=tmp_path / "unnamed.png")
    failed.get_by_role("button", name=KO["fix"]["own_words"]).click()
    panel.get_by_label(KO["sub"], exact=True).fill("소담카페 봄 메뉴")
    panel.get_by_role("button", name=KO["make"]).click()
    expect(panel.locator(".adp-thumb")).to_have_count(2, timeout=MADE_MS)
    assert prompt_of(shown_file(page, server), "AdStudioChannelTemplate")["headline"] == "오늘만 반값 딸기라떼"

    panel.get_by_role("button", name=KO["open"]).click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(node => node.type === 'AdStudioChannelTemplate')")
    page.screenshot(path=tmp_path / "opened.png")


def test_a_white_main_picture_needs_a_photo_alone(open_page: Any, server: ComfyServer, tmp_path: Path):
    page = open_page(locale="ko")
    panel = open_panel(page)
    add_channel(panel, COUPANG)
    for part in (".adp-wording", ".adp-style", ".adp-embedded"):
        expect(panel.locator(part)).to_be_hidden()
    drop(page, coffee(), "라떼.png")
    expect(panel.locator(".adp-name")).to_have_text("라떼.png")
    page.screenshot(path=tmp_path / "form.png")
    panel.get_by_role("button", name=KO["make"]).click()
    panel.locator(".adp-shown img").wait_for(timeout=MADE_MS)
    page.screenshot(path=tmp_path / "made.png")
    picture = shown_file(page, server)
    sides = np.asarray(picture.convert("RGB"))
    assert picture.size == (1000, 1000)
    assert all((edge == 255).all() for edge in (sides[0], sides[-1], sides[:, 0], sides[:, -1]))
    assert panel.locator(".adp-shown .adp-main").get_attribute("download") == "라떼.png"
    for useless in ("reword", "another"):
        expect(panel.get_by_role("button", name=KO[useless])).to_have_count(0)

    choose(panel, KO["mode"]["edit"])
    barred = panel.locator(".adp-picker option[disabled]").all_text_contents()
    assert KO["locked"].format(name=BIZBOARD) in barred and KO["locked"].format(name=COUPANG) in barred
    expect(panel.locator(".adp-chip")).to_have_count(0)


def test_a_channel_is_chosen_by_keys_without_those_before_it(open_page: Any):
    page = open_page(locale="ko")
    panel = open_panel(page)
    chips = panel.locator(".adp-chip")
    panel.locator(".adp-picker select").focus()
    page.keyboard.press("ArrowDown")  # it opens the list
    page.wait_for_function("() => document.querySelector('.adp-picker select').matches(':open')")
    for _ in range(5):
        page.keyboard.press("ArrowDown")  # and walks through it
    expect(chips).to_have_count(0)
    page.keyboard.press("Enter")
    expect(chips).to_have_count(1)
