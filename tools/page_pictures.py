"""Make the pictures of the page in docs/images by really using it: the panel, the layout editor and a run's report.

python tools/page_pictures.py [NAME …]    write docs/images/<name>.jpg of panel, panel-light, layout-editor, run-report

The panel draws three ads with the embedded model, which takes minutes; Chromium is needed.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import comfyui
from comfy_server import ComfyServer
from comfyui import PACK
from help_pictures import EXAMPLE, READY, RUN, SETTINGS, chromium, server_with_photo
from node_words import read
from PIL import Image

IMAGES = PACK / "docs" / "images"
KO, EN = (read(language, "main")["adStudio"] for language in ("ko", "en"))
BRIEF, OTHER_BRIEF = "갓 내린 에스프레소 출시, 분홍빛 대리석 위 상큼한 분위기", "나무 탁자 위 핸드드립 커피"
OPEN = "() => { app.extensionManager.command.execute('Workspace.ToggleSidebarTab.adstudio') }"
SHOWN = """() => [...document.querySelectorAll(".adp-shown img, .adp-thumb img")]
    .every(image => !image.offsetParent || (image.complete && image.naturalWidth))"""
REPORT = "() => app.extensionManager.command.execute('AdStudio.RunReport')"
DRAWN_MS = 600_000
WIDEST_PX = 1000


def block(role: str, text: str, box: tuple[float, float, float, float], **more: Any) -> dict[str, Any]:
    """One text of a layout."""
    return {"role": role, "text": text, "box": dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)), **more}


PLAN = {
    "texts": [
        block("headline", "갓 내린\n에스프레소 한 잔", (0.6, 0.07, 0.95, 0.3), align="right", color="#ffffff"),
        block("price", "1,900원", (0.68, 0.32, 0.95, 0.42), align="right", was="2,500원"),
        block("hours", "성수동 골목커피 · 매일 08:00–20:00", (0.5, 0.86, 0.95, 0.93), align="right", locked=True),
    ],
    "provider": "user",
}
GRAPH = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {"class_type": "AdStudioTextLayoutAnalyzer", "inputs": {"image": ["1", 0], "headline": "갓 내린 커피"}},
    "3": {
        "class_type": "AdStudioLayoutEditor",
        "inputs": {
            "image": ["1", 0], "layout": ["2", 0], "channel": ["6", 4], "plan": json.dumps(PLAN, ensure_ascii=False),
            "when_stale": "keep",
        },
    },
    "4": {"class_type": "AdStudioTextOverlay", "inputs": {"image": ["1", 0], "layout": ["3", 0]}},
    "5": {"class_type": "AdStudioSaveImage", "inputs": {"image": ["4", 0], "folder": "ads"}},
    "6": {"class_type": "AdStudioChannelPreset", "inputs": {"channel": "instagram_feed"}},
}  # fmt: skip
SHOW = """() => {
    const node = app.graph.nodes.find(each => each.comfyClass === "AdStudioLayoutEditor");
    app.canvas.ds.scale = 1;
    app.canvas.ds.offset = [420 - node.pos[0], 120 - node.pos[1]];
    node.setSize([520, 760]);
    app.canvas.setDirty(true, true);
}"""


def open_page(browser: Any, server: ComfyServer, size: tuple[int, int], **settings: object) -> Any:
    """ComfyUI in a fresh profile."""
    server.post("/api/settings", SETTINGS | {"Comfy.ColorPalette": "dark", **settings})
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.set_default_timeout(180_000)
    page.goto(server.url)
    page.wait_for_function(READY)
    return page


def panel(browser: Any, server: ComfyServer) -> None:
    """An ad of a brief and a photo, in Korean, and its graph beside it."""
    page = open_page(browser, server, (1360, 1080), **{"Comfy.Locale": "ko", "Comfy.VueNodes.Enabled": False})
    page.evaluate(OPEN)
    page.locator(".adp-brief").fill(BRIEF)
    page.locator(".adp-photo input").set_input_files(EXAMPLE)
    page.locator(".adp-has-photo").wait_for()
    page.locator(".adp-go").click()
    page.locator(".adp-shown img").wait_for(timeout=DRAWN_MS)
    page.get_by_role("button", name=KO["panel"]["open"]).click()
    page.wait_for_function("() => app.canvas.graph.nodes.some(node => node.type === 'AdStudioLayoutEditor')")
    page.evaluate("() => { app.canvas.ds.scale = 0.6; app.canvas.ds.offset = [640, 120]; app.canvas.setDirty(true); }")
    page.locator(".adp-shown .adp-actions").scroll_into_view_if_needed()
    page.wait_for_function(SHOWN)
    page.wait_for_timeout(6000)  # until ComfyUI's own message has gone
    write("panel", page.screenshot())


def panel_light(browser: Any, server: ComfyServer) -> None:
    """Two ads made of a photo, in English and on light ground."""
    settings = {"Comfy.Locale": "en", "Comfy.VueNodes.Enabled": False, "Comfy.ColorPalette": "light"}
    page = open_page(browser, server, (1600, 1180), **settings)
    page.evaluate(OPEN)
    form = page.locator(".adp-form")
    for value in ("edit", "strength", "own"):
        form.locator(f'input[value="{value}"]').check()
    page.locator(".adp-photo input").set_input_files(EXAMPLE)
    page.locator(".adp-has-photo").wait_for()
    page.locator(".adp-brief").fill(OTHER_BRIEF)
    page.locator(".adp-headline").fill("오늘의 한 잔")
    for number, strength in enumerate((0.2, 0.5), start=1):
        page.get_by_label(EN["panel"]["strength"]).fill(str(strength))
        page.locator(".adp-go").click()
        page.wait_for_function(f"() => document.querySelectorAll('.adp-thumb').length >= {number}", timeout=DRAWN_MS)
    page.locator(".adp-gallery").scroll_into_view_if_needed()
    page.wait_for_function(SHOWN)
    page.wait_for_timeout(800)
    width = page.locator(".adstudio-panel").bounding_box()
    write("panel-light", page.screenshot(), (0, 0, int(width["x"] + width["width"]), 1180))


def editor_and_report(browser: Any, server: ComfyServer) -> None:
    """A layout that a person has changed, and the report of its run."""
    page = open_page(browser, server, (1400, 1080), **{"Comfy.Locale": "ko", "Comfy.VueNodes.Enabled": True})
    assert page.evaluate(RUN, json.dumps(GRAPH)) == "execution_success"
    page.evaluate(SHOW)
    page.locator(".ads-box").first.click()
    page.wait_for_function("() => document.querySelector('.ads-proof')")
    page.mouse.move(1390, 1070)
    page.wait_for_timeout(1200)
    node = page.locator("[data-node-id]", has=page.locator(".adstudio-editor"))
    write("layout-editor", node.screenshot())
    page.evaluate(REPORT)
    write("run-report", page.locator(".adstudio-report").screenshot())


MAKERS = {
    "panel": panel,
    "panel-light": panel_light,
    "layout-editor": editor_and_report,
    "run-report": editor_and_report,
}


def write(name: str, shot: bytes, part: tuple[int, int, int, int] | None = None) -> None:
    """Write one picture and say so."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB").crop(part)
    picture.thumbnail((WIDEST_PX, 2000), Image.Resampling.LANCZOS)
    path = IMAGES / f"{name}.jpg"
    picture.save(path, quality=88, optimize=True)
    print(f"wrote {path.relative_to(PACK)} {picture.width}x{picture.height}, {path.stat().st_size:,} bytes")


def main() -> int:
    """Write the pictures."""
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    makers = dict.fromkeys(MAKERS[name] for name in sys.argv[1:] or MAKERS)
    with server_with_photo() as server, chromium() as browser:
        for make in makers:
            make(browser, server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
