"""The design of a row on every channel that the row names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...output.channels import get_channel, get_channels, require_size
from ...output.credentials import configured
from ...output.metadata import KEY
from ...output.save import save_picture
from ...text.label import draw_label
from ...text.lettering import letter
from ...types import Array, Channel, LayoutPlan
from ..channels import inspect
from ..finishing import disclosure_of
from ..graph_saving import Wanted
from ..stages import Run
from ..wire import to_record
from .lanes import Made
from .rows import Row


def check_channels(names: tuple[str, ...]) -> None:
    """Refuse channels that are not known, whose size is not, or that take no design but their own.

    Raises:
        InputError: what the table of channels and reflow say.
    """
    from ..reflow import refuse_locked

    for name in names:
        refuse_locked(require_size(get_channel(name)))


def bring_to_channels(row: Row, run: Run, made: Made, folder: Path) -> Made:
    """Lay the finished design out anew for each channel, and save it in the channel's own size and format.

    Args:
        run: the run that has made the ad; of several pictures the first is taken.
        folder: of the store.
    """
    if not row.channels:
        return made
    from ..reflow import reflow_design

    channels = get_channels(",".join(row.channels))  # two names of one channel are one
    request, files = row.request, list(made.files)
    notes, style = list(made.notes), request.text_style
    about = {"seed": run.seeds[0], "request": to_record(request)}
    for each in reflow_design(run.originals[0], run.layouts[0], channels, keep=run.masks[0], min_px=style.min_px):
        wanted = Wanted(max_kb=request.max_kb or 0, channel=each.channel)
        picture = _finished(each.picture, each.plan, each.mask, each.channel, run)
        saved = save_picture(
            picture,
            folder,
            format=each.channel.formats[0],
            quality=90,
            max_bytes=wanted.max_bytes(),
            metadata={KEY: about},
            disclosure=disclosure_of(run),
            credentials=configured() if request.credentials else None,
        )
        files.append((f"~{each.channel.id.replace(':', '-')}", saved.path))
        sent = {"format": each.channel.formats[0], "size_bytes": saved.path.stat().st_size}
        found = inspect(picture, each.channel, plan=each.plan, style=style, font=style.font, **sent)
        notes += (*each.notes, *(f"{each.channel.korean}: {one.line()}" for one in found if one.level == "ERROR"))
    return replace(made, files=tuple(files), notes=tuple(notes))


def _finished(picture: Array, plan: LayoutPlan, mask: Array, channel: Channel, run: Run) -> Array:
    """A channel's picture with all that the ad has on it: copy, code and logo, and the label."""
    request, style = run.request, run.request.text_style
    if plan.texts or plan.marks:
        picture = letter(picture, plan, style, {} if run.logo is None else {"": run.logo}).image
    boxes = [item.box for item in (*plan.texts, *plan.marks)]
    return draw_label(picture, request.ai_label, boxes=boxes, keep_clear=mask, font=style.font, within=channel.safe)
