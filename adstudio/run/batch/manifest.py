"""What is finished, on disk: ``manifest.jsonl`` with each finished row once, ``errors.jsonl`` with the failed ones.

A line is written and flushed to the disk after the files it names. So whatever moment a process ends at, each line but
a torn last one is true, and what has no line is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import InputError, StorageError
from ...output.store import write_whole
from . import kept_words
from .rows import Row

_ADS = re.compile(r"ads/[^/\\]+")  # what is deleted or read is named by this file, which anybody may have edited
MANIFEST, ERRORS = "manifest.jsonl", "errors.jsonl"
_CODE = "batch.not_written"


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished row.

    Args:
        digest: of the row that was drawn.
        files: relative to the folder; ``sha256`` holds theirs, in the same order.
        score: how well the copy sits, 0..1; None where nothing was laid out.
        prompts: the words of a shared backdrop, where a language model wrote them.
    Units: seconds of work, without waiting.
    """

    row: int
    id: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    score: float | None
    seconds: float
    digest: str
    seeds: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    prompts: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that failed, and why."""

    row: int
    id: str
    code: str
    message: str
    hint: str = ""


class Manifest:
    """The two files of a folder. One process at a time may have it; ``open`` first, ``close`` at the end."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._lines = self.folder / MANIFEST
        self._lock: Any = None

    def open(self, rows: Iterable[Row], *, resume: bool) -> dict[str, Entry]:
        """Take the folder, mend what a killed run left, and tell which of the rows are finished, by id.

        An entry is kept if its row is unchanged and its files are whole; the others are dropped, to be done again.

        Raises:
            InputError: ``batch.already_there`` without ``resume``; ``batch.bad_manifest``.
            StorageError: ``batch.busy``, ``batch.not_written``.
        """
        from filelock import FileLock, Timeout

        self._lock = FileLock(self.folder / ".batch.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise StorageError(
                "batch.busy", f"Another run is at work in '{self.folder}'.", "Wait for it, or choose another folder."
            ) from error
        try:
            return self._open(rows, resume=resume)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.release()

    def add(self, entry: Entry) -> None:
        """Write down a finished row, once its files are on the disk."""
        _append(self._lines, asdict(entry))

    def fail(self, failure: Failure) -> None:
        """Write down a failed row."""
        _append(self.folder / ERRORS, asdict(failure))

    def _open(self, rows: Iterable[Row], *, resume: bool) -> dict[str, Entry]:
        there = self._lines.read_bytes() if self._lines.exists() else b""
        if there and not resume:
            raise InputError(
                "batch.already_there",
                f"'{self.folder}' holds the ads of an earlier run.",
                "Say --resume to go on with it, or choose another folder.",
            )
        written = read_entries(there)
        wanted = {row.id: row for row in rows}
        kept: dict[str, Entry] = {}
        for entry in written:
            row = wanted.get(entry.id)
            if row is None:
                kept[entry.id] = entry  # of a table that has changed since; nobody asked to lose the ad
            elif row.digest == entry.digest and self._is_whole(entry):
                kept[entry.id] = replace(entry, row=row.number)
            else:
                self._discard(entry)
        lines = "".join(_line(asdict(entry)) for entry in kept.values()).encode()
        if lines != there or not self._lines.exists():
            write_whole(self._lines, lines, _CODE)
        write_whole(self.folder / ERRORS, b"", _CODE)
        return {name: entry for name, entry in kept.items() if name in wanted}

    def _is_whole(self, entry: Entry) -> bool:
        paths = [self.folder / name for name in entry.files]
        if not paths or not all(path.is_file() for path in paths):
            return False
        return [digest_of(path) for path in paths] == list(entry.sha256)

    def _discard(self, entry: Entry) -> None:
        for name in entry.files:
            (self.folder / name).unlink(missing_ok=True)


def read_entries(data: bytes) -> list[Entry]:
    """The entries of a manifest's bytes; a last line that was cut off in writing counts for nothing.

    Raises:
        InputError: ``batch.bad_manifest``: something else than a killed run has damaged it.
    """
    lines = data.split(b"\n")
    torn = lines.pop()  # empty where the last line is whole
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(_entry(json.loads(line)))
        except (ValueError, TypeError, KeyError) as error:
            if number == len(lines) and not torn:
                break  # a file system may have written the end of a line before its beginning
            raise InputError(
                "batch.bad_manifest",
                f"Line {number} of {MANIFEST} cannot be read.",
                "Take the line out to have its row drawn again, or choose another folder.",
            ) from error
    return entries


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(told: Mapping[str, Any]) -> Entry:
    lists = {name: tuple(map(str, told[name])) for name in ("files", "sha256", "notes")}
    if not all(_ADS.fullmatch(name) for name in lists["files"]):
        raise ValueError("a file outside the folder of ads")
    prompts = tuple(told.get("prompts", ()))
    kept_words.from_json(prompts)  # raises where it cannot be read
    return Entry(**{**told, **lists, "seeds": tuple(told["seeds"]), "prompts": prompts})


def _line(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"


def _append(path: Path, told: Mapping[str, Any]) -> None:
    try:
        with path.open("ab") as file:
            file.write(_line(told).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(
            _CODE, f"'{path}' cannot be written ({error.strerror}).", "Make room, or choose another folder."
        ) from error
