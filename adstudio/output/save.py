"""Save a picture under the hash of what it shows, so that the same picture is stored once.

<folder>/3f/3f9c….png       the ad; the name is a hash of mode, size, pixels, and of format and how it is written
<folder>/3f/3f9c….json      what the file holds beside its pixels; dropped on ComfyUI it opens the graph
<folder>/origin/a1/a1….png  the picture before lettering, under its own hash, named in the ad's record
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..types import Array
from . import store
from .budget import fit_bytes
from .credentials import Credentials, sign
from .disclosure import Disclosure
from .encode import FORMATS, Format, check, encode, find_format, hash_pixels, read_back, to_pixels
from .metadata import KEY, enclose
from .scrub import scrub

_PNG = FORMATS["png"]
_DIGITS = 16
_RECORDS_SHARE = 0.1  # of a byte limit; a graph may be longer than a whole banner


@dataclass(frozen=True, slots=True)
class SavedPicture:
    """Where a picture lies.

    Args:
        origin_path: its un-lettered original.
        report_path: the record beside it.
        digest: its name.
        existed: this very picture was stored before, with the metadata of that first time.
    """

    path: Path
    origin_path: Path | None
    digest: str
    existed: bool
    notes: tuple[str, ...] = ()
    report_path: Path | None = None


def save_picture(
    image: Array,
    folder: str | Path,
    *,
    format: str = "png",
    quality: int = 95,
    max_bytes: int | None = None,
    original: Array | None = None,
    metadata: Mapping[str, object] | None = None,
    disclosure: Disclosure | None = None,
    credentials: Credentials | None = None,
) -> SavedPicture:
    """Save a picture, its record and its original. Safe with many processes on one folder.

    Args:
        image: ``[H,W,3]`` or ``[H,W,4]``, float 0..1 or uint8.
        quality: 1..100, for jpeg, webp and avif; webp at 100 is lossless. With ``max_bytes`` the highest to try.
        max_bytes: the most that the file may take, all that is in it counted.
        original: the picture before lettering, kept lossless.
        metadata: what to write into the file, by name; values are JSON-ready or text. Secrets and private paths are
            taken out.
        disclosure: what part artificial intelligence had; None = none, and no mark.
        credentials: sign the finished file with them.

    Raises:
        InputError: the picture or a setting cannot be used, or the picture does not fit into ``max_bytes``.
        MissingDependency: this Pillow lacks the format, or the package for signing is missing.
        StorageError: the folder cannot be written to; nothing is left half-written.
    """
    chosen, pixels, root = find_format(format), to_pixels(image), Path(folder)
    check(pixels, chosen, quality)
    shown = hash_pixels(pixels)
    digest = _name_of(shown, chosen, quality, max_bytes, signed=credentials is not None)
    path = _place(root, digest, chosen.extension)
    records: dict[str, Any] = scrub(metadata or {})
    files: list[store.NewFile] = []
    origin_path = None
    if original is not None:
        before = to_pixels(original)
        hashed = hash_pixels(before)
        origin_path = _origin_path(root, hashed)
        files += _origin(origin_path, before, records, disclosure)
        if isinstance(about := records.get(KEY), dict):
            link = Path(os.path.relpath(origin_path, path.parent)).as_posix()
            records[KEY] = {**about, "origin": {"path": link, "sha256": hashed}}
    if disclosure is not None and isinstance(about := records.get(KEY), dict):
        records[KEY] = {**about, "disclosure": disclosure.to_record()}
    keeps_all = max_bytes is None and (
        not chosen.lossy or (chosen.name == "webp" and quality == 100 and pixels.shape[2] == 3)
    )

    def is_whole(there: Path) -> bool:
        return _holds(there, pixels, lossless=keeps_all)

    flat = root / f"{shown[:_DIGITS]}{f'-q{quality}' if chosen.lossy else ''}{chosen.extension}"  # until 0.1
    if max_bytes is None and credentials is None and store.is_there(flat, is_whole):
        store.write_once(root, files)
        return SavedPicture(flat, origin_path, flat.stem, existed=True)
    notes: tuple[str, ...] = ()
    if not store.is_there(path, is_whole):
        data, notes = _encode(pixels, chosen, quality, max_bytes, records, disclosure, credentials)
        files.append(store.NewFile(path, data, is_whole))
    report_path = path.with_suffix(".json") if KEY in records else None
    if report_path is not None and not store.is_there(report_path, _is_json):
        files.append(store.NewFile(report_path, _report(records), _is_json))
    written = dict(zip((file.path for file in files), store.write_once(root, files), strict=True))
    return SavedPicture(path, origin_path, digest, not written.get(path, False), notes, report_path)


def save_original(
    image: Array,
    folder: str | Path,
    *,
    metadata: Mapping[str, object] | None = None,
    disclosure: Disclosure | None = None,
) -> Path:
    """Save a picture alone where originals lie, without loss; the same one is stored once.

    Args:
        image, metadata, disclosure: as those of ``save_picture``.

    Raises:
        InputError, StorageError: as ``save_picture``.
    """
    root, pixels = Path(folder), to_pixels(image)
    path = _origin_path(root, hash_pixels(pixels))
    store.write_once(root, _origin(path, pixels, scrub(metadata or {}), disclosure))
    return path


def is_named_after(name: str, pixels: NDArray[np.uint8]) -> bool:
    """Whether a lossless file saved without a byte limit has the name that its pixels give it."""
    shown = hash_pixels(pixels)
    names = {_name_of(shown, _PNG), _name_of(shown, _PNG, signed=True), shown[:_DIGITS]}  # the last until 0.1
    return Path(name).stem in names


def _name_of(
    shown: str, format: Format, quality: int = 0, max_bytes: int | None = None, *, signed: bool = False
) -> str:
    how = [shown, format.name]
    how += [f"q{quality}"] if format.lossy else []
    how += [f"<={max_bytes}"] if max_bytes is not None else []
    how += ["signed"] if signed else []
    return hashlib.sha256(" ".join(how).encode()).hexdigest()[:_DIGITS]


def _place(root: Path, digest: str, extension: str) -> Path:
    return root / digest[:2] / f"{digest}{extension}"


def _origin_path(root: Path, hashed: str) -> Path:
    return _place(root / store.ORIGIN_FOLDER, _name_of(hashed, _PNG), _PNG.extension)


def _origin(
    path: Path, pixels: NDArray[np.uint8], records: Mapping[str, object], disclosure: Disclosure | None
) -> list[store.NewFile]:
    def is_whole(there: Path) -> bool:
        return _holds(there, pixels, lossless=True)

    if store.is_there(path, is_whole):
        return []
    unlabelled = None if disclosure is None else replace(disclosure, label="")
    data, _ = encode(pixels, _PNG, metadata=records, xmp=_xmp(unlabelled))
    return [store.NewFile(path, data, is_whole)]


def _encode(
    pixels: NDArray[np.uint8],
    format: Format,
    quality: int,
    max_bytes: int | None,
    records: Mapping[str, object],
    disclosure: Disclosure | None,
    credentials: Credentials | None,
) -> tuple[bytes, tuple[str, ...]]:
    xmp = _xmp(disclosure)
    if max_bytes is None:
        data, notes = encode(pixels, format, quality=quality, metadata=records, xmp=xmp)
        return (data if credentials is None else sign(data, format, disclosure, credentials)), notes
    enclosed = enclose(format.name, records, xmp, limit=int(max_bytes * _RECORDS_SHARE))
    signature = 0
    while True:
        fitted = fit_bytes(Image.fromarray(pixels), format, max_bytes - signature, enclosed.arguments, quality=quality)
        data = fitted.data if credentials is None else sign(fitted.data, format, disclosure, credentials)
        if len(data) <= max_bytes:
            break
        signature += len(data) - max_bytes + 64  # a signature's length is known only once it is there
    return data, (*enclosed.notes, fitted.note(len(data), max_bytes))


def _xmp(disclosure: Disclosure | None) -> str:
    return "" if disclosure is None else disclosure.to_xmp()


def _report(records: Mapping[str, Any]) -> bytes:
    """The record as a file that is also a workflow, where there is one: ComfyUI opens it whatever the picture holds."""
    workflow = records.get("workflow")
    whole = dict(workflow) if isinstance(workflow, dict) else {}
    whole |= {key: value for key, value in records.items() if key != "workflow"}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _holds(path: Path, pixels: np.ndarray, *, lossless: bool) -> bool:
    """Whether a file really holds this picture: a copy cut short by a full disk does not."""
    try:
        with read_back(path.read_bytes(), find_format(path.suffix)) as picture:
            if picture.size != (pixels.shape[1], pixels.shape[0]):
                return False
            there = np.asarray(picture)
    except (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError):  # how Pillow reports damage
        return False
    return not lossless or np.array_equal(there, pixels)
