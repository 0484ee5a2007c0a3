"""The jobs of the REST routes on disk, so that a server that was restarted still knows what became of them.

One line when a job is taken in, one when it has ended, with the names of its pictures and without what was asked for.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .jobs import KEPT, KEPT_S, JobRecord

logger = logging.getLogger("adstudio.rest")

FILE = "rest-jobs.jsonl"
_MOST_LINES = 8 * KEPT  # then it is written anew


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a journal says of the time before: jobs that had ended, and the numbers of those that had not."""

    ended: tuple[JobRecord, ...] = ()
    broken_off: dict[str, float] = field(default_factory=dict)


class Journal:
    """A file that grows by lines. That it cannot be written is said in the log and stops nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
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
        """Read what was noted within the last hour, and leave no more than that in the file."""
        now, told = time.time(), dict[str, dict[str, Any]]()
        with self._lock:
            for about in self._read():
                told[about["job"]] = about  # of a job's two lines the later one counts
            fresh = [each for each in told.values() if (each.get("ended") or each["created"]) > now - KEPT_S][-KEPT:]
            self._rewrite(fresh)
        ended = tuple(_job_of(each) for each in fresh if "status" in each)
        return Recalled(ended, {each["job"]: each["created"] for each in fresh if "status" not in each})

    def _append(self, about: dict[str, Any]) -> None:
        try:
            with self._lock:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    file.write(_line(about))
                self._lines += 1
                if self._lines > _MOST_LINES:
                    self._rewrite([*self._read()][-2 * KEPT :])
                self._is_sound = True
        except OSError as error:
            if self._is_sound:  # once, not for each job
                logger.warning("Jobs will be forgotten when the server restarts: %s", error)
            self._is_sound = False

    def _read(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return
        for line in lines:
            try:
                about = json.loads(line)
                if isinstance(about["job"], str) and isinstance(about["created"], (int, float)):
                    if "status" in about:
                        _job_of(about)
                    yield about
            except (ValueError, TypeError, KeyError, RecursionError):  # torn, or somebody has had a hand in it
                continue

    def _rewrite(self, told: list[dict[str, Any]]) -> None:
        if not self._path.exists():
            return
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            beside.write_bytes(b"".join(map(_line, told)))
            beside.replace(self._path)
        except OSError as error:
            logger.warning("The journal of jobs cannot be written: %s", error)
        self._lines = len(told)


def _line(about: dict[str, Any]) -> bytes:
    # A line break before it, too: the one before may be torn.
    return b"\n" + json.dumps(about, ensure_ascii=False).encode() + b"\n"


def _job_of(about: dict[str, Any]) -> JobRecord:
    job = JobRecord(about["job"], created=about["created"], state=about["state"], ended=about["ended"])
    job.status, job.answer = about["status"], about["answer"]
    if not (job.has_ended and isinstance(job.status, int) and isinstance(job.answer, dict) and job.to_dict()):
        raise ValueError("not as a job is noted")
    return job
