"""The design of a row on every channel that the row names."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...output.disclosure import Disclosure
from ...output.save import save_picture
from ..stages import Run
from .lanes import Made
from .rows import Row


def check_channels(names: tuple[str, ...]) -> None:
    """Refuse channels that are not known.

    Raises:
        InputError: ``batch.no_channels`` where this version has none; what the table of channels says.
    """
    for name in names:
        _module("output.channels").get_channel(name)


def bring_to_channels(row: Row, run: Run, made: Made, folder: Path) -> Made:
    """Lay the finished design out anew for each channel, and save it in the channel's own size and format.

    Args:
        run: the run that has made the ad; of several pictures the first is taken.
        folder: of the store.
    """
    if not row.channels:
        return made
    from ...text.lettering import draw

    channels = [_module("output.channels").get_channel(name) for name in row.channels]
    style, files = row.request.text_style, list(made.files)
    notes = list(made.notes)
    bring = _module("run.reflow").reflow_design
    disclosure = Disclosure("composite" if row.request.products else "generated", "", run.model)
    for each in bring(run.originals[0], run.layouts[0], channels, keep=run.masks[0], min_px=style.min_px):
        picture = draw(each.picture, each.plan, style) if each.plan.texts else each.picture
        saved = save_picture(
            picture, folder, format=each.channel.formats[0], quality=90, max_bytes=each.channel.max_bytes,
            disclosure=disclosure,
        )  # fmt: skip
        files.append((f"~{each.channel.id.replace(':', '-')}", saved.path))
        notes += each.notes
    return replace(made, files=tuple(files), notes=tuple(notes))


def _module(name: str) -> Any:
    try:
        return import_module(f"...{name}", __package__)
    except ModuleNotFoundError as error:
        raise InputError(
            "batch.no_channels",
            "This version of Ad Studio cannot bring a design to several channels.",
            "Take the column 'channels' out; 'channel' limits the lengths of the copy.",
        ) from error
