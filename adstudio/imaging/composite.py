"""Stand cut-out products on a backdrop: in linear light, with shadow, in order, and with a receipt of what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..types import Array, Composite, CutOut, Light, Placement
from .filters import blur
from .harmonize import find_tone
from .light import LightEstimate, estimate_light
from .linear import delta_e, to_linear, to_srgb
from .photo import Source, read_photo
from .placement import Spot, find_spot
from .resample import resize_rgba
from .shadow import cast

MAX_DELTA_E = 6.0
_SHADOW_TINT = np.array([1.0, 0.97, 0.93], dtype=np.float32)  # the sky lends shadows a trace of blue
_DARKEST = 0.9
_HALO = 0.35
_SOFT_ENLARGEMENT = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    spot: Spot
    colour: Array  # [h,w,3] linear
    alpha: Array
    scale: float
    number: int


def compose(
    backdrop: Source,
    cutouts: Sequence[CutOut],
    placements: Sequence[Placement],
    *,
    shadow: float = 1.0,
    harmonize: float = 0.3,
    light: Light | str = "auto",
    max_delta_e: float = MAX_DELTA_E,
) -> Composite:
    """Put products on a backdrop.

    Args:
        backdrop: anything that ``read_photo`` takes.
        placements: one per product; a higher ``order``, then a lower base, stands in front.
        shadow: 0 = none, 1 = natural, up to 2.
        harmonize: 0 = the product's own colours exactly, up to 1; held back so that the mean change stays within
            ``max_delta_e``.
        light: ``left``, ``right``, ``above``, or ``auto`` to read it from the backdrop.
    Returns: the picture, the products' matte on it, and a receipt: ``products``, ``scale`` (``scale_2`` …: drawn size
        over cut-out size), ``mean_delta_e``, ``max_delta_e`` and ``unchanged_share`` of the visible opaque product
        pixels against the resized cut-out, ``harmonize`` (what was really applied), ``light_x``, ``light_y``.
    Raises: InputError.
    """
    scene = read_photo(backdrop)
    _check(cutouts, placements, shadow, harmonize, light)
    estimate = estimate_light(scene)
    side = estimate.side if light == "auto" else _as_light(light)
    height, width = scene.shape[:2]
    products, notes = _prepare(cutouts, placements, width, height)
    linear = to_linear(scene)
    ground = np.ones((height, width), dtype=np.float32)
    if shadow > 0:
        for product in products:
            _darken(ground, product, side, shadow)
    lit = (linear * (1 - (1 - ground)[..., None] * _SHADOW_TINT)).astype(np.float32)
    cover = np.zeros((height, width), dtype=np.float32)
    owner = np.zeros((height, width), dtype=np.int32)
    applied = []
    for product in products:
        tone = find_tone(product.colour, product.alpha, _ring(linear, product), harmonize, max_delta_e)
        applied.append(tone.strength)
        _lay(lit, cover, owner, product, np.clip(product.colour * tone.gains, 0.0, 1.0), shadow)
    touched = (ground < 1.0) | (cover > 0.0)
    image = np.where(touched[..., None], to_srgb(lit), scene).astype(np.float32)
    receipt = _receipt(image, products, owner, estimate)
    receipt["harmonize"] = min(applied)
    if min(applied) < harmonize - 1e-6:
        notes.append(
            f"Harmonising was held back from {harmonize:.2f} to {min(applied):.2f}, "
            f"so that the product's colour changes by {max_delta_e:g} delta E at most on average."
        )
    if light == "auto":
        notes.append(f"Light from {'the ' if side != 'above' else ''}{side}, read from the backdrop.")
    return Composite(image=image, mask=cover, light=side, receipt=receipt, notes=tuple(notes))


def _prepare(
    cutouts: Sequence[CutOut], placements: Sequence[Placement], width: int, height: int
) -> tuple[list[_Product], list[str]]:
    """Fit, resize and sort the products from back to front."""
    notes: list[str] = []
    found: list[tuple[tuple[int, int, int], _Product]] = []
    for number, (cutout, placement) in enumerate(zip(cutouts, placements, strict=True), start=1):
        rows, columns = cutout.rgba.shape[:2]
        spot = find_spot(placement, columns / rows, width, height)
        scale = spot.height / rows
        if spot.note:
            notes.append(f"Product {number} was {spot.note}, to stay inside the picture.")
        if scale > _SOFT_ENLARGEMENT:
            notes.append(f"Product {number} was enlarged {scale:.1f} times and looks soft; use a larger photo.")
        piece = resize_rgba(cutout.rgba, spot.width, spot.height)
        product = _Product(spot, to_linear(piece[..., :3]), piece[..., 3], scale, number)
        found.append(((placement.order, spot.bottom, number), product))
    return [product for _, product in sorted(found, key=lambda entry: entry[0])], notes


def _darken(ground: Array, product: _Product, side: Light, strength: float) -> None:
    thrown = cast(product.alpha, side)
    here, there = _overlap(
        ground.shape, product.spot.left + thrown.left, product.spot.top + thrown.top, thrown.density.shape
    )
    ground[here] *= 1 - np.clip(thrown.density[there] * strength, 0.0, _DARKEST)


def _lay(lit: Array, cover: Array, owner: NDArray[np.int32], product: _Product, colour: Array, shadow: float) -> None:
    """Lay one product over what is there; where something stands behind it, that gets a little darker around it."""
    spot = product.spot
    reach = max(2, round(0.05 * math.sqrt(spot.width * spot.height)))
    around, inside = _overlap(
        lit.shape, spot.left - 2 * reach, spot.top - 2 * reach, (spot.height + 4 * reach, spot.width + 4 * reach)
    )
    behind = cover[around]
    if shadow > 0 and bool(behind.any()):
        halo = blur(np.pad(product.alpha, 2 * reach), reach)[inside]
        lit[around] *= 1 - np.clip(halo * behind * _HALO * shadow, 0.0, _DARKEST)[..., None]
    here, there = _overlap(lit.shape, spot.left, spot.top, product.alpha.shape)
    weight = product.alpha[there]
    lit[here] = colour[there] * weight[..., None] + lit[here] * (1 - weight[..., None])
    cover[here] = weight + cover[here] * (1 - weight)
    # A product owns the pixels that it alone fills; a rim shared with another belongs to none.
    owner[here] = np.where(weight > 0.999, product.number, np.where(weight > 0.0, 0, owner[here]))


def _ring(linear: Array, product: _Product) -> Array:
    """Collect the backdrop's pixels close around a product. Shapes: ``-> [N,3]``."""
    spot = product.spot
    reach = max(4, round(0.15 * max(spot.width, spot.height)))
    around, inside = _overlap(
        linear.shape, spot.left - reach, spot.top - reach, (spot.height + 2 * reach, spot.width + 2 * reach)
    )
    free = np.pad(product.alpha, reach)[inside] < 0.02
    pixels = linear[around][free]
    return pixels[:: max(1, len(pixels) // 50_000)]


def _overlap(
    shape: tuple[int, ...], left: int, top: int, size: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Clip a rectangle to the picture. Returns: its slices in the picture, and the same part in its own frame."""
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = max(min(left + size[1], shape[1]), x0), max(min(top + size[0], shape[0]), y0)
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def describe(composite: Composite) -> str:
    """Tell in a few lines what happened to the products, for people."""
    receipt = composite.receipt
    scales = [receipt[key] for key in sorted(receipt) if key.startswith("scale")]
    lines = [
        f"products: {receipt['products']:.0f}, drawn at {', '.join(f'{scale:.2f}x' for scale in scales)}",
        f"product colour: mean delta E {receipt['mean_delta_e']:.2f}, max {receipt['max_delta_e']:.2f}, "
        f"unchanged {receipt['unchanged_share']:.1%}",
        f"harmonised: {receipt['harmonize']:.2f}, light: {composite.light}",
    ]
    return "\n".join([*lines, *composite.notes])


def _receipt(
    image: Array, products: Sequence[_Product], owner: NDArray[np.int32], estimate: LightEstimate
) -> dict[str, float]:
    """Compare every visible opaque product pixel with the resized cut-out it came from."""
    differences: list[Array] = []
    same = total = 0
    receipt = {"products": float(len(products))}
    for product in sorted(products, key=lambda entry: entry.number):
        receipt["scale" if product.number == 1 else f"scale_{product.number}"] = product.scale
        spot = product.spot
        here, there = _overlap(image.shape, spot.left, spot.top, product.alpha.shape)
        mine = owner[here] == product.number
        before, after = product.colour[there][mine], image[here][mine]
        if len(after) == 0:
            continue
        differences.append(delta_e(before, to_linear(after)))
        eight_bit = np.round(to_srgb(before) * 255) == np.round(after * 255)
        same += int(eight_bit.all(axis=-1).sum())
        total += len(after)
    joined = np.concatenate(differences) if differences else np.zeros(1, dtype=np.float32)
    receipt["mean_delta_e"] = float(joined.mean())
    receipt["max_delta_e"] = float(joined.max())
    receipt["unchanged_share"] = same / total if total else 1.0
    receipt["light_x"], receipt["light_y"] = estimate.slope_x, estimate.slope_y
    return receipt


def _check(
    cutouts: Sequence[CutOut], placements: Sequence[Placement], shadow: float, harmonize: float, light: str
) -> None:
    if not cutouts:
        raise InputError(
            "composite.no_product", "There is no product to put on the backdrop.", "Give at least one cut-out."
        )
    if len(cutouts) != len(placements):
        raise InputError(
            "composite.placements",
            f"There are {len(cutouts)} products but {len(placements)} placements.",
            "Let the Product Layout Analyzer see the same products, or place them by hand.",
        )
    for number, cutout in enumerate(cutouts, start=1):
        shape = cutout.rgba.shape
        if len(shape) != 3 or shape[2] != 4 or 0 in shape or float(cutout.rgba[..., 3].max()) <= 0.0:
            raise InputError(
                "composite.empty_product",
                f"Product {number} has no visible pixel (its picture is {list(shape)}).",
                "Cut it out again, or give a mask.",
            )
    for name, value, most in (("shadow", shadow, 2.0), ("harmonize", harmonize, 1.0)):
        if not 0.0 <= value <= most:
            raise InputError(
                f"composite.{name}",
                f"{name.capitalize()} must lie within 0..{most:g}, but {value:g} came.",
                "0 switches it off.",
            )
    if light != "auto":
        _as_light(light)


def _as_light(light: str) -> Light:
    if light == "left" or light == "right" or light == "above":
        return light
    raise InputError(
        "composite.light", f"Light must be auto, left, right or above, but '{light}' came.", "Use auto when unsure."
    )
