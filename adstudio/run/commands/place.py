"""``adstudio place``: put cut-out products on a backdrop by a saved plan."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from ...counts import counted
from ...errors import AdStudioError, InputError
from ...types import Array, Composite, CutOut, LayoutPlan, Placement, Stance
from .ai_mark import mark_of
from .picture_files import write_layers, write_png
from .plan_file import read_plan_file
from .progress import Progress


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "place",
        help="put cut-out products on a backdrop",
        description="Products are pictures with transparency, the first in front. Without a plan they stand side by "
        "side in the middle of the lower edge.",
    )
    parser.add_argument("backdrop", type=Path, metavar="BACKDROP", help="the scene")
    parser.add_argument("cuts", type=Path, nargs="+", metavar="CUT", help="a product with transparency")
    parser.add_argument("--layout", type=Path, metavar="PLAN", help="a layout plan in JSON; its products are used")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="the picture to write, a .png")
    parser.add_argument("--each", action="store_true", help="one picture per product: FILE-1.png, FILE-2.png …")
    parser.add_argument("--plate", type=Path, metavar="FILE", help="also products and shadows without the backdrop")
    parser.add_argument("--layers", type=Path, metavar="FOLDER", help="also every layer as a .png, with layers.json")
    parser.add_argument(
        "--stance", default="auto", choices=("auto", *get_args(Stance)),
        help="standing: shadow on the ground; hanging: on the wall behind; flat_lay: all around, on a table seen from "
        "above; auto: what the plan says, without one it is read from outline and backdrop (auto)",
    )  # fmt: skip
    add_finish(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON envelope on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(command=run)


def add_finish(parser: Any) -> None:
    """Add how products are brought into their scene."""
    parser.add_argument("--light", default="auto", help="auto, left, right or above (auto)")
    parser.add_argument("--light-angle", type=float, metavar="DEG", help="-90 left, 0 front, 90 right, 180 behind")
    parser.add_argument("--light-height", type=float, metavar="DEG", help="90 = straight above")
    parser.add_argument("--softness", type=float, help="of the light: 0 the sun, 1 an overcast sky")
    parser.add_argument("--shadow", type=float, default=1.0, help="0 none, 1 natural, up to 2 (1)")
    parser.add_argument("--reflection", type=float, default=0.0, help="how glossy the ground is, 0 to 1 (0)")
    parser.add_argument("--harmonize", type=float, default=0.3, help="how far products take on the light (0.3)")
    parser.add_argument("--detail", type=float, default=0.5, help="how far they take on grain and sharpness (0.5)")
    parser.add_argument(
        "--fidelity-limit", type=float, metavar="DE", help="refuse a larger mean colour change of a product (CIEDE2000)"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Compose, write, and say what the receipt says."""
    from ...imaging.composite.compose import compose, compose_each, describe
    from ...imaging.photo import read_photo

    plan = None if options.layout is None else read_plan(options.layout)
    if options.each and (options.plate or options.layers):
        raise InputError(
            "place.one_picture",
            "A plate or layers belong to one picture, but --each makes several.",
            "Leave --each out, or call the command once per product.",
        )
    paths = [options.out]
    if options.each:
        numbers = range(1, len(options.cuts) + 1)
        paths = [options.out.with_name(f"{options.out.stem}-{number}{options.out.suffix}") for number in numbers]
    _check_targets([path for path in (*paths, options.plate) if path], [options.backdrop, *options.cuts])
    with _named(options.backdrop):
        backdrop = read_photo(options.backdrop)
    cuts = []
    for path in options.cuts:
        with _named(path):
            cuts.append(read_cut(path))
    settings = {
        name: getattr(options, name)
        for name in (
            "light", "light_angle", "light_height", "softness", "shadow", "reflection", "harmonize", "detail",
            "fidelity_limit",
        )
    }  # fmt: skip
    places, reasons = _stances(options.stance, plan, cuts, backdrop, _places(plan, cuts, backdrop, each=options.each))
    if options.each:
        made = compose_each(backdrop, cuts, places, **settings)
    else:
        wants_layers = bool(options.plate or options.layers)
        made = [compose(backdrop, cuts, places, layers=wants_layers, **settings)]
    for number in range(len(made)):
        said = reasons[number : number + 1] if options.each else reasons
        made[number] = replace(made[number], notes=(*said, *made[number].notes))
    for number, (path, composite) in enumerate(zip(paths, made, strict=True)):
        shown = options.cuts[number : number + 1] if options.each else options.cuts
        write_png(path, composite.image, mark_of(options.backdrop, laid_on=shown))
    envelope: dict[str, Any] = {"pictures": [_entry(path, one) for path, one in zip(paths, made, strict=True)]}
    if options.plate and made[0].plate is not None:
        write_png(options.plate, made[0].plate, mark_of(options.cuts[0], laid_on=options.cuts[1:]))
        envelope["plate"] = str(options.plate)
    if options.layers:
        marks = {"backdrop": mark_of(options.backdrop)}
        for number, cut in enumerate(options.cuts, 1):
            marks[f"product {number}"] = marks[f"reflection {number}"] = mark_of(cut)
        envelope["layers"] = write_layers(options.layers, made[0].layers, backdrop.shape[1::-1], marks)
    with Progress(sys.stderr, quiet=options.quiet) as progress:
        for path, composite in zip(paths, made, strict=True):
            if not options.json:
                sys.stdout.write(f"{path}\n")
            progress.say(describe(composite))
    return envelope


