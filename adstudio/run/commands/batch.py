"""``adstudio batch``: an ad for each row of a table."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...counts import counted
from ...errors import InputError
from ..batch import catalogue, columns
from ..batch.delivery import ADS, STORE
from ..batch.lanes import Lane
from ..batch.local_lane import LocalLane
from ..batch.manifest import ERRORS
from ..batch.photo_paths import PhotoFolder
from ..batch.rows import Checked, check_rows
from ..batch.sheet import write_sheets
from ..batch.table import read_table
from . import interrupt
from .progress import Progress

SHOWN_PROBLEMS = 50


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "batch",
        help="make an ad for each row of a table",
        description="The table is CSV (as Excel saves it), JSON Lines or Parquet. All rows are checked before any is "
        f"drawn. Columns, in English or Korean: {', '.join(columns.names())}. An empty cell takes the usual; - means "
        "nothing at all, as in a headline that is not wanted.",
    )
    parser.add_argument("table", type=Path, metavar="ROWS", help="a .csv, .jsonl or .parquet file")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER", help="where ads and manifest go")
    parser.add_argument("--resume", action="store_true", help="go on in a folder: only rows that are not finished")
    parser.add_argument("--first", action="store_true", help="draw one row alone, to see whether it is as meant")
    parser.add_argument("--check", action="store_true", help="say what is wrong with the table, and draw nothing")
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="where photos lie (beside the table)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="COLUMN=VALUE", help="for rows that leave this column empty"
    )
    parser.add_argument("--ignore-unknown", action="store_true", help="pass over columns that are not known")
    parser.add_argument("--stop-on-error", action="store_true", help="draw no more once a row has failed")
    parser.add_argument("--sheets", type=int, default=20, metavar="N", help="the most contact sheets, 0 = none (20)")
    parser.add_argument(
        "--server", action="append", default=[], metavar="URL", help="draw on this ComfyUI; say it again for more"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="draw on a Ray cluster: its address, 'auto', or 'local' for one of this machine",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="engines on the cluster (one per GPU)")
    parser.add_argument("--json", action="store_true", help="print a line per row and one envelope as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Check all rows, draw those that are left, and say what became of them."""
    options.interrupted = f"Interrupted; finished rows are written down. Go on with --resume --out {options.out}"
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        lane = _lane(options, progress)
        try:
            return _run(options, lane, progress)
        finally:
            lane.close()


def _run(options: argparse.Namespace, lane: Lane, progress: Progress) -> dict[str, Any]:
    records = read_table(options.table)
    checked = check_rows(
        records,
        PhotoFolder(options.photos or options.table.parent),
        defaults=_defaults(options.set),
        check=lane.check,
        ignore_unknown=options.ignore_unknown,
    )
    if checked.problems:
        return _refuse(options, checked)
    if checked.ignored:
        progress.say(f"Columns passed over: {', '.join(checked.ignored)}.")
    progress.say(f"{counted(len(checked.rows), 'row')}, fit to be drawn.")
    if options.check:
        return {"rows": len(checked.rows), "problems": []}
    with interrupt.cancels(lane.cancel):
        done = catalogue.draw_catalogue(
            checked.rows,
            lane,
            options.out,
            resume=options.resume,
            first=options.first,
            stop_on_error=options.stop_on_error,
            on_progress=lambda state: _tell(options, progress, state),
        )
    sheets = write_sheets(options.out, done.entries, done.failures, most=max(0, options.sheets))
    if not options.json:
        for path in sheets:
            sys.stdout.write(f"{path}\n")
        progress.say(_summary(done, options))
    return {
        "ok": not done.failures and not done.stopped,
        "rows": len(checked.rows),
        "finished": len(done.entries),
        "kept": done.kept,
        "left": done.left,
        "failed": [asdict(failure) for failure in done.failures],
        "stopped": done.stopped,
        "seconds": round(done.seconds, 2),
        "sheets": [str(path) for path in sheets],
        "problems": [],
    }


def _lane(options: argparse.Namespace, progress: Progress) -> Lane:
    store = options.out / STORE
    if options.workers is not None and (options.ray is None or options.workers < 1):
        raise InputError("batch.workers", "--workers counts the engines on a Ray cluster.", "Use it with --ray.")
    if options.ray is not None:
        from ..batch.ray_lane import RayLane

        return RayLane(options.ray, store, workers=options.workers, servers=options.server)
    if options.server:
        from ..batch.server_lane import server_lane

        return server_lane(options.server, store)
    # Of a row's steps only the drawing is shown: others may be those of another row.
    return LocalLane(store, on_event=lambda event: progress(event) if event.kind in ("progress", "preview") else None)


def _defaults(settings: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in settings:
        header, equals, value = setting.partition("=")
        name = columns.find(header)
        if not equals or name is None or name == "id":
            raise InputError(
                "batch.bad_setting",
                f"--set takes COLUMN=VALUE with a known column; '{setting}' came.",
                f"The columns are: {', '.join(columns.names()[1:])}.",
            )
        found[name] = value
    return found


def _refuse(options: argparse.Namespace, checked: Checked) -> dict[str, Any]:
    problems, more = checked.problems[:SHOWN_PROBLEMS], len(checked.problems) - SHOWN_PROBLEMS
    lines = [str(problem) for problem in problems]
    lines += [f"… and {more} more; --json tells them all"] if more > 0 else []
    count = len(checked.problems)
    sys.stderr.write(
        "\n".join([f"error: {counted(count, 'problem')} in '{options.table.name}'; nothing was drawn.", *lines, ""])
    )
    return {"ok": False, "rows": len(checked.rows), "problems": [asdict(problem) for problem in checked.problems]}


def _tell(options: argparse.Namespace, progress: Progress, state: catalogue.Progress) -> None:
    if options.json and not options.quiet:
        told: dict[str, Any] = {"event": "row", "done": state.done, "failed": state.failed, "total": state.total}
        if state.left is not None:
            told["left_s"] = round(state.left, 1)
        if state.entry is not None:
            told |= {"row": state.entry.row, "id": state.entry.id, "files": list(state.entry.files)}
        if state.failure is not None:
            told |= asdict(state.failure)
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    count = f"[{state.done + state.failed}/{state.total}]"
    left = "" if state.left is None else f" · {_clock(state.left)} left"
    if state.entry is not None:
        score = "" if state.entry.score is None else f", score {state.entry.score:.2f}"
        progress.say(f"{count} {state.entry.id}: {state.entry.seconds:.1f} s{score}{left}")
    if state.failure is not None:
        failure = state.failure
        progress.say(f"{count} row {failure.row}, {failure.id}: {failure.message} {failure.hint}".rstrip() + left)


def _summary(done: catalogue.Summary, options: argparse.Namespace) -> str:
    drawn = len(done.entries) - done.kept
    ads = counted(len(done.entries), "ad")
    lines = [f"{ads} in {options.out / ADS}, {drawn} drawn now in {_clock(done.seconds)}."]
    if done.failures:
        told = options.out / ERRORS
        lines.append(f"{counted(len(done.failures), 'row')} failed; {told} tells why. --resume tries them again.")
    if done.stopped:
        lines.append(f"Stopped: {done.stopped}")
    if done.left:
        lines.append(f"Still to draw: {counted(done.left, 'row')}; go on with --resume.")
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
