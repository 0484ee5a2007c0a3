"""Finish a picture, wherever it comes from: its words, the label, the mark in the file, its record, its signature.

A run in this process, a graph's Save Image and a catalogue's channel files all end here, so that none of them leaves
out what an ad has to carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..output.credentials import configured
from ..output.disclosure import Disclosure, Source
from ..output.encode import find_format
from ..output.save import SavedPicture, save_picture
from ..text.faces.fonts import BUNDLED
from ..text.lettering import letter
from ..text.paint.label import WHOLE, draw_label
from ..types import Array, Channel, LayoutPlan, TextStyle
from .request import AdRequest

NO_LABEL = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a picture is to be finished and saved.

    Args:
        max_kb: 0 = no limit of its own; the channel's holds as well.
        label: ``none`` or empty, or the words that say on the picture that it comes from AI.
        channel: where it will appear; its formats and bytes hold, and the label stays in its safe zone.
        source: what part artificial intelligence had; None = none, and no mark.
        system: the model that drew it.
        font: of the label.
    """

    format: str = "png"
    quality: int = 95
    max_kb: int = 0
    label: str = NO_LABEL
    credentials: bool = False
    channel: Channel | None = None
    source: Source | None = "generated"
    system: str = ""
    font: str = BUNDLED

    @property
    def words(self) -> str:
        """The label's words; empty = none."""
        return "" if self.label == NO_LABEL else self.label.strip()

    def settled_format(self) -> str:
        """The format chosen, where the channel takes it; else the one that the channel prefers."""
        formats = self.channel.formats if self.channel is not None else ()
        return self.format if not formats or find_format(self.format).name in formats else formats[0]

    def max_bytes(self) -> int | None:
        """The smaller of the limits; None = none."""
        limits = [self.max_kb * 1000] if self.max_kb else []
        limits += [self.channel.max_bytes] if self.channel is not None and self.channel.max_bytes else []
        return min(limits, default=None)

    def disclosure(self) -> Disclosure | None:
        """The mark in the file; None = none."""
        return None if self.source is None else Disclosure(self.source, self.words, self.system)


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished picture ``[H,W,3]`` or ``[H,W,4]``, and where it lies."""

    picture: Array
    saved: SavedPicture


def wanted_of(request: AdRequest, channel: Channel | None, *, model: str = "", is_drawn: bool = True) -> Wanted:
    """How a request wants its pictures saved.

    Args:
        model: that drew them.
        is_drawn: False = no model had a part in them, as in a channel's template.
    """
    source: Source = "composite" if request.task == "composite" or request.reference is not None else "generated"
    return Wanted(
        request.format,
        request.quality,
        request.max_kb or 0,
        label=request.ai_label,
        credentials=request.credentials,
        channel=channel,
        source=source if is_drawn else None,
        system=model,
        font=request.text_style.font,
    )


def finish(
    picture: Array,
    folder: Path,
    wanted: Wanted,
    *,
    plan: LayoutPlan | None = None,
    style: TextStyle | None = None,
    logos: Mapping[str, Array] | None = None,
    taken: Array | None = None,
    original: Array | None = None,
    metadata: Mapping[str, object],
) -> Finished:
    """Draw what a plan says, label the picture, and save it with its mark, record and signature.

    Shapes: picture ``[H,W,3]`` or ``[H,W,4] float32 sRGB 0..1``, taken ``[H,W]``.

    Args:
        plan: what stands on the picture.
        style: how to letter the plan; None = the picture is lettered already.
        taken: 1 = the product, which the label keeps off.

    Raises:
        InputError: as ``letter``, ``draw_label`` and ``save_picture``.
    """
    if style is not None and plan is not None and (plan.texts or plan.marks):
        picture = letter(picture, plan, style, logos).image
    picture = label(picture, wanted, plan, taken)
    return Finished(picture, save(picture, folder, wanted, original=original, metadata=metadata))


def label(picture: Array, wanted: Wanted, plan: LayoutPlan | None = None, taken: Array | None = None) -> Array:
    """Write the label on a picture, off its copy, its marks and its product; without words it is the picture itself.

    Shapes: as those of :func:`finish`.
    """
    if not wanted.words:
        return picture
    colours = np.ascontiguousarray(picture[..., :3])
    boxes = [] if plan is None else [item.box for item in (*plan.texts, *plan.marks)]
    safe = WHOLE if wanted.channel is None else wanted.channel.safe
    drawn = draw_label(colours, wanted.words, boxes=boxes, keep_clear=taken, font=wanted.font, within=safe)
    if picture.shape[2] == 3:
        return drawn
    covered = (drawn != colours).any(axis=-1)
    return np.dstack([drawn, np.where(covered, 1.0, picture[..., 3])]).astype(np.float32)


def save(
    picture: Array,
    folder: Path,
    wanted: Wanted,
    *,
    original: Array | None = None,
    metadata: Mapping[str, object],
) -> SavedPicture:
    """Save a picture that is finished.

    Raises:
        InputError: as ``save_picture``; ``credentials.…`` where it is to be signed and cannot be.
    """
    return save_picture(
        picture,
        folder,
        format=wanted.settled_format(),
        quality=wanted.quality,
        max_bytes=wanted.max_bytes(),
        original=original,
        metadata=metadata,
        disclosure=wanted.disclosure(),
        credentials=configured() if wanted.credentials else None,
    )
