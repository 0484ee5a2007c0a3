"""The value objects that travel between the parts. All frozen; arrays inside them are never changed in place.

Picture arrays are ``[H,W,3] float32 sRGB 0..1``; mattes ``[H,W] float32 0..1`` with 1 = foreground.
Positions and sizes are fractions of the picture (0..1) unless a name ends in ``_px``.
"""

from __future__ import annotations

from .events import RunEvent, Status
from .layout import (
    ROLE_NAMES,
    Align,
    Anchor,
    Box,
    Channel,
    LayoutPlan,
    LayoutScore,
    Mark,
    Placement,
    Plate,
    Side,
    Stance,
    TextBlock,
    TextRole,
    TextStyle,
)
from .notes import Note
from .pictures import Array, Composite, CutOut, Layer
from .words import AdCopy, AdPrompt, CopyFlag, CopyRequest, Light, PromptParts, PromptRequest, Scene, Style, Tone

__all__ = [
    "ROLE_NAMES",
    "AdCopy",
    "AdPrompt",
    "Align",
    "Anchor",
    "Array",
    "Box",
    "Channel",
    "Composite",
    "CopyFlag",
    "CopyRequest",
    "CutOut",
    "Layer",
    "LayoutPlan",
    "LayoutScore",
    "Light",
    "Mark",
    "Note",
    "Placement",
    "Plate",
    "PromptParts",
    "PromptRequest",
    "RunEvent",
    "Scene",
    "Side",
    "Stance",
    "Status",
    "Style",
    "TextBlock",
    "TextRole",
    "TextStyle",
    "Tone",
]
