"""Shadows that fall on other products: they climb whatever stands in their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from array_api_compat import array_namespace

from ...types import Array
from ..arrays import beside
from ..filters import affine
from .light import Lamp
from .products import Product
from .shadow import Foot, Shadow, cast, find_foot

_LEAST = 0.3
_DARKEST = 0.85  # of the shadow on the ground: an upright side sees more of the room's own light than the ground does
_FADE = 0.2  # of its height, over which a thing's shadow ends on another


@dataclass(frozen=True, slots=True, eq=False)
class Fall:
    """One product's shadow on the ground, and where in the picture it stands."""

    product: Product
    shadow: Shadow
    foot: Foot

    @property
    def left(self) -> int:
        """The picture's column of the shadow's corner."""
        return self.product.spot.left + self.shadow.left

    @property
    def top(self) -> int:
        """The picture's row of the shadow's corner."""
        return self.product.spot.top + self.shadow.top

    @property
    def stand(self) -> tuple[float, float]:
        """The middle of the foot in the picture: column, row."""
        columns = np.flatnonzero(self.foot.touching)
        middle = float(columns.mean()) if len(columns) else self.product.alpha.shape[1] / 2
        return self.product.spot.left + middle, self.product.spot.top + self.foot.middle

    @property
    def half_width(self) -> float:
        """Half of what touches the ground, in pixels."""
        return float(self.foot.touching.sum()) / 2


def throw(products: Sequence[Product], lamp: Lamp) -> list[Fall]:
    """Throw the shadow of every product, each for itself."""
    return [Fall(each, cast(each.alpha, lamp, each.stance), find_foot(each.alpha)) for each in products]


def shade_side(product: Product, falls: Sequence[Fall], lamp: Lamp, strength: float) -> Array | None:
    """Darken a standing product where the shadows of others meet it.

    A point at a height gets light from the lamp just where the ground does that lies on with the same ray: so each
    shadow on the ground is read again, moved by what the height moves a shadow.

    Shapes: ``-> [h,w]``, 0..1, 1 = no light; None where no shadow meets it.
    """
    mine = next(fall for fall in falls if fall.product.number == product.number)
    if strength <= 0 or product.stance != "standing":
        return None
    found = [
        _meet(mine, fall, lamp)
        for fall in falls
        if fall is not mine and fall.product.stance == "standing" and _may_meet(mine, fall)
    ]
    dark = [each for each in found if each is not None]
    if not dark:
        return None
    # Sides that the lamp does not reach anyway have little of its light to lose.
    share = _DARKEST * (_LEAST + (1 - _LEAST) * lamp.facing**0.5)
    xp = array_namespace(product.alpha)
    density = xp.clip(share * strength * reduce(xp.maximum, dark), 0.0, 1.0) * product.alpha
    return density if float(xp.max(density)) > 0.01 else None


def _may_meet(mine: Fall, fall: Fall) -> bool:
    """Compare the rectangles: what of the shadow reaches the ground line of the other one."""
    spot, (rows, columns) = mine.product.spot, fall.shadow.thrown.shape
    beside = spot.left >= fall.left + columns or spot.left + spot.width <= fall.left
    return not beside and fall.top < mine.stand[1] < fall.top + rows


def _meet(mine: Fall, fall: Fall, lamp: Lamp) -> Array | None:
    (x, y), (other_x, other_y) = mine.stand, fall.stand
    away = lamp.rise_to(x - other_x, y - other_y)
    if away <= 0:
        return None  # the other one stands farther from the lamp
    rows, columns = mine.product.alpha.shape
    base, spot = mine.foot.middle, mine.product.spot
    up = base - np.minimum(np.arange(rows), base)
    # The ray that grazes the other one's top comes down by so much on the way here.
    ends = fall.product.alpha.shape[0] - max(0.0, away - lamp.rise_to_aside(mine.half_width + fall.half_width))
    faded = np.clip((ends - up) / (_FADE * fall.product.alpha.shape[0]), 0, 1)
    if not faded.any():
        return None
    offset = (
        spot.top - fall.top + base * (1 - lamp.rise),
        spot.left - fall.left + base * lamp.lean,
    )
    read = affine(fall.shadow.thrown, np.array([[lamp.rise, 0], [-lamp.lean, 1]]), offset, (rows, columns))
    line = min(max(int(base), 0), rows - 1)
    read[line + 1 :] = read[line]  # below the middle of its foot a round thing curves towards the viewer
    return read * beside(faded[:, None].astype(np.float32), read)
