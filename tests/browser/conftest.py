"""A real browser on the real frontend of the test server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from comfy_server import ComfyServer
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
# Anything weaker races with ComfyUI's own default workflow, which then replaces the one under test.
READY = """() => window.app && app.vueAppReady
    && app.extensionManager.workflow?.activeWorkflow?.changeTracker && !app.extensionManager.spinner"""

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    expect.set_options(timeout=30_000)  # the server shares the processors with the browser, and draws meanwhile
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox", NO_INTERNET])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, server: ComfyServer) -> Iterator[Open]:
    """Open ComfyUI in a fresh browser profile; fail when the page throws, or this pack's part of it complains."""
    contexts: list[Any] = []
    thrown: list[str] = []

    mine = server

    def open_page(
        *, locale: str = "en", vue_nodes: bool = False, light: bool = False, server: ComfyServer = mine
    ) -> Page:
        settings = {
            "Comfy.TutorialCompleted": True,  # else a template dialog opens by itself
            "Comfy.OnboardingCoachmarks.Seen": ["appMode"],  # else a tour covers the first app
            "Comfy.InstalledVersion": "99.0.0",
            "Comfy.Workflow.Persist": False,
            "Comfy.RightSidePanel.IsOpen": False,
            "Comfy.Minimap.Visible": False,
            "Comfy.Locale": locale,
            "Comfy.VueNodes.Enabled": vue_nodes,
            "Comfy.ColorPalette": "light" if light else "dark",
        }
        server.post("/api/settings", settings)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda line: thrown.append(line.text) if is_complaint(line) else None)
        page.goto(server.url)
        page.wait_for_function(READY)
        return page

    def is_complaint(line: ConsoleMessage) -> bool:
        return line.type in ("error", "warning") and f"/extensions/{mine.folder}/" in line.location["url"]

    yield open_page
    for context in contexts:
        context.close()
    assert not thrown, thrown
