"""Take each job of ours once: the answer to a POST may be lost on its way, and then the client sends it again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

ONCE = "adstudio_once"  # in a job's extra data: its sender counts on this
_KEPT = 10_000


class Once:
    """The numbers that were taken since the server began. Its queue does not outlive it, so neither need they."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._taken: dict[str, None] = {}
        self._kept = kept
        self._lock = threading.Lock()

    def sift(self, body: dict[str, Any]) -> dict[str, Any]:
        """What ComfyUI shall read of a ``POST /prompt``: nothing to run, where that number came before.

        Numbers count from the moment that they are read, as checking a graph may take its time.
        """
        extra, number = body.get("extra_data"), body.get("prompt_id")
        if not isinstance(extra, Mapping) or not extra.get(ONCE) or not isinstance(number, str):
            return body
        with self._lock:
            if number in self._taken:
                return {name: value for name, value in body.items() if name != "prompt"}
            self._taken[number] = None
            while len(self._taken) > self._kept:
                del self._taken[next(iter(self._taken))]
        return body


def is_repeat(answer: Mapping[str, Any]) -> bool:
    """Whether ComfyUI's refusal says that nothing was left to run."""
    error = answer.get("error")
    return isinstance(error, Mapping) and error.get("type") == "no_prompt"
