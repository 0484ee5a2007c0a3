"""What the double of a ComfyUI says of its nodes."""

from __future__ import annotations

from typing import Any

from adstudio.run.remote.graph import Graph, shipped_names

# Inputs that no shipped workflow uses and that a node has all the same.
_OPTIONAL = (
    "image",
    "alpha",
    "softness",
    "keep_clear",
    "min_px",
    "logo",
    "logo_mask",
    "writer",
    "product_layout",
    "channel",
)


def schema_of(kind: str) -> dict[str, Any]:
    """A schema with the inputs that the shipped workflows give a node, and those that core's own have."""
    known = {"LoadImage": ("image",), "LoadImageMask": ("image", "channel"), "CreateList": ("inputs",)}
    known |= {"MaskToImage": ("mask",), "PreviewImage": ("images",)}
    names = set(known.get(kind, (*_OPTIONAL, "cutout_2", "cutout_3")))
    for name in shipped_names():
        for node in Graph.shipped(name).nodes.values():
            names |= set(node["inputs"]) if node["class_type"] == kind else set()
    return {"input": {"required": {name: ["STRING", {"min": 1, "max": 8}] for name in names}}}
