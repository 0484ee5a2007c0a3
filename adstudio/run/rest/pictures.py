"""Photos into ComfyUI's input folder and finished ads out of its output folder, as a REST job needs them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import config
from ...errors import InputError, ServerError
from ...output.metadata import KEY, read_metadata
from ...output.store import NewFile, inside, write_once
from ..remote.graph import SAVE, Graph
from ..remote.results import holding, is_limited, verify
from ..remote.uploads import FOLDER, Photos
from ..request import AdRequest

_MIMES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif"}
_KINDS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_TOLD = ("prompt", "industry", "style", "providers", "texts", "layout", "layout_scores")


def read_input(folder: Path, name: str) -> bytes:
    """Read a photo that was uploaded into ComfyUI's input folder; names never lead out of it.

    Raises:
        InputError: ``request.no_such_photo``.
    """
    named = config.name_inside(folder, name.replace("\\", "/"))
    path = None if named is None else named.resolve()
    is_photo = path is not None and path.is_relative_to(folder.resolve()) and path.suffix.lower() in _KINDS
    if path is None or not is_photo or not path.is_file():
        raise InputError(
            "request.no_such_photo",
            f"No photo named '{name:.80}' was uploaded to this server.",
            "Upload it with POST /upload/image, or send the photo itself.",
        )
    return path.read_bytes()


def keep_photos(photos: Photos, folder: Path) -> dict[str, str]:
    """Write the photos of a request into the input folder, each once; their names for ``LoadImage`` come back."""
    names: dict[str, str] = {}
    for photo in photos.all():
        write_once(folder, [NewFile(folder / FOLDER / photo.name, photo.data, holding(photo.data))])
        names[photo.name] = f"{FOLDER}/{photo.name}"
    return names


def describe(request: AdRequest, graph: Graph, outputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a finished job saved, without the pictures' bytes.

    Raises:
        ServerError: ``comfyui.no_picture``, ``comfyui.damaged_picture``.
    """
    files = [file for file in (outputs.get(graph.id(SAVE)) or {}).get("images", []) if file.get("type") == "output"]
    if not files:
        raise ServerError("comfyui.no_picture", "The job names no picture.", "Look at the server's log.")
    pictures, report = [], {}
    for index, file in enumerate(files):
        path = inside(folder, file.get("subfolder", "")) / file["filename"]
        data = path.read_bytes()
        height, width = verify(data, path.name, limited=is_limited(graph)).shape[:2]
        if not index:
            record = read_metadata(path).get(KEY)
            about = record.get("report", {}) if isinstance(record, dict) else {}
            report = {name: about[name] for name in _TOLD if name in about}
        pictures.append(
            {
                "name": path.name,
                "subfolder": file.get("subfolder", ""),
                "mime": _MIMES[path.suffix],
                "width": width,
                "height": height,
                "seed": (request.seed or 0) + index,
                "sha256": hashlib.sha256(data).hexdigest(),
                "url": f"/view?filename={path.name}&subfolder={file.get('subfolder', '')}&type=output",
            }
        )
    return {"pictures": pictures, "report": report}


def with_bytes(answer: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The answer with each picture's file as base64: the very bytes that were saved."""
    if "pictures" not in answer:
        return answer
    try:
        held = [(inside(folder, each["subfolder"]) / each["name"]).read_bytes() for each in answer["pictures"]]
    except OSError as error:
        raise InputError(
            "rest.picture_gone", "The picture is no longer in the output folder.", "Ask for it again."
        ) from error
    pictures = [
        {**each, "base64": base64.b64encode(data).decode("ascii")}
        for each, data in zip(answer["pictures"], held, strict=True)
    ]
    return {**answer, "pictures": pictures}
