"""Watch a run: send its events out, keep them for the report, and stop it when the user says so."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ..errors import AdStudioError
from ..ports import Cancelled, Host
from ..types import Array, RunEvent, Status
from .report import ErrorRecord, RunReport, peak_rss_bytes, peak_vram_bytes

OnEvent = Callable[[RunEvent], None]


class Stop(Protocol):
    """Whether a run was told to stop; a ``threading.Event``, or several."""

    def is_set(self) -> bool: ...


class Recorder:
    """The events of one run."""

    def __init__(self, on_event: OnEvent | None, stop: Stop) -> None:
        self.events: list[RunEvent] = []
        self.current = ""
        self._last_tick: float | None = None
        self._step_seconds: list[float] = []
        self._on_event = on_event
        self._stop = stop

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record a step: its start, and how it ended."""
        self.check_cancelled()
        self.current = name
        self.send(RunEvent("start", name))
        began = time.perf_counter()
        try:
            yield
        except Exception as error:
            self.send(RunEvent("error", name, seconds=time.perf_counter() - began, message=_say(error)))
            raise
        except BaseException:  # an interrupt: the user's, ours or ComfyUI's
            self.send(RunEvent("cancel", name, seconds=time.perf_counter() - began))
            raise
        self.send(RunEvent("finish", name, value=1.0, seconds=time.perf_counter() - began))

    def note(self, message: str) -> None:
        """Keep a remark with the step that runs."""
        self.send(RunEvent("note", self.current, message=message))

    def send(self, event: RunEvent) -> None:
        """Keep an event and hand it on. Previews are handed on only: a report holds no pictures."""
        if event.kind not in ("progress", "preview"):
            self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    def tick(self, step: int) -> None:
        """Time the model's steps; the first of a picture is left out, as it starts with the text encoder."""
        now = time.perf_counter()
        if step > 1 and self._last_tick is not None:
            self._step_seconds.append(now - self._last_tick)
        self._last_tick = now

    @property
    def seconds_per_step(self) -> float:
        """The middle one of the model's step times, which one hiccup does not move."""
        return statistics.median(self._step_seconds) if self._step_seconds else 0.0

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` once the run was told to stop."""
        if self._stop.is_set():
            raise Cancelled()


class RecordedHost:
    """A host whose progress becomes events of the run, and which also stops when the run is told to."""

    def __init__(self, inner: Host, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def on_device(
        self, component: Any, activation_bytes: int = 0, *, streamed: bool = False
    ) -> AbstractContextManager[Any]:
        return self._inner.on_device(component, activation_bytes, streamed=streamed)

    def workspace(self, work_bytes: int) -> AbstractContextManager[Any]:
        return self._inner.workspace(work_bytes)

    def free_bytes(self) -> int:
        return self._inner.free_bytes()

    def release(self, component: Any) -> None:
        self._inner.release(component)

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        self._inner.progress(step, total, preview)
        self._recorder.tick(step)
        share = step / total if total else 1.0
        kind = "progress" if preview is None else "preview"
        self._recorder.send(
            RunEvent(kind, self._recorder.current, value=share, message=f"{step}/{total}", preview=preview)
        )

    def check_cancelled(self) -> None:
        self._recorder.check_cancelled()
        self._inner.check_cancelled()

    def model_file(self, kind: str, name: str) -> Path | None:
        return self._inner.model_file(kind, name)

    def model_folders(self, kind: str) -> tuple[Path, ...]:
        return self._inner.model_folders(kind)


def close_report(
    report: RunReport, recorder: Recorder, began: float, status: Status, error: Exception | None
) -> RunReport:
    """The report of a run that ends now; ``began`` is its start on ``time.perf_counter``."""
    record = None
    if isinstance(error, AdStudioError):
        record = ErrorRecord(error.code, error.message, error.hint)
    elif error is not None:
        record = ErrorRecord("run.unexpected", f"{type(error).__name__}: {error}")
    return replace(
        report.with_events(recorder.events),
        status=status,
        seconds=time.perf_counter() - began,
        error=record,
        seconds_per_step=recorder.seconds_per_step,
        peak_rss_bytes=peak_rss_bytes(),
        peak_vram_bytes=peak_vram_bytes(),
    )


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__
