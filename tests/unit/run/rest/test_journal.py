"""What a server knows of its jobs after it was restarted."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path

import pytest

from adstudio import InputError
from adstudio.run.rest.answers import problem
from adstudio.run.rest.jobs import KEPT, KEPT_S, JobRecord, JobTable
from adstudio.run.rest.journal import Journal

PICTURES = {"pictures": [{"name": "a.png", "subfolder": "ads/0a", "sha256": "00"}], "report": {"industry": "cafe"}}


def noted(path: Path) -> tuple[JobRecord, JobRecord]:
    journal = Journal(path)
    done, cut = JobRecord("done"), JobRecord("cut")
    for job in (done, cut):
        journal.begin(job)
    done.end("done", 200, PICTURES)
    journal.end(done)
    return done, cut


def only_file(folder: Path) -> Path:
    (found,) = folder.glob("jobs-*.jsonl")
    return found


def after_restart(path: Path) -> JobTable:
    before = Journal(path).recall()
    return JobTable(ended=before.ended, broken_off=before.broken_off)


def test_an_ended_job_is_told_of_and_one_broken_off_said_so(tmp_path: Path) -> None:
    done, _ = noted(tmp_path / "deep" / "jobs.jsonl")
    table = after_restart(tmp_path / "deep" / "jobs.jsonl")
    assert table.get("done").to_dict() == done.to_dict() and not table.open
    with pytest.raises(InputError) as caught:
        table.get("cut")
    assert caught.value.code == "rest.restarted" and "output folder" in caught.value.hint
    assert problem(caught.value)[0] == 410
    with pytest.raises(InputError) as caught:
        table.get("other")
    assert caught.value.code == "rest.no_job"


LINE = {"job": "strange", "created": time.time(), "ended": time.time(), "state": "done", "status": 200, "answer": {}}


def test_torn_lines_cost_no_other_one(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    noted(path)
    own = only_file(tmp_path)
    with own.open("ab") as file:
        file.write(b'{"job": "torn", "crea')
    Journal(path).begin(JobRecord("next"))
    strange = [
        [], {"job": 1, "created": 2}, None, {**LINE, "state": "zzz"}, {**LINE, "answer": []}, {**LINE, "status": "ok"},
        {**LINE, "ended": "now"}, {name: LINE[name] for name in ("job", "created", "status")},
    ]  # fmt: skip
    own.write_bytes(own.read_bytes() + "".join(f"\n{json.dumps(line)}" for line in strange).encode())
    before = Journal(path).recall()
    assert [job.id for job in before.ended] == ["done"] and set(before.broken_off) == {"cut", "next"}


def test_old_jobs_and_too_many_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    journal = Journal(path)
    old = JobRecord("old")
    old.end("done", 200, {})
    old.ended = (old.ended or 0) - KEPT_S - 1
    journal.end(old)
    for number in range(KEPT + 5):
        journal.begin(JobRecord(str(number)))
    del journal
    before = Journal(path).recall()
    assert not before.ended and len(before.broken_off) == KEPT


def test_the_files_of_servers_long_gone_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    noted(path)
    long_ago = time.time() - KEPT_S - 1
    os.utime(only_file(tmp_path), (long_ago, long_ago))
    Journal(path).recall()
    assert not [*tmp_path.glob("jobs-*")]


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adstudio.run.rest.journal._MOST_LINES", 10)
    monkeypatch.setattr("adstudio.run.rest.journal.KEPT", 3)
    journal = Journal(tmp_path / "jobs.jsonl")
    for number in range(40):
        journal.begin(JobRecord(str(number)))
    told = [json.loads(line)["job"] for line in only_file(tmp_path).read_text().splitlines() if line]
    assert len(told) <= 10 and told[-1] == "39"


def test_a_disk_that_takes_nothing_is_said_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "jobs.jsonl")
    with caplog.at_level(logging.WARNING, "adstudio.rest"):
        journal.begin(JobRecord("1"))
        journal.begin(JobRecord("2"))
    assert len(caplog.records) == 1 and not journal.recall().ended
