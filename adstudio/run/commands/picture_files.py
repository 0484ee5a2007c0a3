"""Pictures that a command writes under the name it was given, without loss."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ...output.metadata import enclose
from ...output.store import write_whole
from ...types import Array, Layer

NOT_WRITTEN = "place.not_written"
_UNMARKED: Mapping[str, str] = MappingProxyType({})


def write_png(path: Path, picture: Array, xmp: str = "") -> None:
    """Write a picture so that the file is whole or not there.

    Args:
        xmp: the mark of AI's part; empty = none.

    Raises: StorageError ``place.not_written``.
    """
    from PIL import Image

    file = io.BytesIO()
    pixels = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    pixels.save(file, "PNG", compress_level=4, **enclose("png", {}, xmp).arguments)
    write_whole(path, file.getvalue(), NOT_WRITTEN)


def write_layers(
    folder: Path, layers: Sequence[Layer], canvas: tuple[int, int], marks: Mapping[str, str] = _UNMARKED
) -> list[dict[str, Any]]:
    """Write every layer as a .png, and ``layers.json`` that says where each lies.

    Args:
        marks: of AI's part, by the names of the layers that have one.
    """
    entries: list[dict[str, Any]] = []
    for number, layer in enumerate(layers):
        path = folder / f"{number:02d}-{layer.name.replace(' ', '-')}.png"
        write_png(path, layer.rgba, marks.get(layer.name, ""))
        entries.append({
            "file": path.name, "name": layer.name, "x": layer.left_px, "y": layer.top_px, "blend": layer.blend
        })  # fmt: skip
    document = {"canvas": canvas, "layers": entries}
    write_whole(folder / "layers.json", json.dumps(document, indent=2).encode(), NOT_WRITTEN)
    return entries
