"""A ComfyUI with small architectures, and a checkpoint under every name that the workflows of other engines use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import skimage.data
from comfy_server import ComfyServer, running
from PIL import Image

HERE = Path(__file__).parent
WRITE = f"""
sys.path.insert(0, {str(HERE)!r})
import small_engines, engine_weights
from pathlib import Path
engine_weights.write_all(Path({{models!r}}))
answer = None
"""


@contextmanager
def engine_server(base: Path, side_px: int, inside: Callable[..., Any], **settings: Any) -> Iterator[ComfyServer]:
    """Write the checkpoints and start it.

    Args:
        base: an empty folder.
        side_px: of the photo in its input folder.
        inside: runs code in ComfyUI's Python.
        settings: further ones of ``running``.
    """
    inside(WRITE.format(models=str(base / "models")))
    (base / "custom_nodes").mkdir()
    shutil.copy(HERE / "small_engines.py", base / "custom_nodes")
    (base / "input").mkdir()
    Image.fromarray(skimage.data.coffee()).resize((side_px, side_px)).save(base / "input" / "example.png")
    with running(base, **settings) as server:
        yield server
