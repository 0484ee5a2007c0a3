"""Set one block of copy by what it is: lines in a box, letters on a spot, a price with its old one."""

from __future__ import annotations

from dataclasses import replace

from ...errors import InputError
from ...types import TextBlock
from ..faces.coverage import require_glyphs
from ..faces.typeface import Typeface
from .characters import normalise
from .fitting import Setting, fit
from .price import fit_price, is_price
from .spot import fit_spot, spot_kind

_OLD_PRICE_WEIGHT = 500


def set_block(
    block: TextBlock, text: str, face: Typeface, picture: tuple[int, int], *, min_px: int, max_px: float
) -> list[Setting]:
    """Fit a block; what stands in several sizes gives several settings, an old price the first of them.

    Raises:
        InputError: ``text.does_not_fit``, ``text.missing_glyph``, ``text.was_on_spot``.
    """
    was = normalise(block.was)
    require_glyphs(text + was, *face.files)
    if spot_kind(block, picture):
        if was:
            raise InputError(
                "text.was_on_spot",
                f"The old price '{was}' cannot stand on a {block.role} with a plate of its own.",
                "Give it to a block of the role price, or set the block's plate to none.",
                was=was,
            )
        return [fit_spot(block, text, face, picture, min_px=min_px, max_px=max_px)]
    if is_price(block, text):
        light = min(face.weight, _OLD_PRICE_WEIGHT)
        old = replace(face, weight=light)
        return fit_price(block, text, was, (face, old), picture, min_px=min_px, max_px=max_px)
    return [fit(block, text, face, picture, min_px=min_px, max_px=max_px)]
