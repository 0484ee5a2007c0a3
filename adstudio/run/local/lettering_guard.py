"""Draw pictures that show lettering again; knows neither the engine nor how a prompt is worded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ...imaging.letters.detection import Lettering, find_lettering
from ...types import Array, Note


class HasImage(Protocol):
    """A drawn picture, and whatever its maker keeps with it."""

    @property
    def image(self) -> Array: ...


T = TypeVar("T", bound=HasImage)


@dataclass(frozen=True, slots=True, eq=False)
class Guarded(Generic[T]):
    """The pictures that were kept, in their order, and what to tell the user.

    Args:
        scores: how much like lettering the likeliest part of each picture is, 0..1.
        attempts: which attempt each picture is from; 0 = the first.
        redraws: how many pictures were drawn beyond the first of each.
    """

    kept: tuple[T, ...]
    scores: tuple[float, ...]
    attempts: tuple[int, ...]
    redraws: int
    notes: tuple[str, ...] = ()


def keep_unlettered(
    drawn: Sequence[T],
    redraw: Callable[[int, int], T],
    *,
    retries: int,
    check: Callable[[Array], Lettering] = find_lettering,
) -> Guarded[T]:
    """Look for lettering on pictures, and draw each that shows some again until it shows none.

    Of a picture that never was clean the attempt with the least lettering is kept.

    Args:
        redraw: draws the picture of a number once more; is told the attempt too (1, 2, …), to word it otherwise.
        retries: how often each may be drawn again; 0 = only look and report.
    Raises: whatever ``redraw`` raises, a cancel above all.
    """
    kept, found, attempts, redraws = list(drawn), [check(one.image) for one in drawn], [0] * len(drawn), 0
    for number in range(len(drawn)):
        for attempt in range(1, retries + 1):
            if not found[number].is_present:
                break
            again = redraw(number, attempt)
            redraws += 1
            seen = check(again.image)
            if seen.score < found[number].score:
                kept[number], found[number], attempts[number] = again, seen, attempt
    shown = [number for number, seen in enumerate(found, start=1) if seen.is_present]
    return Guarded(
        tuple(kept), tuple(seen.score for seen in found), tuple(attempts), redraws, _notes(shown, len(kept), redraws)
    )


def _notes(shown: Sequence[int], count: int, redraws: int) -> tuple[str, ...]:
    numbers = ", ".join(map(str, shown))
    which = f" ({numbers}번째 그림)" if count > 1 else ""
    if not redraws:
        return (
            (Note("lettering.seen", "그림에 글자처럼 보이는 부분이 있어요{which}.", which=which, numbers=numbers),)
            if shown
            else ()
        )
    said = "그림에 글자처럼 보이는 부분이 있어 다른 말로 다시 그렸어요 ({times}회)."
    again = Note("lettering.redrawn", said, times=redraws)
    said = "그래도 글자처럼 보이는 부분이 남아 가장 적게 보이는 그림을 골랐어요{which}."
    left = Note("lettering.left", said, which=which, numbers=numbers)
    return (again, left) if shown else (again,)
