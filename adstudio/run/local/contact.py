"""Blend the ground where products stand: the model draws the contact zone anew, and never a product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...ports import Host
from ...types import Array, Note

if TYPE_CHECKING:
    from ...engine.memory.components import Zit

REACH = 0.12
_LEAST_ZONE = 0.5  # of full strength; a fainter zone has nothing to draw


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """A picture with its contact zone drawn anew.

    ``receipt``: ``contact_change`` = the largest difference inside the opaque product (0), ``contact_evaluations``,
    ``contact_share`` = the share of the picture that was drawn anew.

    Shapes: image ``[H,W,3] float32 sRGB 0..1``, zone ``[H,W]``, 1 = drawn anew.
    """

    image: Array
    zone: Array
    evaluations: int
    receipt: dict[str, float]
    notes: tuple[str, ...] = ()


def blend_contact(
    zit: Zit,
    picture: Array,
    product_mask: Array,
    words: str,
    *,
    strength: float = 0.4,
    reach: float = REACH,
    seed: int = 0,
    steps: int = 8,
    host: Host,
) -> Blended:
    """Draw the ground round the products' bases anew, with the components that are loaded already.

    Args:
        product_mask: how far products cover each pixel, ``[H,W]``, as ``Composite.mask``.
        words: what the backdrop shows, in English; not the product.
        strength: share of the schedule that runs; 0 gives the picture back untouched.
        reach: how far from the base, as a share of the product's size.

    Raises:
        InputError: ``contact.<reason>``, or what ``image_to_image`` refuses.
    """
    import numpy as np

    from ...engine.drawing.inpaint import Edit
    from ...engine.drawing.sampling import image_to_image
    from ...imaging.composite.contact import find_zone, lay_around, measure_change

    _check(picture, product_mask, strength, reach)
    zone = find_zone(product_mask, reach)
    if strength == 0 or float(zone.max(initial=0)) < _LEAST_ZONE:
        missing = Note("contact.no_ground", "No ground is seen under the products: nothing was drawn anew.")
        notes = (missing,) if strength else ()
        return Blended(picture, np.zeros_like(zone), 0, _receipt(0.0, 0, 0.0), notes)
    # A picture larger than the model's is worked on in part: the zone gets the model's full size.
    is_large = picture.shape[0] * picture.shape[1] > 1.5 * zit.checkpoint.base_px**2
    edit = Edit(own_size=True, crop=is_large)
    drawn = image_to_image(
        zit, words, picture, strength=strength, mask=zone, seed=seed, steps=steps, edit=edit, host=host
    )
    # It came back mixed by the zone; its resampling may have touched a number that the zone leaves alone.
    image = lay_around(picture, drawn.images[0], product_mask, zone)
    share = float((zone > 0.02).mean())
    receipt = _receipt(measure_change(picture, image, product_mask), drawn.evaluations, share)
    return Blended(image, zone, drawn.evaluations, receipt, drawn.notes)


def describe_blend(blended: Blended) -> tuple[str, ...]:
    """Put a blend's receipt in words, line by line."""
    if not blended.evaluations:
        return Note("receipt.contact_none", "contact: nothing was drawn anew"), *blended.notes
    line = Note(
        "receipt.contact",
        "contact: {share} of the picture was drawn anew in {evaluations:evaluation|evaluations}; "
        "largest change inside the product {change}",
        share=f"{blended.receipt['contact_share']:.1%}",
        evaluations=blended.evaluations,
        change=f"{blended.receipt['contact_change']:g}",
    )
    return line, *blended.notes


def _receipt(change: float, evaluations: int, share: float) -> dict[str, float]:
    return {"contact_change": change, "contact_evaluations": float(evaluations), "contact_share": share}


def _check(picture: Array, product_mask: Array, strength: float, reach: float) -> None:
    if product_mask.shape != picture.shape[:2]:
        raise InputError(
            "contact.sizes",
            f"The products' mask is {list(product_mask.shape)}, but the picture is {list(picture.shape[:2])}.",
            "Use the mask that came with this very picture.",
            mask="×".join(map(str, product_mask.shape[1::-1])),
            photo=f"{picture.shape[1]}×{picture.shape[0]}",
        )
    if not 0 <= strength <= 1:
        raise InputError(
            "contact.strength",
            f"The strength must lie within 0..1, but {strength:g} came.",
            "Use 0.4; 0 switches it off.",
            came=f"{strength:g}",
        )
    if not 0 < reach <= 1:
        raise InputError(
            "contact.reach",
            f"The reach must lie above 0 and up to 1 of the product's size, but {reach:g} came.",
            "Use 0.12.",
            came=f"{reach:g}",
        )
