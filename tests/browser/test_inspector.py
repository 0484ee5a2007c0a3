"""The form of the chosen box: what it offers, and what it begins with."""

from __future__ import annotations

import json

from comfy_server import ComfyServer
from editor_graph import graph, load, plan_of
from node_words import read
from playwright.sync_api import Page, expect

EDITOR = read("en", "main")["adStudio"]["editor"]
PLAN = json.dumps({
    "texts": [
        {"role": "headline", "text": "여름 세일", "box": {"x0": 0.56, "y0": 0.07, "x1": 0.95, "y1": 0.3}},
        {"role": "price", "text": "1,900원", "box": {"x0": 0.05, "y0": 0.8, "x1": 0.4, "y1": 0.95}},
    ],
    "provider": "user",
})  # fmt: skip


def test_a_colour_of_ones_own_begins_with_the_one_that_is_there(shared_page: Page, server: ComfyServer):
    editor = load(shared_page, graph(PLAN))
    ink = "#050505"  # white letters would show nothing here
    expect(shared_page.locator(".ads-letters").first).to_have_attribute("fill", ink)  # white until the photo is there
    shared_page.locator('.ads-box[data-key="text:0"]').click()
    editor.get_by_label(EDITOR["color_auto"]).uncheck()
    assert plan_of(shared_page)["texts"][0]["color"] == ink


def test_only_a_price_has_an_old_one(shared_page: Page, server: ComfyServer):
    editor = load(shared_page, graph(PLAN))
    shared_page.locator('.ads-box[data-key="text:1"]').click()
    expect(editor.get_by_label(EDITOR["field"]["was"])).to_be_visible()
    shared_page.locator('.ads-box[data-key="text:0"]').click()
    expect(editor.get_by_label(EDITOR["field"]["was"])).to_be_hidden()
    editor.locator(".ads-inspector select").first.select_option("price")
    expect(editor.get_by_label(EDITOR["field"]["was"])).to_be_visible()
