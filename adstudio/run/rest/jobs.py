"""The jobs that callers asked for, until they are old."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from ...counts import counted
from ...errors import InputError
from .limits import Limits
from .line import LONGEST_S, SHORTEST_S, ComeBack, Line

State = Literal["queued", "running", "done", "failed", "cancelled"]
KEPT = 500
KEPT_S = 3600.0
_LOOKED_AT = 20  # ended jobs, to tell how fast the queue moves
_USUAL_PACE_S = 5.0


@dataclass(slots=True)
class JobRecord:
    """One job: where it stands, and its answer once it has ended; not its request, whose photos may take 50 MB.

    Args:
        notes: what of the request its channel leaves no place for.
    """

    id: str
    webhook: str = ""
    notes: tuple[str, ...] = ()
    state: State = "queued"
    created: float = field(default_factory=time.time)
    ended: float | None = None
    status: int = 202
    answer: dict[str, Any] = field(default_factory=dict)
    is_cancelled: bool = False

    @property
    def has_ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    def end(self, state: State, status: int, answer: dict[str, Any]) -> None:
        """Close the job with its answer."""
        self.state, self.status, self.ended, self.answer = state, status, time.time(), answer

    def to_dict(self) -> dict[str, Any]:
        """The job as an answer: its state, and what came of it."""
        about: dict[str, Any] = {"job": self.id, "state": self.state, "created": round(self.created, 3)}
        if self.ended is not None:
            about["ended"] = round(self.ended, 3)
        return {"ok": self.state not in ("failed", "cancelled"), **about, **self.answer}


class JobTable:
    """Jobs by number. For one event loop.

    Args:
        clock: of the day, by which jobs get old, also over a restart.
        ticks: of the line before the table; a day's clock that is set back would keep everybody out for as long.
        ended: those of before the server was restarted; ``broken_off`` the numbers of those that it had not finished.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        *,
        ended: Iterable[JobRecord] = (),
        broken_off: Collection[str] = (),
    ) -> None:
        self._clock = clock
        self._line = Line(ticks)
        self._jobs = {job.id: job for job in ended}
        self._broken_off = broken_off

    @property
    def open(self) -> int:
        """How many have not ended."""
        return sum(not job.has_ended for job in self._jobs.values())

    def add(self, job: JobRecord, limits: Limits, others: int, caller: Hashable = None) -> None:
        """Take a job in, unless the queue is full, or has no more places than others wait for.

        Args:
            others: jobs in ComfyUI's queue that are not ours.
            caller: who asks; the same one when it comes back.

        Raises:
            ComeBack: ``rest.queue_full``.
        """
        waiting, ahead = self.open + others, self._line.ahead_of(caller)
        if limits.queue - waiting <= ahead:
            still = ahead + 1 - max(0, limits.queue - waiting)  # jobs that have to end before
            seconds = math.ceil(min(max(still * self._pace(), SHORTEST_S), LONGEST_S))
            self._line.send_away(caller, seconds)
            behind = f", and {counted(ahead, 'caller comes', 'callers come')} first" if ahead else ""
            raise ComeBack(
                "rest.queue_full", f"{counted(waiting, 'job is', 'jobs are')} waiting already{behind}.", seconds
            )
        self._line.let_in(caller)
        self._sweep()
        self._jobs[job.id] = job

    def get(self, number: str) -> JobRecord:
        """Find a job.

        Raises:
            InputError: ``rest.no_job``, ``rest.restarted``.
        """
        if number in self._broken_off:
            raise InputError(
                "rest.restarted",
                "The server was restarted before it had finished this job, which went with its queue.",
                "Ask for the ad again. A picture that it had saved already lies in ComfyUI's output folder, in 'ads'.",
            )
        if number not in self._jobs:
            raise InputError("rest.no_job", "There is no job of that number.", "Ended ones are kept for an hour.")
        return self._jobs[number]

    def has(self, number: str) -> bool:
        """Whether a number is one of ours."""
        return number in self._jobs

    def drop(self, job: JobRecord) -> None:
        """Forget a job that was refused after all."""
        self._jobs.pop(job.id, None)

    def _pace(self) -> float:
        """Seconds from the end of one job to the next one's: the middle one of the last few."""
        ends = sorted(job.ended for job in self._jobs.values() if job.ended is not None)[-_LOOKED_AT:]
        return statistics.median(later - one for one, later in pairwise(ends)) if len(ends) > 1 else _USUAL_PACE_S

    def _sweep(self) -> None:
        """Forget what ended long ago, and the oldest of too many."""
        ended = sorted((job for job in self._jobs.values() if job.has_ended), key=lambda job: job.ended or 0)
        limit = self._clock() - KEPT_S
        old = [job for job in ended if (job.ended or 0) < limit]
        for job in {each.id: each for each in (*old, *ended[: max(0, len(ended) - KEPT)])}:
            del self._jobs[job]
