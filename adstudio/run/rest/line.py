"""The line before a full queue: who was sent away comes before who has just arrived."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from ...errors import InputError

KEPT_S = 10.0  # beyond the moment at which a caller was told to come back
SHORTEST_S, LONGEST_S = 1.0, 60.0
_MOST = 1000


class ComeBack(InputError):
    """It cannot be taken now.

    Args:
        seconds: after which asking again makes sense; whole ones, as HTTP has them in Retry-After.
    """

    def __init__(self, code: str, message: str, seconds: int) -> None:
        super().__init__(code, message, f"Ask again in {seconds} s.")
        self.args = (code, message, seconds)  # what pickle builds it from again
        self.seconds = seconds


class Line:
    """Callers that were sent away, in the order in which they first came, each by what was asked for.

    Whoever does not come back in time loses the place, so that nobody keeps others out for long.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}

    def ahead_of(self, caller: Hashable) -> int:
        """How many come before a caller."""
        now = self._clock()
        self._until = {each: until for each, until in self._until.items() if until > now}
        names = [*self._until]
        return names.index(caller) if caller in self._until else len(names)

    def send_away(self, caller: Hashable, seconds: float) -> None:
        """Keep a caller's place until a while after the moment at which it was told to come back."""
        if caller in self._until or len(self._until) < _MOST:
            self._until[caller] = self._clock() + seconds + KEPT_S

    def let_in(self, caller: Hashable) -> None:
        """Take a caller out of the line."""
        self._until.pop(caller, None)
