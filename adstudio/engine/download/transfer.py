"""Bring one file of a repository onto the disk: go on where the last attempt broke off, and check every byte."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from ...counts import counted
from ...errors import ModelError
from ...ports import Cancelled
from ..forms.manifest import feed
from .hub import RemoteFile, Repository, opened, pause_after, status_of

_log = logging.getLogger("adstudio.engine")


class Digest:
    """The digests of a file as it grows: SHA-256 for the manifest, and git's own where the hub knows no other."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self.restart()

    def restart(self) -> None:
        """Begin anew, as before the first byte."""
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(f"blob {self._file.size}\0".encode(), usedforsecurity=False)

    def update(self, block: bytes) -> None:
        """Take the next bytes of the file."""
        self._sha256.update(block)
        if self._file.sha256 is None:
            self._git.update(block)

    @property
    def sha256(self) -> str:
        """The SHA-256 of what has come until now, in hexadecimal digits."""
        return self._sha256.hexdigest()

    @property
    def is_right(self) -> bool:
        """Whether these are the bytes that the hub promises."""
        if self._file.sha256 is not None:
            return self._sha256.hexdigest() == self._file.sha256
        return self._file.git_oid is None or self._git.hexdigest() == self._file.git_oid


class Transfer:
    """Receives files of one repository. Safe to use from several threads, one file each.

    Args:
        moved: told how many bytes a file has grown by; negative where some were no good.
    """

    def __init__(self, repository: Repository, moved: Callable[[int], None]) -> None:
        self._repository = repository
        self._moved = moved
        self._stop = threading.Event()

    def stop(self) -> None:
        """Have every file end at its next chunk."""
        self._stop.set()

    def receive(self, file: RemoteFile, part: Path) -> str:
        """Bring ``file`` to ``part``, whose bytes so far are kept, and return its SHA-256.

        Raises:
            ModelError: ``hub.wrong_hash``, ``hub.wrong_size``; the file is removed.
        """
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab+") as stream:
            digest = self._take_up(file, stream)
            self._fill(file, stream, digest)
            stream.flush()
            os.fsync(stream.fileno())
        if digest.is_right:
            return digest.sha256
        part.unlink()
        self._moved(-file.size)
        raise ModelError(
            "hub.wrong_hash",
            f"{file.name} arrived with other bytes than {self._repository.repo} promises "
            f"(SHA-256 {digest.sha256[:12]}… instead of {(file.sha256 or file.git_oid or '')[:12]}…); it was deleted.",
            "Start again to load it anew; if it happens again, something between here and the hub changes files.",
            file=file.name,
        )

    def _take_up(self, file: RemoteFile, stream: BinaryIO) -> Digest:
        if stream.seek(0, os.SEEK_END) > file.size:
            stream.truncate(0)
        digest = Digest(file)
        stream.seek(0)
        feed(stream.read, digest, lambda _: self._check_stopped())
        return digest

    def _fill(self, file: RemoteFile, stream: BinaryIO, digest: Digest) -> None:
        attempt, farthest = 0, stream.seek(0, os.SEEK_END)
        while (held := stream.seek(0, os.SEEK_END)) < file.size:
            self._check_stopped()
            try:
                self._ask(file, stream, digest, held)
                if stream.seek(0, os.SEEK_END) == held:
                    raise _wrong_size(file, held)  # ended without an error and without a byte
            except Exception as error:
                if status_of(error) == 416:  # the server has fewer bytes than the hub says
                    raise _wrong_size(file, held) from None
                reached = stream.seek(0, os.SEEK_END)
                if reached > farthest:  # where a file comes anew each time, to get as far as before is no progress
                    attempt, farthest = 0, reached
                pause = pause_after(error, attempt)
                if pause is None:
                    raise
                attempt += 1
                _log.info("%s broke off (%s); going on in %.0f s.", file.name, type(error).__name__, pause)
                self._stop.wait(pause)

    def _ask(self, file: RemoteFile, stream: BinaryIO, digest: Digest, held: int) -> None:
        with opened(self._repository, file.name, held) as (start, chunks):
            if start == held:
                return self._take(file, stream, digest, chunks, held)
            if not held:
                raise _wrong_size(file, 0)  # a part, where all was asked for
            stream.truncate(0)
            digest.restart()
            self._moved(-held)
            if start == 0:  # the server does not do ranges: all that is there comes again
                return self._take(file, stream, digest, chunks, 0)
        return self._ask(file, stream, digest, 0)  # other bytes than were asked for: rather all of them

    def _take(self, file: RemoteFile, stream: BinaryIO, digest: Digest, chunks: Iterable[bytes], held: int) -> None:
        for chunk in chunks:
            self._check_stopped()
            if held + len(chunk) > file.size:
                raise _wrong_size(file, held + len(chunk))
            stream.write(chunk)
            digest.update(chunk)
            held += len(chunk)
            self._moved(len(chunk))

    def _check_stopped(self) -> None:
        if self._stop.is_set():
            raise Cancelled("the download was stopped")


def _wrong_size(file: RemoteFile, came: int) -> ModelError:
    return ModelError(
        "hub.wrong_size",
        f"{file.name} should have {counted(file.size, 'byte')}, but the hub sent {came:,}.",
        "Start again; if it happens again, report it to the owner of the model.",
        file=file.name,
        wanted=f"{file.size:,}",
        came=f"{came:,}",
    )


def digest_of(file: RemoteFile, path: Path, watch: Callable[[int], None]) -> Digest:
    """The digest of a file that is on the disk already."""
    digest = Digest(file)
    with path.open("rb") as stream:
        feed(stream.read, digest, watch)
    return digest
