"""Measure every step of the demo's three ads on this machine, and print the figures as Markdown.

python benchmarks/road.py [--rounds N]      the first round starts cold, the others are warm

Each ad runs in a process of its own, so that its memory peak is its own and its first round really loads the model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


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
        "versions": report.versions,
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
    versions = ", ".join(f"{name} {version}" for name, version in results[0]["versions"].items())
    lines = [
        f"{time.strftime('%Y-%m-%d')}, {machine()}; {versions}.",
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


def machine() -> str:
    """This machine in a few words: what the figures hold for."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        processor = next(line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    device = subprocess.run(
        [
            sys.executable,
            "-c",
            "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU')",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return f"{processor}, {cores} cores, {device}"


def _row(name: str, seconds: list[float]) -> str:
    then = f"{statistics.median(seconds[1:]):.2f}" if len(seconds) > 1 else ""
    return f"| {name} | {seconds[0]:.2f} | {then} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="how often each ad is made (3)")
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


if __name__ == "__main__":
    main()
