"""``--server``: where a command draws, in this process or on ComfyUI servers; and how it tells a program of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...types import RunEvent
from ..local.runner import LocalRunner
from . import interrupt
from .progress import Progress

if TYPE_CHECKING:
    from ..remote.runner import ComfyRunner


def add(parser: Any, what: str = "draw on this ComfyUI instead of here") -> None:
    """Add the option to a command."""
    parser.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="URL",
        help=f"{what}, http://HOST:8188; say it again for more of them: the least busy one gets the job",
    )


@contextmanager
def running(
    options: argparse.Namespace,
) -> Iterator[tuple[LocalRunner | ComfyRunner, Progress, Callable[[RunEvent], None]]]:
    """The runner that the options ask for, its progress display, and what its events go to."""
    runner = _runner(options)
    options.runner = runner  # so that a failure can tell how far the run came
    with Progress(sys.stderr, quiet=options.quiet) as progress, interrupt.cancels(runner.cancel):

        def on_event(event: RunEvent) -> None:
            progress(event)
            if options.json and not options.quiet and event.kind != "preview":
                sys.stdout.write(json.dumps(as_line(event), ensure_ascii=False) + "\n")
                sys.stdout.flush()

        try:
            yield runner, progress, on_event
        finally:
            if not isinstance(runner, LocalRunner):
                runner.close()


def as_line(event: RunEvent) -> dict[str, Any]:
    """An event as one line for a program; an envelope has ``ok``, an event has ``event``."""
    told = {"value": round(event.value, 4), "seconds": round(event.seconds, 4), "message": event.message}
    return {"event": event.kind, "step": event.step, **{name: value for name, value in told.items() if value}}


def _runner(options: argparse.Namespace) -> LocalRunner | ComfyRunner:
    if not options.server:
        return LocalRunner(options.out)
    from ..remote.runner import ComfyRunner

    return ComfyRunner(options.server, options.out)
