"""Fetch the weights of a rembg model: only when told to, checked, there only when whole; a broken download goes on."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http
import http.client
import logging
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from ... import config
from ...counts import counted
from ...errors import ProviderError, StorageError
from ...ports import Watcher
from .rembg_models import RembgModel

logger = logging.getLogger("adstudio.imaging")

RELEASES = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
_CHUNK = 1 << 20
_TIMEOUT_S = 30.0
_POLL_S = 0.2


def download(model: RembgModel, folder: Path | None = None, watcher: Watcher | None = None) -> Path:
    """Fetch a model's file and return its path.

    Args:
        folder: where it goes; by default the subfolder ``rembg`` of Ad Studio's own models.
        watcher: told of the progress in bytes; it may stop the download.
    Raises:
        ProviderError: ``cutout.download_failed`` or, where other bytes came than promised, ``cutout.wrong_bytes``.
        StorageError: the folder cannot be written, or is too full.
    """
    place = folder or config.model_dirs()[0] / "rembg"
    target = place / model.file_name
    part = place / f".{model.file_name}.part"
    try:
        place.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(place).free + _size(part)
        if free < model.megabytes * 1_050_000:
            raise _disk_full(model, place, free)
        with _only_one(place / f".{model.file_name}.lock", watcher):
            if target.is_file():  # another process has fetched it while we waited
                return target
            if not _receive(model, part, watcher):  # what was there from before did not belong to it
                _receive(model, part, watcher)
            part.replace(target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(model, place, shutil.disk_usage(place).free) from error
        raise StorageError(
            "cutout.models_not_writable",
            f"The weights of {model.name} cannot be stored in '{place}' ({error.strerror or error}).",
            f"Make the folder writable, or put {model.file_name} there by hand.",
            folder=str(place),
            file=model.file_name,
        ) from error
    return target


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _disk_full(model: RembgModel, place: Path, free: int) -> StorageError:
    return StorageError(
        "cutout.disk_full",
        f"{model.name} needs {model.megabytes} MB, but '{place}' has room for {free // 1_000_000} MB.",
        "Free some space, or choose a smaller model.",
        needed=model.megabytes,
        free=free // 1_000_000,
    )


@contextlib.contextmanager
def _only_one(lock_file: Path, watcher: Watcher | None) -> Iterator[None]:
    """Wait until no other process fetches the same file."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file)
    while True:
        if watcher is not None:
            watcher.check_cancelled()
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=_POLL_S)
            break
    try:
        yield
    finally:
        lock.release()


def _receive(model: RembgModel, part: Path, watcher: Watcher | None) -> bool:
    """Fetch what is still missing; what has come stays on the disk when the line breaks or somebody stops it.

    Returns: False where the beginning from before belongs to another file; it has been dropped then.
    """
    kind, _, wanted = model.digest.partition(":")
    digest = hashlib.new(kind, usedforsecurity=False)
    answer, start = _ask(model, _size(part))
    logger.info("Downloading the weights of %s from byte %d on", model.name, start)
    with contextlib.closing(answer), part.open("r+b" if start else "wb") as file:
        held = 0
        while held < start and (chunk := file.read(min(_CHUNK, start - held))):
            digest.update(chunk)
            held += len(chunk)
        file.truncate()
        rest = answer.headers.get("Content-Length")
        total = held + int(rest) if rest else model.megabytes * 1_000_000
        while chunk := _next(model, answer):
            if watcher is not None:
                watcher.check_cancelled()
                watcher.progress(held, total)
            file.write(chunk)
            digest.update(chunk)
            held += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if rest and held < total:
        raise _failed(model, http.client.IncompleteRead(b"", total - held))
    if digest.hexdigest() != wanted:
        part.unlink(missing_ok=True)
        if start:
            return False
        raise ProviderError(
            "cutout.wrong_bytes",
            f"What came for {model.name} is not the file that rembg's release promises ({counted(held, 'byte')}).",
            "Try again later; a proxy on the way may answer with a page of its own.",
            model=model.name,
            bytes=held,
        )
    if watcher is not None:
        watcher.progress(held, held)
    return True


def _ask(model: RembgModel, start: int) -> tuple[http.client.HTTPResponse, int]:
    """Ask for a file from a byte on. Returns: the answer, and the byte that it really starts with."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(f"{RELEASES}/{model.release}", headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _ask(model, 0)  # there is as much as the whole file already, or more
        raise _failed(model, error) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _failed(model, error) from error
    first = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT and first == str(start)
    return answer, start if goes_on else 0


def _next(model: RembgModel, answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(model, error) from error


def _failed(model: RembgModel, error: Exception) -> ProviderError:
    return ProviderError(
        "cutout.download_failed",
        f"The weights of {model.name} could not be downloaded ({type(error).__name__}).",
        f"Check the network and try again: what has come is kept. Or put {model.file_name} into the models folder "
        "'rembg' by hand.",
        model=model.name,
        file=model.file_name,
    )
