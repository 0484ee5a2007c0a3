"""Finished ads under the names of their rows: ``ads/<id>.png`` beside the store that keeps them by their pixels.

<folder>/ads/<id>.png            what a shop takes; <id>~2.png of a second picture, <id>~<channel>.jpg of a channel
<folder>/store/3f/3f9c….png      the same file under the hash of its pixels, with its record; originals in store/origin
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path

from ...errors import StorageError
from ...output.store import DEVICES
from .lanes import Made

ADS, STORE = "ads", "store"
_FORBIDDEN = re.compile(r'[~<>:"/\\|?*\x00-\x1f\x7f]')  # ~ parts an id from a number or channel


def file_name(identity: str) -> str:
    """The name of a row's files, good on every system; ids that differ have names that differ, but for their case."""
    plain = _FORBIDDEN.sub("_", identity).strip(" .")
    is_device = DEVICES.fullmatch(plain) is not None
    if plain == identity and not is_device:
        return plain
    return f"{'row ' if is_device else ''}{plain or 'row'}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def deliver(folder: Path, identity: str, made: Made) -> tuple[str, ...]:
    """Give stored files the names of their row, over those of an earlier run.

    Returns:
        the names relative to ``folder``, in the order of ``made.files``.
    Raises:
        StorageError: ``batch.not_written``.
    """
    names: list[str] = []
    for suffix, stored in made.files:
        name = f"{ADS}/{file_name(identity)}{suffix}{stored.suffix}"
        try:
            _put(stored, folder / name)
        except OSError as error:
            raise StorageError(
                "batch.not_written",
                f"'{folder / name}' cannot be written ({error.strerror}).",
                "Make room, or choose another folder.",
            ) from error
        names.append(name)
    return tuple(names)


def _put(stored: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.link(stored, part)  # no second copy; the store has flushed it to the disk
    except OSError:  # a file system without links
        shutil.copyfile(stored, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
    try:
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)  # still there where both names were the same file already
