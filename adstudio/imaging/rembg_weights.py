"""Fetch the weights of a rembg model: only when told to, checked, and there only when they are whole."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import os
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from .. import config
from ..errors import ProviderError, StorageError
from ..ports import Watcher
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
        free = shutil.disk_usage(place).free
        if free < model.megabytes * 1_050_000:
            raise StorageError(
                "cutout.disk_full",
                f"{model.name} needs {model.megabytes} MB, but '{place}' has room for {free // 1_000_000} MB.",
                "Free some space, or choose a smaller model.",
            )
        with _only_one(place / f".{model.file_name}.lock", watcher):
            if target.is_file():  # another process has fetched it while we waited
                return target
            try:
                _receive(model, part, watcher)
                part.replace(target)
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            "cutout.models_not_writable",
            f"The weights of {model.name} cannot be stored in '{place}' ({error.strerror or error}).",
            f"Make the folder writable, or put {model.file_name} there by hand.",
        ) from error
    return target


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


def _receive(model: RembgModel, part: Path, watcher: Watcher | None) -> None:
    kind, _, wanted = model.digest.partition(":")
    digest = hashlib.new(kind, usedforsecurity=False)
    logger.info("Downloading the weights of %s", model.name)
    with part.open("wb") as file:
        answer = _ask(model)
        with contextlib.closing(answer):
            total = int(answer.headers.get("Content-Length") or model.megabytes * 1_000_000)
            held = 0
            while chunk := _next(model, answer):
                if watcher is not None:
                    watcher.check_cancelled()
                    watcher.progress(held, total)
                file.write(chunk)
                digest.update(chunk)
                held += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != wanted:
        raise ProviderError(
            "cutout.wrong_bytes",
            f"What came for {model.name} is not the file that rembg's release promises ({held} bytes).",
            "Try again later; a proxy on the way may answer with a page of its own.",
        )
    if watcher is not None:
        watcher.progress(held, held)


def _ask(model: RembgModel) -> http.client.HTTPResponse:
    try:
        return urllib.request.urlopen(f"{RELEASES}/{model.release}", timeout=_TIMEOUT_S)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _failed(model, error) from error


def _next(model: RembgModel, answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(model, error) from error


def _failed(model: RembgModel, error: Exception) -> ProviderError:
    return ProviderError(
        "cutout.download_failed",
        f"The weights of {model.name} could not be downloaded ({type(error).__name__}).",
        f"Check the network, or put {model.file_name} into the models folder 'rembg' by hand.",
    )
