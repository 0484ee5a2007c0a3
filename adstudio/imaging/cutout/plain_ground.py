"""Pack shots: what differs from a plain, evenly changing background, and is not its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...types import Array
from ..filters import Bools, around, find_parts, grow, lengths, open_up, slopes
from .grid import frame_of, spread
from .tone_on_tone import find_difference, find_tone_on_tone, hard_shadow

BAND = 0.05
MOST_NOISE = 2.2  # L*a*b* units: a ground that varies more is textured
LEAST_SHARE = 0.8  # of the photo's rim that must be background
LEAST_CHANGE = 2.2
SLIVER_PX = 6
SPECKS, SPECK_REACH_PX = 0.03, 8  # single pixels of so small a share around them are noise
SURE = 0.7
LEAST_SIDE = 0.05  # of what is product for sure
DOUBT = 0.1
PENUMBRA = 0.03  # of the light, from one pixel to the next: the edge of a hard shadow
LEAST_GREY = 0.001
LEAST_SURE = 0.6  # of what differs at all; with less to start from, the outline's steps tell more than colours
LEAST_KNOWN = 0.4  # the same, where the outline does not show either: with less, nothing tells the product
TOO_EDGELESS = 0.12  # of an outline in the ground's own tone
_NO_TRUST = 1e-5
GROUND_STEP = 4  # a plane needs few points
BURNT_OUT = 99.2  # L*, all but 255 in every channel
LEAST_OF_HULL = 0.75
DARKEST_SHADOW = 0.56  # cube root of what a shadow leaves of the light


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The background behind everything, as it would be without the product. Shapes: ``lab [H,W,3]``."""

    lab: Array
    noise: float


def find_ground(told: Array, size: tuple[int, int]) -> Ground | None:
    """Fit a smooth surface through the photo's rim; None where the ground is not plain.

    Args:
        told: each ``GROUND_STEP``-th pixel of the photo, ``[h,w,3]`` L*a*b*.
        size: height and width of the photo, and of the ground.
    """
    height, width = size
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)
    few = np.s_[::GROUND_STEP, ::GROUND_STEP]
    seen = terms[few]
    rim = frame_of(height, width, max(2, round(BAND * min(height, width))))[few]
    # The rim alone says little about the middle: later rounds also trust what looks like its continuation.
    fit, noise, near = _fit(seen[rim], told[rim], np.ones(int(rim.sum()), dtype=bool))
    for _ in range(3):
        if not near.any():
            return None
        fit, noise, near = _fit(seen[rim], told[rim], near)
    if noise > MOST_NOISE or near.mean() < LEAST_SHARE:
        return None
    used = np.zeros(rim.shape, dtype=bool)
    used[rim] = near
    for _ in range(4):
        if not used.any():
            return None
        fit, noise, used = _fit(seen, told, used)
    if noise > MOST_NOISE or used[rim].mean() < LEAST_SHARE:
        return None
    return Ground((terms @ fit).astype(np.float32), noise)


def _fit(terms: Array, lab: Array, used: Bools) -> tuple[Array, float, Bools]:
    """Fit a surface to some points. Returns: it, how far these lie from it, and which of all points lie near it."""
    fit = np.linalg.lstsq(terms[used], lab[used], rcond=None)[0]
    far = lengths((lab - terms @ fit).astype(np.float32))
    noise = max(0.35, 1.2 * float(np.median(far[used])))
    return fit, noise, far < 3 * noise


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """What stands before a plain ground, ``mark [H,W]``.

    ``shade`` is the share of it that might as well be shadow, or the other way round; ``edgeless`` the share of its
    outline along which the photo shows no edge, None where colour tells the product and nobody looked.
    """

    mark: Bools
    shade: float
    edgeless: float | None = None
    burnt_out: bool = False  # so is the ground, and white parts of the product may have gone with it


def find_product(lab: Array, ground: Ground) -> Product:
    """Mark what stands before the ground, without the shadows on it."""
    least = max(LEAST_CHANGE, 3.5 * ground.noise)
    differs = lengths(lab - ground.lab) > least
    may_be_shadow = shade_distance(lab, ground.lab, DARKEST_SHADOW) < least
    shaded = differs & may_be_shadow
    sure = differs & ~shaded
    if not differs.any():
        return Product(np.zeros_like(differs), 0.0)
    seen = find_difference(lab, ground.lab)
    if not seen.any():
        return Product(seen, 0.0)
    left = np.where(may_be_shadow, light_left(lab, ground.lab) ** 3, np.float32(0))
    known = float(sure.sum() / seen.sum())
    if known < LEAST_SURE:
        tone = find_tone_on_tone(lab, ground.lab, seen, left, sure)
        if tone.edgeless <= TOO_EDGELESS or known < LEAST_KNOWN:
            mark = _flood(lab, tone.product, tone.rest)
            burnt_out = float(np.median(ground.lab[..., 0])) > BURNT_OUT
            torn = burnt_out and not _is_compact(mark)
            return Product(mark, tone.hard, 1.0 if torn else tone.edgeless, burnt_out)
    band = open_up(~differs, SLIVER_PX)
    # Noise takes single pixels of a shadow out of the ground's hue, or adds them to the product's outline, and they are
    # tied to the shadow as it is to itself: one would pull all of it over. Where they are many they are no noise.
    solid = open_up(sure, 1)
    loose = differs & ~solid
    solid |= sure & (_density(sure & loose, loose) > SPECKS) if solid.any() else sure
    odds = _settle(lab, solid, band)
    # The odds tell which side a region is on, not where it ends: the steepest line between both sides does.
    # A shaded side is large; dark ground in the corners of a foot is narrow, and what joins it to a shadow is small.
    wide = _large(open_up(~sure & (odds > SURE), SLIVER_PX), LEAST_SIDE * float(sure.sum()))
    found = _flood(lab, solid | (sure & (odds > SURE)) | wide, band | (odds < 1 - SURE))
    # Nor does it tell a shaded side from a shadow that is as dark: that one is even, low, and beside the rest.
    hard = found & grow(hard_shadow(found, left, np.hypot(*slopes(left)) > PENUMBRA), SLIVER_PX) & shaded
    found &= ~hard
    doubtful = hard | (shaded & (np.abs(odds - 0.5) < DOUBT))
    return Product(found | _lies_high(shaded & ~found & ~hard, sure), float(doubtful.sum() / max(found.sum(), 1)))


