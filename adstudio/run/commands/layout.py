"""``adstudio layout``: where copy goes on a picture, and why."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, get_args

from ...chat.waiting import wait
from ...errors import InputError
from ...layout.providers import LOCAL, LayoutChoice, analyzer_names, lay_out
from ...types import AdCopy, Array, LayoutPlan, Side
from .plan_file import read_text_file

_SAME_SHAPE = 0.02  # of a side: what rounding does to a mask that was made smaller


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "layout",
        help="find the places for copy on a picture",
        description="Prints the plan as JSON; why it is so goes to stderr. With --json, one envelope with both.",
    )
    parser.add_argument("picture", type=Path, help="the picture that the copy goes on")
    parser.add_argument(
        "--copy",
        type=Path,
        required=True,
        metavar="FILE",
        help='JSON such as {"headline": "가을 세일", "price": "9,900원"}',
    )
    parser.add_argument("--provider", default=LOCAL, choices=analyzer_names(), help="who lays out (local)")
    parser.add_argument("--keep-clear", type=Path, metavar="MASK", help="a mask, white = what copy must not cover")
    parser.add_argument("--copy-space", choices=get_args(Side), help="the side that is preferred")
    parser.add_argument("--channel", metavar="NAME", help="where it will appear: its safe zone is kept")
    parser.add_argument("--min-px", type=int, default=20, help="smallest letters (20)")
    parser.add_argument("--logo-slot", action="store_true", help="leave a place for a logo")
    parser.add_argument("--previous", type=Path, metavar="PLAN", help="an earlier plan; what is locked in it stays")
    parser.add_argument("--override", type=Path, metavar="FILE", help="a plan in part, whose values win")
    parser.add_argument("--all", action="store_true", help="every local composition that fits, the best one first")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="write the plan to a file instead")
    parser.add_argument("--preview", type=Path, metavar="FILE", help="a .png of the picture with the boxes on it")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no reasons on stderr")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Lay out, write, and say why."""
    from ...imaging.photo import read_photo
    from ...layout.picture.score import score
    from ...layout.plan import digest, report
    from ...layout.plan.overrides import held_parts, with_overrides
    from ...layout.plan.reading import from_json, to_json
    from ...layout.saliency import LocalAnalyzer, Wishes
    from ...output.channels import get_channel
    from ...output.store import check_place, write_whole
    from ..channels import require_copy
    from .picture_files import write_png

    if options.preview is not None and options.preview.suffix.lower() != ".png":
        raise InputError("layout.not_png", f"'{options.preview}' does not end in .png.", "Only PNG is written.")
    if options.min_px < 1:
        raise InputError(
            "text.bad_min_px",
            f"min_px must be 1 or more, but {options.min_px} came.",
            "Use 20 or more.",
            came=options.min_px,
        )
    if options.out is not None:  # a model that looks may be paid
        check_place(options.out, "layout.not_written")
    channel = None if options.channel is None else require_copy(get_channel(options.channel))
    picture, copy = read_photo(options.picture), read_copy_file(options.copy)
    partial = {} if options.override is None else _object(options.override, "layout.bad_override")
    previous = LayoutPlan() if options.previous is None else from_json(read_text_file(options.previous)).for_frame(0)
    held = held_parts(partial, copy)
    previous = replace(previous, texts=(*previous.texts, *held.texts), marks=(*previous.marks, *held.marks))
    mask = _mask(options.keep_clear, picture)
    asked: dict[str, Any] = {
        "prefer": options.copy_space,
        "min_px": options.min_px,
        "wishes": Wishes(previous=previous, with_logo=options.logo_slot, channel=channel),
    }
    if options.all:
        plans = list(LocalAnalyzer().proposals(picture, copy, mask, **asked))
    else:
        laid = wait(lay_out(LayoutChoice(options.provider), lambda one: one.place_text(picture, copy, mask, **asked)))
        plans = [laid.plan]
    plans = [digest.bind(plan, [picture]) for plan in plans]
    if partial:
        plans = [with_overrides(plan, partial) for plan in plans]
        plans = [replace(plan, score=score(picture, plan, mask, safe=channel and channel.safe)) for plan in plans]
    if options.preview is not None:
        write_png(options.preview, report.draw_boxes(picture, plans[0]))
    if options.out is not None:
        write_whole(options.out, f"{to_json(plans[0])}\n".encode(), "layout.not_written")
    if not options.quiet:
        sys.stderr.write(report.describe(plans[0]) + "\n")
    if not options.json and options.out is None:
        sys.stdout.write(to_json(plans[0]) + "\n")
    return {"plan": asdict(plans[0])} | ({"proposals": [asdict(plan) for plan in plans]} if options.all else {})


def read_copy_file(path: Path) -> AdCopy:
    """Read copy from a JSON file with the fields of an ``AdCopy``; what ``adstudio copy --json`` prints will do, too.

    Raises:
        InputError: ``layout.bad_copy``.
    """
    data = _object(path, "layout.bad_copy")
    data = data["copy"] if isinstance(data.get("copy"), dict) else data
    known = [field.name for field in fields(AdCopy)]
    words = [name for name in known if isinstance(getattr(AdCopy(""), name), str)]
    for name, value in data.items():
        if name not in known or (name in words and not isinstance(value, str)):
            raise InputError(
                "layout.bad_copy",
                f"Expected the copy to hold text under {', '.join(words)}, but {name!r:.40} came with {value!r:.40}.",
                "Correct the name or take it out.",
            )
    return AdCopy(**{"headline": "", **{name: value for name, value in data.items() if name in words}})


def _object(path: Path, code: str) -> dict[str, Any]:
    try:
        data = json.loads(read_text_file(path))
    except (ValueError, RecursionError) as error:
        raise InputError(code, f"'{path}' is not valid JSON ({error}).", "Give a file with one JSON object.") from error
    if not isinstance(data, dict):
        raise InputError(code, f"'{path}' holds no JSON object.", "Give a file with one JSON object.")
    return data


def _mask(path: Path | None, picture: Array) -> Array | None:
    if path is None:
        return None
    from ...imaging.photo import read_photo
    from ...layout.picture.energy import shrink_mask

    mask = read_photo(path, min_side_px=1).mean(axis=2)
    (rows, columns), (height, width) = mask.shape, picture.shape[:2]
    if abs(columns / rows - width / height) > _SAME_SHAPE * width / height:
        raise InputError(
            "layout.mask_size",
            f"The mask '{path}' is {columns}x{rows}, another shape than the picture's {width}x{height}.",
            "Give the mask that belongs to this picture.",
            mask=f"{columns}×{rows}",
            photo=f"{width}×{height}",
        )
    return shrink_mask(mask, (height, width))
