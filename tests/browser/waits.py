"""What tests wait for in the page: facts, and never a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Error, Locator, Page

# Anything weaker races with ComfyUI's own default workflow, which then replaces the one under test.
READY = """() => window.app && app.vueAppReady
    && app.extensionManager.workflow?.activeWorkflow?.changeTracker && !app.extensionManager.spinner"""
# Where something lies, once it lies there in ten frames one after another: nodes and panels find their size by and by.
STILL = """async element => {
    let at = "", frames = 0;
    while (frames < 10) {
        await new Promise(requestAnimationFrame);
        const { x, y, width, height } = element.getBoundingClientRect(), now = [x, y, width, height].join();
        [frames, at] = [now === at && width > 0 ? frames + 1 : 0, now];
    }
    return at.split(",").map(Number);
}"""

SEARCHES = "() => document.activeElement?.matches('input') && document.activeElement.offsetParent !== null"


def reload(page: Page) -> None:
    """Load the page anew, and wait until ComfyUI has loaded its own first workflow."""
    page.reload()
    page.wait_for_function(READY)


@contextmanager
def searching(page: Page, words: str) -> Iterator[None]:
    """The search for nodes, opened, with words in it; closed afterwards."""
    page.evaluate("() => { app.extensionManager.command.execute('Workspace.SearchBox.Toggle') }")
    page.wait_for_function(SEARCHES)  # keys that come earlier go to the graph
    page.keyboard.type(words)
    yield
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !({SEARCHES})()")


def wait_until(page: Page, holds: Callable[[], object]) -> None:
    """Let the page work until something holds that Playwright cannot wait for; as long as a busy machine may take."""
    for _ in range(600):
        with suppress(Error):  # the graph may just be loaded anew
            if holds():
                return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen in time")


def place_of(target: Locator) -> tuple[float, float, float, float]:
    """Left, top, width and height of something that has come to rest, in pixels of the page."""
    x, y, width, height = target.evaluate(STILL)
    return x, y, width, height
