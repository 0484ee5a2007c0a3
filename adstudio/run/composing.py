"""A composite on the device that a host lends, or on the processor where that has no room for it after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..imaging.composite.compose import compose, workspace_bytes
from ..ports import Host
from ..types import Array, Composite, CutOut, Note, Placement

_ELSEWHERE = Note(
    "receipt.on_processor",
    "The graphics card had no room for the composite: it was made on the processor, the same to the rounding.",
)


def compose_on(
    host: Host, backdrop: Array, cutouts: Sequence[CutOut], placements: Sequence[Placement], **options: Any
) -> Composite:
    """Compose where the host has room; where memory runs out all the same, on the processor, which a note says.

    Shapes: backdrop ``[H,W,3] float32 sRGB 0..1``.

    Args:
        options: those of ``compose``.

    Raises:
        InputError: what ``compose`` refuses.
    """
    try:
        with host.workspace(workspace_bytes(backdrop, cutouts, placements)) as device:
            return compose(backdrop, cutouts, placements, device=device, **options)
    except Exception as error:
        if type(error).__name__ != "OutOfMemoryError":  # torch's, which need not be there
            raise
    # Out here the traceback is gone, and with it what its frames held.
    made = compose(backdrop, cutouts, placements, **options)
    return replace(made, notes=(*made.notes, _ELSEWHERE))
