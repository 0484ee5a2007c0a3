"""Rows on ComfyUI servers: two on their way to each, so that photos travel while another picture is drawn."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

from ...ports import Cancelled
from ..recorder import OnEvent
from .lanes import Outcome, failed, in_order
from .rows import Row
from .server_rows import ServerRows, ServerRunner, check_for_server

PER_SERVER = 2


class RunnerLane:
    """Draws rows with anything that runs requests, several at a time.

    Args:
        folder: of the store.
    """

    def __init__(self, runner: ServerRunner, folder: Path, at_once: int, on_event: OnEvent | None = None) -> None:
        self._runner = runner
        self._rows = ServerRows()
        self._folder = folder
        self._at_once = at_once
        self._on_event = on_event
        self._stopped = False

    def check(self, row: Row) -> None:
        """Refuse what the server's workflow has no place for."""
        check_for_server(row)

    def draw(self, rows: Sequence[Row]) -> Generator[Outcome, None, None]:
        """Draw rows, in the order in which they are done."""
        waiting = iter(in_order(rows))
        with ThreadPoolExecutor(self._at_once) as pool:
            running = {pool.submit(self._one, row) for row in islice(waiting, self._at_once)}
            while running:
                done = next(as_completed(running))
                running.discard(done)
                yield done.result()
                running |= {pool.submit(self._one, row) for row in islice(waiting, 1)}

    def cancel(self) -> None:
        """Stop what is under way."""
        self._stopped = True
        self._runner.cancel()

    def close(self) -> None:
        """Hang up."""
        getattr(self._runner, "close", lambda: None)()

    def _one(self, row: Row) -> Outcome:
        if self._stopped:  # the runner stops what it has, and knows nothing of rows that still wait here
            raise Cancelled
        try:
            return Outcome(row, self._rows.draw(row, self._runner, self._folder, self._on_event))
        except Exception as error:
            return failed(row, error)


def server_lane(servers: Sequence[str], folder: Path, on_event: OnEvent | None = None) -> RunnerLane:
    """A lane in front of ComfyUI servers."""
    from ..remote.runner import ComfyRunner

    return RunnerLane(ComfyRunner(servers, folder), folder, PER_SERVER * len(set(servers)), on_event)
