"""A real browser on the real frontend of the test server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from comfy_server import ComfyServer
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from waits import READY

NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    expect.set_options(timeout=90_000)  # the server shares the processors with the browser, and draws meanwhile
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox", NO_INTERNET])
        yield chromium
        chromium.close()


class Pages:
    """Pages of one server, each in a fresh browser profile, and what they complained of.

    Args:
        persist: let the page keep its workflow; older ones open none at all otherwise, though the profile is fresh.
    """

    def __init__(self, browser: Browser, server: ComfyServer, *, persist: bool = False) -> None:
        self._browser, self._server, self._persist = browser, server, persist
        self._contexts: list[Any] = []
        self._thrown: list[str] = []

    def open(
        self,
        *,
        locale: str = "en",
        vue_nodes: bool = False,
        light: bool = False,
        server: ComfyServer | None = None,
    ) -> Page:
        """Open one, and wait until ComfyUI has loaded its own first workflow."""
        server = server or self._server
        settings = {
            "Comfy.TutorialCompleted": True,  # else a template dialog opens by itself
            "Comfy.OnboardingCoachmarks.Seen": ["appMode"],  # else a tour covers the first app
            "Comfy.InstalledVersion": "99.0.0",
            "Comfy.Workflow.Persist": self._persist,
            "Comfy.RightSidePanel.IsOpen": False,
            "Comfy.Minimap.Visible": False,
            "Comfy.Locale": locale,
            "Comfy.VueNodes.Enabled": vue_nodes,
            "Comfy.ColorPalette": "light" if light else "dark",
        }
        server.post("/api/settings", settings)
        context = self._browser.new_context(viewport={"width": 1920, "height": 1080})
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(180_000)
        page.on("pageerror", lambda error: self._thrown.append(str(error)))
        page.on("console", self._listen)
        page.goto(server.url)
        page.wait_for_function(READY)
        return page

    def _listen(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning") and f"/extensions/{self._server.folder}/" in line.location["url"]:
            self._thrown.append(line.text)

    def close(self) -> None:
        """Close all of them."""
        for context in self._contexts:
            context.close()

    def complaints(self) -> list[str]:
        """What the pages have thrown, and this pack's part of them has complained of, since the last question."""
        thrown, self._thrown = self._thrown, []
        return thrown


@pytest.fixture
def open_page(browser: Browser, server: ComfyServer) -> Iterator[Open]:
    """Open ComfyUI in a fresh browser profile; fail when the page throws, or this pack's part of it complains."""
    yield from _watched(Pages(browser, server))


@pytest.fixture
def open_older(browser: Browser, older_server: ComfyServer) -> Iterator[Open]:
    """Open the page of an older ComfyUI in the same way."""
    yield from _watched(Pages(browser, older_server, persist=True))


@pytest.fixture(scope="module")
def one_page(browser: Browser, server: ComfyServer) -> Iterator[tuple[Page, Pages]]:
    pages = Pages(browser, server)
    yield pages.open(), pages
    pages.close()


@pytest.fixture(scope="module")
def one_korean_page(browser: Browser, server: ComfyServer) -> Iterator[tuple[Page, Pages]]:
    pages = Pages(browser, server)
    yield pages.open(locale="ko"), pages
    pages.close()


@pytest.fixture
def shared_page(one_page: tuple[Page, Pages]) -> Iterator[Page]:
    """One page, English and with classic nodes, for all tests of a file that load graphs of their own.

    A page takes five seconds of a processor to open.
    """
    yield from _shared(*one_page)


@pytest.fixture
def shared_korean_page(one_korean_page: tuple[Page, Pages]) -> Iterator[Page]:
    """Likewise, in Korean."""
    yield from _shared(*one_korean_page)


def _shared(page: Page, pages: Pages) -> Iterator[Page]:
    yield page
    thrown = pages.complaints()
    assert not thrown, thrown


def _watched(pages: Pages) -> Iterator[Open]:
    yield pages.open
    pages.close()
    thrown = pages.complaints()
    assert not thrown, thrown
