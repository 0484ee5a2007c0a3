"""Finish the pictures of a run: the label on them, the mark in them, the file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..output.credentials import configured, require_library
from ..output.disclosure import Disclosure, Source
from ..output.encode import find_format, require_format
from ..output.metadata import KEY
from ..output.save import SavedPicture, save_picture
from ..text.label import LABELS, WHOLE, draw_label
from .channel_stages import refuse_pictures, wanted_of
from .report import RunReport
from .request import AdRequest
from .stages import Run
from .wire import to_record


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what a finished file may be asked for to a command."""
    parser.add_argument(
        "--max-kb", type=int, metavar="N", help="the most a file may take, in thousands of bytes; refused if impossible"
    )
    parser.add_argument(
        "--ai-label",
        nargs="?",
        const=LABELS[0],
        default="",
        metavar="TEXT",
        help=f"write on the picture that it comes from AI ({LABELS[0]})",
    )
    parser.add_argument(
        "--credentials", action="store_true", help="sign the files with the content credentials of the settings"
    )


def request_fields(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of a request that these options fill."""
    return {"max_kb": options.max_kb, "ai_label": options.ai_label, "credentials": options.credentials}


def check_finish(request: AdRequest) -> None:
    """Refuse what cannot be saved or signed here, before a model is loaded.

    Raises:
        InputError: ``credentials.not_set``, ``credentials.not_found``
        MissingDependency: a package for the format or for signing is missing.
    """
    require_format(find_format(request.format))
    if request.credentials:
        configured()
        require_library()


def label_pictures(run: Run) -> None:
    """Write the label on every finished picture, off its copy and its product."""
    request = run.request
    if not request.ai_label.strip():
        return
    with run.recorder.step("label"):
        layouts = run.layouts or [None] * len(run.finished)
        for index, (picture, mask, plan) in enumerate(zip(run.finished, run.masks, layouts, strict=True)):
            boxes = [] if plan is None else [item.box for item in (*plan.texts, *plan.marks)]
            run.finished[index] = draw_label(
                picture,
                request.ai_label,
                boxes=boxes,
                keep_clear=mask,
                font=request.text_style.font,
                within=WHOLE if run.channel is None else run.channel.safe,
            )


def disclosure_of(run: Run) -> Disclosure | None:
    """What part artificial intelligence had in a run's pictures; None = none, as no model draws a template."""
    request = run.request
    is_mixed = request.task == "composite" or request.reference is not None
    source: Source = "composite" if is_mixed else "generated"
    return None if run.is_locked else Disclosure(source, request.ai_label.strip(), run.model)


def save_pictures(run: Run, folder: Path, report: RunReport) -> list[SavedPicture]:
    """Save every finished picture with its original and its record.

    Raises:
        InputError: ``channel.refused``, and as ``save_picture``.
    """
    request, recorder = run.request, run.recorder
    told, record = report.to_dict(), to_record(request)
    wanted = wanted_of(run)
    saved: list[SavedPicture] = []
    with recorder.step("save"):
        refuse_pictures(run)
        for index, (finished, original) in enumerate(zip(run.finished, run.originals, strict=True)):
            about: dict[str, Any] = {"seed": run.seeds[index], "request": record, "report": told}
            picture = save_picture(
                finished,
                folder,
                format=wanted.settled_format(),
                quality=wanted.quality,
                max_bytes=wanted.max_bytes(),
                original=None if original is finished else original,
                metadata={KEY: about},
                disclosure=disclosure_of(run),
                credentials=configured() if request.credentials else None,
            )
            for note in picture.notes:
                recorder.note(note)
            if picture.existed:
                recorder.note(f"{picture.path.name} was there already.")
            saved.append(picture)
    return saved
