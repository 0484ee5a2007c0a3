"""Download a checkpoint from a model hub: only what is needed, resumable, checked, visible only when it is whole."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from ...errors import InputError
from ...ports import Watcher
from ..forms.manifest import Entry, Manifest, changed_files, damaged_files, is_complete, read_manifest
from .hub import RemoteFile, Repository, cached_file, explained, look_up, repo_name, unlogged
from .needed_files import choose_files
from .staging import Staging, check_room, is_bare, only_one_at, storing
from .transfer import Transfer, digest_of

__all__ = ["fetch", "is_complete"]

_STREAMS = 4  # one line seldom fills a data centre's network
_THREADS = "adstudio-fetch"
_POLL_S = 0.2
_BLOCK = 4 * 2**20
_KEPT = "what has arrived is kept, and the next start loads only the rest."


def fetch(repo_id: str, folder: Path, host: Watcher, *, revision: str = "main", verify: bool = False) -> Path:
    """Download a checkpoint into ``folder``, or finish or mend what is there, and return the folder.

    A folder whose files are those of its manifest is taken as it is, without asking the hub.

    Args:
        repo_id: ``org/name`` at the hub that ``HF_ENDPOINT`` names.
        host: told of the progress in bytes; its ``check_cancelled`` may stop the download, which can be taken up later.
        revision: a branch, tag or commit.
        verify: read every byte of a folder that looks whole, and load anew what is damaged.

    Raises:
        InputError: not an id; the folder holds something else.
        ModelError: the hub has no such model, or bytes came that are not the promised ones.
        ProviderError: the hub cannot be reached, or is busy.
        StorageError: no room, or the folder cannot be written.
    """
    repo, asked = repo_name(repo_id), Path(folder).expanduser().absolute()
    folder = asked.resolve()  # a link to a larger disk: the work is done there
    manifest = _check_taken(folder, repo, revision)
    if manifest is not None and not verify and not changed_files(folder, manifest):
        return asked
    with storing(folder, _KEPT), only_one_at(folder, host):
        manifest = _check_taken(folder, repo, revision)  # another process may have done it while we waited
        if manifest is not None:
            bad = damaged_files(folder, manifest, host) if verify else changed_files(folder, manifest)
            if not bad:
                return asked
        repository = look_up(repo, revision if manifest is None else manifest.source["commit"], _waiting(host))
        _Download(repository, revision, folder, host).run()
    return asked


def _check_taken(folder: Path, repo: str, revision: str) -> Manifest | None:
    """The manifest of the same download in ``folder``; None where the place is free or its files have none."""
    if not folder.exists():
        return None
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        if is_bare(folder) or (folder / "model_index.json").is_file():
            return None  # a clone or a copy: what fits is kept
        found = "other files"
    elif "repo" not in manifest.source:
        found = "a converted checkpoint"
    elif manifest.source["repo"] != repo:
        found = manifest.source["repo"]
    elif revision not in (manifest.source["revision"], manifest.source["commit"]):
        found = f"its revision '{manifest.source['revision']}'"
    else:
        return manifest
    raise InputError(
        "fetch.folder_taken",
        f"{repo} cannot go to {folder}: it holds {found}.",
        "Choose another folder, or delete this one.",
        repo=repo,
        folder=str(folder),
    )


def _waiting(watcher: Watcher) -> Callable[[float], None]:
    def wait_for(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            watcher.check_cancelled()
            time.sleep(min(left, _POLL_S))

    return wait_for


class _Download:
    def __init__(self, repository: Repository, revision: str, folder: Path, watcher: Watcher) -> None:
        names = choose_files(repository.files, f"{repository.repo} at {repository.commit[:12]}")
        self._repository, self._revision, self._folder, self._watcher = repository, revision, folder, watcher
        self._files = [repository.files[name] for name in names]
        self._staging = Staging(folder, "fetching")
        self._total = sum(file.size for file in self._files)
        self._held = 0
        self._counting = threading.Lock()

    def run(self) -> None:
        """Bring what is missing, then show the folder."""
        hashes = self._survey()
        missing = [file for file in self._files if file.name not in hashes]
        here = {file.name: self._size_of_part(file) for file in missing}
        check_room(self._folder, sum(file.size - here[file.name] for file in missing), f"'{self._repository.repo}'")
        self._moved(sum(here.values()))
        with explained(self._repository.repo, self._revision):
            hashes |= self._receive(missing)
        self._watcher.check_cancelled()
        self._publish(hashes)
        self._watcher.progress(self._total, self._total)

    def _survey(self) -> dict[str, str]:
        """Find the files that are here already, or in the hub's cache, and their SHA-256."""
        wanted = [(file, self._staging.part(file.name, file.key)) for file in self._files]
        done = [self._staging.done(file.name, file.key) for file in self._files]
        named = [self._staging.folder / file.name for file in self._files]  # broken off while it was shown
        self._staging.keep_only([*(part for _, part in wanted), *done, *named])
        hashes: dict[str, str] = {}
        for file, checked, shown in zip(self._files, done, named, strict=True):
            for path in (checked, shown, self._folder / file.name):
                if sha256 := self._sha256_if_right(file, path, was_checked=path == checked):
                    if path == shown:
                        path.replace(checked)
                    hashes[file.name] = sha256
                    self._moved(file.size)
                    break
            else:
                self._take_from_cache(file, hashes)
        return hashes

    def _take_from_cache(self, file: RemoteFile, hashes: dict[str, str]) -> None:
        """Take what the hub's own tools have loaded already, on the same disk without taking room a second time."""
        cached, part = cached_file(self._repository.repo, file), self._staging.part(file.name, file.key)
        if cached is None or not (sha256 := self._sha256_if_right(file, cached, was_checked=False)):
            return
        part.unlink(missing_ok=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(cached.resolve(), part)
        except OSError:  # another disk, or one that knows no second names
            check_room(self._folder, file.size, f"'{self._repository.repo}'")
            with cached.open("rb") as source, part.open("wb") as out:
                while block := source.read(_BLOCK):
                    out.write(block)
                    self._watcher.check_cancelled()
        self._staging.finish(file.name, file.key)
        hashes[file.name] = sha256
        self._moved(file.size)

    def _receive(self, files: list[RemoteFile]) -> dict[str, str]:
        transfer = Transfer(self._repository, self._moved)
        hashes: dict[str, str] = {}
        with unlogged(_THREADS), ThreadPoolExecutor(_STREAMS, thread_name_prefix=_THREADS) as pool:
            running: dict[Future[str], RemoteFile] = {}
            try:
                for file in sorted(files, key=lambda file: file.size):  # the small ones tell soon what is wrong
                    part = self._staging.part(file.name, file.key)
                    running[pool.submit(transfer.receive, file, part)] = file
                while running:
                    finished, _ = wait(running, timeout=_POLL_S, return_when=FIRST_EXCEPTION)
                    for future in finished:
                        file = running.pop(future)
                        hashes[file.name] = future.result()
                        self._staging.finish(file.name, file.key)
                    self._watcher.check_cancelled()
                    self._watcher.progress(self._held, self._total)
            except BaseException:
                transfer.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return hashes

    def _publish(self, hashes: dict[str, str]) -> None:
        done, entries = {}, {}
        for file in self._files:
            checked = self._staging.done(file.name, file.key)
            if checked.is_file():
                done[file.name] = checked
            entries[file.name] = Entry.of(checked if checked.is_file() else self._folder / file.name, hashes[file.name])
        source = {
            "repo": self._repository.repo,
            "revision": self._revision,
            "commit": self._repository.commit,
        }
        self._staging.publish(done, Manifest(source, entries))

    def _sha256_if_right(self, file: RemoteFile, path: Path, *, was_checked: bool) -> str:
        if not path.is_file() or path.stat().st_size != file.size:
            return ""
        if was_checked and file.sha256 is not None:
            return file.sha256
        digest = digest_of(file, path, lambda _: self._watcher.check_cancelled())
        return digest.sha256 if digest.is_right else ""

    def _size_of_part(self, file: RemoteFile) -> int:
        part = self._staging.part(file.name, file.key)
        size = part.stat().st_size if part.is_file() else 0
        return size if size <= file.size else 0

    def _moved(self, change: int) -> None:
        with self._counting:
            self._held += change
