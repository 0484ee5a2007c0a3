"""Two servers on one user folder: real processes, each of which knows its own jobs after a restart and no other's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
JOBS = 150
# Recalls, then does what it is told, line by line: "end 3" notes that a job was done, "begin 5" only that it was taken.
SERVER = """
import sys
from pathlib import Path
from adstudio.run.rest.jobs import JobRecord
from adstudio.run.rest.journal import Journal
journal = Journal(Path(sys.argv[1]) / "jobs.jsonl")
before = journal.recall()
print("ended", *sorted(job.id for job in before.ended))
print("broken", *sorted(before.broken_off), flush=True)
for line in sys.stdin:
    what, *numbers = line.split()
    for number in numbers:
        job = JobRecord(number)
        journal.begin(job)
        if what == "end":
            job.end("done", 200, {"pictures": [{"name": number * 40}]})
            journal.end(job)
    print("noted", flush=True)
"""


class Server:
    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", SERVER, str(folder)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.ended, self.broken = (set(self._line().split()[1:]) for _ in range(2))

    def tell(self, what: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def wait(self) -> None:
        assert self._line() == "noted\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    with ExitStack() as stack:

        def one() -> Server:
            server = Server(tmp_path)
            stack.callback(server.kill)
            return server

        yield one


def numbers(name: str, until: int = JOBS) -> list[str]:
    return [f"{name}{k}" for k in range(until)]


def test_no_line_is_lost_and_no_running_job_of_the_other_is_declared_lost(start) -> None:
    one, other = start(), start()
    assert not one.ended | one.broken | other.ended | other.broken
    for server, name in ((one, "a"), (other, "b")):  # both write at the same time
        server.tell(" ".join(["end", *numbers(name)]))
    one.wait(), other.wait()
    one.tell("begin a-cut"), other.tell("begin b-runs")
    one.wait(), other.wait()

    one.kill()
    again = start()
    assert again.ended == set(numbers("a")) and again.broken == {"a-cut"}

    other.tell("end b-later")  # it goes on as if nothing had happened
    other.wait()
    again.kill(), other.kill()
    for server in (start(), start()):  # whichever comes first, each knows its own
        assert server.ended == {*numbers("a"), *numbers("b"), "b-later"}
        assert server.broken == {"a-cut", "b-runs"}


def test_servers_that_start_at_once_hide_nothing_from_each_other(start, tmp_path: Path) -> None:
    before = start()
    before.tell(" ".join(["end", *numbers("a", 20)]))
    before.wait()
    before.kill()
    command = [sys.executable, "-c", SERVER, str(tmp_path)]
    at_once = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in at_once:
        said = process.communicate()[0].splitlines()
        assert set(said[0].split()[1:]) == set(numbers("a", 20)) and said[1] == "broken"
