"""Menus of nodes and of the forms of apps, in the user's language; what is saved stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from node_words import read
from playwright.sync_api import Page, expect
from shipped import APPS, api_graph
from test_templates import PROMPT, answer, load
from waits import wait_until

WORDS = {language: read(language, "main")["adStudio"] for language in ("en", "ko")}
DRAWN = """() => JSON.stringify(app.canvas.graph.nodes.flatMap(node => (node.widgets ?? [])
    .filter(widget => node.type.startsWith("AdStudio") && widget.type === "combo" && !widget.hidden)
    .map(widget => [widget.name, widget.value, widget._displayValue])))"""


def values(graph: dict[str, Any]) -> dict[str, Any]:
    """A graph in API form without the titles, which are the reader's."""
    return {number: (step["class_type"], step["inputs"]) for number, step in graph.items()}


@pytest.mark.parametrize("name", APPS)
def test_the_form_of_an_app_speaks_korean_in_its_menus(shared_korean_page: Page, tmp_path: Path, name: str):
    page = shared_korean_page
    load(page, name)
    fields = page.get_by_test_id("app-mode-widget-item")
    graph = api_graph(name)
    is_drawn = any(step["class_type"] == "AdStudioLoraStyle" for step in graph.values())
    kind, menu, before, after = (
        ("AdStudioLoraStyle", "style", "realistic", "watercolor") if is_drawn else
        ("AdStudioAdCopy", "industry", "auto", "cafe")
    )  # fmt: skip
    industries, own = WORDS["ko"]["panel"]["industries"], WORDS["ko"]["panel"]["styles" if is_drawn else "industries"]
    for shown in (industries["auto"], own[before]):
        expect(fields.get_by_text(shown, exact=True).first).to_be_visible()
    fields.filter(has_text=own[before]).get_by_role("combobox").click()
    page.get_by_role("option", name=own[after], exact=True).click()
    page.screenshot(path=tmp_path / f"{name}.png")

    def chosen() -> dict[str, Any]:
        return next(step["inputs"] for step in answer(page, PROMPT).values() if step["class_type"] == kind)

    wait_until(page, lambda: chosen()[menu] == after)
    sent = answer(page, PROMPT)
    next(step for step in sent.values() if step["class_type"] == kind)["inputs"][menu] = before
    assert values(sent) == values(graph)


def test_an_empty_field_says_in_korean_what_it_is_for(shared_korean_page: Page):
    load(shared_korean_page, "03-product-composite")
    shown = answer(
        shared_korean_page,
        """() => JSON.stringify(app.canvas.graph.nodes.flatMap(node => (node.widgets ?? [])
            .filter(widget => node.type.startsWith("AdStudio") && widget.element?.tagName === "TEXTAREA")
            .map(widget => [node.type, widget.name, widget.element.placeholder])))""",
    )
    assert len(shown) >= 3
    for node, widget, placeholder in shown:
        assert placeholder == read("ko")[node]["inputs"][widget]["name"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nodes_show_names_and_save_values(request: pytest.FixtureRequest, language: str):
    page = request.getfixturevalue({"en": "shared_page", "ko": "shared_korean_page"}[language])
    load(page, "03-product-composite")
    drawn = {(name, value): shown for name, value, shown in answer(page, DRAWN)}
    words = WORDS[language]
    assert drawn["industry", "auto"] == words["panel"]["industries"]["auto"]
    assert drawn["light", "auto"] == words["options"]["light"]["auto"]
    assert drawn["font", "Pretendard"] == "Pretendard"
    assert values(answer(page, PROMPT)) == values(api_graph("03-product-composite"))
