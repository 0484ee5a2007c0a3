"""Ads on request, over the queue of whoever runs graphs: take in, work, answer. Nothing here blocks the event loop."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...errors import AdStudioError, ServerError
from ..asked import check_words, own_copy
from ..engines import SizeOver
from ..remote.answers import failure, was_interrupted
from ..remote.channel_filling import barred_notes, without_barred
from ..remote.filling import fill, with_seed
from ..remote.graph import Graph
from ..remote.refusals import check_fits
from ..remote.uploads import read_photos
from ..request import AdRequest
from ..room import check_headline
from ..target import channel_of
from . import pictures, webhook
from .answers import problem
from .body import Ask
from .jobs import JobRecord, JobTable
from .journal import Journal
from .limits import Limits

logger = logging.getLogger("adstudio.rest")
T = TypeVar("T")
_TICK_S = 0.1
_MOST_LOOKS = 3  # a job that is nowhere for so long was taken out of the queue


class Queue(Protocol):
    """Whoever runs graphs one after the other."""

    def strangers(self, ours: Callable[[str], bool]) -> int:
        """Count the jobs that are not ours."""
        ...

    async def submit(self, number: str, graph: Graph) -> None:
        """Check a graph and queue it; raises what is wrong with it."""
        ...

    def state(self, number: str) -> str:
        """``queued``, ``running``, ``ended`` or empty, where the job is unknown."""
        ...

    def entry(self, number: str) -> Mapping[str, Any]:
        """What the history holds of a job that has ended."""
        ...

    def said(self, number: str) -> Mapping[str, Any] | None:
        """Code, message and hint of the error that ended a job; None where no node of ours told."""
        ...

    def cancel(self, number: str) -> None:
        """Drop this job and no other. Asked again until the job has ended, as a queue may miss it once."""
        ...


class Service:
    """Takes asks in and makes them ads.

    Args:
        folders: ComfyUI's input and output folder, asked for each time.
        size_over: in which size a request is drawn over a photo.
        check_models: refuses a request whose model files are not among those that ComfyUI offers.
        journal: remembers jobs over a restart.
    """

    def __init__(
        self,
        queue: Queue,
        folders: Callable[[], tuple[Path, Path]],
        size_over: SizeOver,
        check_models: Callable[[Any], None],
        journal: Journal,
    ) -> None:
        self._journal, before = journal, journal.recall()
        self.table = JobTable(ended=before.ended, broken_off=before.broken_off)
        self._queue, self._folders, self._size_over, self._check_models = queue, folders, size_over, check_models
        # Photos take a core each for seconds; two leave the rest to the pictures.
        self._hands = ThreadPoolExecutor(2, "adstudio-rest")
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, ask: Ask, limits: Limits) -> JobRecord:
        """Take an ask in and wait for it as long as it wants; its job comes back, finished or not.

        Raises:
            InputError: it cannot be done, or the queue is full.
        """
        request = without_barred(with_seed(ask.request))
        if ask.webhook:
            limits.check_webhook(ask.webhook)
        job = JobRecord(str(uuid.uuid4()), ask.webhook, barred_notes(ask.request))
        caller = await asyncio.to_thread(hash, ask.request)  # by what is asked for: who comes back asks the same
        self.table.add(job, limits, self._queue.strangers(self.table.has), caller)
        try:
            await self._by_hand(self._check, request)
            await self._by_hand(self._journal.begin, job)
        except BaseException:
            self.table.drop(job)
            raise
        task = self._tasks[job.id] = asyncio.create_task(self._work(job, request, limits))
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        wait_s = limits.deadline_s if ask.wait_s is None else min(ask.wait_s, limits.deadline_s)
        if wait_s > 0:
            await asyncio.wait([task], timeout=wait_s)
        return job

    async def answer(self, job: JobRecord) -> tuple[int, dict[str, Any]]:
        """The job as an answer, with its pictures' bytes."""
        _, output = self._folders()
        return job.status, await self._by_hand(pictures.with_bytes, job.to_dict(), output)

    def cancel(self, number: str) -> JobRecord:
        """Drop a job that has not ended.

        Raises:
            InputError: ``rest.no_job``.
        """
        job = self.table.get(number)
        if not job.has_ended:
            job.is_cancelled = True
            self._queue.cancel(number)
        return job

    def _check(self, request: Any) -> None:
        check_words(request)
        check_fits(request)
        check_headline(request, own_copy(request), channel_of(request))
        self._check_models(request)

    async def _work(self, job: JobRecord, request: AdRequest, limits: Limits) -> None:
        try:
            answer = await self._make(job, request)
            job.end("done", 200, answer | ({"notes": list(job.notes)} if job.notes else {}))
        except AdStudioError as error:
            status, answer = problem(error)
            job.end("cancelled" if status == 409 else "failed", status, {"error": answer["error"]})
        except Exception:
            logger.exception("Job %s", job.id)
            error = {"code": "rest.unexpected", "message": "The server failed.", "hint": "Its log says why."}
            job.end("failed", 500, {"error": error})
        await self._by_hand(self._journal.end, job)
        if job.webhook:
            webhook.tell(job.webhook, job.to_dict(), limits)

    async def _make(self, job: JobRecord, request: AdRequest) -> dict[str, Any]:
        source, output = self._folders()
        graph = await self._by_hand(self._prepare, request, source)
        if job.is_cancelled:
            raise _cancelled()
        await self._queue.submit(job.id, graph)
        entry = await self._wait(job)
        if failed := failure(entry, self._queue.said(job.id)):
            raise failed[1]
        if was_interrupted(entry):
            raise _cancelled()
        return await self._by_hand(pictures.describe, request, graph, entry.get("outputs") or {}, output)

    def _prepare(self, request: Any, source: Path) -> Graph:
        photos = read_photos(request, self._size_over)
        return fill(request, photos, pictures.keep_photos(photos, source)).graph

    async def _wait(self, job: JobRecord) -> Mapping[str, Any]:
        missing = 0
        while True:
            if job.is_cancelled:  # until it is gone: a queue may forget it while it checks a graph or begins a run
                self._queue.cancel(job.id)
            state = self._queue.state(job.id)
            if state == "ended":
                return self._queue.entry(job.id)
            if state == "running":
                job.state = "running"
            missing = 0 if state else missing + 1
            if missing > _MOST_LOOKS:
                raise _cancelled()
            await asyncio.sleep(_TICK_S)

    async def _by_hand(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hands, partial(work, *given))


def _cancelled() -> ServerError:
    return ServerError("rest.cancelled", "The job was taken back.", "Ask again.")
