"""Ctrl-C: the first asks whoever works to stop, the second ends the process.

Python raises ``KeyboardInterrupt`` wherever the main thread happens to be. Inside a callback of a library, or in a
finaliser, it is printed and lost, and the run goes on. So the first one also tells the running job to cancel: what is
lost there is raised by the job's own next check.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_asked = threading.Event()
_cancels: list[Callable[[], None]] = []


@contextmanager
def handled() -> Iterator[None]:
    """Take over Ctrl-C for the length of a command; does nothing outside the main thread."""
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def cancels(cancel: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C call ``cancel`` (safe from a signal handler, such as setting an event) for the length of a block."""
    _cancels.append(cancel)
    try:
        if _asked.is_set():
            cancel()
        yield
    finally:
        _cancels.remove(cancel)


def was_asked() -> bool:
    """Whether Ctrl-C was pressed during this command."""
    return _asked.is_set()


def _press(number: int, frame: FrameType | None) -> None:
    if _asked.is_set():
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)  # the shell then sees what happened
    _asked.set()
    for cancel in _cancels:
        cancel()
    raise KeyboardInterrupt
