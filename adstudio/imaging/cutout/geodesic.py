"""The weight-free matte: the product is what lies behind an edge, seen from the photo's border.

On a plain ground, which is what a pack shot has, the ground itself is known: shadows are told from the product, and a
handle's opening stays open. Elsewhere it is good for isolated subjects on a calm background. Busy scenes and fur need a
mask or a trained model.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...types import Array
from ..filters import (
    Bools,
    around,
    blur,
    depth_inside,
    erode,
    fill_holes,
    find_parts,
    grow,
    lengths,
    open_up,
    rescale_part,
)
from ..linear import to_lab, to_linear
from ..resample import resize, resize_part
from .doubts import doubts
from .grid import Ties, border_distance, frame_of
from .palette import cluster, find_palette
from .plain_ground import GROUND_STEP, TOO_EDGELESS, Product, find_ground, find_product, shade_distance
from .rims import complete_rim

SEARCH_PX = 256
EDGE_PX = 768
PLAIN_PX = 512
PLAIN_REACH = 0.008
LEAST_PLAIN_SHARE = 0.004
LEAST_HOLE = 0.0012
ALIKE = 7.0  # L*a*b* units between two means
LEAST_OF_TWO = 0.1  # of the ground nearby, for a colour to count
FAINT_EDGE = 8.0  # L*a*b* units between both sides
_UNCLEAR = 0.25  # between both sides, so far from either
_SHADED = 6.0  # L*a*b* units that being in the shade of the product counts
_DARKEST_CORNER = 0.3  # cube root of the light right under a rim
EDGE_WIDTH_PX = 1.6
REACH = 0.02
# Below this much colour change (L*a*b* units) on the way from the border a photo holds no subject, only texture.
LEAST_CONTRAST = 6.0


class GeodesicMatting:
    """Implements the ``Matting`` port without any weights."""

    name = "geodesic"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.guessed = 0.0

    def matte(self, photo: Array) -> Array:
        """Find what stands free of the border; an empty matte means that nothing does.

        Afterwards ``notes`` tells what deserves a look, ``guessed`` how much of it is a guess, 0 on a plain ground.

        Shapes: ``[H,W,3] -> [H,W]``.
        Raises: InputError ``cutout.no_outline`` where a product melts into a ground of its own tone.
        """
        small = _shrink(photo, PLAIN_PX)
        product = _find_on_plain_ground(small)
        unclear, self.guessed = 0.0, 0.0
        if product is not None:
            found, reach = product.mark, PLAIN_REACH
        else:
            lab = _to_lab(_shrink(small, SEARCH_PX))
            sought = _find(lab)
            found, reach = None, REACH
            if sought is not None:
                odds, free_standing, ground = sought
                found = _clean(_drop_appendages(odds, free_standing), ground, lab)
                unclear = float((np.abs(odds - 0.5) < _UNCLEAR).sum() / max(found.sum(), 1))
        if found is None or not found.any():
            return np.zeros(photo.shape[:2], dtype=np.float32)
        matte, faint, dim = _sharpen(photo, found.astype(np.float32), reach, shade_known=product is not None)
        whole = complete_rim(photo, matte, EDGE_WIDTH_PX)
        self.notes = doubts(product, faint=faint, dim=dim, unclear=unclear, by_oval=whole is not matte)
        self.guessed = faint + unclear if product is None else 0.0
        return whole


def _find_on_plain_ground(photo: Array) -> Product | None:
    photo = blur(photo, 0.7)
    ground = find_ground(_to_lab(photo[::GROUND_STEP, ::GROUND_STEP]), photo.shape[:2])
    if ground is None:
        return None
    lab = _to_lab(photo)
    product = find_product(lab, ground)
    if product.edgeless is not None and product.edgeless > TOO_EDGELESS:
        raise InputError(
            "cutout.no_outline",
            "The product has the background's own tone, and too much of its outline does not show in the photo.",
            "Take it again with less light, or on a darker ground, or give a mask.",
        )
    found = _clean(product.mark, ~product.mark)
    return None if found.mean() <= LEAST_PLAIN_SHARE else replace(product, mark=found)


def _shrink(photo: Array, longest_px: int) -> Array:
    height, width = photo.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    return resize(photo, max(8, round(width * scale)), max(8, round(height * scale)))


def _to_lab(photo: Array) -> Array:
    return to_lab(to_linear(photo))


def _find(lab: Array) -> tuple[Array, Array, Bools] | None:
    """Weigh for each pixel whether it is product.

    Returns: the odds by all evidence, those by the border distance alone, and where the colour is the background's.
    """
    height, width = lab.shape[:2]
    smooth = blur(lab, 1.0)
    reach = border_distance(smooth, frame_of(height, width, max(2, round(min(height, width) * 0.03))))
    top = float(np.percentile(reach, 99.5))
    if top < LEAST_CONTRAST:
        return None
    evidence: Array = np.sqrt(reach / np.float32(top))
    free_standing = _logistic((evidence - np.float32(_split(evidence))) / np.float32(0.08))
    odds = free_standing
    colour = np.zeros_like(odds)
    edge = frame_of(height, width)
    ties = Ties(smooth)
    for close in (3e-2, 3e-2, 1e-3):
        inside, outside = odds > 0.6, odds < 0.4
        if not inside.any() or not outside.any():
            return None
        product, rest = find_palette(smooth[inside]).density(smooth), find_palette(smooth[outside]).density(smooth)
        colour = np.log((product + 1e-9) / (rest + 1e-9)).clip(-2, 2)
        place = np.log((free_standing + 1e-6) / (1 - free_standing + 1e-6)).clip(-3, 3)
        prior = _logistic(colour + place)
        prior[edge] *= 0.3
        odds = ties.settle(prior, 0.02 + 0.1 * (2 * prior - 1) ** 2, close, start=odds)
    return odds, free_standing, colour < -1


def _sharpen(photo: Array, found: Array, share: float, *, shade_known: bool) -> tuple[Array, float, float]:
    """Settle the band in which the product's edge lies again, at a finer size.

    Args:
        shade_known: shadows have been told from the product already; else what has the ground's hue is taken for one.
    Returns: the matte in photo size, the share of the outline along which both sides look alike, and how many pixels
        for each of the outline were left out for their hue alone, as a shadow.
    """
    scale = min(1.0, EDGE_PX / max(photo.shape[:2]))
    height, width = (max(8, round(side * scale)) for side in photo.shape[:2])
    longest = max(height, width)
    coarse = resize(found, width, height)
    mask = coarse > 0.5
    reach = max(3, round(longest * share))
    part = around(mask, 4 * reach)
    mask = mask[part]
    deep = reach
    while not (core := erode(mask, deep)).any() and deep > 1:  # of a pen or a chain what lies deepest tells the colour
        deep //= 2
    band = grow(mask, reach) & ~core
    inside, outside = mask & ~band, ~mask & ~band
    if not inside.any() or not outside.any():
        return resize(coarse, photo.shape[1], photo.shape[0]), 1.0, 0.0
    smooth = blur(resize_part(photo, width, height, part), 0.6)
    near = 1.5 * share * longest
    step = max(1, int(near / 4))  # so wide a blur needs no more points
    thin = np.s_[::step, ::step] if inside[::step, ::step].any() and outside[::step, ::step].any() else np.s_[::1, ::1]
    few = _to_lab(smooth[thin])
    near_product, near_rest = (
        _read_between(_local_colour(few, region[thin], near / thin[0].step), np.nonzero(band), thin[0].step)
        for region in (inside, outside)
    )
    told = grow(band, 2)  # elsewhere nobody asks for the colour
    lab = np.zeros_like(smooth)
    lab[told] = _to_lab(smooth[told])
    here = lab[band]
    faint = float((lengths(near_product - near_rest) < FAINT_EDGE).mean())
    # Which of the two colours found close by is nearer decides; what the search had said counts half as much.
    away, to_product = lengths(here - near_rest), lengths(here - near_product)
    trust = np.full(mask.shape, 0.02, dtype=np.float32)
    dim = np.zeros_like(mask)
    if not shade_known:
        shaded = _SHADED + shade_distance(here, near_rest, _DARKEST_CORNER)
        trust[band] = np.where(shaded < np.minimum(away, 0.4 * to_product), 10 * trust[band], trust[band])
        dim[band] = (shaded < to_product) & (to_product < away)
        away = np.minimum(away, shaded)
    nearer = away - to_product
    odds = mask.astype(np.float32)
    odds[band] = _logistic((nearer / 8).clip(-2, 2) + np.where(mask[band], np.float32(1), np.float32(-1)))
    settled = Ties(lab, band).settle(odds, trust)
    dim &= settled < 0.5
    # Products have smooth outlines. The blurred field is enlarged first and cut afterwards: crisp at any photo size.
    sigma = 0.25 * share * longest
    field = np.zeros((height, width), dtype=np.float32)
    field[part] = blur((settled > 0.5).astype(np.float32), sigma)
    whole = rescale_part(part[0], height, photo.shape[0]), rescale_part(part[1], width, photo.shape[1])
    matte = np.zeros(photo.shape[:2], dtype=np.float32)
    field = resize_part(field, photo.shape[1], photo.shape[0], whole)
    rise = photo.shape[1] / width * sigma * 2.5  # photo pixels over which the field would rise from 0 to 1
    matte[whole] = np.clip((field - 0.5) * np.float32(max(1.0, rise / EDGE_WIDTH_PX)) + np.float32(0.5), 0.0, 1.0)
    return matte, faint, float(dim.sum() / (mask & ~erode(mask, 1)).sum())


def _local_colour(lab: Array, region: Bools, sigma: float) -> Array:
    """Average a region's colour around each pixel, the region's own mean where none of it is near."""
    of = region.astype(np.float32)
    total = blur(lab * of[..., None], sigma) + np.float32(1e-4) * lab[region].mean(axis=0)
    return total / (blur(of, sigma) + np.float32(1e-4))[..., None]


def _read_between(few: Array, places: tuple[NDArray[np.intp], ...], step: int) -> Array:
    """Read a picture of each ``step``-th pixel between its pixels. Shapes: ``[h,w,C] -> [N,C]``."""
    row, column = (np.minimum(each / np.float32(step), np.float32(side - 1))
                   for each, side in zip(places, few.shape, strict=False))  # fmt: skip
    top, left = row.astype(np.intp), column.astype(np.intp)
    bottom, right = np.minimum(top + 1, few.shape[0] - 1), np.minimum(left + 1, few.shape[1] - 1)
    down, across = (row - top)[:, None], (column - left)[:, None]
    above = few[top, left] * (1 - across) + few[top, right] * across
    return (above * (1 - down) + (few[bottom, left] * (1 - across) + few[bottom, right] * across) * down).astype(
        np.float32
    )


def _drop_appendages(odds: Array, free_standing: Array) -> Bools:
    """Cut off what sticks out thinly without a clear edge of its own: a blurred stem goes, a spoon's handle stays."""
    found = odds > 0.5
    body = open_up(found, max(1, round(0.06 * max(found.shape))))
    return body | (found & (free_standing > 0.5))


