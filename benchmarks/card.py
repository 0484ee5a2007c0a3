"""Measure on one NVIDIA card all that this pack promises of a card, in a few minutes, and write it as it comes.

python benchmarks/card.py [--out DIR] [--folder DIR] [--only PART …] [--budget-s 480] [--tiny]

First a checkpoint of Z-Image Turbo's architecture and size with random weights is written, 20.5 GB (to /dev/shm where
that has the room). Then each part runs in a process of its own with a time limit of its own, the most telling ones
first: whatever becomes of one, the rows of the others are in ``card.csv`` already, and its own rows so far too.
``card.md`` sets them beside what was promised, ``card.log`` holds what the parts said. ``--tiny`` runs all of it at a
size that takes a minute on a CPU: it measures nothing, and finds out whether a card's time would be well spent.
The card's memory is capped to an L4's 22.5 GiB wherever memory is what is measured.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.surroundings import FIELDS as ABOUT  # noqa: E402
from benchmarks.surroundings import surroundings  # noqa: E402

FIELDS: tuple[str, ...] = ("part", "what", "value", "unit", "note", *ABOUT)
_FULL_BYTES = 22 * 10**9
_LEAST_S = 15.0  # a part that has less time left is not begun
_DYING_S = 10.0
_LOOK_S = 1.0
_USUAL_S = 480.0  # for everything, on a card that is as fast as an H100


@dataclass(frozen=True)
class Part:
    """What is run, and the most seconds that it may take on a fast card."""

    name: str
    limit_s: float
    allocator: str = ""  # torch's setting; empty leaves it as it is


# In order of importance: when time runs out, what stands last is missing.
PARTS = (
    Part("write", 180),
    Part("resident", 100),
    Part("speed", 130),
    Part("endurance", 110),
    Part("fast", 170),
    Part("growing", 60, "expandable_segments:True"),
    Part("streamed", 80),
    Part("fp8", 80),
    Part("tests", 150),
    Part("composites", 60),
    Part("curve", 100),
    Part("native", 100),
    Part("allocator", 160),
)


@dataclass(frozen=True)
class Promise:
    """A figure that was promised: at most ``most``."""

    part: str
    what: str
    most: float
    unit: str


PROMISES = (
    Promise("resident", "peak VRAM, bf16, all resident", 21.0, "GiB"),
    Promise("fp8", "peak VRAM, fp8", 12.5, "GiB"),
    Promise("streamed", "peak VRAM, streamed", 8.0, "GiB"),
    Promise("resident", "peak anonymous memory while loading", 2.0, "GiB"),
    Promise("resident", "anonymous memory after eviction, beside before", 0.2, "GiB"),
    Promise("resident", "bytes moved by switches of text, image and inpaint", 0, "bytes"),
    Promise("resident", "style switch, to another one", 1000, "ms"),
    Promise("speed", "ours, x diffusers", 1.0, "x"),
    Promise("fast", "ours, fast, x diffusers", 0.7, "x"),
    Promise("native", "ours, x ComfyUI's nodes", 1.0, "x"),
    Promise("endurance", "memory drift", 1.0, "%"),
    Promise("endurance", "picture 1 again, largest difference", 0, "of 1"),
)


class Book:
    """The rows so far, on the disk after each."""

    def __init__(self, out: Path, commit: str, *, tiny: bool = False) -> None:
        self._is_tiny = tiny
        out.mkdir(parents=True, exist_ok=True)
        self._table, self._page = out / "card.csv", out / "card.md"
        self._about = surroundings(commit=commit)
        self.rows: list[dict[str, str]] = []
        with self._table.open("w", newline="", encoding="utf-8") as stream:
            csv.DictWriter(stream, FIELDS).writeheader()

    def add(self, part: str, what: str, value: float | str, unit: str = "", note: str = "") -> None:
        """Write one figure down."""
        shown = value if isinstance(value, str) else f"{value:.6g}"
        row = {"part": part, "what": what, "value": shown, "unit": unit, "note": note, **self._about}
        self.rows.append(row)
        with self._table.open("a", newline="", encoding="utf-8") as stream:
            csv.DictWriter(stream, FIELDS).writerow(row)
        print(f"{part:10} {what:52} {shown:>12} {unit:6} {note}", flush=True)

    def sum_up(self) -> None:
        """Write the page that sets the figures beside the promises."""
        found = {(row["part"], row["what"]): row["value"] for row in self.rows}
        lines = ["Tried out at a toy size: nothing here is a measurement.", ""] * self._is_tiny
        lines += ["| promised | at most | measured | |", "|---|---|---|---|"]
        for promise in PROMISES:
            value = found.get((promise.part, promise.what))
            if value is None:
                lines.append(f"| {promise.what} | {promise.most:g} {promise.unit} | not measured | |")
            else:
                kept = "kept" if float(value) <= promise.most else "**missed**"
                kept = "tried" if self._is_tiny else kept
                lines.append(f"| {promise.what} | {promise.most:g} {promise.unit} | {value} {promise.unit} | {kept} |")
        lines += ["", "| part | what | value | | note |", "|---|---|---|---|---|"]
        lines += ["| {part} | {what} | {value} | {unit} | {note} |".format(**row) for row in self.rows]
        about = self._about
        lines += ["", f"{about['device']}; {about['versions']}; commit {about['commit']}; {about['date']}.", ""]
        self._page.write_text("\n".join(lines), encoding="utf-8")


def run_part(part: Part, limit_s: float, options: argparse.Namespace, book: Book) -> None:
    """Run a part in a process of its own; its rows are written down as they come, and how it ended."""
    command = [sys.executable, str(ROOT / "benchmarks" / "card_parts.py"), part.name, "--folder", str(options.folder)]
    command += ["--tiny"] if options.tiny else []
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _search_path()}
    environment |= {"OMP_NUM_THREADS": "1"} if options.tiny else {}
    environment |= {"PYTORCH_CUDA_ALLOC_CONF": part.allocator} if part.allocator else {}
    began = time.monotonic()
    with (options.out / "card.log").open("a", encoding="utf-8") as log:
        log.write(f"\n===== {part.name}\n")
        log.flush()
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, cwd=ROOT, start_new_session=True
        )
        in_time = True
        for line in _lines(child, began + limit_s):
            if line is None:
                in_time = False
                _end(child)
                break
            if (row := _read_row(line)) is not None:
                book.add(part.name, **row)
            else:
                log.write(line)
        child.wait()
    took = time.monotonic() - began
    ended = "done" if child.returncode == 0 else f"failed with {child.returncode}: see card.log"
    book.add(part.name, "whole part", took, "s", ended if in_time else f"ended at its limit of {limit_s:.0f} s")


def _read_row(line: str) -> dict[str, Any] | None:
    """The figure that a line holds; None of any other line, and of one that broke off with its part."""
    if not line.startswith("ROW "):
        return None
    try:
        row = json.loads(line[4:])
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _lines(child: subprocess.Popen[str], until: float) -> Iterator[str | None]:
    """The lines that a process prints; None when its time is over."""
    lines: queue.Queue[str] = queue.Queue()
    stream = child.stdout
    assert stream is not None

    def read() -> None:
        for line in stream:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    while True:
        left = until - time.monotonic()
        try:
            line = lines.get(timeout=max(0.01, min(left, _LOOK_S)))
        except queue.Empty:
            if child.poll() is not None:  # the pipe is still held by what it has started, such as compilers
                _end(child)
                return
            if left > 0:
                continue
            yield None
            return
        if not line:
            return
        yield line


def _end(child: subprocess.Popen[str]) -> None:
    """End a process and those that it has started: they hold the card's memory."""
    for kind, patience in ((signal.SIGTERM, _DYING_S), (signal.SIGKILL, _DYING_S)):
        try:
            os.killpg(child.pid, kind)
            child.wait(patience)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        else:
            return


