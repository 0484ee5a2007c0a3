"""The embeddings of the prompts that were drawn lately: a new seed of a known prompt needs no text encoder."""

from __future__ import annotations

import threading
from collections import OrderedDict

import torch

_LIMIT_BYTES = 64 * 2**20  # some 25 prompts of the greatest length, some 250 of usual ones


class PromptMemory:
    """Keeps embeddings of one text encoder by their text. Safe from any thread.

    Every loaded checkpoint has its own, so an embedding is never met under another checkpoint's name.

    Args:
        limit_bytes: beyond it the least recently used go; the newest stays, whatever its size.
    """

    def __init__(self, limit_bytes: int = _LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What the kept embeddings take."""
        with self._guard:
            return self._sum()

    def find(self, text: str) -> torch.Tensor | None:
        """The embedding ``[tokens,width]`` of a text, if it is known."""
        with self._guard:
            if text in self._kept:
                self._kept.move_to_end(text)
            return self._kept.get(text)

    def keep(self, text: str, embedding: torch.Tensor) -> None:
        """Remember an embedding ``[tokens,width]``."""
        with self._guard:
            self._kept[text] = embedding
            self._kept.move_to_end(text)
            while len(self._kept) > 1 and self._sum() > self._limit:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget them all."""
        with self._guard:
            self._kept.clear()

    def _sum(self) -> int:
        return sum(embedding.untyped_storage().nbytes() for embedding in self._kept.values())
