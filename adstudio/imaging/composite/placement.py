"""From a placement in fractions to a rectangle of pixels that lies inside the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from ...errors import InputError
from ...types import Anchor, Placement, Stance

MARGIN = 0.02
STANCES: tuple[Stance, ...] = get_args(Stance)
# Where each anchor lies on the product: from its left edge, and above its base.
_ANCHORS: dict[Anchor, tuple[float, float]] = {
    "bottom": (0.5, 0.0),
    "center": (0.5, 0.5),
    "top": (0.5, 1.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "bottom_left": (0.0, 0.0),
    "bottom_right": (1.0, 0.0),
    "top_left": (0.0, 1.0),
    "top_right": (1.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a product is drawn, in whole pixels, and what had to give way for that.

    ``shrunk``: the height that was asked for and the one that it got, in shares of the picture's.
    """

    left: int
    top: int
    width: int
    height: int
    shrunk: tuple[float, float] | None = None
    is_moved: bool = False

    @property
    def bottom(self) -> int:
        return self.top + self.height


def find_spot(placement: Placement, aspect: float, width_px: int, height_px: int, *, stretch: float = 1.0) -> Spot:
    """Fit a product into the picture: too large is made smaller, too far out is moved in.

    Args:
        aspect: the product's width over its height, as it is drawn.
        stretch: its drawn height over the height that the placement names; turned products are taller or lower.
    """
    check_placement(placement)
    wanted = placement.height * height_px * stretch
    across, above = _ANCHORS[placement.anchor]
    if placement.anchor != "bottom":
        # Everything below reckons with the middle of the base.
        placement = replace(
            placement,
            x=placement.x + (0.5 - across) * wanted * aspect / width_px,
            base_y=max(placement.base_y + above * wanted / height_px, 1e-3),
        )
    base = min(placement.base_y, 1 - MARGIN / 2)
    room_up = max(base - MARGIN, 0.05) * height_px
    room_across = (1 - 2 * MARGIN) * width_px
    height = min(wanted, room_up, room_across / aspect)
    width = height * aspect
    middle = min(max(placement.x * width_px, MARGIN * width_px + width / 2), (1 - MARGIN) * width_px - width / 2)
    shrunk = (wanted / height_px, height / height_px) if height < wanted * 0.995 else None
    is_moved = abs(middle - placement.x * width_px) > 1 or base < placement.base_y
    spot_width, spot_height = max(1, round(width)), max(1, round(height))
    left = min(max(round(middle - width / 2), 0), max(width_px - spot_width, 0))
    top = max(round(base * height_px) - spot_height, 0)
    return Spot(left, top, spot_width, spot_height, shrunk, is_moved)


def check_placement(placement: Placement) -> None:
    """Refuse what cannot be drawn.

    Raises: InputError ``composite.placement``.
    """
    figures = {"x": placement.x, "base_y": placement.base_y, "height": placement.height}
    figures["rotation"] = placement.rotation
    for name, value in figures.items():
        if not math.isfinite(value):
            raise _unusable(name, value, "a number")
    if placement.height <= 0:
        raise _unusable("height", placement.height, "more than 0")
    if not 0 < placement.base_y <= 1.5 or not -0.5 <= placement.x <= 1.5:
        name = "x" if 0 < placement.base_y <= 1.5 else "base_y"
        raise _unusable(name, figures[name], "within the picture, 0..1")
    if abs(placement.rotation) > 360:
        raise _unusable("rotation", placement.rotation, "within -360..360 degrees")
    if placement.anchor not in _ANCHORS:
        raise InputError(
            "composite.placement",
            f"A product's anchor must be one of {', '.join(_ANCHORS)}, but '{placement.anchor}' came.",
            "bottom is the middle of its base.",
            name="anchor",
            came=f"{placement.anchor!s:.40}",
        )
    if placement.stance not in STANCES:
        raise InputError(
            "composite.placement",
            f"A product's stance must be one of {', '.join(STANCES)}, but '{placement.stance}' came.",
            "standing is the usual one; flat_lay is a table seen from above.",
            name="stance",
            came=f"{placement.stance!s:.40}",
        )


def line_up(
    aspects: Sequence[float], backdrop_aspect: float, *, x: float = 0.5, base_y: float = 0.85, height: float = 0.5
) -> tuple[Placement, ...]:
    """Stand several products side by side: the first in front in the middle, the others behind to its left and right.

    Args:
        aspects: width over height of each product, the most important first.
        backdrop_aspect: width over height of the picture.
    """
    placed = [Placement(x=x, base_y=base_y, height=height)] if aspects else []
    reach = (
        {-1: 0.5 * height * aspects[0] / backdrop_aspect, 1: 0.5 * height * aspects[0] / backdrop_aspect}
        if aspects
        else {}
    )
    for index, aspect in enumerate(aspects[1:], start=1):
        side = -1 if index % 2 else 1
        small = height * 0.85
        half = 0.5 * small * aspect / backdrop_aspect
        # A quarter of each is hidden: a group, not a queue.
        centre = x + side * (reach[side] + half * 0.5)
        reach[side] += 1.5 * half
        placed.append(Placement(x=centre, base_y=base_y - 0.04, height=small, order=-index))
    return tuple(placed)


def _unusable(name: str, value: float, expected: str) -> InputError:
    return InputError(
        "composite.placement",
        f"A product's {name} must be {expected}, but {value:g} came.",
        "Positions and heights are fractions of the picture: 0.5 is the middle.",
        name=name,
        came=f"{value:g}",
    )
