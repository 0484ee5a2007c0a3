"""White crockery on white paper, grey on grey: a product in the ground's own hue, told by what its outline looks like.

Colour says nothing here, for all of the product may be shadow. Three other things tell it: averaged over a few pixels
even one level of 255 is more than noise; a product ends in a step, a shadow in a slope; and a shadow with a hard edge
is even and lies low, beside what throws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...types import Array
from ..filters import Bools, around, blur, erode, fill_holes, find_parts, grow, highest, lengths, open_up
from ..resample import resample
from .grid import Ties, frame_of

_POOL_PX = 3.0
_SEEN = 2.5  # times the ground's own unevenness
_LEAST_SEEN = 0.3  # L*a*b* units, less than one level of 255
_CHROMA = np.array([1.0, 0.5, 0.5], dtype=np.float32)  # JPEG blurs colour, so it tells less
_LEAST_PART = 0.05
_LEAST_HOLE = 0.005  # of what is seen; a smaller one is a gleam
_GAP_SHARE = 0.025  # of the product's size: how wide a stripe may have the ground's very tone
_LINE_PX = 2  # an outline that alone differs from the ground is no wider to each side
_EDGED = 0.7
_CRISP_PX, _SLOPE_PX = 1.2, 6.0
_LEAST_NOISE = 0.04  # L*a*b* units per pixel; a ground that is burnt out has none of its own
_STEP, _CRISP = 2.2, 3.0  # times the noise of a step between neighbours
_FLAT_PX, _SLOPE, _SHARP = 4.0, 1.3, 2.3  # by how much a slope and a step become flatter when blurred so far
_IS_STEP = 0.5  # so sharp, and no slope
_REACH_PX = 90.0  # how far a slope is followed into what differs
_SURE = np.float32(0.05)
_NOTCH_SHARE = 0.08
_FAINT = 1.5  # L*a*b* units
_LEAST_HARD, _LARGE_HARD = 0.003, 0.02  # of what was found
_EVEN, _LIGHTEST = 0.04, 0.8
_HIGHEST = 0.5  # of the height of all that was found
_BESIDE = 0.25
_HELD = 0.9  # of a part, with product before it
_EDGE_PX = 6
_APART_PX = 8
_BITTEN = 0.2  # of the outline of a part that was left out; a soft shadow's stays below 0.05
_FACE, _FACE_PX = 0.58, 5  # of the outline of a face; that of a soft shadow stays below 0.5, its product's with it
_LEAST_FACE = 0.0008  # of the picture
_MUCH, _STEPPED = 0.05, 0.08  # of what differs from the ground; of the outline of what was left out


@dataclass(frozen=True, slots=True, eq=False)
class ToneOnTone:
    """What is ``product`` and what is ``rest``, each ``[H,W] bool``, with a seam between them for the steepest line.

    ``hard`` is the share of what was found that was left out as a hard shadow, ``edgeless`` the share of the outline
    along which the photo shows no step; both 0..1.
    """

    product: Bools
    rest: Bools
    hard: float
    edgeless: float


def find_tone_on_tone(lab: Array, ground: Array, seen: Bools, left: Array, sure: Bools) -> ToneOnTone:
    """Find a product that differs from a plain ground mostly by its tone.

    Args:
        lab: the photo in L*a*b*.
        ground: what it would be without the product, the same.
        seen: what differs from the ground at all, see ``find_difference``; not empty.
        left: the share of the ground's light in each pixel, 0..1; 0 where it could not be the ground in shadow.
        sure: what is product for its colour.
    Shapes: ``[H,W,3] float32, [H,W,3] float32, [H,W] bool, [H,W] float32, [H,W] bool``.
    """
    part = around(seen, 8)
    lab, ground, left, sure = lab[part], ground[part], left[part], sure[part]
    smooth = blur(lab, _CRISP_PX)
    detail = (smooth - blur(lab, _SLOPE_PX)) * _CHROMA
    # A slope has no step in its detail, and what is even beside a high step none in itself.
    rise = _steps(smooth * _CHROMA)
    step = np.minimum(_steps(detail), rise)
    noise = max(_LEAST_NOISE, float(np.median(step[~seen[part]])))
    crisp = step > _CRISP * noise
    inside = _silhouette(seen[part], lab, ground, crisp)
    light = blur(lab[..., 0] - ground[..., 0], 1.5)
    lighter = erode((light > _LEAST_SEEN) & inside, 2)
    trust = np.where(sure | lighter, _SURE, np.float32(_REACH_PX**-2))
    # Blurred further a step becomes flatter by much, a shadow's slope hardly, however steep it is.
    flatter = rise / np.maximum(_steps(blur(lab, _FLAT_PX) * _CHROMA), np.float32(1e-3))
    sharp = np.clip((flatter - _SLOPE) / (_SHARP - _SLOPE), 0, 1)
    odds = _settle(lab, inside, (step * sharp / (_STEP * noise)).astype(np.float32), trust)
    found = odds > 0.5
    found |= _bitten_off(found, inside, crisp)
    found |= _faces(inside & ~found, crisp, (rise < _CRISP * noise) & ~crisp)
    found |= _close(found, _NOTCH_SHARE) & inside & (np.abs(light) < _FAINT)
    hard = hard_shadow(found, left, crisp)
    product, rest = np.zeros_like(seen), np.ones_like(seen)
    # The outline itself is settled by the steepest line, so both sides keep off it.
    product[part] = erode(found & ~grow(hard, _EDGE_PX), 2)
    rest[part] = ~grow(inside, 1) | hard | ~grow(found, 3)
    outline = found & ~grow(hard, _EDGE_PX) & ~erode(found, 1)
    near = grow(crisp, 3)
    ends = crisp & (sharp > _IS_STEP)  # the dark beside a foot rises as fast, but in a slope
    return ToneOnTone(
        product=product,
        rest=rest & ~product,
        hard=float(hard.sum() / max(found.sum(), 1)),
        edgeless=1.0 if _is_torn(found, inside, grow(ends, 3)) else float((~near[outline]).mean()),
    )


def _settle(lab: Array, inside: Bools, steps: Array, trust: Array) -> Array:
    """Settle what may be product from its outline inwards, at half the size: the outline itself is found later."""
    height, width = (side // 2 * 2 for side in inside.shape)

    def halve(values: Any, ufunc: np.ufunc) -> Any:
        rows = ufunc(values[0:height:2, :width], values[1:height:2, :width])
        return ufunc(rows[:, 0::2], rows[:, 1::2])

    few = halve(inside, np.logical_and)
    # Four pixels pull as much as their sum does; the ties of a plane are the same at any size.
    coarse = Ties(lab[:height:2, :width:2], few, halve(steps, np.maximum)).settle(
        few.astype(np.float32), halve(trust, np.add), 1e-3
    )
    odds = np.zeros(inside.shape, dtype=np.float32)
    odds[:height, :width] = resample(coarse, width, height)
    return np.where(inside, odds, np.float32(0))


def _bitten_off(found: Bools, inside: Bools, crisp: Bools) -> Bools:
    """Mark small parts that were left out although they end in a step: a bottle's mouth, a bite in a rim."""
    numbers, count = find_parts(inside & ~found)
    rim = (numbers > 0) & grow(~inside, 2)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    ends = np.bincount(numbers[rim], minlength=count + 1)
    stepped = np.bincount(numbers[rim], crisp[rim], minlength=count + 1)
    bitten = (stepped > _BITTEN * ends) & (sizes < _MUCH * inside.sum())
    bitten[0] = False
    return bitten[numbers]


