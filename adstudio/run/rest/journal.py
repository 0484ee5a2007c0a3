"""The jobs of the REST routes on disk, so that a server that was restarted still knows what became of them.

One line when a job is taken in, one when it has ended, with the names of its pictures and without what was asked for.
Every server writes a file of its own and holds a lock beside it for as long as it lives: several may share a user
folder, and whoever starts reads the files whose lock nobody holds.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .jobs import KEPT, KEPT_S, JobRecord

logger = logging.getLogger("adstudio.rest")

FILE = "rest-jobs.jsonl"
_MOST_LINES = 8 * KEPT  # then it is written anew
_GATE_S = 10.0  # the longest that another server reads for


@dataclass(frozen=True, slots=True)
class Recalled:
    """What journals say of the time before: jobs that had ended, and the numbers of those that had not."""

    ended: tuple[JobRecord, ...] = ()
    broken_off: dict[str, float] = field(default_factory=dict)


class Journal:
    """A file that grows by lines. That it cannot be written is said in the log and stops nobody.

    Args:
        path: what the journals of a folder are called by: ``rest-jobs.jsonl`` for ``rest-jobs-0a1b….jsonl``.
    """

    def __init__(self, path: Path) -> None:
        self._named = path
        self._path = path.with_name(f"{path.stem}-{secrets.token_hex(6)}{path.suffix}")
        self._alive = _lock_of(self._path)  # the system lets it go when the process ends, however it ends
        self._lines = 0
        self._is_sound = True
        self._lock = threading.Lock()

    def begin(self, job: JobRecord) -> None:
        """Note that a job was taken in."""
        self._append({"job": job.id, "created": job.created})

    def end(self, job: JobRecord) -> None:
        """Note what became of it."""
        about = {"job": job.id, "created": job.created, "ended": job.ended, "state": job.state}
        self._append({**about, "status": job.status, "answer": job.answer})

    def recall(self) -> Recalled:
        """Read what servers that are gone noted within the last hour, and drop what is older than that."""
        now, told = time.time(), dict[str, dict[str, Any]]()
        with self._alone():
            for path in self._left_behind():
                try:
                    told |= {about["job"]: about for about in _read(path)}  # of a job's two lines the later one counts
                    if path.stat().st_mtime < now - KEPT_S:
                        path.unlink()
                except OSError as error:
                    logger.warning("What became of the jobs in '%s' is forgotten: %s", path.name, error)
        recent = [each for each in told.values() if (each.get("ended") or each["created"]) > now - KEPT_S]
        fresh = sorted(recent, key=lambda each: each["created"])[-KEPT:]
        ended = tuple(_job_of(each) for each in fresh if "status" in each)
        return Recalled(ended, {each["job"]: each["created"] for each in fresh if "status" not in each})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One reads at a time: a lock that a reader tries would look like that of a server."""
        gate = _lock_of(self._named)
        with suppress(Timeout, OSError):  # as long as its folder is not there, nobody has written in it
            gate.acquire(timeout=_GATE_S)
        try:
            yield
        finally:
            gate.release()

    def _left_behind(self) -> Iterator[Path]:
        """The journals of servers that are gone, each under its lock."""
        for path in sorted(self._named.parent.glob(f"{self._named.stem}-*{self._named.suffix}")):
            lock = _lock_of(path)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                continue  # its server runs, and answers for its jobs itself; or it is another user's
            try:
                yield path
            finally:
                lock.release()
                if not path.exists():
                    Path(lock.lock_file).unlink(missing_ok=True)

    def _append(self, about: dict[str, Any]) -> None:
        try:
            with self._lock:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                if not self._alive.is_locked:
                    self._alive.acquire()
                with self._path.open("ab") as file:
                    file.write(_line(about))
                self._lines += 1
                if self._lines > _MOST_LINES:
                    self._rewrite([*_read(self._path)][-2 * KEPT :])
                self._is_sound = True
        except OSError as error:
            if self._is_sound:  # once, not for each job
                logger.warning("Jobs will be forgotten when the server restarts: %s", error)
            self._is_sound = False

    def _rewrite(self, told: list[dict[str, Any]]) -> None:
        beside = self._path.with_suffix(".new")
        try:
            beside.write_bytes(b"".join(map(_line, told)))
            beside.replace(self._path)
        except OSError as error:
            logger.warning("The journal of jobs cannot be written: %s", error)
        self._lines = len(told)


def _lock_of(path: Path) -> FileLock:
    return FileLock(path.with_suffix(".lock"), thread_local=False)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            about = json.loads(line)
            if isinstance(about["job"], str) and isinstance(about["created"], (int, float)):
                if "status" in about:
                    _job_of(about)
                yield about
        except (ValueError, TypeError, KeyError, RecursionError):  # torn, or somebody has had a hand in it
            continue


def _line(about: dict[str, Any]) -> bytes:
    # A line break before it, too: the one before may be torn.
    return b"\n" + json.dumps(about, ensure_ascii=False).encode() + b"\n"


def _job_of(about: dict[str, Any]) -> JobRecord:
    job = JobRecord(about["job"], created=about["created"], state=about["state"], ended=about["ended"])
    job.status, job.answer = about["status"], about["answer"]
    if not (job.has_ended and isinstance(job.status, int) and isinstance(job.answer, dict) and job.to_dict()):
        raise ValueError("not as a job is noted")
    return job
