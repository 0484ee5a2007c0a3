"""Make the pictures of the nodes' help pages by really running the shipped workflows with the embedded model.

python tools/help_pictures.py [NODE …]    write web/docs/assets/<node>.jpg of all, or of the named nodes

Nodes that draw are shown by what they take and what they give; nodes that choose or write by themselves after a run, in
both languages, for which Chromium is needed.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import comfyui
from comfy_server import ComfyServer, running
from comfyui import PACK
from help_graphs import fitted, template
from PIL import Image

EXAMPLE = str(resources.files("skimage.data").joinpath("coffee.png"))
ASSETS = PACK / "web" / "docs" / "assets"
HEIGHT_PX, GAP_PX, LARGEST_WIDTH_PX = 300, 10, 760
GAP = "#c8c8c8"  # white pictures stand apart, too
SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.InstalledVersion": "99.0.0",
    "Comfy.Workflow.Persist": False,
    "Comfy.RightSidePanel.IsOpen": False,
    "Comfy.Minimap.Visible": False,
    "Comfy.VueNodes.Enabled": True,
}
READY = """() => window.app && app.vueAppReady
    && app.extensionManager.workflow?.activeWorkflow?.changeTracker && !app.extensionManager.spinner"""
RUN = """async text => {
    const graph = JSON.parse(text);
    await (graph.nodes ? app.loadGraphData(graph) : app.loadApiJson(graph, "help.json"));
    const ends = ["execution_success", "execution_error"];
    const end = new Promise(done => ends.forEach(
        kind => app.api.addEventListener(kind, () => done(kind), {once: true})));
    await app.queuePrompt(0);
    return await end;
}"""
SHOW = """id => {
    const node = app.graph.getNodeById(id);
    app.canvas.ds.scale = 1;
    app.canvas.ds.offset = [420 - node.pos[0], 120 - node.pos[1]];
    app.canvas.setDirty(true, true);
}"""

Graph = dict[str, Any]
Draw = Callable[[ComfyServer], list[Image.Image]]


def load(name: str) -> Graph:
    """A shipped workflow in API form."""
    return json.loads((PACK / "workflows" / "api" / f"{name}.json").read_text(encoding="utf-8"))


def taps(server: ComfyServer, graph: Graph, *wanted: tuple[str, int]) -> list[Image.Image]:
    """Run a graph and look at outputs of its nodes, each named by its class; all pictures of a list."""
    probes = {}
    for number, (kind, output) in enumerate(wanted):
        source = next(name for name, step in graph.items() if step["class_type"] == kind)
        probes[f"tap{number}"] = {"class_type": "PreviewImage", "inputs": {"images": [source, output]}}
    run = server.run({**graph, **probes}, timeout_s=600)
    if run.error:
        raise SystemExit(run.error["exception_message"])
    return [_picture(server, file) for name in probes for file in run.entry["outputs"][name]["images"]]


def _picture(server: ComfyServer, file: dict[str, str]) -> Image.Image:
    picture = Image.open(io.BytesIO(server.read("/view?" + urllib.parse.urlencode(file)))).convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def tapping(name: str, *wanted: tuple[str, int]) -> Draw:
    """Look at outputs of one workflow."""
    return lambda server: taps(server, load(name), *wanted)


def changing(name: str, kind: str, output: int, node: str, widget: str, *values: Any) -> Draw:
    """Look at one output while a widget takes several values."""

    def draw(server: ComfyServer) -> list[Image.Image]:
        found = []
        for value in values:
            graph = load(name)
            next(step for step in graph.values() if step["class_type"] == node)["inputs"][widget] = value
            found += taps(server, graph, (kind, output))
        return found

    return draw


def zoomed(draw: Draw) -> Draw:
    """The lower middle, where products stand."""

    def crop(server: ComfyServer) -> list[Image.Image]:
        pictures = draw(server)
        return [
            picture.crop((w // 10, h // 2, w * 9 // 10, h * 19 // 20))
            for picture in pictures
            for w, h in (picture.size,)
        ]

    return crop


COMPOSITE, PHOTO = "03-product-composite", ("LoadImage", 0)
DRAWN: dict[str, Draw] = {
    "AdStudioLoraStyle": changing(
        "01-text-to-image-ad", "AdStudioText2Image", 0, "AdStudioLoraStyle", "style", "realistic", "watercolor", "flat"
    ),
    "AdStudioText2Image": changing(
        "01-text-to-image-ad", "AdStudioText2Image", 0, "AdStudioText2Image", "aspect", "4:5", "1:1", "16:9"
    ),
    "AdStudioImage2Image": lambda server: [
        *tapping("02-image-to-image-ad", PHOTO)(server),
        *changing("02-image-to-image-ad", "AdStudioImage2Image", 0, "AdStudioImage2Image", "strength", 0.3, 0.6)(
            server
        ),
    ],
    "AdStudioZitToNative": tapping("04-native-bridge", ("VAEDecode", 0)),
    "AdStudioContactBlend": zoomed(tapping(COMPOSITE, ("AdStudioBackgroundComposite", 0), ("AdStudioContactBlend", 0))),
    "AdStudioBackgroundRemoval": tapping(COMPOSITE, PHOTO, ("AdStudioBackgroundRemoval", 1)),
    "AdStudioTextLayoutAnalyzer": tapping(
        COMPOSITE, ("AdStudioContactBlend", 0), ("AdStudioTextLayoutAnalyzer", 2), ("AdStudioTextOverlay", 0)
    ),
    "AdStudioProductLayoutAnalyzer": changing(
        COMPOSITE,
        "AdStudioBackgroundComposite",
        0,
        "AdStudioProductLayoutAnalyzer",
        "copy_space",
        "auto",
        "left",
        "right",
    ),
    "AdStudioBackgroundComposite": tapping(
        COMPOSITE, ("AdStudioText2Image", 0), ("AdStudioBackgroundRemoval", 1), ("AdStudioBackgroundComposite", 0)
    ),
    "AdStudioShadow": tapping("05-many-products-one-backdrop", ("AdStudioShadow", 0), ("ImageCompositeMasked", 0)),
    "AdStudioTextOverlay": tapping(COMPOSITE, ("AdStudioContactBlend", 0), ("AdStudioTextOverlay", 0)),
    "AdStudioSaveImage": tapping(COMPOSITE, ("AdStudioTextOverlay", 0), ("AdStudioContactBlend", 0)),
    "AdStudioFitToChannel": lambda server: [
        *taps(server, fitted("instagram_story"), PHOTO, ("AdStudioFitToChannel", 0)),
        *taps(server, fitted("kakao_native:2x1"), ("AdStudioFitToChannel", 0)),
    ],
    "AdStudioReflow": tapping(
        "07-one-design-many-channels", ("AdStudioBackgroundComposite", 0), ("AdStudioTextOverlay", 0)
    ),
    "AdStudioChannelTemplate": lambda server: [
        *taps(server, template("kakao_bizboard", "of the template"), ("AdStudioChannelTemplate", 0)),
        *taps(server, template("marketplace_white", "smartstore"), ("AdStudioChannelTemplate", 0)),
    ],
}
CREATE, FITTED = "Create ad.app", "fitted"
SEEN = {
    "AdStudioZitLoader": CREATE,
    "AdStudioLanguageModel": CREATE,
    "AdStudioPromptProcessor": CREATE,
    "AdStudioAdCopy": CREATE,
    "AdStudioLayoutEditor": CREATE,
    "AdStudioChannelPreset": FITTED,
    "AdStudioChannelCheck": FITTED,
}


def strip(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of one height beside each other."""
    scaled = [
        each.resize((round(each.width * HEIGHT_PX / each.height), HEIGHT_PX), Image.Resampling.LANCZOS)
        for each in pictures
    ]
    whole = Image.new("RGB", (sum(each.width + GAP_PX for each in scaled) - GAP_PX, HEIGHT_PX), GAP)
    left = 0
    for each in scaled:
        whole.paste(each, (left, 0))
        left += each.width + GAP_PX
    whole.thumbnail((LARGEST_WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    return whole


def open_graph(name: str) -> tuple[Graph, dict[str, int]]:
    """A graph as the page loads it, and the ids of its nodes."""
    if name == FITTED:
        graph = fitted("instagram_feed")
        return graph, {step["class_type"]: int(number) for number, step in graph.items()}
    graph = json.loads((PACK / "workflows" / f"{name}.json").read_text(encoding="utf-8"))
    del graph["extra"]["linearMode"]
    return graph, {node["type"]: node["id"] for node in graph["nodes"]}


@contextmanager
def server_with_photo() -> Iterator[ComfyServer]:
    """A ComfyUI that has the photo which the shipped workflows start with."""
    with tempfile.TemporaryDirectory() as base:
        place = Path(base) / "input"
        place.mkdir()
        shutil.copy(EXAMPLE, place / "example.png")
        with running(Path(base)) as server:
            yield server


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that nobody sees."""
    from playwright.sync_api import sync_playwright  # pyright: ignore[reportMissingImports] - an extra

    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def photograph(server: ComfyServer, name: str, nodes: list[str]) -> None:
    """Write how nodes of a graph look after a run, in both languages."""
    graph, ids = open_graph(name)
    with chromium() as browser:
        for language in ("en", "ko"):
            server.post("/api/settings", SETTINGS | {"Comfy.Locale": language})
            server.free()  # what is taken from the cache is not shown on its node
            page = browser.new_context(viewport={"width": 1400, "height": 1400}).new_page()
            page.set_default_timeout(180_000)
            page.goto(server.url)
            page.wait_for_function(READY)
            assert page.evaluate(RUN, json.dumps(graph)) == "execution_success"
            for node in nodes:
                page.evaluate(SHOW, ids[node])
                page.wait_for_timeout(1200)
                shot = page.locator(f'[data-node-id="{ids[node]}"]').screenshot()
                write(f"{node}.{language}", Image.open(io.BytesIO(shot)).convert("RGB"))
            page.context.close()


def write(name: str, picture: Image.Image) -> None:
    """Write one picture and say so."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    path = ASSETS / f"{name}.jpg"
    picture.save(path, quality=85, optimize=True)
    print(f"wrote {path.relative_to(PACK)} {picture.width}x{picture.height}, {path.stat().st_size:,} bytes")


def main() -> int:
    """Write the pictures."""
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    names = sys.argv[1:] or [*DRAWN, *SEEN]
    with server_with_photo() as server:
        for name in names:
            if name in DRAWN:
                write(name, strip(DRAWN[name](server)))
        for graph in dict.fromkeys(SEEN.values()):
            if seen := [name for name in names if SEEN.get(name) == graph]:
                photograph(server, graph, seen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
