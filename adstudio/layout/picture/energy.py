"""How busy a picture is, place by place: the maps that layout proposals and their scores are read from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ...types import Array, Box
from .faces import find_faces

_LONGEST_PX = 160
_STRONG_GRADIENT = 0.16  # per pixel of the small picture, in lightness 0..1: a hard edge
_FAR = 0.9  # geodesic distance at which something certainly is an object of its own
OCCUPIED = 0.38  # energy from which something stands there
_OF_BORDER = 8  # a colour that more than this part of the border shares is ground
_ALIKE = 0.06  # distance up to which colours of the border count as one, in lightness 0..1
_SPECTRAL, _GRADIENT, _OBJECT = 0.2, 0.4, 0.4
_FACE = 0.55  # a little less than what certainly is the subject: a hit of the face finder may be false


@dataclass(frozen=True, slots=True, eq=False)
class Busyness:
    """Maps of one picture, all ``[h,w] float32`` of one small size.

    ``energy`` 0..1: how much would be lost under copy; ``gradient`` 0..1: how restless the surface is;
    ``small``: the picture itself ``[h,w,3]``, averaged down; ``faces``: where people seem to look out of it.
    """

    energy: Array
    gradient: Array
    small: Array
    faces: tuple[Box, ...] = ()

    @property
    def occupied(self) -> Array:
        """1 where something stands that copy must not cover."""
        return (self.energy > OCCUPIED).astype(np.float32)

    @property
    def heads(self) -> Array:
        """1 in the ovals of heads with their hair around the faces."""
        height, width = self.gradient.shape
        heads = np.zeros((height, width), np.float32)
        y, x = np.mgrid[0:height, 0:width]
        for box in self.faces:
            across = ((x + 0.5) / width - (box.x0 + box.x1) / 2) / (0.75 * box.width)
            down = ((y + 0.5) / height - (box.y0 + box.y1) / 2) / box.height
            heads[across**2 + down**2 < 1] = 1
        return heads


def measure(image: Array) -> Busyness:
    """Measure a picture ``[H,W,3] float32 sRGB 0..1`` of any size.

    Three views, since each alone is fooled: spectral residual finds what differs, the gradient finds texture, and the
    geodesic distance from the border fills the calm insides of objects (a cup, a face).
    """
    small = shrink(image)
    lab = _lab(small)
    gradient = _gradient(lab)
    energy = (
        _SPECTRAL * _spectral_residual(small.mean(axis=2))
        + _GRADIENT * _smooth(gradient, 2)
        + _OBJECT * _distance_from_border(lab)
    )
    faces = find_faces(small)
    found = Busyness(gradient, gradient, small, tuple(faces))
    energy = np.maximum(energy, _FACE * found.heads)
    return replace(found, energy=np.clip(energy, 0, 1).astype(np.float32))


def shrink(image: Array) -> Array:
    """Average a picture down to at most 160 px on its longer side; smaller pictures stay as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, _LONGEST_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _resized(image, size)


def shrink_mask(mask: Array, shape: tuple[int, int]) -> Array:
    """Average a mask ``[H,W]`` down to ``shape`` ``(h, w)``."""
    return _resized(mask[..., None], (shape[1], shape[0]))[..., 0]


def _resized(image: Array, size: tuple[int, int]) -> Array:
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(image[..., i], np.float32)).resize(size, Image.Resampling.BOX))
        for i in range(image.shape[2])
    ]
    return np.stack(channels, axis=-1).astype(np.float32)


def _lab(small: Array) -> Array:
    from skimage.color import rgb2lab

    return (rgb2lab(small) / 100.0).astype(np.float32)


def _gradient(lab: Array) -> Array:
    """Float gradients on an absolute scale, so that a calm picture stays calm instead of being stretched."""
    if min(lab.shape[:2]) < 2:
        return np.zeros(lab.shape[:2], np.float32)
    down, across = np.gradient(lab, axis=(0, 1))
    size = np.sqrt((down**2 + across**2).sum(axis=2))
    return np.clip(size / _STRONG_GRADIENT, 0, 1).astype(np.float32)


def _spectral_residual(grey: Array) -> Array:
    # Source: Hou & Zhang, "Saliency Detection: A Spectral Residual Approach" (CVPR 2007).
    tiny = _resized(grey[..., None], (64, 64))[..., 0]
    if float(tiny.std()) < 1e-3:
        return np.zeros_like(grey)
    spectrum = np.fft.fft2(tiny)
    log = np.log(np.abs(spectrum) + 1e-8)
    residual = log - _smooth(log.astype(np.float32), 1)
    saliency = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    saliency = _smooth(saliency.astype(np.float32), 3)
    saliency = np.clip(saliency / max(float(np.percentile(saliency, 99)), 1e-9), 0, 1)
    return _resized(saliency[..., None], (grey.shape[1], grey.shape[0]))[..., 0]


def _distance_from_border(lab: Array) -> Array:
    """Shortest way from the border, where each step costs the change of colour on it.

    Something that the border cuts off is no ground: to begin there costs what its colour is apart from the border's
    rest.
    """
    from skimage.graph import MCP_Geometric

    height, width = lab.shape[:2]
    if min(height, width) < 8:
        return np.zeros((height, width), np.float32)
    down, across = np.gradient(lab, axis=(0, 1))
    change = np.sqrt((down**2 + across**2).sum(axis=2))
    border = np.zeros((height, width), bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    costs = np.maximum(change - 0.012, 0) + 1e-4
    costs[border] += 2 * _strangeness(lab[border])  # a step costs the mean of its two ends
    around = np.pad(costs, 1, constant_values=1e-4)  # where every way begins
    outside = np.ones(around.shape, bool)
    outside[1:-1, 1:-1] = False
    distance, _ = MCP_Geometric(around).find_costs(np.argwhere(outside))
    return np.clip(distance[1:-1, 1:-1] / _FAR, 0, 1).astype(np.float32)


def _strangeness(colours: Array) -> Array:
    """How far each colour of the border ``[n,3]`` is from the nearest part of the others."""
    some = colours[:: (len(colours) // 128) | 1]  # odd: left and right edge come by turns
    apart = np.sqrt(np.maximum(((colours[:, None] - some[None]) ** 2).sum(axis=2), 0))
    rank = len(some) // _OF_BORDER
    return np.maximum(np.partition(apart, rank, axis=1)[:, rank] - _ALIKE, 0)


def _smooth(values: Array, radius: int) -> Array:
    """A box mean of ``2*radius+1``, twice."""
    for _ in range(2):
        for axis in (0, 1):
            padded = np.pad(values, [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            total = np.cumsum(padded, axis=axis, dtype=np.float64)
            span = 2 * radius + 1
            upper = np.take(total, range(span, total.shape[axis]), axis=axis)
            lower = np.take(total, range(total.shape[axis] - span), axis=axis)
            values = ((upper - lower) / span).astype(np.float32)
    return values
