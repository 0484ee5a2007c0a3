"""The receipt: what happened to the product's own pixels, measured on the finished picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from ...errors import InputError
from ...types import Array, Composite, Note
from ..arrays import differs, fetch
from ..linear import delta_e2000, to_linear, to_srgb
from .light import Lamp, LightEstimate
from .products import Product
from .sheets import STRIP_PX, overlap


def write_receipt(
    image: Array,
    products: Sequence[Product],
    owner: NDArray[np.int32],
    dimmed: Array,
    estimate: LightEstimate,
    lamp: Lamp,
) -> dict[str, float]:
    """Compare every visible opaque product pixel with the resized cut-out it came from, in CIEDE2000.

    Args:
        owner: the number of the product that alone fills a pixel, 0 for none.
        dimmed: how far one product darkens another, ``[H,W]``; such pixels are lit differently on purpose and are
            left out, their share is told.
    """
    whole = _Tally()
    receipt = {"products": float(len(products))}
    for product in sorted(products, key=lambda entry: entry.number):
        suffix = "" if product.number == 1 else f"_{product.number}"
        receipt[f"scale{suffix}"] = product.scale
        mine = _Tally()
        height, width = product.alpha.shape
        step = max(1, STRIP_PX // width)
        for first in range(0, height, step):
            mine.count(product, slice(first, min(first + step, height)), image, owner, dimmed)
        if mine.total and len(products) > 1:
            receipt[f"mean_delta_e_{product.number}"] = mine.sum / mine.total
        whole.add(mine)
    same, total, shaded = whole.same, whole.total, whole.shaded
    receipt["mean_delta_e"] = whole.sum / total if total else 0.0
    receipt["max_delta_e"] = whole.most
    receipt["unchanged_share"] = same / total if total else 1.0
    receipt["occluded_share"] = shaded / (total + shaded) if total + shaded else 0.0
    receipt["harmonize"] = min(product.harmonize for product in products)
    receipt["grain"] = max(product.grain for product in products)
    receipt["blur_px"] = max(product.blur_px for product in products)
    receipt["light_x"], receipt["light_y"] = estimate.slope_x, estimate.slope_y
    receipt["light_angle"], receipt["light_height"] = lamp.angle_deg, lamp.height_deg
    return receipt


@dataclass
class _Tally:
    """What was found so far, a strip of rows at a time."""

    sum: float = 0.0
    most: float = 0.0
    same: int = 0
    total: int = 0
    shaded: int = 0

    def count(self, product: Product, rows: slice, image: Array, owner: NDArray[np.int32], dimmed: Array) -> None:
        xp = array_namespace(image)
        spot = product.spot
        size = (rows.stop - rows.start, product.alpha.shape[1])
        here, there = overlap(image.shape, spot.left, spot.top + rows.start, size)
        own, own_alpha = product.own[rows][there], product.own_alpha[rows][there]
        # Opaque before and after: sharpness is matched at the rim, colours are compared inside.
        mine = (owner[here] == product.number) & (own_alpha > 0.999)
        lit = mine & (dimmed[here] < 0.01)
        self.shaded += int(xp.sum(mine)) - int(xp.sum(lit))
        before, after = own[lit], image[here][lit]
        if len(after) == 0:
            return
        # Values that make the same 8-bit picture differ by rounding alone.
        changed = differs(xp.round(to_srgb(before) * 255), xp.round(after * 255))
        found = fetch(delta_e2000(before[changed], to_linear(after[changed])))
        sum_, most = float(found.sum(dtype=np.float64)), float(found.max(initial=0.0))
        self.add(_Tally(sum_, most, len(after) - len(found), len(after)))

    def add(self, other: _Tally) -> None:
        self.sum += other.sum
        self.most = max(self.most, other.most)
        self.same, self.total, self.shaded = (
            self.same + other.same,
            self.total + other.total,
            self.shaded + other.shaded,
        )


def check_fidelity(receipt: dict[str, float], limit: float) -> None:
    """Refuse a picture in which a product's colours changed by more than ``limit`` on average.

    Raises: InputError ``composite.fidelity``.
    """
    each = {key.removeprefix("mean_delta_e_"): value for key, value in receipt.items() if "mean_delta_e_" in key}
    # Of several products each has to stay within it: the mean of all would let a large one speak for a small one.
    which, worst = max((each or {"1": receipt["mean_delta_e"]}).items(), key=lambda entry: entry[1])
    if worst <= limit:
        return
    raise InputError(
        "composite.fidelity",
        f"The colours of product {which} changed by {worst:.2f} delta E on average, more than the {limit:g} allowed.",
        "Lower harmonize or detail (0 keeps the product's own pixels), or raise the limit.",
        number=which,
        worst=f"{worst:.2f}",
        limit=f"{limit:g}",
    )


def describe(composite: Composite) -> str:
    """Tell in a few lines what happened to the products, for people."""
    return "\n".join(receipt_lines(composite))


def receipt_lines(composite: Composite) -> tuple[str, ...]:
    """The same line by line, for a page of any language."""
    receipt = composite.receipt
    numbers = range(1, int(receipt["products"]) + 1)
    scales = [receipt["scale" if number == 1 else f"scale_{number}"] for number in numbers]
    # A product of which no opaque pixel is in view has nothing to compare.
    means = [f"{receipt[key]:.2f}" if (key := f"mean_delta_e_{number}") in receipt else "–" for number in numbers]
    apart = f" ({', '.join(means)})" if len(means) > 1 else ""
    lines = [
        Note(
            "receipt.products",
            "products: {count}, drawn at {scales}",
            count=len(numbers),
            scales=", ".join(f"{scale:.2f}x" for scale in scales),
            times=", ".join(f"{scale:.2f}" for scale in scales),
        ),
        Note(
            "receipt.colour",
            "product colour: mean delta E {mean}, max {most}, unchanged {unchanged}",
            mean=f"{receipt['mean_delta_e']:.2f}{apart}",
            most=f"{receipt['max_delta_e']:.2f}",
            unchanged=f"{receipt['unchanged_share']:.1%}",
        ),
        Note(
            "receipt.harmonised",
            "harmonised: {harmonize}, light: {light} ({angle} degrees, {height} high)",
            harmonize=f"{receipt['harmonize']:.2f}",
            light=composite.light,
            angle=f"{receipt['light_angle']:+.0f}",
            height=f"{receipt['light_height']:.0f}",
        ),
    ]
    if receipt["grain"] or receipt["blur_px"]:
        grain, blur = f"{receipt['grain'] * 255:.1f}", f"{receipt['blur_px']:.2f}"
        said = "grain added: {grain} of 255, softened by {blur} px"
        lines.append(Note("receipt.grain", said, grain=grain, blur=blur))
    return (*lines, *composite.notes)