def _search_path() -> str:
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def default_folder(*, tiny: bool) -> Path:
    """Where the checkpoint goes: in memory where there is room, because a disk would be what is measured."""
    memory, name = Path("/dev/shm"), "adstudio-small-size" if tiny else "adstudio-full-size"
    if not tiny and memory.is_dir() and shutil.disk_usage(memory).free > _FULL_BYTES:
        return memory / name
    return Path.home() / ".cache" / name


def main() -> None:
    """Measure part after part until all are done or the time is spent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("output") / "card", help="where the results go (output/card)")
    parser.add_argument("--folder", type=Path, help="where the checkpoint is, or is written")
    parser.add_argument("--only", nargs="+", choices=[part.name for part in PARTS], help="these parts alone")
    parser.add_argument("--budget-s", type=float, default=_USUAL_S, help="seconds for everything (480)")
    parser.add_argument("--tiny", action="store_true", help="try it out: a tiny checkpoint, on a CPU too")
    parser.add_argument("--commit", default="", help="which commit this is, where git cannot tell")
    parser.add_argument("--clean", action="store_true", help="remove the checkpoint afterwards")
    options = parser.parse_args()
    options.folder = options.folder or default_folder(tiny=options.tiny)
    if not options.tiny and shutil.which("nvidia-smi") is None:
        sys.exit("No NVIDIA card here: nothing to measure. --tiny tries the script out without one.")
    book, until = Book(options.out, options.commit, tiny=options.tiny), time.monotonic() + options.budget_s
    (options.out / "card.log").write_text("", encoding="utf-8")
    for part in PARTS:
        is_written = (options.folder / "loras" / "style2.safetensors").is_file()  # the last thing that it writes
        if is_written if part.name == "write" else options.only and part.name not in options.only:
            continue
        left = until - time.monotonic()
        if left < _LEAST_S:
            book.add(part.name, "whole part", 0, "s", "not begun: the time is spent")
        else:
            # A slower card needs a larger budget, and every part its share of that.
            run_part(part, min(part.limit_s * max(1.0, options.budget_s / _USUAL_S), left), options, book)
        book.sum_up()
    if options.clean:
        shutil.rmtree(options.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
