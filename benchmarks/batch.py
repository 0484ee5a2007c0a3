"""Rows per minute of a catalogue: one after the other, overlapped, on Ray with 1 and 2 engines. Writes CSV.

python benchmarks/batch.py --rows 30 --size 256 --steps 2 > batch.csv
OMP_NUM_THREADS=1 python benchmarks/batch.py --rows 24 --size 256 --steps 2 --curve 1 2 > curve.csv

The load is what the machine had to do in the last minute, this included: where more wants to run than it has cores, a
way with more processes gets more of them, and looks faster than it would be alone.

Each way draws the same rows. The pace is that of the last two thirds: what came before was loading, starting a cluster,
and rows that were made ready meanwhile. Of each stage: processor seconds, the median over the rows of the first way.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from skimage import data  # noqa: E402

from adstudio.run.batch.catalogue import Progress, draw_catalogue  # noqa: E402
from adstudio.run.batch.lanes import Lane  # noqa: E402
from adstudio.run.batch.local_lane import LocalLane  # noqa: E402
from adstudio.run.batch.rows import Row  # noqa: E402
from adstudio.run.request import AdRequest  # noqa: E402
from adstudio.types import RunEvent, TextStyle  # noqa: E402
from benchmarks.surroundings import write_csv  # noqa: E402


def make_rows(photo: Path, count: int, size: int, steps: int, checkpoint: str) -> list[Row]:
    """Composites over a real photo, each with a backdrop of its own."""
    return [
        Row(
            number,
            f"r{number}",
            AdRequest(
                task="composite", products=(str(photo),), brief="나무 탁자", headline="갓 볶은 아침", seed=number,
                width=size, height=size, steps=steps, provider="rules", checkpoint=checkpoint,
                text_style=TextStyle(min_px=8),
            ),
            str(number),
        )
        for number in range(count)
    ]  # fmt: skip


def measure(rows: list[Row], lane: Lane, folder: Path) -> tuple[float, float]:
    """Seconds per row of the last two thirds, and of the whole."""
    ends: list[float] = []

    def note(state: Progress) -> None:
        if state.failure is not None:
            raise SystemExit(f"a row failed: {state.failure}")
        ends.append(time.perf_counter())

    began = time.perf_counter()
    try:
        draw_catalogue(rows, lane, folder, on_progress=note)
    finally:
        lane.close()
    skipped = len(ends) // 3
    return (ends[-1] - ends[skipped]) / (len(ends) - 1 - skipped), ends[-1] - began


def main() -> None:
    """Measure every way and print the CSV."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2, help="of each way, in turns")
    parser.add_argument("--checkpoint", default="demo")
    parser.add_argument("--no-ray", action="store_true")
    parser.add_argument("--curve", type=int, nargs="+", metavar="N", help="Ray alone, with so many engines each")
    parser.add_argument("--stages", action="store_true", help="one after the other alone, for the stages")
    options = parser.parse_args()
    stages: dict[str, list[float]] = {}

    started = [0.0]

    def watch(event: RunEvent) -> None:
        if event.kind == "start":
            started[0] = time.process_time()
        elif event.kind == "finish":
            stages.setdefault(event.step, []).append(time.process_time() - started[0])

    def on_ray(workers: int) -> Callable[[Path], Lane]:
        from adstudio.run.batch.ray_lane import RayLane

        return lambda folder: RayLane("local", folder, workers=workers)

    ways: dict[str, Callable[[Path], Lane]] = {
        "one after the other": lambda folder: LocalLane(folder, overlap=False, on_event=watch),
        "overlapped": lambda folder: LocalLane(folder, overlap=True),
    }
    if options.curve:
        ways = {f"ray, {count} engine{'s' * (count > 1)}": on_ray(count) for count in options.curve}
    elif options.stages:
        del ways["overlapped"]
    elif not options.no_ray:
        ways |= {"ray, 1 engine": on_ray(1), "ray, 2 engines": on_ray(2)}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        photo = root / "coffee.png"
        Image.fromarray(data.coffee()).save(photo)
        rows = make_rows(photo, options.rows, options.size, options.steps, options.checkpoint)
        measure(rows[:2], LocalLane(root / "warm" / "store"), root / "warm")
        write_csv(sys.stdout, _rows(rows, ways, options.rounds, root, stages))


def _rows(
    rows: list[Row], ways: dict[str, Callable[[Path], Lane]], rounds: int, root: Path, stages: dict[str, list[float]]
) -> Iterator[dict[str, str]]:
    """The pace of each way, then what its stages took; ``stages`` fills while they run."""
    names = ("seconds_per_row", "rows_per_minute", "whole_seconds", "load", "processor_seconds_per_row")
    empty = dict.fromkeys(names, "")
    for turn in range(1, rounds + 1):
        for way, lane in ways.items():
            folder = root / f"{way} {turn}"
            pace, whole = measure(rows, lane(folder / "store"), folder)
            found = (f"{pace:.2f}", f"{60 / pace:.1f}", f"{whole:.1f}", f"{os.getloadavg()[0]:.1f}")
            yield {"round": str(turn), "what": way, **empty, **dict(zip(names, found, strict=False))}
    for step, seconds in stages.items():
        spent = f"{statistics.median(seconds):.3f}"
        yield {"round": "", "what": f"stage {step}", **empty, "processor_seconds_per_row": spent}


if __name__ == "__main__":
    main()
