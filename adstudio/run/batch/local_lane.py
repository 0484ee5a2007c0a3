"""Rows on this machine: while the model draws one, the next are read and cut out and the last is lettered and saved."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...ports import Cancelled, Host
from ..local.device_owner import DeviceOwner
from ..local.finish_stages import check_finish
from ..local.runner import LocalRunner
from ..local.stages import Run
from ..recorder import OnEvent, Recorder
from ..request import AdResult
from .backdrops import Backdrops
from .channel_files import Design, bring_to_channels, check_channels
from .kept_designs import kept
from .lanes import Outcome, failed, in_order, made_by
from .rows import Row

_AHEAD = 2  # rows that are read and cut out before they are drawn; each holds its photos


@dataclass(eq=False)
class _Job:
    """A row on its way."""

    row: Row
    runner: LocalRunner
    legs: Generator[Run, None, AdResult]


class LocalLane:
    """Draws rows in this process.

    Args:
        host: who owns the device; None = plain torch on the best one here.
        overlap: how the legs of rows go side by side; None = where the model has a device of its own, as on a CPU
            they would only take each other's time.
    """

    def __init__(
        self, folder: Path, *, on_event: OnEvent | None = None, host: Host | None = None, overlap: bool | None = None
    ) -> None:
        self._folder = folder
        self._on_event = on_event
        self._device_owner = DeviceOwner(host)
        self._overlap = overlap
        self._backdrops = Backdrops(self._runner)
        self._sizes: set[tuple[object, ...]] = set()
        self._running: weakref.WeakSet[LocalRunner] = weakref.WeakSet()
        self._stopped = False

    def check(self, row: Row) -> None:
        """Refuse what the checkpoint cannot draw or nobody could write."""
        from ..asked import check_words

        request = row.request
        check_channels(row.channels)
        check_words(request)
        check_finish(request)
        asked = (
            request.checkpoint, request.text_encoder, request.vae, request.aspect, request.width, request.height,
            request.reference is None,
        )  # fmt: skip
        if asked not in self._sizes:
            Run(request, Recorder(None, threading.Event()), self._device_owner()).check()
            self._sizes.add(asked)

    def draw(self, rows: Sequence[Row]) -> Generator[Outcome, None, None]:
        """Draw rows, those of one style one after the other."""
        overlap = self._device_owner_is_apart() if self._overlap is None else self._overlap
        waiting, ready, ending = deque(in_order(rows)), deque[tuple[_Job, Future[Run]]](), deque[Future[Outcome]]()
        with _Hands(overlap) as ahead, _Hands(overlap) as after:
            while waiting or ready:
                while waiting and len(ready) < (_AHEAD if overlap else 1):
                    job = self._job(waiting.popleft())
                    ready.append((job, ahead.give(next, job.legs)))
                job, prepared = ready.popleft()
                try:
                    run = prepared.result()
                    self._backdrops.draw(job.row, run, job.legs)
                except Exception as error:
                    yield failed(job.row, error)
                else:
                    ending.append(after.give(self._finish, job))
                while ending and (len(ending) > _AHEAD or ending[0].done()):
                    yield ending.popleft().result()
            while ending:
                yield ending.popleft().result()

    def cancel(self) -> None:
        """Stop every row that is under way."""
        self._stopped = True
        for runner in tuple(self._running):
            runner.cancel()

    def close(self) -> None:
        """There is nothing to give back."""

    def _job(self, row: Row) -> _Job:
        runner = self._runner()
        return _Job(row, runner, runner.legs(row.request, self._on_event))

    def _runner(self) -> LocalRunner:
        if self._stopped:
            raise Cancelled
        runner = LocalRunner(self._folder, host=self._device_owner())
        self._running.add(runner)
        return runner

    def _finish(self, job: _Job) -> Outcome:
        try:
            try:
                next(job.legs)
            except StopIteration as end:
                result: AdResult = end.value
            else:
                raise AssertionError("a run has three legs")
            design = Design.of(result)
            made = bring_to_channels(job.row, design, made_by(result), self._folder)
            return Outcome(job.row, kept(job.row, design, made, self._folder))
        except Exception as error:
            return failed(job.row, error)

    def _device_owner_is_apart(self) -> bool:
        device: Any = getattr(self._device_owner(), "device", None)
        return device is not None and device.type != "cpu"


class _Hands:
    """One thread that works beside this one, or, where nothing is to overlap, this one itself."""

    def __init__(self, beside: bool) -> None:
        self._pool = ThreadPoolExecutor(1) if beside else None

    def __enter__(self) -> _Hands:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def give(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        if self._pool is not None:
            return self._pool.submit(work, *arguments)
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except Exception as error:
            done.set_exception(error)
        return done
