"""What was drawn for a row that lacks a channel: what is missing is made of it when the catalogue is resumed.

It lies in the store, under the digest of all that the drawn picture hangs on, so channels may change in between.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import AdStudioError
from ...layout.plan.reading import from_json, to_json
from ...output.store import write_whole
from . import kept_words
from .channel_files import Design, bring_to_channels, end_of
from .lanes import Made, Outcome, failed
from .manifest import digest_of
from .rows import Row

_FOLDER, _CODE = "kept", "batch.not_written"


def kept(row: Row, design: Design, made: Made, store: Path) -> Made:
    """Keep what a row was drawn with where it lacks a channel; what was made of it comes back as it is.

    Raises:
        StorageError: ``batch.not_written``.
    """
    if made.lacks is None or design.origin is None or not row.drawn:
        return made
    if not all(path.is_relative_to(store) for path in (design.origin, *(path for _, path in made.files))):
        return made
    place = _place(row, store)
    place.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "origin": _told(design.origin, store),
        "files": [[end, *_told(path, store)] for end, path in made.files],
        "plan": to_json(design.plan),
        "has_mask": design.keep is not None,
        "seed": design.seed,
        "model": design.model,
        "score": made.score,
        "seconds": made.seconds,
        "seeds": made.seeds,
        "notes": list(map(str, made.notes)),
        "prompts": kept_words.to_json(row, made.prompts),
    }
    if design.keep is not None:
        mask = BytesIO()
        Image.fromarray(np.rint(255 * np.clip(design.keep, 0, 1)).astype(np.uint8)).save(mask, "PNG")
        write_whole(place.with_suffix(".png"), mask.getvalue(), _CODE)
    write_whole(place, json.dumps(told, ensure_ascii=False).encode(), _CODE)
    return made


def complete(row: Row, store: Path) -> Outcome | None:
    """Make the channels that a row lacks of what was drawn for it; None where that is not there, or not whole."""
    place = _place(row, store)
    if not row.drawn or not row.channels or not place.is_file():
        return None
    try:
        design, made = _read(row, json.loads(place.read_text(encoding="utf-8")), store)
    except (OSError, ValueError, TypeError, KeyError, AdStudioError):
        place.unlink(missing_ok=True)  # drawn again
        return None
    try:
        made = kept(row, design, bring_to_channels(row, design, made, store), store)
    except Exception as error:
        return failed(row, error)
    if made.lacks is None:
        place.unlink(missing_ok=True)
        place.with_suffix(".png").unlink(missing_ok=True)
    return Outcome(row, made)


def _read(row: Row, told: dict[str, Any], store: Path) -> tuple[Design, Made]:
    from ...imaging.photo import read_photo_with_alpha

    (name, digest), mask = told["origin"], _place(row, store).with_suffix(".png")
    origin = _there(name, digest, store)
    keep = np.asarray(Image.open(mask), np.float32) / np.float32(255) if told["has_mask"] else None
    picture = read_photo_with_alpha(origin, min_side_px=1)[0]
    if keep is not None and keep.shape != picture.shape[:2]:
        raise ValueError("another picture's mask")
    design = Design(picture, from_json(told["plan"]), keep, int(told["seed"]), str(told["model"]), origin)
    wanted = {end_of(name) for name in row.channels}
    files = tuple((end, _there(name, digest, store)) for end, name, digest in told["files"])
    made = Made(
        tuple((end, path) for end, path in files if end in wanted or end.removeprefix("~").isdigit() or not end),
        told["score"],
        told["seconds"],
        tuple(told["seeds"]),
        tuple(told["notes"]),
        kept_words.from_json(told["prompts"]),
    )
    return design, made


def _place(row: Row, store: Path) -> Path:
    return store / _FOLDER / f"{row.drawn[:32]}.json"


def _told(path: Path, store: Path) -> list[str]:
    return [path.relative_to(store).as_posix(), digest_of(path)]


def _there(name: str, digest: str, store: Path) -> Path:
    path = store / name
    if not path.resolve().is_relative_to(store.resolve()) or digest_of(path) != digest:
        raise ValueError(name)
    return path
