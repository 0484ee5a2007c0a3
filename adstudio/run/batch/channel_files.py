"""The design of a row on every channel that the row names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...output.channels import get_channel, get_channels, require_size
from ...output.metadata import KEY
from ...types import Array, LayoutPlan
from ..channels import inspect
from ..finishing import finish, wanted_of
from ..photos import read_logo
from ..request import AdResult
from ..target import channel_of, template_of
from ..wire import to_record
from .lanes import Made
from .rows import Row

if TYPE_CHECKING:
    from ..reflow import Refused


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A finished design, as other channels need it.

    Args:
        keep: what copy must not cover; None where nothing is told.
        origin: the file of its picture in the store; None where it has none.

    Shapes: picture ``[H,W,3]`` without letters, keep ``[H,W]``.
    """

    picture: Array
    plan: LayoutPlan
    keep: Array | None
    seed: int
    model: str
    origin: Path | None = None

    @classmethod
    def of(cls, result: AdResult) -> Design:
        """The first picture of what an ad has come to, here or on a server."""
        keep = result.masks[0] if result.masks else None
        report = result.report
        origin = next((path for path in (*result.origin_paths[:1], *result.paths[:1]) if path), None)
        return cls(result.originals[0], result.layouts[0], keep, report.seeds[0], report.model, origin)


def end_of(name: str) -> str:
    """What follows a row's name in the name of its file for a channel."""
    return f"~{get_channel(name).id.replace(':', '-')}"


def check_channels(names: tuple[str, ...]) -> None:
    """Refuse channels that are not known, whose size is not, or that take no design but their own.

    Raises:
        InputError: what the table of channels and reflow say.
    """
    from ..reflow import refuse_locked

    for name in names:
        refuse_locked(require_size(get_channel(name)))


def bring_to_channels(row: Row, design: Design, made: Made, folder: Path) -> Made:
    """Lay the finished design out anew for each channel, and save it in the channel's own size and format.

    Args:
        made: the ad itself; channels that it has already are passed over.
        folder: of the store.

    Raises:
        AdStudioError: what saving and signing say. Channels that the design cannot be brought to are in ``Made.lacks``.
    """
    if not row.channels:
        return made
    from ..reflow import Refused, reflow_each

    there = {end for end, _ in made.files}
    # Two names of one channel are one.
    channels = [each for each in get_channels(",".join(row.channels)) if end_of(each.id) not in there]
    request, files = row.request, list(made.files)
    notes, style = list(made.notes), request.text_style
    about = {"seed": design.seed, "request": to_record(request)}
    logos = {} if request.logo is None else {"": read_logo(request.logo)}
    own = channel_of(request)
    is_drawn = own is None or template_of(own) is None
    wanted = wanted_of(request, None, model=design.model, is_drawn=is_drawn)
    refused: list[Refused] = []
    for each in reflow_each(design.picture, design.plan, channels, keep=design.keep, min_px=style.min_px):
        if isinstance(each, Refused):
            refused.append(each)
            continue
        format = each.channel.formats[0]
        try:
            done = finish(
                each.picture,
                folder,
                replace(wanted, format=format, channel=each.channel),
                plan=each.plan,
                style=style,
                logos=logos,
                taken=each.mask,
                metadata={KEY: about},
            )
        except InputError as error:
            refused.append(Refused(each.channel, error))
            continue
        path = done.saved.path
        files.append((end_of(each.channel.id), path))
        sent = {"format": format, "size_bytes": path.stat().st_size}
        found = inspect(done.picture, each.channel, plan=each.plan, style=style, font=style.font, **sent)
        notes += (*each.notes, *(f"{each.channel.korean}: {one.line()}" for one in found if one.level == "ERROR"))
    return replace(made, files=tuple(files), notes=tuple(notes), lacks=_lacks(refused))


def _lacks(refused: Sequence[Refused]) -> InputError | None:
    """All channels that could not be made, in one error."""
    if not refused:
        return None
    code = refused[0].error.code
    return InputError(code, "; ".join(map(str, refused)), "The other files of this row are there.")
