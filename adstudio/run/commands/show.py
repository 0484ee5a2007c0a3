"""``adstudio show``: read back what a saved picture holds."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from ... import config
from ...errors import InputError, MissingDependency
from ...output.credentials import SignatureCheck, check_signature
from ...output.disclosure import SCHEME, read_source_type
from ...output.metadata import KEY, read_metadata
from ...output.store import ORIGIN_FOLDER


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "show",
        help="say what a saved picture holds: brief, prompt, seed, report, original, AI mark, signature",
        description="Reads a saved png, jpg, webp or avif file, and the record beside it where the file has none.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no remarks")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Read the file and tell."""
    told = read_saved(options.file)
    if not options.json:
        sys.stdout.write("".join(f"{name:<12} {value}\n" for name, value in _lines(told)))
    return told


def read_saved(path: Path) -> dict[str, Any]:
    """Read back all that a saved picture tells.

    Raises:
        InputError: ``output.not_a_picture``
    """
    kept = read_metadata(path)
    beside = path.with_suffix(".json")
    record, found_in = kept.get(KEY), "file"
    if not isinstance(record, dict):
        record, found_in = _read_beside(beside), "beside"
    found = record or {}
    with Image.open(path) as picture:
        size, format = picture.size, str(picture.format).lower()
    report, request = found.get("report") or {}, found.get("request") or {}
    prompts = report.get("prompts") or ([report["prompt"]] if report.get("prompt") else [])
    seeds = report.get("seeds") or []
    seed = found.get("seed")
    return {
        "path": str(path),
        "format": format,
        "size": list(size),
        "bytes": path.stat().st_size,
        "record_in": found_in if record else None,
        "brief": request.get("brief") or report.get("brief") or "",
        "prompt": prompts[seeds.index(seed)] if seed in seeds[: len(prompts)] else next(iter(prompts), ""),
        "seed": seed,
        "request": request,
        "report": report,
        "graph": sorted(kept.keys() & {"prompt", "workflow"}),
        "origin": _find_origin(path, found.get("origin")),
        "disclosure": {"digital_source_type": read_source_type(path), **(found.get("disclosure") or {})},
        "credentials": _credentials(path),
    }


def _read_beside(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes()).get(KEY)
    except (OSError, ValueError, AttributeError):
        return None
    return record if isinstance(record, dict) else None


def _find_origin(path: Path, link: Any) -> dict[str, Any] | None:
    if isinstance(link, dict) and isinstance(link.get("path"), str):
        # A file from elsewhere may name any path; only its own folder is looked into.
        root = path.resolve().parent.parent
        found = config.name_inside(root, str(Path(path.resolve().parent.name, link["path"])))
        if found is not None and found.resolve().is_relative_to(root):
            return {**link, "exists": found.is_file()}
        return None
    flat = path.parent / ORIGIN_FOLDER / f"{path.stem.partition('-q')[0]}.png"  # until 0.1
    return {"path": f"{ORIGIN_FOLDER}/{flat.name}", "exists": True} if flat.is_file() else None


def _credentials(path: Path) -> dict[str, Any] | None:
    try:
        found: SignatureCheck = check_signature(path)
    except (MissingDependency, InputError):
        return None
    return {
        "state": found.state,
        "signer": found.signer,
        "is_known": found.is_known,
        "problems": list(found.problems),
    }


def _lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    width, height = told["size"]
    mark = told["disclosure"]
    credentials = told["credentials"]
    lines = [("file", f"{told['format']}, {width}x{height}, {told['bytes'] / 1000:.1f} kB")]
    lines += [(name, str(told[name])) for name in ("brief", "prompt", "seed") if told[name] not in ("", None)]
    if model := told["report"].get("model"):
        lines.append(("model", str(model)))
    if told["origin"] is not None:
        lines.append(("original", f"{told['origin']['path']}{'' if told['origin']['exists'] else ' (not there)'}"))
    lines.append(("graph", " and ".join(told["graph"]) or "none in the file"))
    lines.append(("AI mark", mark["digital_source_type"].removeprefix(SCHEME) or "none"))
    if mark.get("label"):
        lines.append(("AI label", mark["label"]))
    if credentials is None:
        lines.append(("credentials", "not looked at; that needs: pip install c2pa-python cryptography"))
    elif credentials["state"] == "none":
        lines.append(("credentials", "none"))
    else:
        known = "" if credentials["is_known"] else " (nobody vouches for that name)"
        why = f": {', '.join(credentials['problems'])}" if credentials["problems"] else ""
        lines.append(("credentials", f"{credentials['state']}, signed by {credentials['signer']}{known}{why}"))
    return lines
