"""Where rows are drawn. A lane takes rows and gives their outcomes, in whatever order they are ready."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...errors import AdStudioError
from ...types import AdPrompt
from ..report import RunReport
from ..request import AdResult
from .rows import Row


@dataclass(frozen=True, slots=True)
class Made:
    """A finished ad: its stored files, each with what follows the row's name in its own, and what is told of it.

    Args:
        lacks: why it is not on every channel that its row names; its files are kept all the same.
    """

    files: tuple[tuple[str, Path], ...]
    score: float | None
    seconds: float
    seeds: tuple[int, ...]
    notes: tuple[str, ...] = ()
    prompts: tuple[AdPrompt, ...] = ()
    lacks: AdStudioError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: ``made``, or the error that ended it."""

    row: Row
    made: Made | None = None
    error: AdStudioError | None = None


class Lane(Protocol):
    """Draws rows."""

    def check(self, row: Row) -> None:
        """Refuse what could not be drawn here, before anything is.

        Raises:
            AdStudioError: what is wrong with it.
        """
        ...

    def draw(self, rows: Sequence[Row]) -> Generator[Outcome, None, None]:
        """Draw rows; each comes out once. Errors of a row are outcomes, not raised."""
        ...

    def cancel(self) -> None:
        """Stop what is under way. Safe from any thread."""
        ...

    def close(self) -> None:
        """Give back what the lane holds."""
        ...


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows so that models, styles and backdrops change least often; else as the table has them."""
    firsts: dict[tuple[object, ...], int] = {}

    def since(*key: object) -> int:
        return firsts.setdefault(key, len(firsts))

    def place(row: Row) -> tuple[int, ...]:
        asked = row.request
        model = since("model", asked.checkpoint, asked.text_encoder, asked.vae, asked.precision)
        style = since("style", model, asked.style, asked.loras)
        backdrop = since("backdrop", style, row.backdrop) if row.backdrop else -1
        return model, style, backdrop, row.number

    return sorted(rows, key=place)


def made_by(result: AdResult) -> Made:
    """What a result is to a manifest."""
    files = tuple(("" if index == 0 else f"~{index + 1}", path) for index, path in enumerate(result.paths))
    seconds = work_seconds(result.report)
    return Made(files, score_of(result.report), seconds, result.report.seeds, prompts=result.prompts)


def score_of(report: RunReport) -> float | None:
    """The lowest layout score of a run's pictures."""
    totals = [score.total for score in report.layout_scores if score is not None]
    return round(min(totals), 4) if totals else None


def work_seconds(report: RunReport) -> float:
    """What a run's steps took together, without the time that it waited for others."""
    return round(sum(step.seconds for step in report.steps), 3)


def failed(row: Row, error: Exception) -> Outcome:
    """The outcome of a row that an error ended, whatever kind it is of: the other rows go on."""
    if isinstance(error, AdStudioError):
        return Outcome(row, error=error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        said = AdStudioError(
            "run.out_of_memory", "The memory of this machine or its GPU was not enough.", "Choose a smaller size."
        )
        return Outcome(row, error=said)
    return Outcome(
        row,
        error=AdStudioError(
            "run.unexpected", f"{type(error).__name__}: {error}", "Draw this row alone, and report what comes out."
        ),
    )
