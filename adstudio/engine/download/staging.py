"""Build a checkpoint folder out of sight: what is half done never looks like a checkpoint, and can be taken up again.

Files lie in a hidden folder beside the target, each under its name with a mark: ``.part`` while it is written,
``.done`` once its bytes are checked. Only when all are done do they get their real names, and the folder
gets the target's.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...errors import AdStudioError, StorageError
from ...ports import Watcher
from ..forms.manifest import Manifest, write_manifest
from ..tensors.byte_size import byte_size

_log = logging.getLogger("adstudio.engine")
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
_MARGIN_BYTES = 256 * 2**20  # what a file system keeps for itself, and other programs write meanwhile
_POLL_S = 0.2


class Staging:
    """The working folder of a target. Hold ``only_one_at`` while you use it."""

    def __init__(self, target: Path, purpose: str) -> None:
        self.target = target
        hidden = f".{target.name}.{purpose}"
        # A disk that is mounted right there cannot be moved to, only into.
        self.folder = target / hidden if target.is_mount() else target.with_name(hidden)

    def part(self, name: str, key: str) -> Path:
        """Where a file is written; ``key`` says which version of it, so that a stale one is not taken up."""
        return self.folder / f"{name}.{key}.part"

    def done(self, name: str, key: str) -> Path:
        """Where a checked file waits."""
        return self.folder / f"{name}.{key}.done"

    def finish(self, name: str, key: str) -> None:
        """Mark a file as checked."""
        self.part(name, key).replace(self.done(name, key))

    def keep_only(self, wanted: Iterable[Path]) -> None:
        """Remove what an earlier attempt has left and this one does not need."""
        keep = set(wanted)
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in keep:
                path.unlink()

    def publish(self, done: dict[str, Path], manifest: Manifest) -> None:
        """Give the files their names, write the manifest, and put the folder in its place.

        A target that exists (a broken download that was mended) gets the new files one by one, the manifest last.
        """
        if is_bare(self.target) and self.folder.parent != self.target:
            self.target.rmdir()
        base = self.target if self.target.exists() else self.folder
        for name, path in done.items():
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            path.replace(base / name)
        write_manifest(base, manifest)
        if base is self.folder:
            _flush(base)
            base.rename(self.target)
        else:
            self.discard()
        _flush(self.target.parent)

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def is_bare(folder: Path) -> bool:
    """Whether a folder holds nothing, or nothing but our own working folder."""
    return folder.is_dir() and all(path.name.startswith(f".{folder.name}.") for path in folder.iterdir())


@contextmanager
def only_one_at(target: Path, watcher: Watcher) -> Iterator[None]:
    """Wait until no other process or thread works on ``target``; then keep others waiting.

    The lock is the operating system's, so it goes with its process however that ends. Its empty file stays: removing it
    would let two in at once.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    told = False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not told:
                _log.warning("Another process is working on %s; waiting for it.", target)
                told = True
        watcher.check_cancelled()
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        lock.release()


def check_room(folder: Path, needed: int, what: str) -> None:
    """Raise unless the disk of ``folder`` has room for ``needed`` bytes and some to spare.

    Raises:
        StorageError: ``disk.no_room``
    """
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed + _MARGIN_BYTES:
        raise StorageError(
            "disk.no_room",
            f"{what} needs {needed:,} bytes and {_MARGIN_BYTES:,} to spare, but {free:,} are free on the disk of "
            f"{place}.",
            "Free some space on that disk, or choose a folder on another one.",
            needed=byte_size(needed),
            free=byte_size(free),
        )


@contextmanager
def storing(folder: Path, left: str) -> Iterator[None]:
    """Say in one sentence why a file cannot be written.

    Args:
        left: what became of the work so far, for the hint.

    Raises:
        StorageError: ``disk.full``, ``disk.not_writable``, ``disk.cannot_write``
    """
    try:
        yield
    except BrokenPipeError:  # the reader of our output went away; the disk has no part in it
        raise
    except OSError as error:
        raise explain(error, folder, left) from error


def explain(error: OSError, folder: Path, left: str) -> AdStudioError:
    """What an error of the operating system means to the user."""
    if error.errno in _FULL:
        return StorageError(
            "disk.full", f"The disk of {folder} is full.", f"Free some space on it; {left}", folder=str(folder)
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return StorageError(
            "disk.not_writable",
            f"This user may not write to {error.filename or folder}.",
            "Choose another folder, or change its permissions.",
            folder=str(error.filename or folder),
        )
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return StorageError(
            "disk.not_a_folder",
            f"A folder was expected at {error.filename or folder}, but there is a file.",
            "Rename it or choose another folder.",
            folder=str(error.filename or folder),
        )
    reason = error.strerror or type(error).__name__
    return StorageError(
        "disk.cannot_write", f"{folder} cannot be written: {reason}.", f"Check that disk; {left}", folder=str(folder)
    )


def _flush(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network file systems flush no folders
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
