"""The last stages of an ad: the label on its pictures, and their files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import AdStudioError, StorageError
from ...output.credentials import configured, require_library
from ...output.encode import find_format, require_format
from ...output.metadata import KEY
from ...output.save import SavedPicture, save_original
from ...text.faces.fonts import find_fonts
from ..asked import wants_copy
from ..finishing import label, save
from ..report import RunReport
from ..request import AdRequest
from ..wire import to_record
from .channel_stages import refuse_pictures
from .stages import Run


def check_finish(request: AdRequest) -> None:
    """Refuse what cannot be lettered, saved or signed here, before a model is loaded.

    Raises:
        InputError: ``credentials.not_set``, ``credentials.not_found``, ``text.unknown_font``, ``text.bad_weight``
        MissingDependency: a package for the format or for signing is missing.
    """
    require_format(find_format(request.format))
    if wants_copy(request) or request.ai_label.strip():
        style = request.text_style
        find_fonts(style.font, style.fallback, style.weight)
    if request.credentials:
        configured()
        require_library()


def label_pictures(run: Run) -> None:
    """Write the label on every finished picture, off its copy and its product."""
    wanted = run.wanted()
    if not wanted.words:
        return
    with run.recorder.step("label"):
        layouts = run.layouts or [None] * len(run.finished)
        drawn = zip(run.finished, layouts, run.masks, strict=True)
        run.finished = [label(picture, wanted, plan, mask) for picture, plan, mask in drawn]


def save_pictures(run: Run, folder: Path, report: RunReport) -> list[SavedPicture]:
    """Save every finished picture with its original and its record.

    Raises:
        InputError: ``channel.refused``, and as ``save_picture``.
    """
    recorder, wanted = run.recorder, run.wanted()
    told, record = report.to_dict(), to_record(run.request)
    saved: list[SavedPicture] = []
    with recorder.step("save"):
        refuse_pictures(run)
        for index, (finished, original) in enumerate(zip(run.finished, run.originals, strict=True)):
            about: dict[str, Any] = {"seed": run.seeds[index], "request": record, "report": told}
            before = None if original is finished else original
            picture = save(finished, folder, wanted, original=before, metadata={KEY: about})
            for note in picture.notes:
                recorder.note(note)
            if picture.existed:
                recorder.note(f"{picture.path.name} was there already.")
            saved.append(picture)
    return saved


def keep_drawn(run: Run, folder: Path, error: AdStudioError) -> None:
    """Save what a model has drawn for an ad that cannot be finished, as its original, and tell of it in the error.

    Drawing may have taken minutes, and what stopped the ad, such as a headline that is too long, is soon put right.
    """
    if run.evaluations == 0 or isinstance(error, StorageError):
        return
    record, disclosure = to_record(run.request), run.wanted().disclosure()
    abouts = ({KEY: {"seed": seed, "request": record}} for seed in run.seeds)
    with suppress(AdStudioError):  # the error is what is told in any case
        kept = [
            save_original(picture, folder, metadata=about, disclosure=disclosure)
            for picture, about in zip(run.originals, abouts, strict=True)
        ]
        error.hint = f"{error.hint} What was drawn is kept: {', '.join(map(str, kept))}.".strip()
