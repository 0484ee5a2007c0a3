"""Run a request on ComfyUI servers: what ``LocalRunner`` does in this process, with the same events and result."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import ServerError
from ...output.store import prepare_folder
from ...prompt.copy.claims import flag_copy
from ...types import RunEvent
from ..asked import check_words, own_copy, subject_of
from ..engines import check_ready
from ..recorder import OnEvent, Recorder, Stop, close_report
from ..report import RunReport
from ..request import ZIT, AdRequest, AdResult
from ..room import check_headline
from ..target import channel_of
from ..versions import versions
from .answers import error_of
from .channel_filling import barred_notes, findings_of, without_barred
from .connection import Connection, Refused, Unanswered, Unreachable
from .filling import Filled, fill, with_seed
from .job import Job, Lost, Patience
from .masks import fetch_mask
from .pool import Pool, Server
from .refusals import check_fits
from .results import Fetched, fetch_pictures, read_copy, read_layout, read_prompt, read_score
from .scene import Scene
from .uploads import Photos, read_photos

SENDS = 3  # times that a job is sent in all, where servers forget it
_EVALUATIONS = re.compile(r"(\d+) evaluations?\b")


class ComfyRunner:
    """Turns requests into saved ads, on one of several servers. Runs may go side by side, from several threads.

    Args:
        servers: one address or several, such as ``http://127.0.0.1:8188``.
        output_dir: where the ads go on this machine; made when missing.
        folder: where in the server's output folder they lie.
    """

    def __init__(
        self,
        servers: str | Sequence[str],
        output_dir: str | Path = "output",
        *,
        folder: str = "ads",
        patience: Patience | None = None,
    ) -> None:
        self.output_dir = Path(output_dir)
        self.report = RunReport()
        self._pool = Pool([servers] if isinstance(servers, str) else servers)
        self._folder = folder
        self._patience = patience or Patience()
        self._stop = threading.Event()
        self._running = 0
        self._lock = threading.Lock()

    def __enter__(self) -> ComfyRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._pool.close()

    def cancel(self) -> None:
        """Stop every run that is under way; the servers drop their jobs. Safe from any thread."""
        self._stop.set()

    async def run_async(self, request: AdRequest, on_event: OnEvent | None = None) -> AdResult:
        """Run a request without blocking an event loop; ``on_event`` is called in another thread.

        Cancelling this stops this run, and none that goes beside it.
        """
        mine = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(self._run_until, _Either(self._stop, mine), request, on_event))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            mine.set()
            await asyncio.wait([work])
            work.exception()  # said to be known, or asyncio complains that nobody asked
            raise

    def run(
        self, request: AdRequest, on_event: OnEvent | None = None, *, scene: Scene | None = None, masks: bool = False
    ) -> AdResult:
        """Run a request to the end.

        Args:
            on_event: called with every ``RunEvent`` as it happens, in this thread.
            scene: another ad, on whose backdrop this one stands.
            masks: fetch, too, what of the first picture must stay in view when it is laid out anew.

        Raises:
            AdStudioError: what is wrong, and what to do; ``report`` then tells how far the run came.
            Cancelled: after ``cancel``.
        """
        return self._run_until(self._stop, request, on_event, scene, masks)

    def _run_until(
        self, stop: Stop, request: AdRequest, on_event: OnEvent | None, scene: Scene | None = None, masks: bool = False
    ) -> AdResult:
        recorder = Recorder(on_event, stop)
        began = time.perf_counter()
        report = RunReport(started=datetime.now(UTC).isoformat(timespec="seconds"), versions=versions())
        with self._lock:
            self._running += 1
        try:
            result = self._run(request, recorder, report, scene, masks)
            self.report = close_report(result.report, recorder, began, "done", None)
            return replace(result, report=self.report)
        except Exception as error:
            self.report = close_report(report, recorder, began, "failed", error)
            raise
        except BaseException:
            self.report = close_report(report, recorder, began, "cancelled", None)
            raise
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._stop.clear()

    def _run(
        self, request: AdRequest, recorder: Recorder, report: RunReport, scene: Scene | None, masks: bool
    ) -> AdResult:
        with recorder.step("check"):
            notes, request = barred_notes(request), without_barred(with_seed(request))
            check_words(request)
            check_fits(request)
            check_headline(request, own_copy(request), channel_of(request))
            for note in notes:
                recorder.note(note)
        number, avoid = str(uuid.uuid4()), None
        for sent in range(SENDS):
            with self._pool.borrow(avoid) as server:
                try:
                    said = partial(fill, folder=self._folder, scene=scene, masks=masks)
                    filled, outputs = self._send(server, request, recorder, number, said, is_repeated=sent > 0)
                    with recorder.step("fetch"):
                        prepare_folder(self.output_dir)
                        fetched = fetch_pictures(server.connection, filled.graph, outputs, self.output_dir)
                        size = fetched[0].origin.shape[:2]
                        mask = fetch_mask(server.connection, filled.graph, outputs, (size[0], size[1]))
                    result = _result(request, filled, fetched, outputs, report, server)
                    return replace(result, masks=(mask,)) if masks else result
                except (Lost, Unreachable, Unanswered) as error:
                    self._pool.bury(server)
                    avoid = server
                    if sent == SENDS - 1:
                        raise
                    recorder.current = "queue"
                    recorder.note(f"{error.message} The job is sent again, under the same number.")
        raise AssertionError("unreachable")

    def _send(
        self,
        server: Server,
        request: AdRequest,
        recorder: Recorder,
        number: str,
        fill: Callable[[AdRequest, Photos, Mapping[str, str]], Filled],
        *,
        is_repeated: bool,
    ) -> tuple[Filled, Mapping[str, Any]]:
        connection = server.connection
        _check_engine(connection, request)
        photos = _read_photos(connection, request, recorder)
        names = _upload(connection, photos, recorder)
        filled = fill(request, photos, names)
        schemas = server.schemas(sorted({node["class_type"] for node in filled.graph.nodes.values()}))
        filled.graph.check_against(schemas)
        job = Job(connection, filled.graph, schemas, recorder, self._patience, number=number, is_repeated=is_repeated)
        return filled, job.run()


@dataclass(frozen=True, slots=True)
class _Either:
    """Set once one of two events is."""

    one: threading.Event
    other: threading.Event

    def is_set(self) -> bool:
        return self.one.is_set() or self.other.is_set()


def _check_engine(connection: Connection, request: AdRequest) -> None:
    if request.engine == ZIT:
        return
    try:
        check_ready(request, connection.get("/adstudio/engines")["engines"])
    except Refused as error:
        if error.status != 404:
            raise error_of(error) from error
        raise ServerError(
            "comfyui.no_node", "This server draws with Z-Image Turbo only.", "Update Ad Studio there."
        ) from error


def _read_photos(connection: Connection, request: AdRequest, recorder: Recorder) -> Photos:
    if request.reference is None and request.logo is None and not request.products:
        return Photos()
    with recorder.step("read"):
        return read_photos(request, lambda asked, size: _size_over(connection, asked, size))


def _upload(connection: Connection, photos: Photos, recorder: Recorder) -> dict[str, str]:
    names: dict[str, str] = {}
    if not photos.all():
        return names
    with recorder.step("upload"):
        for photo in photos.all():

            def tell(done: int, total: int) -> None:
                recorder.check_cancelled()
                recorder.send(RunEvent("progress", "upload", value=done / total, message=f"{done // 1000} kB"))

            names[photo.name] = connection.upload(photo, tell)
    return names


def _size_over(connection: Connection, request: AdRequest, size: tuple[int, int] | None) -> tuple[int, int]:
    """Ask the server in which size it would draw, over a photo where there is one: that depends on its checkpoint."""
    asked = ("checkpoint", "text_encoder", "vae", "aspect")
    query: dict[str, Any] = {name: getattr(request, name) for name in asked}
    if (channel := channel_of(request)) is not None:  # a channel found from the brief is not found again there
        query["channel"] = channel.id
    query |= {} if size is None else {"photo": "x".join(map(str, size))}
    query |= {} if request.width is None else {"size": f"{request.width}x{request.height}"}
    try:
        told = connection.get("/adstudio/size", **query)
    except Refused as error:
        if error.status == 404:
            raise ServerError(
                "comfyui.no_node", "This server cannot tell the size that it draws in.", "Update Ad Studio there."
            ) from error
        raise error_of(error) from error
    return int(told["width"]), int(told["height"])


def _result(
    request: AdRequest,
    filled: Filled,
    fetched: Sequence[Fetched],
    outputs: Mapping[str, Any],
    report: RunReport,
    server: Server,
) -> AdResult:
    layouts = tuple(read_layout(each.record) for each in fetched)
    prompts = tuple(read_prompt(each.record, filled.draft) for each in fetched)
    copy = read_copy(layouts[0])
    copy = replace(copy, flags=flag_copy(copy, prompts[0].industry, subject_of(request)))
    height, width = fetched[0].picture.shape[:2]
    channel = channel_of(request)
    report = replace(
        report,
        server=server.url,
        providers=dict(fetched[0].record.get("providers") or {}),
        model=request.checkpoint if request.engine == ZIT else request.engine,
        loras=tuple(f"{Path(name).stem}:{weight:g}" for name, weight in request.loras),
        seeds=tuple((request.seed or 0) + index for index in range(len(fetched))),
        size=(width, height),
        evaluations=_evaluations(outputs),
        prompts=tuple(prompt.positive for prompt in prompts),
        copy_flags=copy.flags,
        layout_scores=tuple(read_score(each.record) for each in fetched),
        layout_reasons=tuple(layout.reasons for layout in layouts),
        channel="" if channel is None else channel.id,
        findings=findings_of(request, [each.picture for each in fetched], layouts),
    )
    return AdResult(
        pictures=tuple(each.picture for each in fetched),
        originals=tuple(each.origin for each in fetched),
        paths=tuple(each.path for each in fetched),
        origin_paths=tuple(each.origin_path for each in fetched),
        layouts=layouts,
        prompts=prompts,
        copy=copy,
        report=report,
    )


def _evaluations(outputs: Mapping[str, Any]) -> int:
    """How often the model ran for a picture, from what the drawing nodes say; 0 where they say nothing."""
    texts = [" ".join(map(str, output.get("text") or ())) for output in outputs.values()]
    return sum(int(found[1]) for text in texts if (found := _EVALUATIONS.search(text)))
