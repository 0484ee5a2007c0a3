"""A long job without pictures, shown as one step: a download, a conversion."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from ...types import Array, RunEvent
from ..recorder import OnEvent, Recorder
from . import interrupt

_WINDOW_S = 10.0


class Job:
    """Watches a job whose progress is counted in bytes, and stops it on Ctrl-C."""

    def __init__(self, name: str, on_event: OnEvent | None) -> None:
        self._name = name
        self._stop = threading.Event()
        self._recorder = Recorder(on_event, self._stop)
        self._seen: deque[tuple[float, int]] = deque()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Show the job for the length of a block."""
        with interrupt.cancels(self.cancel), self._recorder.step(self._name):
            yield

    def cancel(self) -> None:
        """Stop at the next check. Safe from any thread."""
        self._stop.set()

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` once the job was told to stop."""
        self._recorder.check_cancelled()

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        """Show ``step`` of ``total`` bytes, the pace of the last seconds, and what is left."""
        now = time.monotonic()
        self._seen.append((now, step))
        while now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()
        message = f"{sized(step)} of {sized(total)}{self._pace(total - step)}"
        self._recorder.send(RunEvent("progress", self._name, value=step / total if total else 1.0, message=message))

    def _pace(self, left: int) -> str:
        (since, first), (now, last) = self._seen[0], self._seen[-1]
        if now - since < 1 or last <= first:
            return ""
        pace = (last - first) / (now - since)
        minutes, seconds = divmod(round(left / pace), 60)
        return f", {sized(pace)}/s, {minutes}:{seconds:02d} left"


def sized(count: float) -> str:
    """Write a number of bytes as people read it."""
    for unit in ("bytes", "kB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} MB" if count < 1000 else f"{count / 1000:.1f} GB"
