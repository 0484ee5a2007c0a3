"""Products made ready for their scene: fitted, turned, in the scene's tone, grain and sharpness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from array_api_compat import array_namespace

from ...errors import InputError
from ...types import Array, CutOut, Note, Placement, Stance
from ..arrays import beside, fetch, pad
from ..linear import to_linear, to_srgb
from ..resample import MOST_ENLARGED, resize_rgba, turn_rgba
from .harmonize import find_tone
from .placement import Spot, check_placement, find_spot
from .sheets import overlap
from .texture import add_grain, measure_edges, measure_grain, missing_grain, soften_rim

_SOFT_ENLARGEMENT = 1.5
_SEEN_PX = 1080  # the shorter side at which a larger picture is looked at, and its blur is judged
_SAMPLE = 50_000
_ROOM_PX = 3
_LOOK_PX = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One product as it stands in the picture. Shapes: both colours ``[h,w,3]`` linear, alpha ``[h,w]``."""

    number: int
    spot: Spot
    stance: Stance
    scale: float
    own: Array
    own_alpha: Array
    colour: Array
    alpha: Array
    harmonize: float = 0.0
    grain: float = 0.0
    blur_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How far products follow their scene: in tone, in grain and sharpness, and the limit for the tone's change."""

    harmonize: float
    detail: float
    max_delta_e: float


def check_cutouts(cutouts: Sequence[CutOut]) -> None:
    """Refuse what shows nothing, or is not a picture.

    Raises: InputError ``composite.empty_product`` and ``composite.not_a_number``.
    """
    for number, cutout in enumerate(cutouts, start=1):
        shape = cutout.rgba.shape
        if len(shape) != 3 or shape[2] != 4 or 0 in shape or float(cutout.rgba[..., 3].max()) <= 0.0:
            raise InputError(
                "composite.empty_product",
                f"Product {number} has no visible pixel (its picture is {list(shape)}).",
                "Cut it out again, or give a mask.",
                number=number,
            )
        if not np.isfinite(cutout.rgba).all():
            raise InputError(
                "composite.not_a_number",
                f"Product {number} holds values that are not numbers (NaN or infinite).",
                "The step before it failed quietly; cut it out again.",
                number=number,
            )


def fit(cutouts: Sequence[CutOut], placements: Sequence[Placement], scene: Array) -> tuple[list[Product], list[str]]:
    """Fit, turn, resize and sort the products from back to front, where the scene ``[H,W,3]`` lies.

    Returns: them, and notes on what gave way.

    Raises: InputError ``composite.product_too_small``, and see ``check_placement``.
    """
    height, width = scene.shape[:2]
    notes: list[str] = []
    found: list[tuple[tuple[int, int, int], Product]] = []
    for number, (cutout, placement) in enumerate(zip(cutouts, placements, strict=True), start=1):
        rgba, spot, scale = _fit_one(number, cutout, placement, width, height)
        if spot.shrunk is not None or spot.is_moved:
            notes.append(_gave_way(number, spot))
        if scale > _SOFT_ENLARGEMENT:
            words = "Product {number} was enlarged {times} times and looks soft; use a larger photo."
            notes.append(Note("composite.soft", words, number=number, times=f"{scale:.1f}"))
        piece = resize_rgba(beside(rgba, scene), spot.width, spot.height)
        colour, alpha = to_linear(piece[..., :3]), piece[..., 3]
        product = Product(number, spot, placement.stance, scale, colour, alpha, colour, alpha)
        found.append(((placement.order, spot.bottom, number), product))
    return [product for _, product in sorted(found, key=lambda entry: entry[0])], notes


def check_sizes(cutouts: Sequence[CutOut], placements: Sequence[Placement], width: int, height: int) -> None:
    """Refuse what ``fit`` would on a scene of ``width`` x ``height`` pixels, before there is one.

    Raises: as ``fit``.
    """
    for number, (cutout, placement) in enumerate(zip(cutouts, placements, strict=True), start=1):
        _fit_one(number, cutout, placement, width, height)


def _fit_one(number: int, cutout: CutOut, placement: Placement, width: int, height: int) -> tuple[Array, Spot, float]:
    """Turn one product and find its spot. Returns: it as ``[h,w,4]``, the spot, and drawn size over own size."""
    check_placement(placement)
    rgba, stretch = cutout.rgba, 1.0
    scale_of = len(rgba)
    if placement.rotation % 360:
        wanted = max(1.0, placement.height * height)
        longest = round(2 * wanted * max(rgba.shape[:2]) / len(rgba))
        reduced = min(1.0, max(64, longest) / max(rgba.shape[:2]))
        rgba = turn_rgba(rgba, placement.rotation, max(64, longest))
        stretch = len(rgba) / max(1.0, scale_of * reduced)
    rows, columns = rgba.shape[:2]
    spot = find_spot(placement, columns / rows, width, height, stretch=stretch)
    scale = spot.height / (scale_of * stretch)
    most = MOST_ENLARGED * max(1.0, min(height, width) / _SEEN_PX)
    if scale > most:
        raise _too_small(number, cutout, scale, most)
    return rgba, spot, scale