def _clean(found: Bools, ground: Bools | None = None, lab: Array | None = None) -> Bools:
    """Drop specks and threads, and close holes, except those that a handle holds open."""
    opened = open_up(found, 2)
    parts, count = find_parts(opened)
    if count == 0:
        return opened
    sizes = np.bincount(parts.ravel())[1:]
    kept = np.isin(parts, np.flatnonzero(sizes >= 0.1 * sizes.max()) + 1)
    filled = fill_holes(kept)
    if ground is None:
        return filled
    part = np.s_[:, :] if lab is not None else around(filled, 4)  # colours are compared with those farther out
    filled[part] &= ~_openings(kept[part], filled[part], ground[part], lab, round(LEAST_HOLE * found.size))
    return filled


def _openings(kept: Bools, filled: Bools, ground: Bools, lab: Array | None, least_px: int) -> Bools:
    """Find the holes that show the ground through a handle.

    Colour cannot tell such a view from a white label before a white wall. The product's shape can: take away what is
    thinner than the hole, and the hole of a handle lies outside of what is left, while a label's still lies within.

    Args:
        lab: the picture's colours, where the ground is not plain: then the hole must also look like the ground nearby.
    """
    through, other_views = np.zeros_like(kept), []
    holes, _ = find_parts(filled & open_up(ground | ~kept, 1))
    large = np.flatnonzero(np.bincount(holes.ravel())[1:] >= least_px) + 1
    for number in large:
        hole = holes == number
        near = around(hole, 3)
        is_rim = bool((grow(hole[near], 2) & ~filled[near]).any())
        if is_rim or ground[hole].mean() < 0.9:
            continue
        depth = float(depth_inside(hole[near]).max())
        if lab is not None and not _looks_alike(lab, hole, ~grow(filled, 2), 6 * depth + 4):
            continue
        body = _open_wide(filled & ~hole, 0.8 * depth)
        outside, _ = find_parts(np.pad(~body, 1, constant_values=True))
        if body.sum() > 0.5 * filled.sum() and (outside[1:-1, 1:-1][hole] == outside[0, 0]).mean() > 0.9:
            through |= hole
        elif lab is not None:
            other_views.append(hole)
    for hole in other_views:  # two views through one handle lie side by side, with the edge of the table between them
        if (beside := grow(hole, 3) & grow(through, 3)).any():
            through |= hole | beside
    return through


