"""``adstudio reflow``: one design to many channels, lettered, checked and written, a file each."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from . import letter_options
from .ai_mark import mark_of
from .letter import add_logo, read_logos
from .plan_file import read_plan_file

if TYPE_CHECKING:
    from ..reflow import Refused


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "reflow",
        help="bring one design to many channels",
        description="Fits the picture, stands the products anew, lays the copy out anew and draws it, for each "
        "channel. What a channel would not take is not written, unless --override. A channel that the design cannot "
        "be brought to is named, and the others are written; the exit code is then 1.",
    )
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="without letters; with --cut the empty backdrop")
    parser.add_argument("--plan", type=Path, required=True, metavar="PLAN", help="its layout plan in JSON")
    parser.add_argument("--channels", required=True, metavar="NAMES", help="between commas: 스토리, kakao_native:2x1 …")
    parser.add_argument("--cut", type=Path, action="append", default=[], metavar="CUT", help="a product, cut out")
    parser.add_argument("--keep", type=Path, metavar="MASK", help="without --cut: what must be seen, white = product")
    add_logo(parser)
    letter_options.add(parser)
    parser.add_argument("--no-text", action="store_true", help="leave the copy out; the plans are written all the same")
    parser.add_argument("--override", action="store_true", help="write even what a channel would refuse")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.set_defaults(command=run, quiet=False)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Write a picture and its plan for each channel; ``ok`` says whether every channel has one that it would take."""
    from ...imaging.photo import read_photo
    from ...layout.plan.reading import to_json
    from ...output.channels import get_channels
    from ...output.encode import find_format
    from ...output.findings import describe, is_blocked
    from ...output.store import check_place, write_whole
    from ..channels import file_for, letter_for
    from ..reflow import Refused, reflow_each
    from .place import read_cut

    picture, plan = read_photo(options.picture), read_plan_file(options.plan)
    keep = None if options.keep is None else read_photo(options.keep).mean(axis=2)
    if keep is not None and keep.shape != picture.shape[:2]:
        raise InputError(
            "reflow.mask_size",
            f"Expected a mask of the picture's size {picture.shape[1]}x{picture.shape[0]}, but "
            f"{keep.shape[1]}x{keep.shape[0]} came.",
            "Give the mask that belongs to this picture.",
        )
    check_place(options.out / "any", "channel.not_written")
    style = letter_options.style_of(options)
    cuts, logos = [read_cut(path) for path in options.cut], read_logos(options)
    made = reflow_each(picture, plan, get_channels(options.channels), keep=keep, cutouts=cuts, min_px=options.min_px)
    mark = mark_of(options.picture, laid_on=options.cut)
    entries: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for one in made:
        if isinstance(one, Refused):
            refused.append(one)
            continue
        format = find_format(one.channel.formats[0])
        try:
            finished = one.picture if options.no_text else letter_for(one.picture, one.plan, style, logos).image
            file = file_for(finished, one.channel, format, plan=one.plan, style=style, xmp=mark)
        except InputError as error:
            refused.append(Refused(one.channel, error))
            continue
        notes, found = (*one.notes, *file.notes), file.findings
        path = options.out / (one.channel.id.replace(":", "-") + format.extension)
        written = options.override or not is_blocked(found)
        if written:
            write_whole(path, file.data, "channel.not_written")
            write_whole(path.with_suffix(".json"), to_json(one.plan).encode(), "channel.not_written")
        if not options.json:
            sys.stdout.write(f"{path}\n" if written else "")
            sys.stderr.write("".join(f"  {line}\n" for line in (*notes, *describe(found).splitlines())))
        entries.append({
            "channel": one.channel.id, "path": str(path) if written else None, "notes": list(notes),
            "findings": [asdict(finding) for finding in found],
        })  # fmt: skip
    if not entries and len({str(one.error) for one in refused}) == 1:  # the design's own fault, and no channel's
        raise refused[0].error
    entries += [_entered(one) for one in refused]
    return {"ok": all(entry["path"] for entry in entries), "pictures": entries}


def _entered(one: Refused) -> dict[str, Any]:
    """Say why a channel has no picture, and enter it."""
    sys.stderr.write(f"error: {one}\n")
    error = {"code": one.error.code, "message": one.error.message, "hint": one.error.hint}
    return {"channel": one.channel.id, "path": None, "notes": [], "findings": [], "error": error}
