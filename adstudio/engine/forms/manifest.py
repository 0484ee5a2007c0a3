"""The list of what a checkpoint folder holds, written last: a folder is whole when its files are the listed ones."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...ports import Watcher

MANIFEST = "adstudio.json"
_FORMAT = 1
_BLOCK = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: what it must be, and the time stamp by which a later change is noticed."""

    size: int
    sha256: str
    mtime_ns: int

    @classmethod
    def of(cls, path: Path, sha256: str) -> Entry:
        """Describe the file in ``path``, whose digest is known."""
        facts = path.stat()
        return cls(facts.st_size, sha256, facts.st_mtime_ns)

    def fits(self, path: Path) -> bool:
        """Whether the file looks untouched, at a glance."""
        try:
            facts = path.stat()
        except OSError:
            return False
        return (facts.st_size, facts.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where a checkpoint comes from, and its files.

    ``source`` has ``repo``, ``revision`` and ``commit`` of a download, or ``converted_from`` and ``dtype``.
    """

    source: dict[str, str] = field(default_factory=dict)
    files: dict[str, Entry] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(entry.size for entry in self.files.values())


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a folder; None where there is none that can be understood."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            return None
        source = {str(key): str(value) for key, value in content["source"].items()}
        return Manifest(source, {str(name): Entry(**facts) for name, facts in content["files"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest in one step: a reader sees all of it or none."""
    content = {
        "format": _FORMAT,
        "source": manifest.source,
        "files": {name: asdict(entry) for name, entry in sorted(manifest.files.items())},
    }
    part = folder / f".{MANIFEST}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MANIFEST)


def record_changes(folder: Path, files: Iterable[Path]) -> None:
    """Take changes that were made on purpose into the folder's manifest, so that they do not count as damage."""
    manifest = read_manifest(folder)
    if manifest is None:
        return
    for path in files:
        name = path.relative_to(folder).as_posix()
        if name in manifest.files:
            manifest.files[name] = Entry.of(path, hash_file(path, hashlib.sha256()))
    write_manifest(folder, manifest)


def is_complete(folder: Path) -> bool:
    """Whether every file that the folder's manifest lists is there with its size and time stamp.

    False for a folder without a manifest, such as one that was copied together by hand: nothing is known about it.
    """
    manifest = read_manifest(folder)
    return manifest is not None and bool(manifest.files) and not changed_files(folder, manifest)


def changed_files(folder: Path, manifest: Manifest) -> list[str]:
    """The files that are missing or were touched since the manifest was written."""
    return [name for name, entry in manifest.files.items() if not entry.fits(folder / name)]


def damaged_files(folder: Path, manifest: Manifest, watcher: Watcher) -> list[str]:
    """The files whose bytes are not the listed ones; every byte is read."""
    total, before, damaged = manifest.bytes, 0, []
    for name, entry in manifest.files.items():
        path = folder / name
        has_size = path.is_file() and path.stat().st_size == entry.size
        if not has_size or hash_file(path, hashlib.sha256(), watcher, before, total) != entry.sha256:
            damaged.append(name)
        before += entry.size
    return damaged


def hash_file(path: Path, digest: Any, watcher: Watcher | None = None, before: int = 0, total: int = 0) -> str:
    """Feed a file to ``digest`` and return it in hexadecimal.

    Args:
        before: bytes done before this file, for the progress.
        total: bytes of the whole job; 0 = no progress is told.
    """

    def watch(done: int) -> None:
        if watcher is not None:
            watcher.check_cancelled()
            if total:
                watcher.progress(before + done, total)

    with path.open("rb") as file:
        feed(file.read, digest, watch)
    return digest.hexdigest()


def feed(read: Callable[[int], bytes], digest: Any, watch: Callable[[int], None] = lambda _: None) -> int:
    """Feed all that ``read`` gives to ``digest``, in blocks; return the number of bytes."""
    done = 0
    while block := read(_BLOCK):
        digest.update(block)
        done += len(block)
        watch(done)
    return done
