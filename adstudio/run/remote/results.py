"""The finished pictures of a job: fetched, verified and put where the user wants them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ServerError
from ...layout.plan.reading import from_json
from ...output.metadata import KEY, read_metadata
from ...output.save import is_named_after
from ...output.store import ORIGIN_FOLDER, NewFile, write_once
from ...types import AdCopy, AdPrompt, Array, LayoutPlan, LayoutScore
from ..asked import PARTS
from ..graph_saving import BESIDES
from .connection import Connection, Refused
from .decoding import decode
from .graph import SAVE, Graph

_NAME = re.compile(r"[0-9a-f]{16}(-q\d+)?\.(png|jpg|webp|avif|json)")
_PARTS = {"cta": "call_to_action"}  # what a copy calls a part that a layout calls otherwise
_FOLDER = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """One finished picture. ``record`` is what its file says of the run."""

    path: Path
    picture: Array
    origin_path: Path | None
    origin: Array
    record: Mapping[str, Any]
    existed: bool


def fetch_pictures(connection: Connection, graph: Graph, outputs: Mapping[str, Any], folder: Path) -> list[Fetched]:
    """Fetch what a job saved.

    Raises:
        ServerError: ``comfyui.no_picture``, ``comfyui.damaged_picture``, or the line broke.
        StorageError: the folder cannot be written to.
    """
    save = graph.id(SAVE)
    files = [file for file in (outputs.get(save) or {}).get("images", []) if file.get("type") == "output"]
    if not files:
        raise ServerError(
            "comfyui.no_picture", "The server finished the job but names no picture.", "Look at the server's log."
        )
    besides = (outputs.get(save) or {}).get(BESIDES, [])
    limited = is_limited(graph)
    return [
        _fetch(connection, file, folder, besides[index] if index < len(besides) else {}, limited=limited)
        for index, file in enumerate(files)
    ]


def _fetch(
    connection: Connection, file: Mapping[str, str], folder: Path, besides: Mapping[str, Any], *, limited: bool
) -> Fetched:
    path, data = _read(connection, file, folder)
    picture = verify(data, path.name, limited=limited)
    new = [NewFile(path, data, lambda there: _is_whole(there, limited=limited))]
    origin_path, origin = None, picture
    if besides.get("origin"):
        origin_path, origin_data = _read(connection, besides["origin"], folder / ORIGIN_FOLDER)
        origin = verify(origin_data, origin_path.name)
        new.insert(0, NewFile(origin_path, origin_data, holding(origin_data)))
    if besides.get("record"):
        record_path, record_data = _read(connection, besides["record"], folder)
        new.append(NewFile(record_path, record_data, holding(record_data)))
    written = dict(zip((each.path for each in new), write_once(folder, new), strict=True))
    record = read_metadata(path).get(KEY)
    about = record.get("report") if isinstance(record, dict) else None
    return Fetched(path, picture, origin_path, origin, about if isinstance(about, dict) else {}, not written[path])


def _read(connection: Connection, file: Mapping[str, str], folder: Path) -> tuple[Path, bytes]:
    """A file of the server's, and where it goes here: into a folder of two digits, as it lies there."""
    name, subfolder = str(file["filename"]), str(file.get("subfolder", ""))
    if not _NAME.fullmatch(name):
        raise _damaged(name, "its name is none of ours")
    last = subfolder.rsplit("/", 1)[-1]
    where = folder / last if _FOLDER.fullmatch(last) else folder
    return where / name, _view(connection, name, subfolder)


def holding(data: bytes) -> Callable[[Path], bool]:
    """Says of a file whether it holds just these bytes."""
    return lambda there: there.read_bytes() == data


def is_limited(graph: Graph) -> bool:
    """Whether a graph saves under a byte limit: such a file may show fewer colours than its name was made of."""
    inputs = graph.nodes[graph.id(SAVE)]["inputs"]
    return bool(inputs.get("max_kb") or inputs.get("channel"))


def _view(connection: Connection, name: str, subfolder: str) -> bytes:
    try:
        return connection.read("/view", filename=name, subfolder=subfolder, type="output")
    except Refused as error:
        if error.status != 404:
            raise
        raise ServerError(
            "comfyui.picture_gone", f"The server no longer has the picture {name}.", "Run it again."
        ) from error


def verify(data: bytes, name: str, *, limited: bool = False) -> Array:
    """Decode a file and see whether it is the picture that its name says.

    Raises:
        ServerError: ``comfyui.damaged_picture``.
    """
    try:
        pixels = decode(data)
    except ValueError as error:
        raise _damaged(name, str(error)) from error
    exact = name.endswith(".png") and not limited
    if not _NAME.fullmatch(name) or (exact and not is_named_after(name, pixels)):
        raise _damaged(name, "it is another picture than its name says")
    return pixels[..., :3].astype(np.float32) / 255.0


def _is_whole(path: Path, *, limited: bool) -> bool:
    try:
        verify(path.read_bytes(), path.name, limited=limited)
    except ServerError:
        return False
    return True


def _damaged(name: str, why: str) -> ServerError:
    return ServerError(
        "comfyui.damaged_picture",
        f"The picture {name:.80} did not come whole from the server: {why:.200}.",
        "Run it again; if it stays, look at the disk and the proxies of the server.",
    )


def read_layout(record: Mapping[str, Any]) -> LayoutPlan:
    """The layout that a file's record holds; an empty one where it holds none."""
    plan = record.get("layout")
    return from_json(json.dumps(plan)) if isinstance(plan, dict) else LayoutPlan()


def read_prompt(record: Mapping[str, Any], draft: AdPrompt) -> AdPrompt:
    """The prompt that a file's record holds; what it does not tell is the draft's."""
    texts = {name: str(record[name]) for name in ("brief", "industry", "style") if record.get(name)}
    texts |= {"positive": str(record["prompt"])} if record.get("prompt") else {}
    provider = (record.get("providers") or {}).get("prompt")
    return replace(draft, **texts, **({"provider": str(provider)} if provider else {}))


def read_copy(layout: LayoutPlan) -> AdCopy:
    """The words that stand on a picture."""
    words: dict[str, Any] = {_PARTS.get(block.role, block.role): block.text for block in reversed(layout.texts)}
    words["old_price"] = next((block.was for block in layout.texts if block.was), "")
    words["link"] = next((mark.content for mark in layout.marks if mark.kind == "qr"), "")
    return AdCopy(**{name: words.get(name, "") for name in PARTS})


def read_score(record: Mapping[str, Any]) -> LayoutScore | None:
    """The layout's score in a file's record."""
    score = next(iter(record.get("layout_scores") or ()), None)
    return LayoutScore(**score) if isinstance(score, dict) else None
