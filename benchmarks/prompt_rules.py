"""Measure the offline prompt writer: milliseconds a brief, and what it understands of the corpus.

python benchmarks/prompt_rules.py [--rounds 5] [--markdown] [--csv rules.csv]     prints CSV or Markdown

The corpus is tests/unit/prompt/corpus: ``tune`` was seen while the word lists grew, ``held_out`` never was. ``cold`` is
the first brief of a process, with every table still to be read. Coverage is the share of content words that were
understood; routing the share of a designer's expectations that were met. The user's own words are left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from benchmarks.surroundings import sentence, write_csv  # noqa: E402


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often the whole corpus is written, warm")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table instead of CSV")
    parser.add_argument("--csv", type=Path, help="also write the rows to this file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ADSTUDIO_HOME"] = home
        rows = measure(args.rounds)
    names: tuple[str, ...] = ("what", "corpus", "value", "unit")
    table: list[dict[str, str]] = [dict(zip(names, row, strict=True)) for row in rows]
    if args.markdown:
        print(f"{sentence()}\n\n| what | corpus | value | unit |\n|---|---|---|---|")
        for row in rows:
            print(f"| {' | '.join(row)} |")
    else:
        write_csv(sys.stdout, table)
    if args.csv:
        write_csv(args.csv, table)


def measure(rounds: int) -> list[tuple[str, str, str, str]]:
    """Time the writer on every brief, then count what it understood."""
    from unit.prompt.corpus_score import HALVES, briefs, score

    from adstudio.prompt import processor

    every = [row["brief"] for half in HALVES for row in briefs(half)]
    cold, _ = _ms(processor.write, every[0])
    for brief in every:
        processor.write(brief)
    warm = [_ms(processor.write, brief) for _ in range(rounds) for brief in every]
    rows = [("cold, first brief", "all", f"{cold:.0f}", "ms")]
    # processor time is what other programs on the machine do not stretch
    for name, times in zip(("wall", "processor"), zip(*warm, strict=True), strict=True):
        rows += [
            (f"warm, median, {name}", "all", f"{statistics.median(times):.2f}", "ms a brief"),
            (f"warm, p95, {name}", "all", f"{statistics.quantiles(times, n=20)[-1]:.2f}", "ms a brief"),
        ]
    for half in HALVES:
        told = score(half)
        copy = 1 - len(told.copy_lost) / told.copy_asked
        rows += [
            ("briefs", half, str(told.briefs), ""),
            ("coverage", half, f"{told.coverage:.3f}", f"of {told.understood + told.unknown} content words"),
            ("routing", half, f"{told.routing:.3f}", f"of {told.asked.total()} expectations"),
            ("flawless", half, str(told.flawless), f"of {told.briefs} briefs"),
            ("copy told", half, f"{copy:.3f}", f"of {told.copy_asked} words"),
        ]
    return rows


def _ms(write: Callable[[str], object], brief: str) -> tuple[float, float]:
    """Wall time and processor time of one brief."""
    start, busy = time.perf_counter(), time.process_time()
    write(brief)
    return (time.perf_counter() - start) * 1000, (time.process_time() - busy) * 1000


if __name__ == "__main__":
    main()
