"""``adstudio convert``: make a checkpoint's weights bfloat16, once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...counts import counted
from .job import Job, sized
from .progress import Progress


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "convert",
        help="write a float32 checkpoint anew in bfloat16",
        description="Half the space on the disk, and no conversion at every start. The checkpoint stays as it is.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a checkpoint in diffusers layout")
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="the new folder (FOLDER-bf16)")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Convert, and say where the new checkpoint lies."""
    from ...engine.download.convert import convert, edition_beside
    from ...engine.forms.manifest import read_manifest

    source = options.folder.expanduser().absolute()
    out = options.out or edition_beside(source)
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        job = Job("convert", progress)
        with job.under_way():
            path = convert(source, out, job)
        manifest = read_manifest(path)
        assert manifest is not None  # convert has just written or read it
        if not options.json:
            sys.stdout.write(f"{path}\n")
        progress.say(f"{counted(len(manifest.files), 'file')}, {sized(manifest.bytes)}")
    return {"path": str(path), "source": manifest.source, "bytes": manifest.bytes, "files": sorted(manifest.files)}
