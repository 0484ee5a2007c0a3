"""Rows on ComfyUI servers: two on their way to each, so that photos travel while another picture is drawn."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

from ...errors import InputError
from ..recorder import OnEvent
from .lanes import Outcome, Runner, failed, in_order, made_by
from .rows import Row

PER_SERVER = 2


class RunnerLane:
    """Draws rows with anything that runs requests, several at a time."""

    def __init__(self, runner: Runner, at_once: int, on_event: OnEvent | None = None) -> None:
        self._runner = runner
        self._at_once = at_once
        self._on_event = on_event
        self._stopped = False

    def check(self, row: Row) -> None:
        """Refuse what only one machine of its own can do, and what the server's workflow has no place for."""
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
        try:
            return Outcome(row, made_by(self._runner.run(row.request, self._on_event)))
        except Exception as error:
            return failed(row, error)


def check_for_server(row: Row) -> None:
    """Refuse a row that no server could draw.

    Raises:
        InputError: ``batch.not_on_server``, or what the client and the writers of words refuse.
    """
    from ..remote.refusals import check_fits
    from ..words import check_words

    for column, is_asked in (("backdrop", bool(row.backdrop)), ("channels", bool(row.channels))):
        if is_asked:
            raise InputError(
                "batch.not_on_server",
                f"The column '{column}' needs the pictures between the steps, which a server keeps.",
                "Take the column out, or draw on this machine.",
            )
    check_words(row.request)
    check_fits(row.request)


def server_lane(servers: Sequence[str], folder: Path, on_event: OnEvent | None = None) -> RunnerLane:
    """A lane in front of ComfyUI servers."""
    from ..remote.runner import ComfyRunner

    return RunnerLane(ComfyRunner(servers, folder), PER_SERVER * len(set(servers)), on_event)
