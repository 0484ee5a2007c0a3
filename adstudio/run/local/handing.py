"""What one ad hands to another run: words and cut-outs made elsewhere, a backdrop drawn for somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from ...types import AdCopy, AdPrompt, Array, CutOut, RunEvent
from .stages import Run


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What is read and written for an ad before anything is drawn; it can be sent to where the model is.

    Without prompts the words are still to be written, by the model itself.
    """

    prompts: tuple[AdPrompt, ...]
    copy: AdCopy | None
    reference: Array | None
    cutouts: tuple[CutOut, ...]
    providers: dict[str, str]
    events: tuple[RunEvent, ...]

    @classmethod
    def by(cls, run: Run) -> Prepared:
        """What a run has read and written so far."""
        copy = run.copy if run.prompts else None
        events = tuple(run.recorder.events)
        return cls(run.prompts, copy, run.reference, tuple(run.cutouts), dict(run.providers), events)

    def hand_to(self, run: Run) -> None:
        """Have a run go on from here."""
        run.prompts, run.reference, run.cutouts = self.prompts, self.reference, list(self.cutouts)
        if self.copy is not None:
            run.copy = self.copy
        run.providers |= self.providers
        run.recorder.events[:] = self.events


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What was drawn for an ad before a product stood on it."""

    pictures: tuple[Array, ...]
    prompts: tuple[AdPrompt, ...]
    seeds: tuple[int, ...]

    @classmethod
    def by(cls, run: Run) -> Backdrop:
        """What a run has drawn."""
        return cls(tuple(run.originals), run.prompts, tuple(run.seeds))

    def hand_to(self, run: Run) -> None:
        """Have a run use these pictures instead of drawing its own."""
        run.originals, run.masks = list(self.pictures), [None] * len(self.pictures)
        run.prompts, run.seeds = self.prompts, list(self.seeds)
