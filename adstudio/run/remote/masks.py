"""What of a server's picture must stay in view when it is laid out anew: shown beside the ad, and fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import ServerError
from ...types import Array
from .connection import Connection, Refused
from .decoding import decode
from .graph import PREVIEW, Graph, Link

_COMPOSITE, _FIT, _ANALYZER = "AdStudioBackgroundComposite", "AdStudioFitToChannel", "AdStudioTextLayoutAnalyzer"


def show_mask(graph: Graph) -> None:
    """Have a filled graph show the mask of its picture, where it has one: products, or the subject of a photo."""
    if (mask := _mask_in(graph)) is not None:
        graph.add(PREVIEW, images=[graph.add("MaskToImage", mask=mask), 0])


def fetch_mask(connection: Connection, graph: Graph, outputs: Mapping[str, Any], size: tuple[int, int]) -> Array | None:
    """Fetch the mask ``[H,W]`` of a job's first picture; None where the graph shows none.

    Args:
        size: (height, width) of the picture.

    Raises:
        ServerError: ``comfyui.picture_gone``, ``comfyui.damaged_picture``, or the line broke.
    """
    if not graph.has(PREVIEW):
        return None
    shown = next(iter((outputs.get(graph.id(PREVIEW)) or {}).get("images") or ()), None)
    if not isinstance(shown, dict) or not shown.get("filename"):
        raise _damaged("the server does not name it")
    filename, subfolder, kind = (str(shown.get(name, "")) for name in ("filename", "subfolder", "type"))
    try:
        data = connection.read("/view", filename=filename, subfolder=subfolder, type=kind)
    except Refused as error:
        if error.status != 404:
            raise
        raise ServerError(
            "comfyui.picture_gone", "The server no longer has the mask of the picture.", "Run it again."
        ) from error
    try:
        mask = decode(data, grey=True).astype(np.float32) / 255.0
    except ValueError as error:
        raise _damaged(str(error)) from error
    if mask.shape != size:
        raise _damaged(f"it is {mask.shape[1]}x{mask.shape[0]} over a picture of {size[1]}x{size[0]}")
    return mask


def _mask_in(graph: Graph) -> Link | None:
    if graph.has(_COMPOSITE):
        return graph.output(_COMPOSITE, 1)
    if graph.has(_FIT) and "keep" in graph.nodes[graph.id(_FIT)]["inputs"]:
        return graph.output(_FIT, 1)
    return graph.nodes[graph.id(_ANALYZER)]["inputs"].get("keep_clear") if graph.has(_ANALYZER) else None


def _damaged(why: str) -> ServerError:
    return ServerError(
        "comfyui.damaged_picture",
        f"The mask of the picture did not come whole from the server: {why:.200}.",
        "Run it again; if it stays, look at the disk and the proxies of the server.",
    )
