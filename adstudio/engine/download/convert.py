"""Make a checkpoint's weights bfloat16 once, on disk: half the space, and no conversion at every start."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch

from ...errors import InputError
from ...ports import Watcher
from ..forms.diffusers_folder import read_folder
from ..forms.layouts import checkpoint_in
from ..forms.manifest import Entry, Manifest, changed_files, feed, read_manifest
from ..forms.weight_files import WEIGHT_STEMS
from ..tensors.bfloat16_file import Layout, read_layout, write_narrow
from ..tensors.quantization import used_dtype
from ..tensors.readable import read_json, reading
from .needed_files import choose_files, names_in
from .staging import Staging, check_room, is_bare, only_one_at, storing

_KEY = "bf16"
_NOTHING_LEFT = "nothing was left behind."


def convert(folder: Path, out: Path, host: Watcher) -> Path:
    """Write the checkpoint in ``folder`` to ``out`` with its weights in bfloat16, and return ``out``.

    Weights that are bfloat16 already, the tokenizer, configurations and adapters are copied. ``out`` appears when it is
    whole; what an earlier call made of the same files is taken as it is.

    Args:
        host: told of the progress in bytes; its ``check_cancelled`` may stop the work, which then leaves nothing.

    Raises:
        InputError: ``convert.nothing_to_do``, ``convert.folder_taken``
        ModelError: the checkpoint is not whole, or not in a form that can be converted.
        StorageError: no room, or ``out`` cannot be written.
    """
    folder, asked = checkpoint_in(Path(folder).expanduser()), Path(out).expanduser().absolute()
    out = asked.resolve()  # a link to a larger disk: the work is done there
    with reading(folder):
        names = choose_files(names_in(folder) if folder.is_dir() else [], str(folder))
        weights = {name: read_layout(folder / name) for name in names if _is_weights(name)}
        stamp = _stamp(folder, names)
    if _is_made_of(out, stamp):
        return asked
    if not any(layout.has_wide for layout in weights.values()):
        raise InputError(
            "convert.nothing_to_do",
            f"The weights in {folder} are bfloat16 already.",
            "Use this folder as it is.",
        )
    with storing(out, _NOTHING_LEFT), only_one_at(out, host):
        if not _is_made_of(out, stamp):  # another process may have made it while we waited
            _Conversion(folder, out, names, weights, host).run(stamp)
    return asked


def bfloat16_edition(place: Path, host: Watcher) -> Path:
    """The checkpoint in ``place`` with its weights in bfloat16: converted beside itself where most of them are wider.

    Returns:
        ``place`` itself where there is nothing to gain: bfloat16 or fewer bits, or files that stand alone.

    Raises:
        ModelError, StorageError: as ``convert`` does.
    """
    folder = checkpoint_in(place)
    if not folder.is_dir() or all(used_dtype(part) != torch.float32 for part in read_folder(folder).parts):
        return place
    return convert(folder, edition_beside(place), host)


def edition_beside(place: Path) -> Path:
    """Where the bfloat16 edition of a checkpoint goes where nothing else is said."""
    return place.with_name(f"{place.name}-bf16")


def _is_made_of(out: Path, stamp: str) -> bool:
    if not out.exists() or is_bare(out):
        return False
    manifest = read_manifest(out) if out.is_dir() else None
    if manifest is not None and manifest.source.get("stamp") == stamp and not changed_files(out, manifest):
        return True
    raise InputError(
        "convert.folder_taken",
        f"The converted checkpoint cannot go to {out}: something else is there.",
        "Choose another folder, or delete this one.",
        folder=str(out),
    )


class _Conversion:
    def __init__(
        self, folder: Path, out: Path, names: tuple[str, ...], weights: dict[str, Layout], watcher: Watcher
    ) -> None:
        self._folder, self._names, self._weights, self._watcher = folder, names, weights, watcher
        self._staging = Staging(out, "converting")
        self._total = sum(layout.narrow_bytes for layout in weights.values())
        self._total += sum((folder / name).stat().st_size for name in names if name not in weights)
        self._done = 0

    def run(self, stamp: str) -> None:
        """Write every file, then show the folder; on any failure leave nothing."""
        check_room(self._staging.target, self._total, "The converted checkpoint")
        self._staging.discard()  # what a killed process has left
        try:
            hashes = {name: self._write(name) for name in self._names}
            done = {name: self._staging.done(name, _KEY) for name in self._names}
            entries = {name: Entry.of(path, hashes[name]) for name, path in done.items()}
            self._watcher.check_cancelled()
            self._staging.publish(done, Manifest(self._source(stamp), entries))
        except BaseException:
            self._staging.discard()
            raise
        self._watcher.progress(self._total, self._total)

    def _write(self, name: str) -> str:
        part = self._staging.part(name, _KEY)
        part.parent.mkdir(parents=True, exist_ok=True)
        if name in self._weights:
            sha256 = write_narrow(self._weights[name], part, self._watch)
        else:
            sha256 = self._copy(name, part)
        self._staging.finish(name, _KEY)
        return sha256

    def _copy(self, name: str, part: Path) -> str:
        digest = hashlib.sha256()
        with part.open("wb") as out:
            content = self._changed(name)
            if content is not None:
                out.write(content)
                digest.update(content)
                self._watch(len(content))
            else:
                with (self._folder / name).open("rb") as source:
                    feed(lambda size: _tee(source.read(size), out), digest, lambda _: self._watcher.check_cancelled())
                self._watch(out.tell())
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()

    def _changed(self, name: str) -> bytes | None:
        """The content of a small file that speaks of the weights; None where the file is copied as it is."""
        if ".index." in name:
            part = name.partition("/")[0]
            index = read_json(self._folder / name)
            size = sum(layout.narrow_bytes for file, layout in self._weights.items() if file.startswith(f"{part}/"))
            index["metadata"] = {**index.get("metadata", {}), "total_size": size}
            return _to_json(index)
        if name in {f"{part}/config.json" for part in WEIGHT_STEMS}:
            config = read_json(self._folder / name)
            said = [key for key in ("dtype", "torch_dtype") if str(config.get(key, "bfloat16")) != "bfloat16"]
            return _to_json(config | dict.fromkeys(said, "bfloat16")) if said else None
        return None

    def _source(self, stamp: str) -> dict[str, str]:
        source = {"converted_from": str(self._folder), "dtype": "bfloat16", "stamp": stamp}
        original = read_manifest(self._folder)
        if original is not None:
            source |= {f"original_{key}": value for key, value in original.source.items() if key in ("repo", "commit")}
        return source

    def _watch(self, count: int) -> None:
        self._done += count
        self._watcher.check_cancelled()
        self._watcher.progress(min(self._done, self._total), self._total)


def _is_weights(name: str) -> bool:
    return name.endswith(".safetensors") and name.partition("/")[0] in WEIGHT_STEMS


def _stamp(folder: Path, names: tuple[str, ...]) -> str:
    facts = [(name, (folder / name).stat().st_size, (folder / name).stat().st_mtime_ns) for name in names]
    return hashlib.sha256(repr((str(folder), facts)).encode()).hexdigest()[:32]


def _to_json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _tee(block: bytes, out: Any) -> bytes:
    out.write(block)
    return block
