"""What the parts of card.py measure with: the card, perhaps capped to another's size, and figures handed on."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import torch

GIB = 2**30
PROMPT = "An empty café table by a window, morning light, soft shadows, clear space at the top."
Work = Callable[[], Any]


def say(what: str, value: float, unit: str = "", note: str = "") -> None:
    """Hand a figure to card.py."""
    print("ROW " + json.dumps({"what": what, "value": float(value), "unit": unit, "note": note}), flush=True)


class Card:
    """The device and the checkpoint under test.

    Args:
        cap_gib: play a card with so much memory, what CUDA itself takes included; 0 leaves it as it is.
    """

    def __init__(self, options: argparse.Namespace, cap_gib: float = 0.0) -> None:
        from adstudio.engine.memory.torch_host import TorchHost

        self.is_cuda, self.folder = torch.cuda.is_available(), options.folder
        self.device = torch.device("cuda:0" if self.is_cuda else "cpu")
        self.base = 64 if options.tiny else 1024
        self.rounds = 1 if options.tiny else 5
        self.total = 0
        if self.is_cuda:
            torch.zeros(1, device=self.device)
            self.total = torch.cuda.mem_get_info()[1]
        self.gib = cap_gib
        self.cap(cap_gib)
        # With a card the host measures for itself, within what torch may have.
        played = self._played_room if cap_gib and not self.is_cuda else None
        self.host = TorchHost(str(self.device), model_dirs=[], free_bytes=played, copying=True)

    @property
    def context(self) -> int:
        """What CUDA takes for itself now; it grows with every kind of kernel that is used."""
        if not self.is_cuda:
            return 0
        return self.total - torch.cuda.mem_get_info()[0] - torch.cuda.memory_reserved()

    @property
    def is_small(self) -> bool:
        """Whether what takes turns does not lie on the card side by side, so that one sends the other home."""
        return self.is_cuda and self.total < 40 * GIB

    def cap(self, gib: float) -> None:
        """Play a card of another size from now on."""
        self.gib = gib
        if self.is_cuda and gib:
            torch.cuda.set_per_process_memory_fraction(min(1.0, (gib * GIB - self.context) / self.total))

    def load(self) -> Any:
        """The checkpoint."""
        from adstudio.engine.memory.components import load

        return load(self.folder, self.host)

    def draw(self, zit: Any, seed: int, side: int = 0, **more: Any) -> Any:
        """One picture from words, whose embedding is made anew."""
        from adstudio.engine.drawing.sampling import text_to_image

        zit.components.embeddings.clear()
        side = side or self.base
        return text_to_image(zit, PROMPT, width=side, height=side, seed=seed, host=self.host, **more)

    def time(self, work: Work) -> tuple[float, Any]:
        """Seconds of a call, with all that it has sent to the card, and its result."""
        self.wait()
        began = time.perf_counter()
        result = work()
        self.wait()
        return time.perf_counter() - began, result

    def wait(self) -> None:
        """Wait until the card has done what it was sent."""
        if self.is_cuda:
            torch.cuda.synchronize()

    def peak_gib(self, *, reset: bool = False) -> float:
        """The most memory that torch has held, and CUDA's own; 0 without a card."""
        if not self.is_cuda:
            return 0.0
        if reset:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        return (torch.cuda.max_memory_reserved() + self.context) / GIB

    def held_gib(self) -> float:
        """What is on the card now."""
        return torch.cuda.memory_allocated() / GIB if self.is_cuda else 0.0

    def _played_room(self) -> int:
        """Without a card, only to go the same ways: everything fits, or nothing does."""
        return 2**62 if self.gib > 10 else 0
