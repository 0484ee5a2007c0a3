"""``adstudio letter``: put the copy and the marks of a saved plan on a picture."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...types import Array, Channel, LayoutPlan, TextStyle
from . import letter_options
from .ai_mark import mark_of
from .picture_files import write_layers, write_png
from .plan_file import read_plan_file
from .progress import Progress

if TYPE_CHECKING:
    from ...text.lettering import Lettered


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "letter",
        help="put the copy of a plan on a picture",
        description="Draws headline, price, button, badge, QR code and logo where the plan says, and tells which "
        "colours it chose and how well they read.",
    )
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="the picture to letter")
    parser.add_argument("--plan", type=Path, required=True, metavar="PLAN", help="a layout plan in JSON")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the picture to write: a .png, or with --channel a file that it takes",
    )
    parser.add_argument(
        "--channel",
        metavar="NAME",
        help="where it will appear: written within its limit of bytes, and not where it would be refused",
    )
    parser.add_argument("--override", action="store_true", help="write it even where the channel would refuse it")
    parser.add_argument("--plate", type=Path, metavar="FILE", help="also the copy alone, on a clear ground")
    parser.add_argument("--layers", type=Path, metavar="FOLDER", help="also every layer as a .png, with layers.json")
    add_logo(parser)
    letter_options.add(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(command=run)


def add_logo(parser: argparse.ArgumentParser) -> None:
    """Add the pictures of a plan's logos to a command."""
    parser.add_argument(
        "--logo",
        action="append",
        default=[],
        type=_logo,
        metavar="[NAME=]FILE",
        help="the picture for the plan's logo; with several, NAME is what the plan calls it",
    )


def read_logos(options: argparse.Namespace) -> dict[str, Array]:
    """Read the pictures of ``--logo`` by the names that the plan has for them.

    Shapes: ``[h,w,3]`` or ``[h,w,4]``.
    """
    return {name: _read_logo(path) for name, path in options.logo}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Letter, write, and say what was chosen."""
    from ...imaging.photo import read_photo
    from ...output.channels import get_channel
    from ..channels import letter_for

    channel = None if options.channel is None else get_channel(options.channel)
    for path in (options.out if channel is None else None, options.plate):
        if path is not None and path.suffix.lower() != ".png":
            raise InputError("letter.not_png", f"'{path}' does not end in .png.", "Only PNG is written, without loss.")
    plan = read_plan_file(options.plan).for_frame(0)
    style = letter_options.style_of(options)
    logos = read_logos(options)
    plan = plan if channel is None else replace(plan, channel=channel.id)
    done = letter_for(read_photo(options.picture), plan, style, logos)
    entry: dict[str, Any] = {"path": str(options.out), "notes": list(done.notes)}
    if channel is None:
        write_png(options.out, done.image, mark_of(options.picture))
    else:
        entry |= _write_for(channel, done, plan, style, options)
    envelope: dict[str, Any] = {"pictures": [entry]}
    if options.plate:
        write_png(options.plate, done.plate)
        envelope["plate"] = str(options.plate)
    if options.layers:
        marks = {done.layers[0].name: mark_of(options.picture)}  # the lowest is the picture; the others are lettering
        envelope["layers"] = write_layers(options.layers, done.layers, done.image.shape[1::-1], marks)
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        if not options.json:
            sys.stdout.write(f"{options.out}\n")
        progress.say("\n".join(entry["notes"]))
    return envelope


def _write_for(
    channel: Channel, done: Lettered, plan: LayoutPlan, style: TextStyle, options: argparse.Namespace
) -> dict[str, Any]:
    """Write the picture if its channel takes it; what was found and how it was written, for its entry."""
    from ...output.encode import find_format
    from ...output.findings import refuse
    from ...output.store import write_whole
    from ..channels import file_for

    format, mark = find_format(options.out.suffix), mark_of(options.picture)
    file = file_for(done.image, channel, format, plan=plan, style=style, xmp=mark)
    if not options.override:
        refuse(file.findings, channel.english)
    write_whole(options.out, file.data, "channel.not_written")
    return {
        "notes": [*done.notes, *file.notes, *(finding.line() for finding in file.findings)],
        "channel": channel.id,
        "findings": [asdict(finding) for finding in file.findings],
    }


def _read_logo(path: Path) -> Array:
    from ...imaging.photo import read_photo_with_alpha

    colour, alpha = read_photo_with_alpha(path, min_side_px=1)
    return colour if alpha is None else np.dstack([colour, alpha])


def _logo(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals and not Path(text).exists() else ("", Path(text))