def _is_compact(mark: Bools) -> bool:
    """Tell whether a mark fills most of its hull; what is left of a product that is burnt out in part does not."""
    from skimage.morphology import convex_hull_image

    return bool(mark.any()) and float(mark.sum() / convex_hull_image(mark).sum()) > LEAST_OF_HULL


def _large(parts: Bools, least_px: float) -> Bools:
    numbers, _ = find_parts(parts)
    kept = np.bincount(numbers.ravel()) >= least_px
    kept[0] = False
    return kept[numbers]


def _flood(lab: Array, product: Bools, ground: Bools) -> Bools:
    from skimage.segmentation import watershed

    found, free = product.copy(), ~product & ~ground
    # What is settled already need not be flooded again, but for the line from which the water comes.
    part, wet = around(free, 2), grow(free, 2)
    down, across = np.gradient(lab[part], axis=0), np.gradient(lab[part], axis=1)
    steps = np.hypot(lengths(down), lengths(across))
    markers = ground[part].astype(np.int32) + 2 * product[part].astype(np.int32)
    found[part] |= watershed(steps, markers, mask=wet[part]) == 2
    return found


def _density(some: Bools, of: Bools) -> Array:
    """Tell how large a share of what is around each pixel is marked."""
    from scipy.ndimage import uniform_filter

    few, all_of = (np.asarray(uniform_filter(each.astype(np.float32), 2 * SPECK_REACH_PX + 1)) for each in (some, of))
    return (few / np.maximum(all_of, np.float32(1e-4))).astype(np.float32)


def _settle(lab: Array, sure: Bools, ground: Bools) -> Array:
    """Weigh what may be shadow by how smoothly it goes over into either side: a shaded side, or a shadow.

    A band that has the ground's colour is where a product's shading passes it on the way from light to dark, so that
    only what is wide counts as ground. Returns: the odds that a pixel is product.
    """
    odds = np.where(sure, np.float32(1), np.where(ground, np.float32(0), np.float32(0.5)))
    free = ~sure & ~ground
    part = around(free, 2)
    odds[part] = spread(lab[part], odds[part], np.full_like(odds[part], _NO_TRUST), free=free[part])
    return odds


def _lies_high(shaded: Bools, sure: Bools) -> Bools:
    """Mark what is grey higher up, such as a cap of metal: a shadow lies on the ground."""
    from scipy.ndimage import find_objects

    rows = np.flatnonzero(sure.any(axis=1))
    foot = rows[0] + 0.7 * (rows[-1] - rows[0])
    parts, count = find_parts(shaded)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    grey = sizes > LEAST_GREY * shaded.size
    grey[0] = False
    for number, place in enumerate(find_objects(parts), 1):
        grey[number] &= place[0].stop - 1 < foot
    return grey[parts]


def shade_distance(lab: Array, ground: Array, darkest: float) -> Array:
    """Measure how far a colour is from the ground's own in less light; infinite where it could not be that.

    Args:
        darkest: the cube root of the least light that a shadow leaves.
    Shapes: ``[...,3], [...,3] -> [...]`` in units of L*a*b*.
    """
    own, under = _roots(lab), _roots(ground)
    left = _share(own, under)
    red, green, blue = (one - left * other for one, other in zip(own, under, strict=True))
    change = np.sqrt((116 * green) ** 2 + (500 * (red - green)) ** 2 + (200 * (green - blue)) ** 2)
    return np.where((left < 1) & (left > darkest), change, np.float32(np.inf))


def light_left(lab: Array, ground: Array) -> Array:
    """Measure how much of the ground's light a colour shows, as a cube root. Shapes: ``[...,3], [...,3] -> [...]``."""
    return _share(_roots(lab), _roots(ground))


def _share(own: list[Array], under: list[Array]) -> Array:
    both = own[0] * under[0] + own[1] * under[1] + own[2] * under[2]
    return (both / np.maximum(under[0] ** 2 + under[1] ** 2 + under[2] ** 2, 1e-6)).astype(np.float32)


def _roots(lab: Array) -> list[Array]:
    """The cube roots that L*a*b* is made of: less light makes all three smaller by the same factor."""
    middle = (lab[..., 0] + 16) / 116
    return [root.astype(np.float32) for root in (middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200)]
