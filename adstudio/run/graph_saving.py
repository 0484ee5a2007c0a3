"""Save what comes out of a graph: what its channel says of the file, and what the graph says of AI's part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..imaging.composite.placement import find_spot
from ..output.check import Submission, check
from ..output.disclosure import Source
from ..output.encode import find_format
from ..output.findings import refuse
from ..output.save import SavedPicture
from ..text.paint.label import WHOLE
from ..types import Array, LayoutPlan, Note
from .finishing import Wanted, finish

BESIDES = "adstudio_besides"  # what Save Image tells of each picture: where its original and its record lie
_OURS_THAT_DRAW = ("AdStudioText2Image", "AdStudioImage2Image", "AdStudioContactBlend")
# Core's nodes that draw nothing of their own: what comes from them alone was made by a person. By their whole names,
# as another pack's ImageGenerator begins like them.
_HARMLESS = frozenset((
    "AddLayer", "CreateLayeredImage", "CreateList", "CropMask", "EmptyImage", "FeatherMask", "GrowMask",
    "ImageAddNoise", "ImageBatch", "ImageBlend", "ImageBlur", "ImageColorToMask", "ImageCompare",
    "ImageCompositeMasked", "ImageCompositor", "ImageCrop", "ImageCropToMask", "ImageCropV2", "ImageDeduplication",
    "ImageFlip", "ImageFromBatch", "ImageGrid", "ImageHistogram", "ImageInvert", "ImageMergeTileList",
    "ImagePadForOutpaint", "ImageQuantize", "ImageRGBToYUV", "ImageRotate", "ImageScale", "ImageScaleBy",
    "ImageScaleToMaxDimension", "ImageScaleToTotalPixels", "ImageSharpen", "ImageStitch", "ImageToMask",
    "ImageUpscaleWithModel", "ImageYUVToRGB", "InvertMask", "JoinImageWithAlpha", "LoadImage",
    "LoadImageDataSetFromFolder", "LoadImageMask", "LoadImageOutput", "LoadImageTextDataSetFromFolder",
    "MaskComposite", "MaskPreview", "MaskToImage", "PreviewImage", "PrimitiveBoolean", "PrimitiveBoundingBox",
    "PrimitiveFloat", "PrimitiveInt", "PrimitiveString", "PrimitiveStringMultiline", "SaveImage",
    "SaveImageAdvanced", "SolidMask", "SplitImageWithAlpha", "StringConcatenate", "ThresholdMask",
    "UpscaleModelLoader",
))  # fmt: skip
_FILE_RULES = (
    *("size_exact", "size_least", "size_most", "size_advised", "ratio", "ratio_advised", "megapixels", "formats"),
    "alpha",
)
_PHOTOS = ("LoadImage", "AdStudioBackgroundComposite", "AdStudioImage2Image")


def save_ad(
    picture: Array,
    folder: Path,
    wanted: Wanted,
    *,
    original: Array | None = None,
    plan: LayoutPlan | None = None,
    metadata: Mapping[str, object],
) -> SavedPicture:
    """Save one picture of a graph.

    Shapes: ``[H,W,3]`` or ``[H,W,4] float32 sRGB 0..1``.

    Raises:
        InputError: ``channel.refused``, ``output.channel_size``, and as ``save_picture``.
    """
    format = wanted.settled_format()
    found = _check(picture, format, wanted)
    saved = finish(
        picture,
        folder,
        wanted,
        plan=plan,
        taken=_taken(picture, original, plan) if wanted.words else None,
        original=picture if original is None and wanted.words else original,
        metadata=metadata,
    ).saved
    if wanted.channel is None:
        return saved
    told = (*saved.notes, *found)
    name, english = wanted.channel.korean, wanted.channel.english
    if format != find_format(wanted.format).name:
        said = "{english} takes no {wanted}: saved as {used}."
        told += (Note("save.other_format", said, name=name, english=english, wanted=wanted.format, used=format),)
    height, width = picture.shape[:2]
    file = Note(
        "channel.file",
        "{name}: {width}x{height} px, {kind}, {kb} kB",
        name=name,
        english=english,
        width=width,
        height=height,
        kind=format,
        kb=f"{saved.path.stat().st_size / 1000:.0f}",
    )
    return replace(saved, notes=(*told, file))


def source_in(graph: Mapping[str, Any] | None, node: str | None) -> Source | None:
    """Tell from a graph what part artificial intelligence had in what reaches a node; None = none.

    Args:
        graph: in API form. Of nodes that nobody here knows, the worst is believed: that they generate.
        node: the id of the node that saves; where it is not in the graph, everything counts.
    """
    graph = graph or {}
    kinds = {str(graph[name].get("class_type", "")) for name in _above(graph, str(node))}
    drawn = any(kind in _OURS_THAT_DRAW or not (kind in _HARMLESS or kind.startswith("AdStudio")) for kind in kinds)
    if kinds and not drawn:
        return None
    return "composite" if any(kind.startswith(_PHOTOS) for kind in kinds) else "generated"


def _above(graph: Mapping[str, Any], node: str) -> set[str]:
    if node not in graph:
        return set(graph)
    seen: set[str] = set()
    waiting = _picture_links(graph[node])
    while waiting:
        name = waiting.pop()
        if name in graph and name not in seen:
            seen.add(name)
            waiting += _links(graph[name].get("inputs", {}))
    return seen


def _picture_links(node: Mapping[str, Any]) -> list[str]:
    """Where a saving node has its picture from: not its prompt or its layout, which only describe it."""
    inputs = node.get("inputs", {})
    return _links({name: inputs.get(name) for name in ("image", "images")})


def _links(inputs: Mapping[str, Any]) -> list[str]:
    return [str(value[0]) for value in inputs.values() if isinstance(value, list) and len(value) == 2]


def _check(picture: Array, format: str, wanted: Wanted) -> tuple[Note, ...]:
    """Say what the channel finds in size, format and bytes; refuse what it would refuse.

    Raises:
        InputError: ``channel.refused``; ``output.channel_size`` where the channel has no rule for its size.
    """
    channel = wanted.channel
    if channel is None:
        return ()
    size = (picture.shape[1], picture.shape[0])
    rules = tuple(rule for rule in channel.rules if rule[0] in _FILE_RULES)
    if not any(rule.startswith(("size", "ratio")) for rule, _ in rules) and size != channel.size_px != (0, 0):
        raise InputError(
            "output.channel_size",
            f"{channel.english} takes pictures of {channel.size_px[0]}x{channel.size_px[1]} pixels; this one has "
            f"{size[0]}x{size[1]}.",
            "Lay the ad out for that size before it is saved.",
            channel=channel.korean,
            wanted=f"{channel.size_px[0]}×{channel.size_px[1]}",
            came=f"{size[0]}×{size[1]}",
        )
    alone = replace(channel, rules=rules, safe=WHOLE)
    found = check(Submission(alone, picture, format=format, size_bytes=wanted.max_bytes()))
    refuse(found, channel.english)
    return tuple(finding.note() for finding in found if finding.code != "channel.nothing_known")


def _taken(picture: Array, original: Array | None, plan: LayoutPlan | None) -> Array:
    """Where something stands that a label must not cover: whatever the original lacks, and the plan's products."""
    taken = np.zeros(picture.shape[:2], np.float32)
    if original is not None and original.shape[:2] == picture.shape[:2]:
        taken = (np.abs(picture[..., :3] - original[..., :3]).max(axis=-1) > 0.1).astype(np.float32)
    for left, top, right, bottom in () if plan is None else _product_rects(plan, picture.shape[1], picture.shape[0]):
        taken[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 1.0
    return taken


def _product_rects(plan: LayoutPlan, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Where products stand: a plan tells their places and heights, and as wide as high they are taken to be."""
    spots = [find_spot(place, 1.0, width, height) for place in plan.products]
    return [(round(s.left), round(s.top), round(s.left + s.width), round(s.bottom)) for s in spots]