def _faces(left_out: Bools, crisp: Bools, even: Bools) -> Bools:
    """Mark even parts that were left out although nearly all of their outline is a step, such as the side of a box.

    They meet a soft shadow of their own tone somewhere and were taken for it; but that ends in a slope elsewhere.
    """
    numbers, count = find_parts(open_up(left_out & even, _LINE_PX))
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    near, faces = grow(crisp, _FACE_PX - 2), np.zeros_like(left_out)
    for number in np.flatnonzero(sizes[1:] >= _LEAST_FACE * left_out.size) + 1:
        face = grow(numbers == number, _FACE_PX - 1)
        if near[grow(face, 1) & ~face].mean() > _FACE:
            faces |= face & left_out
    return faces


def _is_torn(found: Bools, inside: Bools, ends: Bools) -> bool:
    """Tell whether part of a product was taken for a soft shadow: it ends in a step somewhere, which no such does."""
    left_out = inside & ~grow(found, _APART_PX)
    rim = left_out & grow(~inside, 2)
    return not found.any() or bool(left_out.sum() > _MUCH * inside.sum() and ends[rim].mean() > _STEPPED)


def find_difference(lab: Array, ground: Array) -> Bools:
    """Mark what differs from the ground at all, shadows with it, by averages over a few pixels.

    Shapes: ``[H,W,3] float32, [H,W,3] float32``, both L*a*b*, ``-> [H,W] bool``; empty where nothing differs.
    """
    rest = (lab - ground) * _CHROMA
    far = lengths(blur(rest, _POOL_PX))
    height, width = far.shape
    edge = frame_of(height, width, max(2, round(0.05 * min(height, width))))
    seen = far > max(_LEAST_SEEN, _SEEN * float(np.percentile(far[edge], 90)))
    # Averaging carries what differs much over its outline: there the pixel itself must differ.
    own = blur(rest, 1.0)
    seen &= lengths(own) > 0.25 * highest(far, round(4 * _POOL_PX) + 1)
    # Between light and dark averages cancel out, as at a lit mouth by a shaded neck; but no shadow makes it lighter.
    seen |= open_up(own[..., 0] > 2 * max(_LEAST_SEEN, float(np.percentile(own[..., 0][edge], 95))), _LINE_PX)
    numbers, count = find_parts(grow(seen, _LINE_PX))  # what a line alone parts belongs together
    if count == 0:
        return seen
    numbers[~seen] = 0
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    return (sizes >= _LEAST_PART * sizes.max())[numbers]


