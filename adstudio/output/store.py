"""Put bytes on disk once: whole or not at all, and never over a file that somebody else is writing.

The bytes go to a hidden file of the same folder first, are flushed to the disk, and get their name by a hard link,
which fails if the name is taken. So two processes that save the same picture end with one whole file and no rubbish. Of
files that belong together none is named before all are flushed: a full disk leaves nothing of them. A
file whose name a user chose (``write_whole``) replaces what is there in one step instead.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import StorageError

# File systems without hard links (FAT, some network and FUSE mounts) answer with one of these.
_NO_LINKS = {
    code
    for code in (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.EACCES)
    if code
}
ORIGIN_FOLDER = "origin"
_PART = ".adstudio-part-"
DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ .]*(?:\..*)?")
_LONGEST_NAME = 255  # bytes, or UTF-16 units on Windows
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


def prepare_folder(folder: str | Path) -> Path:
    """Make a folder, and prove that a file can be written there.

    Raises:
        StorageError: ``output.not_a_folder``, ``output.not_writable``, ``output.disk_full``, ``output.path_too_long``
    """
    path = Path(folder)
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f"{_PART}{secrets.token_hex(8)}"
        try:
            probe.write_bytes(b"\0" * 4096)  # a full disk still makes empty files
        finally:
            probe.unlink(missing_ok=True)
        _sweep(path)
    return path


def inside(root: Path, name: str) -> Path:
    """Name a folder inside ``root``; names never lead out of it, and are good on every system.

    Hangul is composed, as macOS may hand it over in parts, which would be another folder.

    Raises:
        StorageError: ``output.outside``, ``output.bad_name``, ``output.path_too_long``
    """
    tidy = unicodedata.normalize("NFC", name).strip().replace("\\", "/")
    wanted = os.path.normpath(root / tidy)
    if not Path(wanted).is_relative_to(os.path.normpath(root)):
        raise StorageError(
            "output.outside",
            f"The folder '{_short(Path(name))}' leads out of the output folder.",
            "Give a name inside it, such as 'ads/spring'.",
            folder=_short(Path(name)),
        )
    for part in PurePosixPath(tidy).parts:
        _check_name(part)
    return Path(wanted)


def _check_name(part: str) -> None:
    wrong = re.search(r'[<>:"|?*\x00-\x1f\x7f]', part)
    if wrong or DEVICES.fullmatch(part) or (part not in (".", "..") and part[-1] in ". "):
        what = f"holds {wrong.group()!r}" if wrong else "ends with a dot" if part[-1] == "." else "is a device's name"
        raise StorageError(
            "output.bad_name",
            f"The folder name '{_short(Path(part))}' {what}, which Windows does not take.",
            "Give another name, so that the folder can be copied to any computer.",
            folder=_short(Path(part)),
        )
    size = len(part.encode("utf-8", "surrogatepass"))
    if size > _LONGEST_NAME:
        raise StorageError(
            "output.path_too_long",
            f"The folder name '{_short(Path(part))}' takes {size} bytes; {_LONGEST_NAME} are allowed.",
            "Shorten it: a Hangul syllable takes 3 bytes, so 85 of them fit.",
            folder=_short(Path(part)),
        )


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written. ``is_whole`` says whether one that has its name may stay; a damaged one is replaced."""

    path: Path
    data: bytes
    is_whole: Callable[[Path], bool]


def is_there(path: Path, is_whole: Callable[[Path], bool]) -> bool:
    """Whether a whole file lies under a name.

    Raises:
        StorageError: the folder cannot be read.
    """
    with _explained(path):
        return path.is_file() and is_whole(path)


def write_once(root: Path, files: Sequence[NewFile]) -> list[bool]:
    """Write files under ``root`` unless whole ones are there already: all of them, or none.

    They get their names in order, so what one of them refers to goes before it.

    Returns:
        for each file, True when this call wrote it and False when it was there.

    Raises:
        StorageError: see ``prepare_folder``; nothing is left behind.
    """
    parts: list[Path] = []
    folders: set[Path] = set()
    try:
        for file in files:
            with _explained(file.path):
                folders |= _make_folders(file.path.parent)
                parts.append(root / f"{_PART}{secrets.token_hex(8)}")
                _write_part(parts[-1], file.data)
        written = []
        for file, part in zip(files, parts, strict=True):
            with _explained(file.path):
                written.append(_name(part, file.path, file.is_whole))
        for folder in folders | {file.path.parent for file, wrote in zip(files, written, strict=True) if wrote}:
            _flush_folder(folder)
        return written
    finally:
        for part in parts:
            remove(part)


def write_whole(path: Path, data: bytes, code: str) -> None:
    """Write a file under a name that the user chose, over what is there: whole, or not at all.

    Args:
        code: of the error; what writes has its own.

    Raises:
        StorageError: ``code``; the file that was there before is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a device has no name to give away
            return
        part = path.with_name(f"{_PART}{secrets.token_hex(8)}")
        try:
            _write_part(part, data)
            part.replace(path)
        finally:
            remove(part)
        _flush_folder(path.parent)
        _sweep(path.parent)
    except OSError as error:
        check_place(path, code)
        raise _not_written(path, str(error.strerror), code) from error


def check_place(path: Path, code: str) -> None:
    """Refuse a name under which nothing could be written, before the work for it is done; nothing is made.

    Raises:
        StorageError: ``code``.
    """
    above = next((each for each in path.parents if os.path.exists(each)), Path())  # noqa: PTH110 - raises nothing
    if not above.is_dir():  # Python says of it that a file exists, as if it might not be written over
        raise _not_written(path, f"'{above}' is a file, and no folder", code)
    if not os.access(above, os.W_OK | os.X_OK):
        raise _not_written(path, f"you may not write in '{above}'", code)


def _not_written(path: Path, why: str, code: str) -> StorageError:
    return StorageError(code, f"'{path}' cannot be written ({why}).", "Choose a folder that you may use, or make room.")


def remove(path: Path) -> None:
    """Remove a file that this run wrote and no longer wants."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _write_part(part: Path, data: bytes) -> None:
    # Not mkstemp: its files are private to the user, and a web server has to read the finished picture.
    with part.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path) -> set[Path]:
    """Make a folder and those above it; the folders that got a new entry by that are returned, to be flushed."""
    missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    return {place.parent for place in missing}


def _flush_folder(folder: Path) -> None:
    """Have a new name survive a power cut; Windows has no way to ask for it, and some file systems refuse."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
            file=_short(path),
        )
    if isinstance(error, (FileExistsError, NotADirectoryError, IsADirectoryError)):
        return StorageError(
            "output.not_a_folder",
            f"A folder was expected on the way to '{_short(path)}', but there is something else under that name.",
            "Rename it or choose another output folder.",
            file=_short(path),
        )
    if isinstance(error, PermissionError) or number == errno.EROFS:
        return StorageError(
            "output.not_writable",
            f"This user may not write to '{_short(path)}'.",
            "Choose a folder that you may write to, or change its permissions.",
            folder=str(path),
        )
    if number == errno.ENAMETOOLONG:
        return StorageError(
            "output.path_too_long",
            f"The path '{_short(path)}' is longer than this system allows ({len(str(path))} characters).",
            "Choose an output folder with a shorter path.",
            folder=_short(path),
        )
    return StorageError(
        "output.cannot_write",
        f"'{_short(path)}' cannot be written: {getattr(error, 'strerror', None) or error}.",
        "Check the output folder or choose another one.",
        file=_short(path),
    )


def _short(path: Path) -> str:
    text = str(path).replace("\0", "\\0").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 120 else f"{text[:70]}…{text[-40:]}"
