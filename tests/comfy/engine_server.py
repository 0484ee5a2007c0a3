"""A ComfyUI with small architectures, and a checkpoint under every name that the workflows of other engines use."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import comfyui
import skimage.data
from comfy_server import ComfyServer, running
from PIL import Image

HERE = Path(__file__).parent
WRITE = f"""
import sys
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [{str(comfyui.find())!r}, {str(HERE)!r}]
import comfy.options
comfy.options.enable_args_parsing()
import small_engines, engine_weights
from pathlib import Path
engine_weights.write_all(Path(sys.stdin.read()))
"""


@contextmanager
def engine_server(base: Path, side_px: int) -> Iterator[ComfyServer]:
    """Write the checkpoints and start it.

    Args:
        base: an empty folder.
        side_px: of the photo in its input folder.
    """
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    assert python is not None
    written = subprocess.run(
        [python, "-c", WRITE], input=str(base / "models"), cwd=root, capture_output=True, text=True, timeout=300
    )
    assert written.returncode == 0, written.stderr[-3000:]
    (base / "custom_nodes").mkdir()
    shutil.copy(HERE / "small_engines.py", base / "custom_nodes")
    (base / "input").mkdir()
    Image.fromarray(skimage.data.coffee()).resize((side_px, side_px)).save(base / "input" / "example.png")
    with running(base) as server:
        yield server
