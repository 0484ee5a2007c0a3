"""``adstudio cutout``: cut products out of their photos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import AdStudioError, InputError, StorageError
from ...output.store import check_place
from ...types import Array, CutOut
from .ai_mark import mark_of
from .job import Job
from .picture_files import NOT_WRITTEN, write_png
from .progress import Progress


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "cutout",
        help="cut products out of their photos",
        description="Writes each product as a .png with transparency. A photo that cannot be cut out is named, and the "
        "others are done all the same.",
    )
    parser.add_argument("photos", type=Path, nargs="*", metavar="PHOTO", help="a product photo")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="a .png; for several photos a folder")
    parser.add_argument("--method", default="auto", help="auto, geodesic, mask, rembg:NAME (auto)")
    parser.add_argument("--list", action="store_true", help="list the methods with their licences, and nothing else")
    parser.add_argument(
        "--mask", type=Path, action="append", default=[], metavar="FILE",
        help="white = product; once for all photos, or once for each in their order",
    )  # fmt: skip
    parser.add_argument("--invert-mask", action="store_true", help="the masks are black where the product is")
    frame = parser.add_mutually_exclusive_group()
    frame.add_argument("--trim", action="store_true", help="the product's bounds only, which is what happens anyway")
    frame.add_argument("--keep-frame", action="store_true", help="the photo's own size, clear around the product")
    parser.add_argument("--edge-trim", type=float, default=0.0, metavar="PX", help="pull the outline in (0)")
    parser.add_argument("--download", action="store_true", help="fetch a missing model of rembg into <models>/rembg")
    parser.add_argument("--device", default="cpu", choices=("cpu", "gpu"), help="where a model of rembg runs (cpu)")
    parser.add_argument(
        "--allow-non-commercial", action="store_true", help="also models whose weights are not free for business"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Cut out, write, and say what was found."""
    if options.list:
        return _list(options)
    targets = _targets(options.photos, options.out)
    for target in targets:
        check_place(target, NOT_WRITTEN)
    masks = _masks(options)
    entries: list[dict[str, Any]] = []
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        for photo, mask, target in zip(options.photos, masks, targets, strict=True):
            try:
                cut = _cut(options, photo, mask, target, progress)
            except AdStudioError as error:
                if len(targets) == 1 or isinstance(error, StorageError):  # the others would go to the same disk
                    raise
                said = {"code": error.code, "message": error.message, "hint": error.hint}
                entries.append({"photo": str(photo), "error": said})
                sys.stderr.write(f"error: {photo}: {error}\n")
                continue
            entries.append(_entry(photo, target, cut))
            if not options.json:
                sys.stdout.write(f"{target}\n")
            progress.say("\n".join([f"  {photo.name}: {cut.method}", *(f"    · {note}" for note in cut.notes)]))
    return {"ok": all("error" not in entry for entry in entries), "cutouts": entries}


def _list(options: argparse.Namespace) -> dict[str, Any]:
    from ...imaging.cutout.matting import describe_methods

    found = describe_methods(allow_non_commercial=options.allow_non_commercial)
    if not options.json:
        for entry in found:
            use = "free for business" if entry["commercial"] else "NOT for business without the owner's leave"
            here = "on this machine" if entry["here"] else f"to fetch: {entry['megabytes']} MB"
            sys.stdout.write(f"{entry['method']:28}{entry['licence']}, {use}, {here}\n")
    return {"methods": found}


def _cut(options: argparse.Namespace, photo: Path, mask: Path | None, target: Path, progress: Progress) -> CutOut:
    from ...imaging.cutout.matting import cut_out, restore_frame

    job = Job("cutout", progress)
    with job.under_way():
        cut = cut_out(
            photo,
            method=options.method,
            mask=None if mask is None else _read_mask(mask, invert=options.invert_mask),
            edge_trim_px=options.edge_trim,
            allow_download=options.download,
            allow_non_commercial=options.allow_non_commercial,
            watcher=job,
            device=options.device,
        )
        job.check_cancelled()
    write_png(target, restore_frame(cut) if options.keep_frame else cut.rgba, mark_of(photo))
    return cut


def _read_mask(path: Path, *, invert: bool) -> Array:
    from ...imaging.photo import read_photo_with_alpha

    colour, alpha = read_photo_with_alpha(path, min_side_px=1)
    # A mask may be saved as a grey picture or as a picture's transparency.
    mask = colour.mean(axis=-1) if alpha is None else alpha
    return 1 - mask if invert else mask


def _masks(options: argparse.Namespace) -> Sequence[Path | None]:
    count = len(options.photos)
    if len(options.mask) not in (0, 1, count):
        each = f", or one for each of the {count} photos" if count > 1 else ""
        raise InputError(
            "cutout.mask_count",
            f"Expected one mask{each}, but {len(options.mask)} came.",
            "Give --mask once, or as often as there are photos, in their order.",
            photos=count,
            masks=len(options.mask),
        )
    return options.mask if len(options.mask) == count else (options.mask or [None]) * count


def _targets(photos: Sequence[Path], out: Path | None) -> list[Path]:
    if not photos or out is None:
        raise InputError(
            "cutout.no_photo",
            "Expected a photo and where to write, but one of them is missing.",
            "Call: adstudio cutout PHOTO -o cut.png",
        )
    if out.suffix.lower() == ".png" and not out.is_dir():
        if len(photos) > 1:
            raise InputError(
                "cutout.one_file", f"{len(photos)} photos do not go into one file '{out}'.", "Give a folder with -o."
            )
        targets = [out]
    elif out.suffix and not out.is_dir():
        raise InputError("cutout.not_png", f"'{out}' does not end in .png.", "Only PNG keeps the product as it is.")
    else:
        targets = [out / f"{name}.png" for name in _distinct([photo.stem for photo in photos])]
    given = [photo for photo in photos if photo.exists()]
    for target in targets:
        if target.exists() and any(target.samefile(photo) for photo in given):  # also one that is still to be read
            raise InputError(
                "cutout.over_the_photo", f"'{target}' is one of the photos.", "Write to another name or folder."
            )
    return targets


def _distinct(names: Sequence[str]) -> list[str]:
    taken: list[str] = []
    for name in names:
        number, free = 2, name
        while free in taken:
            number, free = number + 1, f"{name}-{number}"
        taken.append(free)
    return taken


def _entry(photo: Path, target: Path, cut: CutOut) -> dict[str, Any]:
    height, width = cut.rgba.shape[:2]
    return {
        "photo": str(photo),
        "path": str(target),
        "method": cut.method,
        "box": [*cut.origin_px, width, height],
        "photo_size": list(cut.source_px or (width, height)),
        "notes": list(cut.notes),
    }
