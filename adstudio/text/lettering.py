"""Put the copy of a layout plan on a picture: fitted, readable, and set like type rather than typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..types import Array, Layer, LayoutPlan, TextStyle
from .lines.typesetting import set_copy
from .paint.dress import dress
from .paint.sheet import Piece, as_layers, lift

_PLAIN = TextStyle()


@dataclass(frozen=True, eq=False)
class Lettered:
    """A lettered picture, and what it was made of.

    Args:
        original: the picture without its copy.
        pieces: what was laid on it: grounds, blocks and marks, from the lowest up.
        notes: what was chosen for each, in Korean.
    """

    original: Array
    image: Array
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]

    @cached_property
    def plate(self) -> Array:
        """The copy alone, ``[H,W,4]`` with straight alpha; laid over the original in sRGB it gives ``image``."""
        height, width = self.image.shape[:2]
        return lift([sheet for piece in self.pieces for sheet in piece.sheets], width, height)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The original, then one layer per piece; blended in turn in linear light they give ``image``."""
        return as_layers(self.original, self.pieces)


def draw(
    image: Array, plan: LayoutPlan, style: TextStyle = _PLAIN, logos: Mapping[str, Array] | None = None
) -> Array:  # fmt: skip
    """Draw every text block and mark of a plan.

    Shapes: ``[H,W,3] float32 sRGB 0..1`` in and out; pixels away from the copy stay bit-exact.

    Args:
        logos: the pictures that the plan's logos name, ``[h,w,4]`` with straight alpha.

    Raises:
        InputError: ``text.no_copy``, ``text.does_not_fit``, ``text.missing_glyph``, ``text.logo_missing`` …
    """
    return letter(image, plan, style, logos).image


def letter(
    image: Array, plan: LayoutPlan, style: TextStyle = _PLAIN, logos: Mapping[str, Array] | None = None
) -> Lettered:  # fmt: skip
    """Draw as :func:`draw` does; the copy can then be had as a plate and as layers, too, and what was chosen.

    Raises:
        InputError: as :func:`draw`.
    """
    settings = set_copy(plan, style, (image.shape[1], image.shape[0]))
    done = dress(image, settings, plan.marks, style, logos or {})
    return Lettered(image, done.image, tuple(done.pieces), tuple(done.notes))
