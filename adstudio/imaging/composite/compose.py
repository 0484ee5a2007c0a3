"""Stand cut-out products on a backdrop: in linear light, with shadow, in order, and with a receipt of what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from ...counts import counted
from ...errors import InputError
from ...types import Array, Composite, CutOut, Layer, Note, Placement
from ..arrays import beside, fetch, put
from ..photo import Source, read_photo
from ..resample import STRIP_PX as RESAMPLING_STRIP_PX
from .crossing import Fall, shade_side, throw
from .grounding import SHADE, mirror, occlude, shade_ground
from .light import Lamp, estimate_light, find_lamp
from .placement import check_placement
from .products import Product, Wish, check_cutouts, fit, look_at, match
from .receipt import check_fidelity, describe, write_receipt
from .sheets import Sheet, flatten, lift, overlap

__all__ = ["MAX_DELTA_E", "compose", "compose_each", "describe", "workspace_bytes"]

MAX_DELTA_E = 4.0
# Some twice what benchmarks/composite.py measures: an allocator cannot use all that it holds, and shots differ.
_BYTES_PER_PX = 100
_BYTES_PER_PRODUCT_PX = 250
_BYTES_PER_SOURCE_PX = 20
_BYTES_PER_STRIP_PX = 100


def compose(
    backdrop: Source,
    cutouts: Sequence[CutOut],
    placements: Sequence[Placement],
    *,
    shadow: float = 1.0,
    harmonize: float = 0.3,
    light: str | Lamp = "auto",
    max_delta_e: float = MAX_DELTA_E,
    detail: float = 0.5,
    reflection: float = 0.0,
    light_angle: float | None = None,
    light_height: float | None = None,
    softness: float | None = None,
    fidelity_limit: float | None = None,
    layers: bool = False,
    device: Any = None,
) -> Composite:
    """Put products on a backdrop.

    Args:
        backdrop: anything that ``read_photo`` takes.
        placements: one per product; a higher ``order``, then a lower base, stands in front.
        shadow: 0 = none, 1 = natural, up to 2.
        harmonize: 0 = the product's own pixels exactly, up to 1; held back so that the mean change stays within
            ``max_delta_e``.
        light: ``left``, ``right``, ``above``, ``auto`` to read it from the backdrop, or a lamp.
        detail: how far the product takes on the backdrop's grain and sharpness, 0..1; nothing where ``harmonize`` is 0.
        reflection: how strongly a glossy ground mirrors the product, 0..1.
        light_angle, light_height: degrees, instead of what ``light`` says; -90 = left, 0 = front, 90 = right,
            180 = behind. softness: 0 = the sun, 1 = an overcast sky.
        fidelity_limit: refuse a picture in which a product's mean change (CIEDE2000) is larger.
        layers: give ``Composite.layers`` and ``Composite.plate`` too.
        device: the ``torch.device`` that pixels are worked on; None = numpy. Ask ``Host.workspace`` for it, with the
            room of ``workspace_bytes``: nothing here makes room, and running out of memory is raised as torch does.
    Returns: the picture, the products' matte on it, and a receipt: ``products``, ``scale`` (``scale_2`` …: drawn size
        over cut-out size), ``mean_delta_e`` (of several, each too: ``mean_delta_e_1`` …), ``max_delta_e`` and
        ``unchanged_share`` of the visible opaque product pixels against the resized cut-out, ``occluded_share`` (not
        among them), ``harmonize``, ``grain``, ``blur_px`` (what was really applied), ``light_x``, ``light_y``,
        ``light_angle``, ``light_height``.
    Raises: InputError, with ``composite.fidelity`` where the limit is passed.
    """
    photo = read_photo(backdrop)
    _check(cutouts, placements)
    figures = {"shadow": (shadow, 2.0), "harmonize": (harmonize, 1.0), "detail": (detail, 1.0)}
    _check_figures({**figures, "reflection": (reflection, 1.0)})
    if fidelity_limit is not None and not fidelity_limit >= 0:
        raise InputError(
            "composite.fidelity_limit",
            f"The limit of a product's colour change must be 0 delta E or more, but {fidelity_limit:g} came.",
            "2 is hardly seen; leave it out for no limit.",
            came=f"{fidelity_limit:g}",
        )
    scene = put(photo, device)
    estimate = estimate_light(scene)
    lamp = find_lamp(light, estimate, angle_deg=light_angle, height_deg=light_height, softness=softness)
    height, width = scene.shape[:2]
    fitted, notes = fit(cutouts, placements, scene)
    look, wish = look_at(scene), Wish(harmonize, detail, max_delta_e)
    products = [match(product, scene, look, wish) for product in fitted]
    falls = throw(products, lamp) if shadow > 0 else []
    sheets = list(shade_ground(falls, shadow, scene))
    for product in products:
        sheets += mirror(product, reflection)
    stack = _Stack(scene)
    for product in products:
        sheets += stack.put(product, falls, lamp, shadow)
    image = flatten(scene, sheets)
    receipt = write_receipt(image, products, stack.owner, stack.dimmed, estimate, lamp)
    if fidelity_limit is not None:
        check_fidelity(receipt, fidelity_limit)
    if receipt["harmonize"] < harmonize - 1e-6:
        notes.append(
            Note(
                "receipt.held_back",
                "Harmonising was held back from {wanted} to {used}, so that the product's colour changes by {most} "
                "delta E at most on average.",
                wanted=f"{harmonize:.2f}",
                used=f"{receipt['harmonize']:.2f}",
                most=f"{max_delta_e:g}",
            )
        )
    if light == "auto" and light_angle is None:
        said = "Light from above, read from the backdrop."
        if lamp.side != "above":
            said = "Light from the {light}, read from the backdrop."
        notes.append(Note("receipt.light_read", said, light=lamp.side))
    return Composite(
        image=fetch(image),
        mask=fetch(stack.cover),
        light=lamp.side,
        receipt=receipt,
        notes=tuple(notes),
        layers=(_ground(photo), *(sheet.as_layer(width, height) for sheet in sheets)) if layers else (),
        plate=lift(sheets, width, height) if layers else None,
    )


def compose_each(
    backdrop: Source, cutouts: Sequence[CutOut], placements: Sequence[Placement], **options: object
) -> list[Composite]:
    """Put each product alone on the same backdrop: one picture per product.

    Args:
        placements: one per product, or a single one for all.
        options: those of ``compose``.
    """
    scene = read_photo(backdrop)
    places = list(placements) * len(cutouts) if len(placements) == 1 else list(placements)
    _check(cutouts, places)
    return [
        compose(scene, [cutout], [place], **options)  # pyright: ignore[reportArgumentType]
        for cutout, place in zip(cutouts, places, strict=True)
    ]


def workspace_bytes(backdrop: Array, cutouts: Sequence[CutOut], placements: Sequence[Placement]) -> int:
    """Tell how much memory ``compose`` needs on its device at most, for pictures, steps between and layers.

    Raises: InputError, for what ``compose`` refuses too.
    """
    _check(cutouts, placements)
    height, width = backdrop.shape[:2]
    sources, drawn = [0], 0.0
    for cutout, placement in zip(cutouts, placements, strict=True):
        check_placement(placement)
        rows, columns = cutout.rgba.shape[:2]
        sources.append(rows * columns)
        tall, wide = (placement.height * height * side / rows for side in (rows, columns))
        drawn += min((tall + wide) ** 2 / 2 if placement.rotation % 360 else tall * wide, height * width)
    largest = max(sources)
    pieces = _BYTES_PER_SOURCE_PX * largest + _BYTES_PER_STRIP_PX * min(largest, RESAMPLING_STRIP_PX)
    return int(_BYTES_PER_PX * height * width + _BYTES_PER_PRODUCT_PX * drawn + pieces)


class _Stack:
    """The products put so far: how far they cover each pixel, who owns it, and how far one dims another."""

    def __init__(self, scene: Array) -> None:
        xp = array_namespace(scene)
        self.cover, self.dimmed = xp.zeros_like(scene[..., 0]), xp.zeros_like(scene[..., 0])
        self.owner = xp.zeros_like(scene[..., 0], dtype=xp.int32)

    def put(self, product: Product, falls: Sequence[Fall], lamp: Lamp, shadow: float) -> list[Sheet]:
        """Put one product over the others. Returns: what darkens those behind it, itself, and what darkens it."""
        xp = array_namespace(self.cover)
        found = list(occlude(product, self.cover, lamp, shadow))
        for sheet in found:
            here, there = overlap(self.dimmed.shape, sheet.left, sheet.top, sheet.alpha.shape)
            self.dimmed[here] = xp.maximum(self.dimmed[here], sheet.alpha[there])
        spot, alpha = product.spot, product.alpha
        here, there = overlap(self.cover.shape, spot.left, spot.top, alpha.shape)
        weight = alpha[there]
        self.cover[here] = weight + self.cover[here] * (1 - weight)
        # A product owns the pixels that it alone fills; a rim shared with another belongs to none.
        self.owner[here] = xp.where(weight > 0.999, product.number, xp.where(weight > 0.0, 0, self.owner[here]))
        self.dimmed[here] = xp.where(weight > 0.999, 0.0, self.dimmed[here])
        found.append(Sheet(f"product {product.number}", product.colour, alpha, spot.left, spot.top))
        shade = shade_side(product, falls, lamp, shadow) if len(falls) > 1 else None
        if shade is not None:
            self.dimmed[here] = xp.maximum(self.dimmed[here], shade[there])
            found.append(Sheet(f"shade {product.number}", beside(SHADE, shade), shade, spot.left, spot.top, "multiply"))
        return found


def _ground(photo: Array) -> Layer:
    return Layer("backdrop", np.concatenate([photo, np.ones((*photo.shape[:2], 1), np.float32)], axis=-1))


def _check(cutouts: Sequence[CutOut], placements: Sequence[Placement]) -> None:
    if not cutouts:
        raise InputError(
            "composite.no_product", "There is no product to put on the backdrop.", "Give at least one cut-out."
        )
    if len(cutouts) != len(placements):
        raise InputError(
            "composite.placements",
            f"{counted(len(cutouts), 'product')} came, but {counted(len(placements), 'placement')}.",
            "Let the Product Layout Analyzer see the same products, or place them by hand.",
            products=len(cutouts),
            placements=len(placements),
        )
    check_cutouts(cutouts)


def _check_figures(figures: dict[str, tuple[float, float]]) -> None:
    for name, (value, most) in figures.items():
        if not 0.0 <= value <= most:
            raise InputError(
                f"composite.{name}",
                f"{name.capitalize()} must lie within 0..{most:g}, but {value:g} came.",
                "0 switches it off.",
            )
