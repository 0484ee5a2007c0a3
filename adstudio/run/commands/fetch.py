"""``adstudio fetch``: download a checkpoint from a model hub."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ... import config
from ...counts import counted
from .job import Job, sized
from .progress import Progress


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "fetch",
        help="download a checkpoint from a model hub, or finish a download",
        description="Downloads what a Z-Image checkpoint needs and checks every byte. Broken off, it goes on where it "
        "was. HF_ENDPOINT names another hub, HF_TOKEN holds an access token.",
    )
    parser.add_argument("hub_id", metavar="HUB_ID", help="organisation/model")
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="the checkpoint's folder (<models>/diffusers/<organisation>/<model>)"
    )
    parser.add_argument("--revision", default="main", metavar="R", help="branch, tag or commit (main)")
    parser.add_argument("--verify", action="store_true", help="read every byte that is here, and load damage anew")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(
        command=run,
        interrupted="Interrupted; what has arrived is kept, and the same command loads only the rest.",
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Fetch, and say where the checkpoint lies."""
    from ...engine.download.fetch import fetch
    from ...engine.download.hub import folder_for
    from ...engine.forms.manifest import read_manifest

    folder = options.to or folder_for(config.model_dirs()[0] / "diffusers", options.hub_id)
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        job = Job("fetch", progress)
        with job.under_way():
            path = fetch(options.hub_id, folder, job, revision=options.revision, verify=options.verify)
        manifest = read_manifest(path)
        assert manifest is not None  # fetch has just written or read it
        if not options.json:
            sys.stdout.write(f"{path}\n")
        progress.say(
            f"{counted(len(manifest.files), 'file')}, {sized(manifest.bytes)}, commit {manifest.source['commit'][:12]}"
        )
    return {"path": str(path), "source": manifest.source, "bytes": manifest.bytes, "files": sorted(manifest.files)}
