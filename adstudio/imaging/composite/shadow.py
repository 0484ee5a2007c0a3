"""The shadow a product throws: on the ground it stands on, on the wall behind it, or on the table it lies on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from ...types import Array, Stance
from ..arrays import beside, fetch
from ..filters import blur, blur_spot
from ..resample import resample, resize
from .light import Lamp

WORK_PX = 320
DARKEST = 0.9
_CAST_DARKNESS = 0.66
_CONTACT_DARKNESS = 0.9
_WALL_DARKNESS = 0.42
_WALL_GAP = 0.10  # of the product's size, how far from the wall a hanging product is
_LYING_GAP = 0.035
_BEFORE = 0.02  # of the product's size, over which a shadow ends on the ground before its lit side


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """How dark the ground gets, 0..1: where light is kept off, and where things touch; and the maps' corner.

    Shapes: both ``[h,w]``; ``left``, ``top`` are relative to the product's own corner.
    """

    thrown: Array
    contact: Array
    left: int
    top: int

    def density(self, strength: float = 1.0) -> Array:
        """Join both into one darkness, never quite black."""
        xp = array_namespace(self.thrown)
        thrown, contact = (xp.clip(each * strength, 0.0, 1.0) for each in (self.thrown, self.contact))
        return xp.minimum(1 - (1 - thrown) * (1 - contact), DARKEST)


@dataclass(frozen=True, slots=True, eq=False)
class Foot:
    """How a product meets the ground.

    Args:
        base: the row under its lowest one.
        underside: per column the row under its lowest one; -1 where there is no product.
        touching: the columns that stand on the ground.
        depth: how far, in rows, the foot reaches back into the picture.
    """

    base: int
    underside: Array
    touching: np.ndarray[Any, np.dtype[np.bool_]]
    depth: float

    @property
    def middle(self) -> float:
        """The row of the foot's middle: a thing has depth, and its outline stands over that."""
        return self.base - self.depth / 2


def cast(alpha: Array, lamp: Lamp, stance: Stance = "standing") -> Shadow:
    """Throw a product's shadow.

    Shapes: alpha ``[H,W]``.
    """
    height, width = alpha.shape
    scale = min(1.0, WORK_PX / max(height, width))
    small = fetch(resize(alpha, max(4, round(width * scale)), max(4, round(height * scale))))
    rows, columns = small.shape
    side = float(np.sqrt(rows * columns))
    margin = int(np.ceil((0.25 + 0.15 * lamp.softness) * side)) + 2
    lean = abs(lamp.lean) * rows if stance == "standing" else 0.0
    down = int(np.ceil(max(0.0, -lamp.rise) * rows)) if stance == "standing" else 0
    left = margin + (int(np.ceil(lean)) if lamp.lean < 0 else 0)
    right = margin + (int(np.ceil(lean)) if lamp.lean > 0 else 0)
    floor = np.pad(small, ((margin, margin + down), (left, right)))
    if stance == "standing":
        foot = find_foot(floor)
        thrown = _CAST_DARKNESS * _lean(floor, foot, rows, lamp, side)
        contact = _CONTACT_DARKNESS * _touch(floor, foot, side)
    else:
        thrown, contact = _behind(floor, lamp, side, stance)
    up, across = height / rows, width / columns
    size = (round(floor.shape[1] * across), round(floor.shape[0] * up))
    xp = array_namespace(alpha)
    thrown, contact = (xp.clip(resample(beside(_ended(each), alpha), *size), 0.0, 1.0) for each in (thrown, contact))
    return Shadow(thrown, contact, -round(left * across), -round(margin * up))


def find_body(alpha: Array) -> Array:
    """Tell where a product is: half as dense as it gets, for glass is opaque nowhere. Shapes: alpha ``[H,W]``."""
    return alpha >= 0.5 * array_namespace(alpha).max(alpha)


