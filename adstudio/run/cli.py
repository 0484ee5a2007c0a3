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
from typing import Any, get_args

from .. import __version__
from ..engine.drawing.options import BF16, PRECISIONS
from ..errors import AdStudioError, MissingDependency
from ..ports import Cancelled
from ..types import Side, TextStyle
from .commands import (
    batch,
    channels,
    convert,
    copy_options,
    cutout,
    doctor,
    fetch,
    finish_options,
    industries,
    interrupt,
    layout,
    letter,
    place,
    reflow,
    serve,
    server_option,
    show,
    target_options,
    words,
)
from .report import RunReport
from .request import ZIT, AdRequest, AdResult, EngineName, Lettering, Lighting

DONE, PROBLEM, INTERRUPTED = 0, 1, 130
STANDALONE = '".[standalone]" in the folder of Ad Studio'  # what ComfyUI brings by itself and a plain Python lacks


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = build_parser().parse_args(arguments)
    _prepare_streams(options)
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
    parser = argparse.ArgumentParser(prog="adstudio", description="From a Korean brief to a finished ad.")
    parser.add_argument("--version", action="version", version=f"adstudio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_generate(commands)
    _add_edit(commands)
    _add_composite(commands)
    batch.add(commands)
    cutout.add(commands)
    place.add(commands)
    channels.add(commands)
    reflow.add(commands)
    layout.add(commands)
    letter.add(commands)
    words.add(commands)
    fetch.add(commands)
    convert.add(commands)
    doctor.add(commands)
    serve.add(commands)
    show.add(commands)
    industries.add(commands)
    return parser


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser("demo", help="make three finished ads with the embedded model")
    _add_common(parser, out="output/demo")
    parser.set_defaults(command=_demo)


def _add_generate(commands: Any) -> None:
    parser = commands.add_parser("generate", help="draw an ad from a brief, or over a photo")
    parser.add_argument("brief", help="what the ad shows, in Korean")
    parser.add_argument("--reference", metavar="PHOTO", help="draw over this photo")
    parser.add_argument(
        "--strength", type=float, default=0.6, help="how much of the photo is drawn anew, above 0 up to 1 (0.6)"
    )
    _add_picture(parser)
    parser.set_defaults(command=_generate)


def _add_edit(commands: Any) -> None:
    parser = commands.add_parser("edit", help="draw an ad over a photo")
    parser.add_argument("reference", metavar="PHOTO", help="the photo")
    parser.add_argument("brief", help="what the ad shows, in Korean")
    parser.add_argument(
        "--strength", type=float, default=0.6, help="how much of the photo is drawn anew, above 0 up to 1 (0.6)"
    )
    _add_picture(parser, aspect="auto")
    parser.set_defaults(command=_generate)


def _add_composite(commands: Any) -> None:
    parser = commands.add_parser("composite", help="put a product photo on a drawn backdrop")
    parser.add_argument("product", nargs="+", help="product photo; several stand side by side")
    parser.add_argument("--background", default="", metavar="TEXT", help="what the backdrop shows, in Korean")
    parser.add_argument("--context", default="", metavar="TEXT", help="what is advertised; the copy is written from it")
    parser.add_argument("--cutout", default="auto", metavar="METHOD", help="how the product is cut out (auto)")
    parser.add_argument("--no-auto-layout", action="store_true", help="the middle of the lower edge, without looking")
    place.add_finish(parser)
    parser.add_argument(
        "--contact", type=float, default=0.0, help="draw the ground under the products anew, 0.4; 0 leaves it (0)"
    )
    _add_picture(parser)
    parser.set_defaults(command=_composite)


def _add_picture(parser: argparse.ArgumentParser, aspect: str = "1:1") -> None:
    server_option.add(parser)
    parser.add_argument(
        "--engine", default=ZIT, choices=get_args(EngineName), help="which model draws; with --server only (zit)"
    )
    parser.add_argument("--style", default="realistic")
    parser.add_argument("--industry", default="auto")
    target_options.add(parser, aspect)
    parser.add_argument("--headline", help="written from the brief when left out")
    parser.add_argument("--sub", help="the smaller line under the headline")
    copy_options.add(parser)
    parser.add_argument("--no-text", action="store_true", help="draw no text")
    parser.add_argument("--font", default=TextStyle().font)
    parser.add_argument("--seed", type=int, help="the same seed gives the same picture")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--count", type=int, default=1, help="how many pictures")
    parser.add_argument(
        "--checkpoint", default="demo", help="'demo', a folder, a transformer's file, or the name of one"
    )
    parser.add_argument("--text-encoder", default="auto", metavar="FILE", help="which one, where several fit (auto)")
    parser.add_argument("--vae", default="auto", metavar="FILE", help="which one, where several fit (auto)")
    parser.add_argument("--precision", default=BF16, choices=PRECISIONS, help="fp8: half the GPU memory (bf16)")
    parser.add_argument("--lora", action="append", default=[], type=_lora, metavar="NAME[:WEIGHT]")
    words.add_service(parser)
    words.add_tone(parser, "how the copy speaks")
    parser.add_argument("--copy-space", choices=get_args(Side), help="the side to keep free; read from the brief")
    parser.add_argument(
        "--lettering",
        default="ignore",
        choices=get_args(Lettering),
        help="where a drawn picture seems lettered: say so, or draw it anew in other words (ignore)",
    )
    words.add_layout_provider(parser)
    parser.add_argument("--quality", type=int, default=95)
    finish_options.add_options(parser)
    _add_common(parser, out="output")


def _add_common(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument("--out", type=Path, default=Path(out), metavar="FOLDER", help=f"where the ads go ({out})")
    parser.add_argument("--json", action="store_true", help="print events and an envelope as JSON on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress, no events")


def _demo(options: argparse.Namespace) -> dict[str, Any]:
    from .demo import run_demo

    return run_demo(options.out, as_json=options.json, quiet=options.quiet)


def _generate(options: argparse.Namespace) -> dict[str, Any]:
    request = AdRequest(
        task="generate",
        brief=options.brief,
        reference=options.reference,
        strength=options.strength,
        **_picture_fields(options),
    )
    return _run(options, request)


def _composite(options: argparse.Namespace) -> dict[str, Any]:
    request = AdRequest(
        task="composite",
        brief=options.background,
        context=options.context,
        products=tuple(options.product),
        cutout=options.cutout,
        auto_layout=not options.no_auto_layout,
        shadow=options.shadow,
        harmonize=options.harmonize,
        detail=options.detail,
        reflection=options.reflection,
        lighting=Lighting(options.light, options.light_angle, options.light_height, options.softness),
        fidelity_limit=options.fidelity_limit,
        contact=options.contact,
        **_picture_fields(options),
    )
    return _run(options, request)


def _picture_fields(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "engine": options.engine,
        "style": options.style,
        "industry": options.industry,
        **target_options.fields(options),
        "headline": "" if options.no_text else options.headline,
        "sub": "" if options.no_text else options.sub,
        **copy_options.fields(options),
        "text_style": TextStyle(font=options.font),
        "tone": options.tone,
        "copy_space": options.copy_space,
        "lettering": options.lettering,
        "layout_provider": options.layout_provider,
        "layout_as_proposed": options.layout_as_proposed,
        "fallback": options.fallback,
        "language_model": options.language_model,
        "base_url": options.base_url,
        "seed": options.seed,
        "steps": options.steps,
        "count": options.count,
        "checkpoint": options.checkpoint,
        "text_encoder": options.text_encoder,
        "vae": options.vae,
        "precision": options.precision,
        "loras": tuple(options.lora),
        "provider": options.provider,
        "quality": options.quality,
        **finish_options.request_fields(options),
    }


def _run(options: argparse.Namespace, request: AdRequest) -> dict[str, Any]:
    with server_option.running(options) as (runner, progress, on_event):
        result = runner.run(request, on_event)
    if not options.json:
        for path in result.paths:
            print(path)
        progress.say(summary(result.report))
    return {"pictures": pictures(result), "report": result.report.to_dict()}


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
        f"{width}x{height} in {report.seconds:.1f} s: {report.evaluations} evaluations{pace}, "
        f"seed {report.seeds[0] if report.seeds else '-'}, {where}"
    )


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


def _prepare_streams(options: argparse.Namespace) -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as some job schedulers do
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
    # A terminal in a C locale must not break off over Hangul.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    logging.basicConfig(level=logging.ERROR if options.quiet else logging.WARNING, format="%(levelname)s: %(message)s")


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _lora(text: str) -> tuple[str, float]:
    name, colon, weight = text.rpartition(":")
    if not colon:
        return text, 1.0
    try:
        return name, float(weight)
    except ValueError:
        return text, 1.0  # a colon of the path itself, as in C:\styles\ink.safetensors
