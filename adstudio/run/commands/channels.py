"""``adstudio channels``, ``check`` and ``template``: where ads appear, what they take, and layouts that they fix."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...types import Channel, TextStyle
from .plan_file import read_plan_file

if TYPE_CHECKING:
    from ..templates import SetAd


def add(commands: Any) -> None:
    """Add the commands to the command line."""
    channels = commands.add_parser("channels", help="list the places that show ads, with their sizes and limits")
    channels.add_argument("channel", nargs="?", help="one of them, with every number and its source")
    _add_json(channels)
    channels.set_defaults(command=run_channels)

    check = commands.add_parser(
        "check",
        help="check a finished file for a channel",
        description="Prints what the channel would not take. Exit code 1 where something keeps it from being shown.",
    )
    check.add_argument("file", type=Path, metavar="FILE", help="the finished picture")
    _add_channel(check, required=True)
    check.add_argument("--plan", type=Path, metavar="PLAN", help="its layout plan in JSON, for safe zone and letters")
    check.add_argument("--advertiser", default="", help="whose ad it is, where the channel wants it named")
    check.add_argument("--font", default="", help="family of the lettering, where the channel fixes it")
    _add_json(check)
    check.set_defaults(command=run_check)

    template = commands.add_parser(
        "template",
        help="set an ad by a layout that the channel fixes",
        description="kakao-bizboard sets the object at the right and its lines of type; marketplace-white stands the "
        "product on pure white. Nothing is generated.",
    )
    template.add_argument("template", metavar="TEMPLATE", help="kakao-bizboard or marketplace-white")
    template.add_argument("--product", type=Path, required=True, metavar="CUT", help="the product, cut out")
    template.add_argument("--headline", default="")
    template.add_argument("--sub", default="")
    template.add_argument("--old-price", default="", metavar="PRICE", help="struck through before the sub")
    template.add_argument(
        "--app", default="", metavar="NAME", help="of the app that is advertised, in a row of its own"
    )
    template.add_argument("--app-icon", type=Path, metavar="FILE", help="its icon")
    template.add_argument("--advertiser", default="", help="whose ad it is; must stand in the copy or on the object")
    template.add_argument(
        "--font", default="official", help="for a draft, another font than the channel's own (official)"
    )
    _add_channel(template, required=False)
    template.add_argument(
        "--object", type=Path, metavar="FILE", help="also the object alone as a .png, within the channel's limit for it"
    )
    template.add_argument("--override", action="store_true", help="write it even where the channel would refuse it")
    template.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="a .png, .jpg or .webp")
    _add_json(template)
    template.set_defaults(command=run_template)


def run_channels(options: argparse.Namespace) -> dict[str, Any]:
    """List channels, or one with its sources."""
    from ...output.channel_table import entries
    from ...output.channels import get_entry

    found = [get_entry(options.channel)] if options.channel else list(entries().values())
    if not options.json:
        for entry in found:
            sizes = ", ".join(f"{size.size_px[0]}x{size.size_px[1]}" for size in entry.sizes.values()) or "?"
            sys.stdout.write(f"{entry.id:26} {entry.korean}  {sizes}\n")
            for fact in entry.facts if options.channel else ():
                sys.stdout.write(
                    f"  {fact.name:16} {fact.value}\n  {'':16} {fact.source} ({fact.verified}, {fact.checked})\n"
                )
            if options.channel and entry.note:
                sys.stdout.write(f"  {entry.note}\n")
    return {
        "channels": [
            {
                "id": entry.id,
                "korean": entry.korean,
                "english": entry.english,
                "aliases": list(entry.aliases),
                "note": entry.note,
                "note_en": entry.note_en,
                "sizes": {size: _size_record(channel) for size, channel in entry.sizes.items()},
                "facts": [asdict(fact) for fact in entry.facts],
            }
            for entry in found
        ]
    }


def run_check(options: argparse.Namespace) -> dict[str, Any]:
    """Check a file; the envelope's ``ok`` says whether the channel would take it."""
    from ...output.channels import get_channel
    from ...output.findings import describe, is_blocked
    from ..channels import inspect_file

    channel = get_channel(options.channel)
    found = inspect_file(
        options.file,
        channel,
        plan=None if options.plan is None else read_plan_file(options.plan),
        style=TextStyle(font=options.font) if options.font else TextStyle(),
        advertiser=options.advertiser,
        font=options.font,
    )
    if not options.json:
        sys.stdout.write(f"{channel.korean}\n{describe(found)}\n")
    return {"ok": not is_blocked(found), "channel": channel.id, "findings": [asdict(finding) for finding in found]}


def run_template(options: argparse.Namespace) -> dict[str, Any]:
    """Set an ad and write it; refused where the channel would refuse it."""
    from ...output.encode import find_format
    from ...output.findings import describe, refuse
    from ...output.store import write_whole
    from ..channels import file_for
    from ..photos import read_logo
    from ..templates import draw_template
    from .place import read_cut

    format = find_format(options.out.suffix)
    if options.object is not None and options.object.suffix.lower() != ".png":
        raise InputError(
            "template.not_png",
            f"The object is written as a PNG, and '{options.object}' does not end in .png.",
            "Give it such a name.",
        )
    made = draw_template(
        options.template,
        read_cut(options.product),
        headline=options.headline,
        sub=options.sub,
        advertiser=options.advertiser,
        font=options.font,
        channel=options.channel,
        old_price=options.old_price,
        app=options.app,
        app_icon=None if options.app_icon is None else read_logo(str(options.app_icon)),
    )
    file = file_for(made.picture, made.channel, format, plan=made.plan, advertiser=options.advertiser, font=made.font)
    if not options.override:
        refuse(file.findings, made.channel.english)
    write_whole(options.out, file.data, "channel.not_written")
    if options.object is not None:
        write_whole(options.object, _object_file(made), "channel.not_written")
    if not options.json:
        sys.stdout.write(f"{options.out}\n")
        sys.stderr.write(
            "".join(f"  {line}\n" for line in (*made.notes, *file.notes, *describe(file.findings).splitlines()))
        )
    return {
        "path": str(options.out),
        "object": None if options.object is None else str(options.object),
        "channel": made.channel.id,
        "font": made.font,
        "bytes": len(file.data),
        "notes": [*made.notes, *file.notes],
        "findings": [asdict(finding) for finding in file.findings],
    }


def _object_file(made: SetAd) -> bytes:
    """The object alone as a PNG, within what the channel takes for it."""
    from ...output.encode import find_format
    from ..channels import encode_for

    limit = dict(made.channel.rules).get("object_kb")
    alone = replace(made.channel, max_bytes=None if limit is None else int(float(limit) * 1000))
    return encode_for(made.object, alone, find_format("png"))[0]


def _add_channel(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--channel", default="", required=required, help="kakao-bizboard, kakao_native:2x1, 인스타그램 …"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.set_defaults(quiet=False)


def _size_record(channel: Channel) -> dict[str, Any]:
    safe = channel.safe
    return {
        "channel": channel.id,
        "width": channel.size_px[0],
        "height": channel.size_px[1],
        "formats": list(channel.formats),
        "max_bytes": channel.max_bytes,
        "safe": [round(edge, 4) for edge in (safe.x0, safe.y0, safe.x1, safe.y1)],
    }