def find_foot(alpha: Array) -> Foot:
    """Find where a product stands. Shapes: alpha ``[H,W]``."""
    xp = array_namespace(alpha)
    solid = find_body(alpha)
    rows = len(alpha)
    from_below = xp.argmax(xp.astype(xp.flip(solid, axis=0), xp.uint8), axis=0)
    underside = fetch(xp.where(xp.any(solid, axis=0), rows - from_below, -1)).astype(np.float32)
    filled = np.flatnonzero(underside >= 0)
    base = int(underside.max())
    side = float(np.sqrt(int(xp.sum(solid))))
    near = (underside >= 0) & (base - underside <= 0.14 * side)
    columns = np.flatnonzero(near)
    # A round foot is seen as an ellipse: its front edge lies lower than its sides by half its depth.
    outer = max(1, len(columns) // 12)
    ends = np.concatenate([columns[:outer], columns[-outer:]]) if len(columns) else filled
    curve = 2.0 * float(base - np.median(underside[ends]))
    depth = float(np.clip(curve, 0.10 * len(columns), 0.35 * len(columns)))
    return Foot(base, underside, near, depth)


def _lean(floor: Array, foot: Foot, rows: int, lamp: Lamp, side: float) -> Array:
    from scipy.ndimage import affine_transform, maximum_filter1d, uniform_filter1d

    rise, lean = lamp.rise, lamp.lean
    base = foot.middle  # and its shadow is as deep as the foot
    offset: Any = (base * (1 - 1 / rise), -lean * base / rise)
    # The product's point that shades ground point (y, x) lies (base - y) / rise above the base, moved by the lean.
    upright = floor.copy()
    upright[int(base) :] = 0
    along: Any = np.array([[1 / rise, 0], [lean / rise, 1]])
    heights = np.clip((base - np.arange(len(floor), dtype=np.float32)) / rows, 0, 1)[:, None]
    thrown = affine_transform(upright, along, offset=offset, order=1)
    raised = affine_transform(upright * heights, along, offset=offset, order=1)
    deep = max(1, round(foot.depth * 0.8))
    # How far from its thing each bit of shadow falls is how high up that is thrown from, whichever way it leans.
    far = uniform_filter1d(raised, deep, axis=0) / np.maximum(uniform_filter1d(thrown, deep, axis=0), 1e-3)
    thrown = maximum_filter1d(thrown, deep, axis=0)
    # Far from its thing a shadow is soft; how soft, says how large the lamp is.
    spread = 0.35 + 1.3 * lamp.softness
    # The far end is faded before it is blurred: faded after it, the raw outline would show as a line.
    thrown = thrown * (1 - (0.3 + 0.4 * lamp.softness) * far) * _lit_in_front(foot, len(floor), lamp, side)
    shade = np.zeros_like(floor)
    for centre, softness in ((0.0, 0.014), (0.5, 0.045), (1.0, 0.09)):
        share = np.clip(1 - np.abs(far - centre) * 2, 0, 1)
        shade += blur_spot((thrown * share).astype(np.float32), max(0.6, softness * spread * side))
    return shade


def _lit_in_front(foot: Foot, rows: int, lamp: Lamp, side: float) -> Array:
    """Keep a lamp's light on the ground before the side that it shines on, such as the lit face of a box.

    Shapes: ``-> [H,W]``, 1 = in shadow as far as anything is.
    """
    columns = np.arange(len(foot.underside))
    nearest = float(np.median(columns[foot.underside == foot.base]))
    lit = foot.touching & ((columns - nearest) * lamp.lean < 0) & (lamp.rise > 0)
    before = np.clip(np.arange(rows, dtype=np.float32)[:, None] - foot.underside, 0, None)
    return np.where(lit, np.exp(-before / np.float32(_BEFORE * side)), np.float32(1))


def _touch(floor: Array, foot: Foot, side: float) -> Array:
    """Darken the ground right under the product's underside, the more the closer it is to the ground."""
    rows, columns = floor.shape
    above = foot.base - foot.underside
    closeness = np.where(foot.underside >= 0, np.exp(-((above / (0.12 * side)) ** 2)), 0.0)
    closeness = np.where(foot.touching, np.maximum(closeness, 0.8), closeness)
    # Where it ends between two rows: whole rows would leave dark dashes along a sole that rises slowly.
    last, under = (np.clip(foot.underside.astype(np.intp) + step, 0, rows - 1) for step in (-1, 0))
    ends = foot.underside - 1 + floor[last, np.arange(columns)] + floor[under, np.arange(columns)]
    depth = np.arange(rows, dtype=np.float32)[:, None] - ends
    # The strip ends with the product, so that darkness falls off from its edge at once: one that stayed level for some
    # pixels would look like a grey base that the product stands on.
    strip = np.where(depth > -0.06 * side, closeness * np.clip(-depth, 0, 1), 0.0).astype(np.float32)
    tight, wide = blur_spot(strip, max(1.0, 0.014 * side)), blur_spot(strip, (0.040 * side, 0.050 * side))
    return np.clip(1.1 * tight + 1.3 * wide, 0.0, 1.0).astype(np.float32)


def _behind(floor: Array, lamp: Lamp, side: float, stance: Stance) -> tuple[Array, Array]:
    """Throw the outline straight onto a surface behind it."""
    from scipy.ndimage import shift

    gap = (_WALL_GAP if stance == "hanging" else _LYING_GAP) * side
    reach = min(abs(lamp.lean) + abs(lamp.rise), 1.2) + 0.25
    across = float(np.clip(lamp.lean, -1.2, 1.2)) * gap
    # On a wall the light from above throws downwards; on a table seen from above, away from the lamp.
    down = 0.6 * gap * reach
    softness = (0.3 + 0.7 * lamp.softness) * gap
    moved = np.asarray(shift(floor, (down, across), order=1), dtype=np.float32)
    thrown = _WALL_DARKNESS * (0.55 * blur(moved, softness) + 0.45 * blur(moved, 2.0 * softness))
    if stance == "hanging":
        return thrown.astype(np.float32), np.zeros_like(floor)
    contact = 0.5 * blur(floor, 0.012 * side) + 0.2 * blur(floor, 0.03 * side)
    return (1.15 * thrown).astype(np.float32), contact.astype(np.float32)


def _ended(values: Array) -> Array:
    """Let a map run out at its own edges, so that its frame never shows."""
    rows, columns = values.shape
    fade_y = np.minimum(np.minimum(np.arange(rows), np.arange(rows)[::-1]) / max(2.0, 0.05 * rows), 1.0)
    fade_x = np.minimum(np.minimum(np.arange(columns), np.arange(columns)[::-1]) / max(2.0, 0.05 * columns), 1.0)
    return (values * fade_y[:, None] * fade_x).astype(np.float32)