def _silhouette(seen: Bools, lab: Array, ground: Array, crisp: Bools) -> Bools:
    """Fill what is seen; a hole stays open that has an edge, and more than a line around it, such as a handle's."""
    closed = _close(seen, _GAP_SHARE)
    solid = open_up(lengths(blur((lab - ground) * _CHROMA, 1.0)) > 2 * _LEAST_SEEN, _LINE_PX)
    holes, count = find_parts(open_up(fill_holes(solid) & ~solid, _LINE_PX))
    through = np.zeros_like(seen)
    near = grow(crisp, 2)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    for number in np.flatnonzero(sizes[1:] >= _LEAST_HOLE * seen.sum()) + 1:
        hole = holes == number
        rim = grow(hole, 2) & ~hole
        if near[rim].mean() > _EDGED:
            through |= hole
    return (closed | fill_holes(closed)) & ~through


def _close(mask: Bools, share: float) -> Bools:
    """Close gaps as wide as twice a share of the mask's size."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    gap = max(2, round(share * min(rows[-1] - rows[0], columns[-1] - columns[0])))
    wide = np.pad(mask, gap + 1)
    near = np.asarray(distance_transform_edt(~wide)) <= gap
    closed = np.asarray(distance_transform_edt(near)) > gap
    return closed[gap + 1 : -gap - 1, gap + 1 : -gap - 1] | mask


def _steps(detail: Array) -> Array:
    down, across = np.gradient(detail, axis=0), np.gradient(detail, axis=1)
    return np.hypot(lengths(down), lengths(across))


def hard_shadow(found: Bools, left: Array, crisp: Bools) -> Bools:
    """Mark even, dark, low parts with an edge of their own that lie beside the rest and not under it.

    Args:
        found: product and shadow. left: the share of the ground's light, 0..1; 0 where it could be no shadow.
        crisp: where the photo has a step.
    Shapes: ``[H,W] bool, [H,W] float32, [H,W] bool -> [H,W] bool``.
    """
    rows = np.flatnonzero(found.any(axis=1))
    hard = np.zeros_like(found)
    if len(rows) == 0:
        return hard
    tall = rows[-1] - rows[0] + 1
    numbers, count = find_parts(found & ~crisp & (left > 0) & (left < _LIGHTEST))
    for number in range(1, count + 1):
        part = numbers == number
        if part.sum() < _LEAST_HARD * found.sum():
            continue
        top = int(np.flatnonzero(part.any(axis=1))[0])
        even = float(left[part].std() / left[part].mean())
        above = found[: max(0, top - _EDGE_PX)].sum(axis=0) > _EDGE_PX  # a few rows are its own blurred edge
        beside = float((part & ~above).sum() / part.sum())
        # What lies on the ground has ground before it; an even stripe up in a shoe's instep has the rest of the shoe.
        bottom = int(np.flatnonzero(part.any(axis=1))[-1])
        before = found[bottom + _EDGE_PX :].sum(axis=0) > _EDGE_PX
        held = float((part & before).sum() / part.sum())
        # What lies on the ground is seen flat; a narrow upright stripe is the product's own shaded end.
        flat = part.any(axis=0).sum() >= part.any(axis=1).sum() or part.sum() > _LARGE_HARD * found.sum()
        if flat and even < _EVEN and beside > _BESIDE and held < _HELD and rows[-1] - top < _HIGHEST * tall:
            hard |= part
    return hard
