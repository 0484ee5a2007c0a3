"""What a finished run is to whoever called a command: its pictures for a program, a line for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...counts import counted
from ..report import RunReport
from ..request import AdResult


def add_options(parser: Any, out: str) -> None:
    """Add where the ads go, and how they are told of, to a command that makes some."""
    parser.add_argument("-o", "--out", type=Path, default=Path(out), metavar="FOLDER", help=f"where the ads go ({out})")
    parser.add_argument("--json", action="store_true", help="print events and an envelope as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress, no events")


def pictures(result: AdResult) -> list[dict[str, Any]]:
    """Where the pictures of a result lie, for the envelope."""
    return [
        {"path": str(path), "origin": None if origin is None else str(origin), "seed": seed}
        for path, origin, seed in zip(result.paths, result.origin_paths, result.report.seeds, strict=True)
    ]


def summary(report: RunReport) -> str:
    """One line on how a run went."""
    width, height = report.size or (0, 0)
    pace = f", {report.seconds_per_step:.2f} s per step" if report.seconds_per_step else ""
    where = f"on {report.server}" if report.server else f"memory peak {report.peak_rss_bytes / 2**20:.0f} MB"
    return (
        f"{width}x{height} in {report.seconds:.1f} s: {counted(report.evaluations, 'evaluation')}{pace}, "
        f"seed {report.seeds[0] if report.seeds else '-'}, {where}"
    )
