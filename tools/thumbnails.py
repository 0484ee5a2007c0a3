"""Make the thumbnails of the shipped workflows by really running them in ComfyUI with the embedded model.

python tools/thumbnails.py [NAME …]    write workflows/<name>.jpg of those of Z-Image, or of the named workflows
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import comfyui
import numpy as np
from comfy_server import ComfyServer, running
from comfyui import PACK
from PIL import Image

from adstudio.run.readiness import check_workflows

FOLDER = PACK / "workflows"
WIDTH_PX = 512
PRODUCTS = ("jar", "bottle")
_PAPER = "#f4f4f2"  # where a picture is lower than its neighbours, or clear
_FLATTEST = 2  # width by height: a banner gets paper above and below


def draw(server: ComfyServer, name: str) -> Image.Image:
    """Run a workflow as it is shipped and return what it saves, side by side.

    Where it takes several photos they are different ones, as a shop's would be.
    """
    graph = json.loads((FOLDER / "api" / f"{name}.json").read_text(encoding="utf-8"))
    photos = [node for node in graph.values() if node["class_type"] == "LoadImage"]
    for node, product in zip(photos[1:], PRODUCTS, strict=False):
        node["inputs"]["image"] = f"{product}.png"
    run = server.run(graph, timeout_s=900)
    if run.error:
        raise SystemExit(f"{name}: {run.error['exception_message']}")
    pictures = [Image.open(io.BytesIO(content)).convert("RGBA") for _, content in run.pictures()]
    width, height = sum(picture.width for picture in pictures), max(picture.height for picture in pictures)
    wide = Image.new("RGBA", (width, max(height, width // _FLATTEST) if len(pictures) == 1 else height), _PAPER)
    top = (wide.height - height) // 2
    for index, picture in enumerate(pictures):
        wide.alpha_composite(picture, (sum(before.width for before in pictures[:index]), top))
    return wide.convert("RGB")


def photograph(product: str) -> Image.Image:
    """A rendered product before a plain wall, as a phone would take it."""
    from benchmarks.still_life import render

    rgba = render(product, 640, -40.0).rgba
    height, width = rgba.shape[:2]
    photo = np.full((height + 160, width + 200, 3), (0.87, 0.88, 0.89), np.float32)
    part = photo[80 : 80 + height, 100 : 100 + width]
    part[...] = rgba[..., :3] * rgba[..., 3:] + part * (1 - rgba[..., 3:])
    return Image.fromarray(np.rint(photo * 255).astype(np.uint8))


def main() -> int:
    """Write the thumbnails."""
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    foreign = {ready.workflow for ready in check_workflows()}  # no thumbnail before their real weights have drawn it
    names = sys.argv[1:] or sorted({path.stem for path in FOLDER.glob("*.json")} - foreign)
    with tempfile.TemporaryDirectory() as base:
        place = Path(base) / "input"
        place.mkdir()
        # The photo that the workflows find under the name of ComfyUI's own example.
        shutil.copy(str(resources.files("skimage.data").joinpath("coffee.png")), place / "example.png")
        for product in PRODUCTS:
            photograph(product).save(place / f"{product}.png")
        with running(Path(base)) as server:
            for name in names:
                picture = draw(server, name)
                picture.thumbnail((max(WIDTH_PX, picture.width // 2), 2 * WIDTH_PX), Image.Resampling.LANCZOS)
                path = FOLDER / f"{name}.jpg"
                picture.save(path, quality=86, optimize=True)  # the widest stays below 200 kB
                print(f"wrote {path.relative_to(PACK)} {picture.width}x{picture.height}, {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