def _gave_way(number: int, spot: Spot) -> Note:
    if spot.shrunk is None:
        return Note("receipt.moved", "Product {number} was moved inwards, to stay inside the picture.", number=number)
    wanted, used = (f"{share:.0%}" for share in spot.shrunk)
    said = "Product {number} was made smaller, from {wanted} to {used} of the picture's height"
    if spot.is_moved:
        said += " and moved inwards, to stay inside the picture."
        return Note("receipt.smaller_moved", said, number=number, wanted=wanted, used=used)
    said += ", to stay inside the picture."
    return Note("receipt.smaller", said, number=number, wanted=wanted, used=used)


def _too_small(number: int, cutout: CutOut, scale: float, most: float) -> InputError:
    rows, columns = cutout.rgba.shape[:2]
    least = math.ceil(rows * scale / most)
    return InputError(
        "composite.product_too_small",
        f"Product {number} is only {columns} × {rows} pixels and would be enlarged {scale:.0f} times, where more than "
        f"{most:.0f} times leave nothing but blur.",
        f"Use a photo on which it is at least {least} pixels tall, or place it smaller.",
        number=number,
        width=columns,
        height=rows,
        times=f"{scale:.0f}",
        least=least,
    )


def match(product: Product, scene: Array, look: SceneLook, wish: Wish) -> Product:
    """Bring a product into the scene's tone, grain and sharpness."""
    if wish.harmonize <= 0:
        return product
    xp = array_namespace(scene)
    tone = find_tone(product.own, product.alpha, _ring(scene, product), wish.harmonize, wish.max_delta_e)
    toned = replace(product, colour=xp.clip(product.own * beside(tone.gains, scene), 0.0, 1.0), harmonize=tone.strength)
    if wish.detail <= 0:
        return toned
    part = _middle(product.alpha.shape)
    own, alpha = to_srgb(product.own[part]), product.alpha[part]
    width, grain = measure_edges(own, alpha), measure_grain(own, alpha)
    if width is not None and look.edge_px is not None and look.edge_px > width:
        toned = _soften(toned, width, look.edge_px, wish.detail)
    missing = missing_grain(grain, look.grain, wish.detail)
    if not missing:
        return toned
    noisy = add_grain(to_srgb(toned.colour), missing, seed=product.number)
    return replace(toned, colour=to_linear(noisy), grain=missing)


def _soften(product: Product, from_px: float, to_px: float, strength: float) -> Product:
    # A product that fills its rectangle has its outline on the rectangle's edge: it needs room to run out.
    xp = array_namespace(product.colour)
    around = (_ROOM_PX, _ROOM_PX), (_ROOM_PX, _ROOM_PX)
    colour = pad(product.colour, *around, edge=True)
    alpha = pad(product.alpha, *around)
    planes = xp.concat([colour * alpha[..., None], alpha[..., None]], axis=-1)
    planes, blur_px = soften_rim(planes, from_px, to_px, strength)
    if not blur_px:
        return product
    alpha = xp.clip(planes[..., 3], 0.0, 1.0)
    weight = planes[..., 3:]
    colour = xp.where(weight > 1e-3, planes[..., :3] / xp.maximum(weight, 1e-3), colour)
    spot = replace(
        product.spot,
        left=product.spot.left - _ROOM_PX,
        top=product.spot.top - _ROOM_PX,
        width=product.spot.width + 2 * _ROOM_PX,
        height=product.spot.height + 2 * _ROOM_PX,
    )
    own = pad(product.own, *around, edge=True)
    own_alpha = pad(product.own_alpha, *around)
    return replace(
        product, spot=spot, own=own, own_alpha=own_alpha, colour=colour, alpha=alpha, blur_px=blur_px
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SceneLook:
    """The backdrop's noise, and the width of its sharpest edges where there are enough to tell."""

    grain: float
    edge_px: float | None


def look_at(scene: Array) -> SceneLook:
    """Measure a backdrop's grain and sharpness. Shapes: ``[H,W,3]`` sRGB."""
    part = scene[_middle(scene.shape)]
    return SceneLook(measure_grain(part), measure_edges(part))


def _middle(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Take texture at full resolution, but not all of a large picture: its middle says enough."""
    top, left = max(0, (shape[0] - _LOOK_PX) // 2), max(0, (shape[1] - _LOOK_PX) // 2)
    return slice(top, top + _LOOK_PX), slice(left, left + _LOOK_PX)


def _ring(scene: Array, product: Product) -> Array:
    """Collect the backdrop's pixels close around a product. Shapes: ``-> [N,3]`` linear."""
    spot = product.spot
    reach = max(4, round(0.15 * max(spot.width, spot.height)))
    around, inside = overlap(
        scene.shape, spot.left - reach, spot.top - reach, (spot.height + 2 * reach, spot.width + 2 * reach)
    )
    free = pad(product.alpha, (reach, reach), (reach, reach))[inside] < 0.02
    rows, columns = array_namespace(free).nonzero(free)
    some = slice(None, None, max(1, len(rows) // _SAMPLE))
    return fetch(to_linear(scene[around][rows[some], columns[some]]))
