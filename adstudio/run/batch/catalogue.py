"""A catalogue from rows to a folder of ads: drawn on a lane, each finished row written down once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import AdStudioError, StorageError
from ...output.store import prepare_folder
from ...types import AdPrompt
from . import kept_words
from .delivery import STORE, deliver
from .kept_designs import complete
from .lanes import Lane, Outcome
from .manifest import Entry, Failure, Manifest, digest_of
from .rows import Row

PATIENCE = 20  # failures one after the other, after which the rest is not tried: the cause lies elsewhere


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a catalogue is, once a row has come out. ``entry`` or ``failure`` is that row's.

    Units: seconds; ``left`` is estimated from the rows of this run, None before the first.
    """

    done: int
    failed: int
    total: int
    seconds: float
    left: float | None
    entry: Entry | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a catalogue.

    Args:
        entries: every finished row of the table, earlier runs' too, as the table has them.
        kept: how many of them were finished before.
        stopped: why rows were left out; empty where all were tried.
    """

    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    kept: int
    left: int
    seconds: float
    stopped: str = ""


def draw_catalogue(
    rows: Sequence[Row],
    lane: Lane,
    folder: str | Path,
    *,
    resume: bool = False,
    first: bool = False,
    stop_on_error: bool = False,
    patience: int = PATIENCE,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Draw the rows that are not finished yet.

    Args:
        resume: go on in a folder that holds ads already.
        first: only the first row of those left, to see whether it comes out as meant.
        stop_on_error: try no other row after one has failed.

    Raises:
        AdStudioError: the folder cannot be used.
        Cancelled: what is finished by then is written down.
    """
    folder = prepare_folder(folder)
    manifest, began = Manifest(folder), time.monotonic()
    kept = manifest.open(rows, resume=resume)
    try:
        todo = [row for row in rows if row.id not in kept][: 1 if first else None]
        todo = kept_words.with_words(todo, _written(rows, kept))
        book = _Book(manifest, folder, dict(kept), len(todo), on_progress, began)
        stopped = ""
        with contextlib.closing(_outcomes(todo, lane, folder / STORE)) as outcomes:
            try:
                for outcome in outcomes:
                    book.take(outcome)
                    if stopped := book.reason_to_stop(1 if stop_on_error else patience):
                        lane.cancel()
                        break
            except BaseException:
                lane.cancel()  # nobody would write down what the others are still drawn for
                raise
        order = {row.id: place for place, row in enumerate(rows)}
        entries = sorted(book.entries.values(), key=lambda entry: order[entry.id])
        left = len(rows) - len(entries) - len(book.failures)
        return Summary(tuple(entries), tuple(book.failures), len(kept), left, time.monotonic() - began, stopped)
    finally:
        manifest.close()


def _outcomes(todo: Sequence[Row], lane: Lane, store: Path) -> Generator[Outcome, None, None]:
    """What becomes of rows: those that lack a channel alone are not drawn again."""
    rest: list[Row] = []
    for row in todo:
        outcome = complete(row, store)
        if outcome is None:
            rest.append(row)
        else:
            yield outcome
    with contextlib.closing(lane.draw(rest)) as drawn:
        yield from drawn


def _written(rows: Sequence[Row], kept: Mapping[str, Entry]) -> dict[str, tuple[AdPrompt, ...]]:
    """The words of backdrops of which some row is finished, by the id of the row that leads each."""
    found = ((row, kept[row.id]) for row in rows if row.id in kept and row.backdrop)
    return {(row.leader or row).id: kept_words.from_json(entry.prompts) for row, entry in found if entry.prompts}


class _Book:
    """Keeps the account of a run."""

    def __init__(
        self,
        manifest: Manifest,
        folder: Path,
        entries: dict[str, Entry],
        todo: int,
        on_progress: Callable[[Progress], None],
        began: float,
    ) -> None:
        self.entries = entries
        self.failures: list[Failure] = []
        self._manifest, self._folder, self._on_progress, self._began = manifest, folder, on_progress, began
        self._before, self._total = len(entries), len(entries) + todo
        self._in_a_row = 0
        self._last: AdStudioError | None = None

    def take(self, outcome: Outcome) -> None:
        """Write an outcome down and tell of it."""
        row, made = outcome.row, outcome.made
        error = outcome.error if made is None else made.lacks
        entry: Entry | None = None
        names = () if made is None else deliver(self._folder, row.id, made)
        if made is not None and error is None:  # a row that lacks a channel is not finished: its files are there
            digests = tuple(digest_of(self._folder / name) for name in names)
            entry = Entry(
                row.number, row.id, names, digests, made.score, made.seconds, row.digest, made.seeds, made.notes,
                kept_words.to_json(row, made.prompts),
            )  # fmt: skip
            self._manifest.add(entry)
            self.entries[row.id] = entry
            self._in_a_row, self._last = 0, None
        failure: Failure | None = None
        if error is not None:
            failure = Failure(row.number, row.id, error.code, error.message, error.hint)
            self._manifest.fail(failure)
            self.failures.append(failure)
            self._in_a_row += 1
            self._last = error
        self._on_progress(replace(self._progress(), entry=entry, failure=failure))

    def reason_to_stop(self, patience: int) -> str:
        """Why nothing more should be tried; empty where the next row may."""
        if isinstance(self._last, StorageError):
            return str(self._last)
        if self._in_a_row >= patience:
            return (
                f"{self._in_a_row} rows failed one after the other, the last because: {self._last}"
                if self._in_a_row > 1
                else f"A row failed: {self._last}"
            )
        return ""

    def _progress(self) -> Progress:
        drawn = len(self.entries) - self._before + len(self.failures)
        seconds = time.monotonic() - self._began
        still = self._total - self._before - drawn
        return Progress(len(self.entries), len(self.failures), self._total, seconds, still * seconds / drawn)
