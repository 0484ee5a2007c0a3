"""The weight-free matte: the product is what lies behind an edge, seen from the photo's border.

Good for pack shots and isolated subjects. Busy scenes, fur, hard cast shadows (they are taken along) and openings such
as a handle's (they are filled) need a mask or a trained model.
"""

from __future__ import annotations

import numpy as np

from ..types import Array
from .edges import resize
from .filters import Bools, blur, erode, fill_holes, find_parts, grow, open_up
from .grid import border_distance, frame_of, spread
from .linear import to_lab, to_linear
from .palette import find_palette
from .plain_ground import find_ground, find_product

SEARCH_PX = 256
EDGE_PX = 768
PLAIN_PX = 512
PLAIN_REACH = 0.008
LEAST_PLAIN_SHARE = 0.004
EDGE_WIDTH_PX = 1.6
REACH = 0.02
# Below this much colour change (L*a*b* units) on the way from the border a photo holds no subject, only texture.
LEAST_CONTRAST = 6.0


class GeodesicMatting:
    """Implements the ``Matting`` port without any weights."""

    name = "geodesic"

    def matte(self, photo: Array) -> Array:
        """Find what stands free of the border; an empty matte means that nothing does.

        Shapes: ``[H,W,3] -> [H,W]``.
        """
        found, reach = _find_on_plain_ground(photo), PLAIN_REACH
        if found is None:
            odds = _find(_shrink(photo, SEARCH_PX))
            found, reach = None if odds is None else _clean(_drop_appendages(*odds)), REACH
        if found is None or not found.any():
            return np.zeros(photo.shape[:2], dtype=np.float32)
        return _sharpen(photo, found.astype(np.float32), reach)


def _find_on_plain_ground(photo: Array) -> Bools | None:
    lab = blur(_shrink(photo, PLAIN_PX), 0.7)
    ground = find_ground(lab)
    if ground is None:
        return None
    found = _clean(find_product(lab, ground))
    return found if found.mean() > LEAST_PLAIN_SHARE else None


def _shrink(photo: Array, longest_px: int) -> Array:
    """Make a small L*a*b* copy."""
    height, width = photo.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    small = resize(photo, max(8, round(width * scale)), max(8, round(height * scale)))
    return to_lab(to_linear(small))


def _find(lab: Array) -> tuple[Array, Array] | None:
    """Weigh for each pixel whether it is product: by all evidence, and by the border distance alone."""
    height, width = lab.shape[:2]
    smooth = blur(lab, 1.0)
    reach = border_distance(smooth, frame_of(height, width, max(2, round(min(height, width) * 0.03))))
    top = float(np.percentile(reach, 99.5))
    if top < LEAST_CONTRAST:
        return None
    evidence: Array = np.sqrt(reach / np.float32(top))
    free_standing = _logistic((evidence - np.float32(_split(evidence))) / np.float32(0.08))
    odds = free_standing
    edge = frame_of(height, width)
    for _ in range(3):
        inside, outside = odds > 0.6, odds < 0.4
        if not inside.any() or not outside.any():
            return None
        product, rest = find_palette(smooth[inside]).density(smooth), find_palette(smooth[outside]).density(smooth)
        colour = np.log((product + 1e-9) / (rest + 1e-9)).clip(-2, 2)
        place = np.log((free_standing + 1e-6) / (1 - free_standing + 1e-6)).clip(-3, 3)
        prior = _logistic(colour + place)
        prior[edge] *= 0.3
        odds = spread(smooth, prior, 0.02 + 0.1 * (2 * prior - 1) ** 2)
    return odds, free_standing


def _sharpen(photo: Array, found: Array, share: float) -> Array:
    """Settle the band in which the product's edge lies again, at a finer size. Returns: the matte in photo size."""
    lab = _shrink(photo, EDGE_PX)
    height, width = lab.shape[:2]
    coarse = resize(found, width, height)
    mask = coarse > 0.5
    reach = max(3, round(max(height, width) * share))
    band = grow(mask, reach) & ~erode(mask, reach)
    inside, outside = mask & ~band, ~mask & ~band
    if not inside.any() or not outside.any():
        return resize(coarse, photo.shape[1], photo.shape[0])
    smooth = blur(lab, 0.6)
    near = 1.5 * share * max(height, width)
    product, rest = _local_colour(smooth, inside, near), _local_colour(smooth, outside, near)
    # Which of the two colours found close by is nearer decides; what the search had said counts half as much.
    nearer = np.linalg.norm(smooth - rest, axis=-1) - np.linalg.norm(smooth - product, axis=-1)
    odds = mask.astype(np.float32)
    odds[band] = _logistic((nearer / 8).clip(-2, 2) + np.where(mask, 1.0, -1.0))[band]
    settled = spread(smooth, odds, np.full(odds.shape, 0.02, dtype=np.float32), free=band)
    # Products have smooth outlines. The blurred field is enlarged first and cut afterwards: crisp at any photo size.
    sigma = 0.25 * share * max(height, width)
    field = resize(blur((settled > 0.5).astype(np.float32), sigma), photo.shape[1], photo.shape[0])
    step = photo.shape[1] / width * sigma * 2.5  # photo pixels over which the field would rise from 0 to 1
    return np.clip((field - 0.5) * max(1.0, step / EDGE_WIDTH_PX) + 0.5, 0.0, 1.0).astype(np.float32)


def _local_colour(lab: Array, region: Bools, sigma: float) -> Array:
    """Average a region's colour around each pixel, the region's own mean where none of it is near."""
    weight = blur(region.astype(np.float32), sigma)
    total = blur(lab * region[..., None], sigma)
    return (total + 1e-4 * lab[region].mean(axis=0)) / (weight + np.float32(1e-4))[..., None]


def _drop_appendages(odds: Array, free_standing: Array) -> Bools:
    """Cut off what sticks out thinly without a clear edge of its own: a blurred stem goes, a spoon's handle stays."""
    found = odds > 0.5
    body = open_up(found, max(1, round(0.06 * max(found.shape))))
    return body | (found & (free_standing > 0.5))


def _clean(found: Bools) -> Bools:
    """Drop specks and threads, and close holes.

    A hole whose colour is the background's may be the view through a handle or a white label before a white wall:
    colour cannot tell them apart, and a product with a hole in it is the worse mistake.
    """
    opened = open_up(found, 2)
    parts, count = find_parts(opened)
    if count == 0:
        return opened
    sizes = np.bincount(parts.ravel())[1:]
    return fill_holes(np.isin(parts, np.flatnonzero(sizes >= 0.1 * sizes.max()) + 1))


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
