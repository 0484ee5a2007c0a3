"""Measure every step of the demo's three ads on this machine, and print the figures as Markdown.

python benchmarks/road.py [--rounds N] [--csv FILE]      the first round starts cold, the others are warm

Each ad runs in a process of its own, so that its memory peak is its own and its first round really loads the model.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.surroundings import sentence, write_csv  # noqa: E402


def measure_ad(number: int, rounds: int) -> dict[str, Any]:
    """Run one of the demo's ads several times in this process; return seconds per step and round, and the peak."""
    from dataclasses import replace

    from adstudio.run.commands.demo import demo_ads
    from adstudio.run.local.runner import LocalRunner

    ad = demo_ads()[number]
    steps: dict[str, list[float]] = {}
    totals: list[float] = []
    pace: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        runner = LocalRunner(folder)
        request = ad.request()
        for round_number in range(rounds):
            # Another seed each round: the same picture again would be saved already.
            report = runner.run(replace(request, seed=(request.seed or 0) + round_number)).report
            for step in report.steps:
                steps.setdefault(step.name, []).append(step.seconds)
            totals.append(report.seconds)
            pace.append(report.seconds_per_step)
    return {
        "title": ad.title,
        "size": report.size,
        "evaluations": report.evaluations,
        "steps": steps,
        "totals": totals,
        "pace": pace,
        "peak_rss_bytes": report.peak_rss_bytes,
        "peak_vram_bytes": report.peak_vram_bytes,
    }


def measure_import() -> float:
    """Seconds that a new Python needs to import the command line, the interpreter's own start left out."""
    code = "import time; t = time.perf_counter(); import adstudio.run.cli; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in "abc"
    ]
    return min(float(run.stdout) for run in runs)


def as_markdown(results: list[dict[str, Any]], import_seconds: float) -> str:
    """The figures as a page."""
    lines = [
        sentence(),
        "",
        f"Importing the command line: {import_seconds:.2f} s.",
    ]
    for result in results:
        width, height = result["size"]
        lines += [
            "",
            f"### {result['title']}",
            "",
            f"{width}x{height}, {result['evaluations']} evaluations, {statistics.median(result['pace']):.2f} s each; "
            f"memory peak {result['peak_rss_bytes'] / 2**20:.0f} MiB"
            + (
                f", graphics memory peak {result['peak_vram_bytes'] / 2**20:.0f} MiB"
                if result["peak_vram_bytes"]
                else ""
            ),
            "",
            "| step | first, s | then, s |",
            "|---|---:|---:|",
            *(_row(name, seconds) for name, seconds in result["steps"].items()),
            _row("**whole ad**", result["totals"]),
        ]
    return "\n".join(lines)


def as_rows(results: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The figures as lines of a table: each step of each ad in each round."""
    for result in results:
        for name, seconds in (*result["steps"].items(), ("whole ad", result["totals"])):
            for number, took in enumerate(seconds, 1):
                yield {
                    "ad": result["title"],
                    "size": "x".join(map(str, result["size"])),
                    "step": name,
                    "round": number,
                    "seconds": round(took, 4),
                    "peak_rss_bytes": result["peak_rss_bytes"],
                    "peak_vram_bytes": result["peak_vram_bytes"],
                }


def _row(name: str, seconds: list[float]) -> str:
    then = f"{statistics.median(seconds[1:]):.2f}" if len(seconds) > 1 else ""
    return f"| {name} | {seconds[0]:.2f} | {then} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="how often each ad is made (3)")
    parser.add_argument("--csv", type=Path, help="write the seconds here, each with device, versions and commit")
    parser.add_argument("--ad", type=int, help=argparse.SUPPRESS)  # one ad, in a process of its own
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.ad is not None:
        print(json.dumps(measure_ad(options.ad, options.rounds)))
        return
    results = []
    for number in range(3):
        command = [sys.executable, __file__, "--ad", str(number), "--rounds", str(options.rounds)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        results.append(json.loads(run.stdout.splitlines()[-1]))
    print(as_markdown(results, measure_import()))
    if options.csv:
        write_csv(options.csv, as_rows(results))


if __name__ == "__main__":
    main()