def _looks_alike(lab: Array, hole: Bools, ground: Bools, within_px: float) -> bool:
    """Compare a hole with the ground around it: a cup's inside may well be as brown as the table somewhere.

    Before a table and a wall a handle has two views, each of which is like one of both.
    """
    part = around(hole, ceil(within_px) + 1)
    lab, hole = lab[part], hole[part]
    near = ground[part] & (depth_inside(~hole) < within_px)
    if not near.any():
        return False
    inner, outer = lab[erode(hole, 1)].mean(axis=0), lab[near]
    colours, of = cluster(outer, 2)
    common = np.bincount(of, minlength=2) > LEAST_OF_TWO * len(of)
    return bool((lengths(np.stack([outer.mean(axis=0), *colours[common]]) - inner) < ALIKE).any())


def _open_wide(mask: Bools, radius: float) -> Bools:
    """Do as ``open_up`` does, at the same cost for any radius."""
    return depth_inside(~(depth_inside(mask) > radius)) <= radius


def _split(values: Array) -> float:
    """Find Otsu's threshold: the cut that sets two groups farthest apart."""
    counts, edges = np.histogram(values, 128)
    middle = (edges[:-1] + edges[1:]) / 2
    low = np.cumsum(counts)[:-1]
    high = low[-1] + counts[-1] - low
    mass = np.cumsum(counts * middle)
    apart = low * high * (mass[:-1] / np.maximum(low, 1) - (mass[-1] - mass[:-1]) / np.maximum(high, 1)) ** 2
    return float(middle[int(apart.argmax())])


def _logistic(value: Array) -> Array:
    return (1 / (1 + np.exp(-np.asarray(value)))).astype(np.float32)
