"""A full queue sends callers away in order: each comes back when its turn may be, and nobody overtakes it."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter

import pytest

from adstudio.run.rest.jobs import JobRecord, JobTable
from adstudio.run.rest.limits import Limits
from adstudio.run.rest.line import KEPT_S, LONGEST_S, ComeBack

CALLERS, PLACES, JOB_S = 60, 4, 3.0


def sent_away(table: JobTable, limits: Limits, caller: object, others: int = 0) -> ComeBack:
    with pytest.raises(ComeBack) as refused:
        table.add(JobRecord(f"of {caller}"), limits, others, caller)  # type: ignore[arg-type]
    return refused.value


def end(job: JobRecord, now: float) -> None:
    job.state, job.ended = "done", now


def test_nobody_is_sent_away_often_and_who_came_first_is_drawn_first() -> None:
    """Sixty callers at once, four places, a newcomer a second, and one job after the other."""
    now = 0.0
    table, limits = JobTable(lambda: now, lambda: now), Limits(queue=PLACES)
    order = itertools.count()
    knocks = [
        (float(0 if number < CALLERS else number - CALLERS), next(order), number) for number in range(2 * CALLERS)
    ]
    heapq.heapify(knocks)
    waiting, taken, refused = list[JobRecord](), list[int](), Counter[int]()
    free_at = JOB_S
    while knocks:
        now, _, caller = heapq.heappop(knocks)
        while waiting and free_at <= now:
            end(waiting.pop(0), free_at)
            free_at += JOB_S
        job = JobRecord(str(caller))
        try:
            table.add(job, limits, 0, caller)
        except ComeBack as told:
            refused[caller] += 1
            heapq.heappush(knocks, (now + told.seconds, next(order), caller))
            continue
        free_at = max(free_at, now + JOB_S) if not waiting else free_at
        waiting.append(job)
        taken.append(caller)
    assert sorted(taken) == list(range(2 * CALLERS))
    assert max(refused.values()) <= 8, refused.most_common(3)
    late = [place for place, caller in enumerate(taken) if caller < CALLERS]
    assert max(late) < CALLERS + PLACES, "a newcomer overtook many of those who were there first"


def test_a_place_that_gets_free_is_kept_for_who_was_sent_away() -> None:
    now = 0.0
    table, limits = JobTable(lambda: now, lambda: now), Limits(queue=1)
    job = JobRecord("1")
    table.add(job, limits, 0, "first")
    assert sent_away(table, limits, "second").code == "rest.queue_full"
    end(job, now)
    told = sent_away(table, limits, "third")
    assert "1 caller comes first" in told.message and str(told.seconds) in told.hint
    table.add(JobRecord("2"), limits, 0, "second")


def test_who_does_not_come_back_loses_the_place() -> None:
    now = 0.0
    table, limits = JobTable(lambda: now, lambda: now), Limits(queue=1)
    job = JobRecord("1")
    table.add(job, limits, 0, "first")
    told = sent_away(table, limits, "second")
    end(job, now)
    now = told.seconds + KEPT_S + 1
    table.add(JobRecord("2"), limits, 0, "third")


def test_the_wait_follows_the_pace_of_the_queue() -> None:
    table, limits = JobTable(lambda: 1000.0, lambda: 1000.0), Limits(queue=10)
    for number in range(5):
        job = JobRecord(str(number))
        table.add(job, limits, 0)
        end(job, 900.0 + 8 * number)
    assert [sent_away(table, limits, name, others=10).seconds for name in "abc"] == [8, 16, 24]
    assert sent_away(table, limits, "a", others=10).seconds == 8, "who comes back keeps its place"
    assert max(sent_away(table, limits, number, others=10).seconds for number in range(30)) == LONGEST_S


def test_a_clock_that_is_set_back_keeps_nobody_out() -> None:
    day, now = 1_000_000.0, 0.0
    table, limits = JobTable(lambda: day, lambda: now), Limits(queue=1)
    job = JobRecord("1")
    table.add(job, limits, 0, "first")
    told = sent_away(table, limits, "second")
    end(job, day)
    day, now = day - 86_400, told.seconds + KEPT_S + 1
    table.add(JobRecord("2"), limits, 0, "third")
