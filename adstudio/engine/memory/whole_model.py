"""The language model lent as a whole, to write or to read what lies beyond the prompts' embedding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ...ports import ENDLESS, Host
from .components import Components
from .residence import residence_of


@contextmanager
def whole_model(
    parts: Components, host: Host, activation_bytes: int = 0, *, streamed: bool = False
) -> Iterator[torch.device]:
    """Lend what reads prompts and what writes beside it; the second goes home at once, as no picture needs it.

    Args:
        streamed: have the blocks of the first on the device one by one.
    """
    try:
        with (
            host.on_device(parts.text_encoder, activation_bytes, streamed=streamed) as device,
            host.on_device(parts.writer, activation_bytes),
        ):
            yield device
    finally:
        host.release(parts.writer)


def fits_whole(parts: Components, host: Host, activation_bytes: int) -> bool:
    """Whether a host has room for the whole model and its work."""
    free = host.free_bytes()
    if free >= ENDLESS:  # weighing takes some milliseconds
        return True
    weights = sum(residence_of(part).size_bytes() for part in (parts.text_encoder, parts.writer))
    return weights + activation_bytes <= free
