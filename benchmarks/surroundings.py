"""What every table of figures says about itself: on what device, with which versions, of which commit, on which day.

Nothing is imported for it and no device is touched: what asks may be about to measure memory.
"""

from __future__ import annotations

import csv
import os
import platform
import runpy
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[1]
FIELDS = ("device", "versions", "commit", "date")
_PACKAGES = ("torch", "diffusers", "transformers", "numpy", "pillow")


def surroundings(*, commit: str = "", comfyui: Path | None = None) -> dict[str, str]:
    """Device, versions, commit and day, as columns of a table.

    Args:
        commit: which commit this is, where git cannot tell.
        comfyui: the folder of the ComfyUI that took part.
    """
    return {
        "device": device_name(),
        "versions": versions(comfyui),
        "commit": commit or COMMIT,
        "date": date.today().isoformat(),
    }


def sentence() -> str:
    """The same as a line below printed figures, with the threads that numeric libraries may use."""
    about = surroundings()
    threads = os.environ.get("OMP_NUM_THREADS", "as many threads as they like")
    about["threads"] = f"OMP_NUM_THREADS={threads}" if threads.isdigit() else threads
    return f"{about['device']}, {about['threads']}; {about['versions']}; commit {about['commit']}, {about['date']}."


def write_csv(out: Path | TextIO, rows: Iterable[Mapping[str, Any]], *, comfyui: Path | None = None) -> None:
    """Write rows with the surroundings behind each; what a row says of them itself stands.

    Each row is on the disk, or on the terminal, as soon as it is there.
    """
    if isinstance(out, Path):
        with out.open("w", encoding="utf-8", newline="") as stream:
            write_csv(stream, rows, comfyui=comfyui)
        return
    about, table = surroundings(comfyui=comfyui), None
    for row in rows:
        if table is None:
            table = csv.DictWriter(out, list(dict.fromkeys([*row, *FIELDS])), lineterminator="\n")
            table.writeheader()
        table.writerow({**about, **row})
        out.flush()


def device_name() -> str:
    """The card, its memory and its driver, asked of the driver; else the processor and its cores that are ours."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return f"{_processor()}, {_cores()} cores, no GPU"
    asked = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return said.stdout.strip().splitlines()[0] if said.returncode == 0 and said.stdout.strip() else "unknown card"


def versions(comfyui: Path | None = None) -> str:
    """Python's, and those of what draws the pictures; a package that is absent is told so."""
    found = [f"python {platform.python_version()}"]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    if comfyui is not None:
        found.append(f"ComfyUI {comfyui_version(comfyui)}")
    return " ".join(found)


def comfyui_version(folder: Path) -> str:
    """What a ComfyUI calls itself in the file that its releases write."""
    try:
        return str(runpy.run_path(str(folder / "comfyui_version.py"))["__version__"])
    except (OSError, KeyError):
        return "unknown"


def commit_of(root: Path) -> str:
    """The commit that is measured; uncommitted changes, and a copy without its history, are told."""
    asked = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return said.stdout.strip() or "unknown"


COMMIT = commit_of(ROOT)  # as it is when measuring begins, which may take its time


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
