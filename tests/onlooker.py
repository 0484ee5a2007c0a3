"""Someone who watches a long job, and may cancel it."""

from __future__ import annotations

from adstudio.ports import Cancelled


class Onlooker:
    """Keeps what it is told, and cancels once the given share is reached."""

    def __init__(self, cancel_at: float = 2.0) -> None:
        self.seen: list[tuple[int, int]] = []
        self.cancel_at = cancel_at

    def progress(self, step: int, total: int, preview: object = None) -> None:
        self.seen.append((step, total))

    def check_cancelled(self) -> None:
        if self.seen and self.seen[-1][0] >= self.cancel_at * self.seen[-1][1]:
            raise Cancelled("by the test")
