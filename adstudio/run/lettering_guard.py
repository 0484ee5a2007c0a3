"""Draw again in other words while a picture shows lettering; knows neither the engine nor how a prompt is worded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..imaging.lettering import Lettering, find_lettering
from ..types import Array

MOST_RETRIES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A picture that was kept: what was found on it, the words it was drawn from, and the attempt (0 = the first)."""

    picture: Array
    found: Lettering
    words: str
    attempt: int


@dataclass(frozen=True, slots=True, eq=False)
class Guarded:
    """The pictures that were kept, in the order in which they were drawn, and what to tell the user."""

    kept: tuple[Kept, ...]
    redraws: int
    notes: tuple[str, ...] = ()

    @property
    def pictures(self) -> list[Array]:
        """The pictures alone."""
        return [each.picture for each in self.kept]

    @property
    def scores(self) -> tuple[float, ...]:
        """How much like lettering the likeliest part of each picture is, 0..1."""
        return tuple(each.found.score for each in self.kept)

    @property
    def attempts(self) -> tuple[int, ...]:
        """Which attempt each picture is from, so that its seed and latent can be picked from what was drawn then."""
        return tuple(each.attempt for each in self.kept)

    @property
    def is_clean(self) -> bool:
        """Whether no picture seems to show lettering."""
        return not any(each.found.is_present for each in self.kept)


def draw_without_lettering(
    draw: Callable[[str, int], Sequence[Array]],
    words: str,
    reword: Callable[[int], str],
    *,
    retries: int,
    check: Callable[[Array], Lettering] = find_lettering,
) -> Guarded:
    """Draw, look for lettering, and draw all again in other words while a picture shows some.

    A picture that was clean once is kept; of one that never was, the attempt with the least lettering.

    Args:
        draw: called with the words and the attempt's number (0, 1, …); gives the same number of pictures each time.
        words: the wording of the first attempt.
        reword: gives the wording of attempt 1, 2, …
        retries: how often all may be drawn again; 0 = only look and report.
    Raises: InputError; whatever ``draw`` raises, a cancel above all, passes through.
    """
    if not 0 <= retries <= MOST_RETRIES:
        raise InputError(
            "lettering.retries",
            f"A picture can be drawn again 0 to {MOST_RETRIES} times; {retries} came.",
            "2 is enough for most prompts.",
        )
    kept: list[Kept] = []
    attempt = 0
    while True:
        said = words if attempt == 0 else reword(attempt)
        drawn = [Kept(picture, check(picture), said, attempt) for picture in draw(said, attempt)]
        kept = [_better(*pair) for pair in zip(kept, drawn, strict=True)] if attempt else drawn
        if attempt == retries or not any(each.found.is_present for each in kept):
            return Guarded(tuple(kept), attempt, _notes(kept, attempt))
        attempt += 1


def _better(before: Kept, now: Kept) -> Kept:
    return now if before.found.is_present and now.found.score < before.found.score else before


def _notes(kept: Sequence[Kept], redraws: int) -> tuple[str, ...]:
    notes: list[str] = []
    if redraws:
        notes.append(f"그림에 글자처럼 보이는 부분이 있어 다른 말로 다시 그렸어요 ({redraws}회).")
    shown = [str(number) for number, each in enumerate(kept, start=1) if each.found.is_present]
    if shown:
        which = f" ({', '.join(shown)}번째 그림)" if len(kept) > 1 else ""
        if redraws:
            notes.append(f"그래도 글자처럼 보이는 부분이 남아 가장 적게 보이는 그림을 골랐어요{which}.")
        else:
            notes.append(f"그림에 글자처럼 보이는 부분이 있어요{which}.")
    return tuple(notes)