def read_plan(path: Path) -> LayoutPlan:
    """Read the file of a layout plan that places products.

    Raises: InputError ``layout.…``.
    """
    plan = read_plan_file(path)
    if not plan.products:
        raise InputError(
            "layout.no_products",
            f"The plan '{path}' places no product.",
            'It needs "products": [{"x": 0.5, "base_y": 0.85, "height": 0.5}].',
        )
    return plan


def read_cut(path: Path) -> CutOut:
    """Read a product that is cut out already.

    Raises: InputError ``place.not_cut_out`` where the picture has no transparency.
    """
    from ...imaging.cutout.matting import cut_out
    from ...imaging.photo import read_photo_with_alpha

    if read_photo_with_alpha(path)[1] is None:
        raise InputError(
            "place.not_cut_out",
            f"The product '{path}' has no transparency: it is a photo with its background.",
            "Cut it out first, or use 'adstudio composite', which does.",
        )
    return cut_out(path, method="mask")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of which of several pictures an error speaks."""
    try:
        yield
    except AdStudioError as error:
        if str(path) not in error.message:
            error.message = f"{path}: {error.message}"
        raise


def _check_targets(targets: list[Path], given: list[Path]) -> None:
    for path in targets:
        if path.suffix.lower() != ".png":
            raise InputError("place.not_png", f"'{path}' does not end in .png.", "Only PNG is written, without loss.")
        if path.exists() and any(each.exists() and path.samefile(each) for each in given):
            raise InputError(
                "place.over_an_input", f"'{path}' is one of the pictures that came.", "Write to another name or folder."
            )
    if len({path.absolute() for path in targets}) < len(targets):
        raise InputError(
            "place.one_name", f"The picture and its plate would both be written to '{targets[0]}'.", "Give two names."
        )


def _places(plan: LayoutPlan | None, cuts: list[CutOut], backdrop: Array, *, each: bool) -> tuple[Placement, ...]:
    if plan is None:
        from ...imaging.composite.placement import line_up

        aspects = [cut.rgba.shape[1] / cut.rgba.shape[0] for cut in cuts]
        places = line_up(aspects[: 1 if each else None], backdrop.shape[1] / backdrop.shape[0])
        if any(not -0.5 <= place.x <= 1.5 for place in places):  # nearer ones are moved inwards
            raise InputError(
                "place.too_many",
                f"{len(cuts)} products side by side reach out of this backdrop.",
                "Take fewer, a wider backdrop, or give their places with --layout.",
            )
        return places
    if len(plan.products) != len(cuts) and not (each and len(plan.products) == 1):
        raise InputError(
            "place.count",
            f"The plan places {counted(len(plan.products), 'product')}, but {counted(len(cuts), 'cut-out')} came.",
            "Give one cut-out for each, in the plan's order; with --each a single place serves all.",
        )
    return plan.products


def _stances(
    asked: str, plan: LayoutPlan | None, cuts: list[CutOut], backdrop: Array, places: Sequence[Placement]
) -> tuple[tuple[Placement, ...], tuple[str, ...]]:
    """Settle how the products stand, as the node does. Returns: their places, and the reasons where it was found."""
    if asked != "auto":
        return tuple(replace(place, stance=cast("Stance", asked)) for place in places), ()
    if plan is not None:
        return tuple(places), ()
    from ...imaging.composite.stance import settle_stances

    return settle_stances(backdrop, cuts, list(places) * (len(cuts) if len(places) == 1 else 1))


def _entry(path: Path, composite: Composite) -> dict[str, Any]:
    receipt = {key: round(value, 4) for key, value in composite.receipt.items()}
    return {"path": str(path), "light": composite.light, "receipt": receipt, "notes": list(composite.notes)}
