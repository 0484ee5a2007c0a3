"""Put bytes on disk once: whole or not at all, and never over a file that somebody else is writing.

The bytes go to a hidden neighbour of the target first, are flushed to the disk, and get their name by a hard link,
which fails if the name is taken. So two processes that save the same picture end with one whole file and no rubbish.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import StorageError

# File systems without hard links (FAT, some network and FUSE mounts) answer with one of these.
_NO_LINKS = {
    code
    for code in (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.EACCES)
    if code
}
ORIGIN_FOLDER = "origin"
_PART = ".adstudio-part-"
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def prepare_folder(folder: str | Path) -> Path:
    """Make a folder, and prove that a file can be written there.

    Raises:
        StorageError: ``output.not_a_folder``, ``output.not_writable``, ``output.disk_full``, ``output.path_too_long``
    """
    path = Path(folder)
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = _part_beside(path / "probe")
        try:
            with probe.open("xb") as file:
                file.write(b"\0" * 4096)  # a full disk still makes empty files
        finally:
            probe.unlink(missing_ok=True)
        _sweep(path)
    return path


def inside(root: Path, name: str) -> Path:
    """Name a folder inside ``root``; names never lead out of it.

    Raises:
        StorageError: ``output.outside``
    """
    wanted = os.path.normpath(root / name.strip().replace("\\", "/"))
    if not Path(wanted).is_relative_to(os.path.normpath(root)):
        raise StorageError(
            "output.outside",
            f"The folder '{_short(Path(name))}' leads out of the output folder.",
            "Give a name inside it, such as 'ads/spring'.",
        )
    return Path(wanted)


def write_once(path: Path, data: bytes, is_whole: Callable[[Path], bool]) -> bool:
    """Write ``data`` under ``path`` unless a whole file is there already.

    Args:
        is_whole: says whether the file already under this name may stay; a damaged one is replaced.

    Returns:
        True when this call wrote the file, False when it was there.

    Raises:
        StorageError: see ``prepare_folder``; nothing is left behind.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and is_whole(path):
            return False
        part = _part_beside(path)
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return _name(part, path, is_whole)
        finally:
            part.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file that this run wrote and no longer wants."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _name(part: Path, path: Path, is_whole: Callable[[Path], bool]) -> bool:
    try:
        os.link(part, path)
        return True
    except FileExistsError:
        if path.is_file() and is_whole(path):
            return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.is_file() and is_whole(path):
            return False
    part.replace(path)
    return True


def _part_beside(path: Path) -> Path:
    # Not mkstemp: its files are private to the user, and a web server has to read the finished picture.
    return path.with_name(f"{_PART}{secrets.token_hex(8)}")


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half-written an hour ago or earlier."""
    limit = time.time() - 3600
    for where in (folder, folder / ORIGIN_FOLDER):
        for part in where.glob(f"{_PART}*"):
            with contextlib.suppress(OSError):
                if part.stat().st_mtime < limit:
                    part.unlink()


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says into one sentence that says what to do."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise _explain(error, path) from error


def _explain(error: OSError | ValueError, path: Path) -> StorageError:
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL:
        return StorageError(
            "output.disk_full",
            f"There is no room left to write '{_short(path)}'.",
            "Free some space on that disk or choose another output folder; nothing was left half-written.",
        )
    if isinstance(error, (FileExistsError, NotADirectoryError, IsADirectoryError)):
        return StorageError(
            "output.not_a_folder",
            f"A folder was expected on the way to '{_short(path)}', but there is something else under that name.",
            "Rename it or choose another output folder.",
        )
    if isinstance(error, PermissionError) or number == errno.EROFS:
        return StorageError(
            "output.not_writable",
            f"This user may not write to '{_short(path)}'.",
            "Choose a folder that you may write to, or change its permissions.",
        )
    if number == errno.ENAMETOOLONG:
        return StorageError(
            "output.path_too_long",
            f"The path '{_short(path)}' is longer than this system allows ({len(str(path))} characters).",
            "Choose an output folder with a shorter path.",
        )
    return StorageError(
        "output.cannot_write",
        f"'{_short(path)}' cannot be written: {getattr(error, 'strerror', None) or error}.",
        "Check the output folder or choose another one.",
    )


def _short(path: Path) -> str:
    text = str(path).replace("\0", "\\0").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 120 else f"{text[:70]}…{text[-40:]}"
