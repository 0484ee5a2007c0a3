"""Make the thumbnails of the shipped workflows by really running them in ComfyUI with the embedded model.

python tools/thumbnails.py [NAME …]    write workflows/<name>.jpg of all, or of the named workflows
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

import comfyui
from comfy_server import ComfyServer, running
from comfyui import PACK
from PIL import Image

FOLDER = PACK / "workflows"
WIDTH_PX = 512


def draw(server: ComfyServer, name: str) -> Image.Image:
    """Run a workflow as it is shipped and return the ad that it saves."""
    graph = json.loads((FOLDER / "api" / f"{name}.json").read_text(encoding="utf-8"))
    run = server.run(graph, timeout_s=900)
    if run.error:
        raise SystemExit(f"{name}: {run.error['exception_message']}")
    ((_, content),) = run.pictures()
    return Image.open(io.BytesIO(content)).convert("RGB")


def main() -> int:
    """Write the thumbnails."""
    if comfyui.problem():
        print(comfyui.problem(), file=sys.stderr)
        return 2
    names = sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.json"))
    with tempfile.TemporaryDirectory() as base:
        place = Path(base) / "input"
        place.mkdir()
        # The photo that the workflows find under the name of ComfyUI's own example.
        shutil.copy(str(resources.files("skimage.data").joinpath("coffee.png")), place / "example.png")
        with running(Path(base)) as server:
            for name in names:
                picture = draw(server, name)
                picture.thumbnail((WIDTH_PX, 2 * WIDTH_PX), Image.Resampling.LANCZOS)
                path = FOLDER / f"{name}.jpg"
                picture.save(path, quality=88, optimize=True)
                print(f"wrote {path.relative_to(PACK)} {picture.width}x{picture.height}, {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
