"""Run a request in this process, over the library."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...errors import AdStudioError
from ...output.store import prepare_folder
from ...ports import Host
from ...types import AdCopy, AdPrompt, Array
from ..engines import refuse_elsewhere
from ..recorder import OnEvent, RecordedHost, Recorder, close_report
from ..report import RunReport, peak_vram_bytes
from ..request import AdRequest, AdResult
from ..versions import versions
from . import stages
from .channel_stages import check_pictures, fit_pictures, set_template
from .device_owner import DeviceOwner
from .finish_stages import check_finish, keep_drawn, label_pictures, save_pictures
from .handing import Prepared


class LocalRunner:
    """Turns requests into saved ads, one at a time.

    Args:
        output_dir: where the ads go; made when missing.
        host: who owns the device; None = plain torch on the best device here.
    """

    def __init__(self, output_dir: str | Path = "output", *, host: Host | None = None) -> None:
        self.output_dir = Path(output_dir)
        self.report = RunReport()
        self._device_owner = DeviceOwner(host)
        self._stop = threading.Event()
        self._one_at_a_time = threading.Lock()

    def cancel(self) -> None:
        """Stop the run that is under way, at its next step. Safe from any thread."""
        self._stop.set()

    def run(self, request: AdRequest, on_event: OnEvent | None = None) -> AdResult:
        """Run a request to the end.

        Args:
            on_event: called with every ``RunEvent`` as it happens, in this thread.

        Raises:
            AdStudioError: what is wrong, and what to do; ``report`` then tells how far the run came. What was drawn by
                then is kept among the originals, which the hint says.
            Cancelled: after ``cancel``.
        """
        legs, run = self.legs(request, on_event), None
        while True:
            try:
                run = next(legs)
            except StopIteration as end:
                return end.value
            except AdStudioError as error:
                if run is not None:
                    keep_drawn(run, self.output_dir, error)
                raise

    def legs(
        self, request: AdRequest, on_event: OnEvent | None = None, prepared: Prepared | None = None
    ) -> Generator[stages.Run, None, AdResult]:
        """Run a request leg by leg, so that the legs of several runners may overlap; the last one returns the result.

        What is read and written, then what is drawn, then what is composed, lettered and saved: each leg may go on in
        another thread. Whoever stops in between closes the generator.

        Args:
            prepared: the first leg's work where it was done elsewhere.
        """
        with self._one_at_a_time:
            recorder = Recorder(on_event, self._stop)
            began = time.perf_counter()
            peak_vram_bytes(reset=True)
            self.report = RunReport(started=datetime.now(UTC).isoformat(timespec="seconds"), versions=versions())
            try:
                result = yield from self._legs(request, recorder, began, prepared)
            except Exception as error:
                self._close(recorder, began, "failed", error)
                raise
            except BaseException:
                self._close(recorder, began, "cancelled", None)
                raise
            finally:
                self._stop.clear()
            return result

    def _legs(
        self, request: AdRequest, recorder: Recorder, began: float, prepared: Prepared | None
    ) -> Generator[stages.Run, None, AdResult]:
        with recorder.step("check"):
            run = stages.Run(request.seeded(), recorder, RecordedHost(self._device_owner(), recorder))
            refuse_elsewhere(request)
            run.check()
            run.check_words()
            check_finish(request)
        if prepared is not None:
            prepared.hand_to(run)
        run.read_pictures()  # before the words, which a service may charge for
        if not run.prompts and run.writes_locally():
            yield run  # its words need the model, too
            run.load_model()
            run.write_words()
        else:
            if not run.prompts:
                run.write_words()
            yield run
        # After all that the request can have wrong, so that a bad one leaves no empty folder behind; before the model.
        prepare_folder(self.output_dir)
        if run.is_locked:
            yield run
            set_template(run)
        else:
            run.load_model()
            run.put_on_style()
            run.generate()
            yield run
            fit_pictures(run)
            run.composite()
            run.blend()
            run.letter()
            label_pictures(run)
        check_pictures(run)
        self.report = self._facts(run)
        # What is in the file is the run up to here: a file that can be read was saved, so it may say "done".
        self._close(recorder, began, "done", None)
        saved = save_pictures(run, self.output_dir, self.report)
        self._close(recorder, began, "done", None)
        return AdResult(
            pictures=tuple(run.finished),
            originals=tuple(run.originals),
            paths=tuple(picture.path for picture in saved),
            origin_paths=tuple(picture.origin_path for picture in saved),
            layouts=tuple(run.layouts),
            prompts=run.prompts,
            copy=run.copy,
            report=self.report,
            masks=tuple(run.masks),
        )

    def _facts(self, run: stages.Run) -> RunReport:
        height, width = _size(run.finished[0])
        written: dict[str, AdPrompt | AdCopy] = {"prompt": run.prompts[0], "copy": run.copy}
        return replace(
            self.report,
            providers=dict(run.providers),
            model=run.model,
            loras=tuple(run.adapters),
            seeds=tuple(run.seeds),
            size=(width, height),
            evaluations=run.evaluations,
            prompts=tuple(prompt.positive for prompt in run.prompts),
            fallbacks={kind: words.fallback_from for kind, words in written.items() if words.fallback_from}
            | run.fallbacks,
            copy_flags=run.copy.flags,
            layout_scores=tuple(layout.score for layout in run.layouts),
            layout_reasons=tuple(layout.reasons for layout in run.layouts),
            receipts=tuple(run.receipts),
            channel="" if run.channel is None else run.channel.id,
            findings=tuple(run.findings),
        )

    def _close(self, recorder: Recorder, began: float, status: Any, error: Exception | None) -> None:
        self.report = close_report(self.report, recorder, began, status, error)


def _size(picture: Array) -> tuple[int, int]:
    return picture.shape[0], picture.shape[1]
