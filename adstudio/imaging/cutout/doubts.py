"""What a weight-free matte may have wrong, in words for whoever publishes it."""

from __future__ import annotations

from ...types import Note
from .plain_ground import Product

MOST_FAINT = 0.1  # of an outline without an edge in the photo
MOST_EDGELESS = 0.04  # likewise, where the product has the ground's own tone
MOST_DIM = 0.1  # pixels of a dark strip for each of the outline
MOST_SHADE = 0.02
MOST_UNCLEAR = 0.15  # isolated subjects stay below 0.07, portraits and landscapes above 0.25
# The share of the outline without an edge and that of what could belong to either side, together. Of some 600 pictures
# that were looked at (people, rooms, goods in the open) hardly one beyond it was cut out whole; the coffee has 0.1.
MOST_GUESSED, MOST_GUESSED_IN_PARTS, PARTS = 0.5, 0.3, 3
_UNTRAINED = Note("cutout.untrained", "The outline was found without a trained model; look at it before you publish.")
_OWN_TONE = Note(
    "cutout.own_tone",
    "The product has the background's own tone; look for bites and shadow along its rim, or give a mask.",
)
_DOUBT = (
    "{share} of the outline runs where the photo shows no edge, so it is likely wrong; "
    "give a mask or use a trained model."
)
_DIM = Note(
    "cutout.dim",
    "A strip along the outline has the background's own hue, only darker, and was taken for a shadow; "
    "where the product has that hue too, look whether its rim is whole.",
)
_BY_OVAL = Note(
    "cutout.by_oval",
    "Part of a round rim has the background's own colours and was found by the oval that the rest of it follows; "
    "look whether it is whole.",
)
_BURNT_OUT = Note(
    "cutout.burnt_out",
    "The background is burnt out, and white parts of the product may have gone with it; look whether it is whole, "
    "or take the photo with less light.",
)
_SHADE = (
    "A part as large as {share} of the product may be its shadow as well as its shaded side, for it has the "
    "background's own hue; look there, or give a mask."
)
_BUSY = (
    "The photo is too busy for this method: a part as large as {share} of what was found could belong to the "
    "background or not. Give a mask or use a trained model."
)


def is_a_guess(guessed: float, parts: int) -> bool:
    """Tell whether too much of a matte was guessed to cut a product out by it.

    Args:
        guessed: see ``MOST_GUESSED``.
        parts: into how many the product falls; a guess in parts is a face of which eyes and nose are left.
    """
    return guessed > (MOST_GUESSED_IN_PARTS if parts >= PARTS else MOST_GUESSED)


def doubts(product: Product | None, *, faint: float, dim: float, unclear: float, by_oval: bool = False) -> list[str]:
    """Tell what deserves a look.

    Args:
        product: what was found on a plain ground; None where the ground was not plain.
        faint: share of the outline that runs where the photo shows no edge.
        dim: pixels left out for being darker than the ground alone, for each of the outline.
        unclear: share of what was found that could belong to either side.
        by_oval: whether part of a round rim was given back.
    """
    shade, most_faint = 0.0, MOST_FAINT
    has_own_tone = is_burnt_out = False
    if product is not None:
        shade, is_burnt_out = product.shade, product.burnt_out
        if product.edgeless is not None:
            has_own_tone, faint, most_faint = True, product.edgeless, MOST_EDGELESS
    return [
        _UNTRAINED,
        *([_OWN_TONE] if has_own_tone else []),
        *([Note("cutout.doubt", _DOUBT, share=f"{faint:.0%}")] if faint > most_faint else []),
        *([_BY_OVAL] if by_oval else [_DIM] if dim > MOST_DIM else []),
        *([_BURNT_OUT] if is_burnt_out else []),
        *([Note("cutout.shade", _SHADE, share=f"{shade:.0%}")] if shade > MOST_SHADE else []),
        *([Note("cutout.busy", _BUSY, share=f"{unclear:.0%}")] if unclear > MOST_UNCLEAR else []),
    ]
