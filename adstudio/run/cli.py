"""The command ``adstudio``.

Exit codes: 0 done, 1 a problem the user can act on, 2 wrong use, 130 interrupted. Progress goes to stderr; stdout has
the paths of the finished ads, or with ``--json`` one line per event (none with ``--quiet``) and an envelope at the end.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import AdStudioError, MissingDependency
from ..ports import Cancelled
from .commands import (
    ads,
    batch,
    channels,
    convert,
    cutout,
    demo,
    doctor,
    fetch,
    interrupt,
    layout,
    letter,
    lists,
    place,
    reflow,
    serve,
    show,
    words,
)
from .commands.typed_names import as_it_lies

DONE, PROBLEM, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
_FIRST = """
first steps:
  adstudio demo                                      three finished ads, with nothing but what is here
  adstudio generate "창가 카페의 딸기 라떼"          an ad from words
  adstudio composite cup.jpg --background "나무 탁자"  an ad round a product's photo
  adstudio COMMAND --help                            what else each of them takes
"""
STANDALONE = '".[standalone]" in the folder of Ad Studio'  # what ComfyUI brings by itself and a plain Python lacks


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    _prepare_streams()  # the help holds Hangul, too
    parser = build_parser()
    given = sys.argv[1:] if arguments is None else arguments
    if not given:  # who knows no command yet wants to see them all
        parser.print_help(sys.stderr)
        return WRONG_USE
    options = parser.parse_args([as_it_lies(argument) for argument in given])
    logging.basicConfig(level=logging.ERROR if options.quiet else logging.WARNING, format="%(levelname)s: %(message)s")
    command: Callable[[argparse.Namespace], dict[str, Any]] = options.command
    try:
        with interrupt.handled():
            envelope = {"ok": True, **command(options)}
        if options.json:
            print(json.dumps(envelope, ensure_ascii=False))
        sys.stdout.flush()  # here a reader who has gone is noticed
    except (KeyboardInterrupt, Cancelled):
        return _say_interrupted(options)
    except AdStudioError as error:
        if interrupt.was_asked():  # a library has made an error of its own out of the interrupt
            return _say_interrupted(options)
        return _fail(options, error.code, error.message, error.hint)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEM
    except ModuleNotFoundError as error:
        missing = MissingDependency((error.name or str(error)).partition(".")[0], "This step", STANDALONE)
        return _fail(options, missing.code, missing.message, missing.hint)
    except Exception as error:
        if interrupt.was_asked():
            return _say_interrupted(options)
        if not _is_out_of_memory(error):
            raise
        return _fail(
            options,
            "run.out_of_memory",
            "The memory of this machine or its GPU was not enough.",
            "Choose a smaller size or count, or close other programs.",
        )
    return DONE if envelope["ok"] else PROBLEM


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(
        prog="adstudio",
        description="From a Korean brief to a finished ad.",
        epilog=_FIRST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"adstudio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (
        *(demo, ads, batch),
        *(cutout, place, channels, reflow, layout, letter, words),
        *(fetch, convert, doctor, serve, show, lists),
    ):
        module.add(commands)
    return parser


def _say_interrupted(options: argparse.Namespace) -> int:
    message = getattr(options, "interrupted", "Interrupted; nothing half-written was left behind.")
    _fail(options, "run.interrupted", message, "")
    return INTERRUPTED


def _fail(options: argparse.Namespace, code: str, message: str, hint: str) -> int:
    print(f"error: {message} {hint}".rstrip(), file=sys.stderr)
    if options.json:
        runner = getattr(options, "runner", None)
        report = None if runner is None else runner.report.to_dict()
        error = {"code": code, "message": message, "hint": hint}
        print(json.dumps({"ok": False, "error": error, "report": report}, ensure_ascii=False))
    return PROBLEM


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as some job schedulers do
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
    # A terminal in a C locale must not break off over Hangul.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
