"""What holds products to their scene and to each other: shadows on the ground, mirror images, occlusion."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from ...errors import InputError
from ...types import Array, Stance
from ..arrays import beside, fetch, pad
from ..filters import blur
from ..linear import to_srgb
from .crossing import Fall
from .light import Lamp
from .products import Product
from .shadow import DARKEST, Foot, cast, find_foot
from .sheets import Sheet, overlap

# What light a shadow still lets through, per channel: the sky lends it a trace of blue.
SHADE = np.array([0.0, 0.015, 0.035], dtype=np.float32)
_HALO = 0.35
_FADE = 0.22  # of the product's height, over which its mirror image loses most of its strength
_MIRROR = 0.6  # of the product's height, as far as its mirror image goes


def shade_ground(falls: Sequence[Fall], strength: float, scene: Array) -> tuple[Sheet, ...]:
    """Throw all products' shadows on the scene, as one sheet.

    Where two shadows of one lamp meet, it gets no darker: only one of them keeps the light off.
    """
    if strength <= 0:
        return ()
    xp = array_namespace(scene)
    cover, contact = xp.zeros_like(scene[..., 0]), xp.zeros_like(scene[..., 0])
    for fall in falls:
        shadow = fall.shadow
        here, there = overlap(cover.shape, fall.left, fall.top, shadow.thrown.shape)
        cover[here] = xp.maximum(cover[here], xp.clip(shadow.thrown[there] * strength, 0.0, 1.0))
        contact[here] = 1 - (1 - contact[here]) * (1 - xp.clip(shadow.contact[there] * strength, 0.0, 1.0))
    density = xp.minimum(1 - (1 - cover) * (1 - contact), DARKEST)
    rows, columns = (np.flatnonzero(fetch(xp.max(density, axis=axis)) > 1e-3) for axis in (1, 0))
    if len(rows) == 0:
        return ()
    top, left = int(rows[0]), int(columns[0])
    dark = density[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return (Sheet("shadow", beside(SHADE, scene), dark, left, top, "multiply"),)


def cast_alone(alpha: Array, lamp: Lamp, stance: Stance, strength: float, *, under: bool = False) -> Array:
    """Throw the shadow of a shape that stands in its frame already.

    Args:
        under: keep the shadow under the shape too, for a shape that will be laid over it; else it is 0 there.
    Shapes: ``[H,W] -> [H,W]``, 0..1, 1 = no light.
    Raises: InputError ``shadow.empty`` and ``shadow.strength``.
    """
    if not 0.0 <= strength <= 2.0:
        raise InputError(
            "shadow.strength",
            f"A shadow's strength must lie within 0..2, but {strength:g} came.",
            "1 is natural.",
            came=f"{strength:g}",
        )
    rows, columns = np.flatnonzero(alpha.max(axis=1) > 0.02), np.flatnonzero(alpha.max(axis=0) > 0.02)
    if len(rows) == 0:
        raise InputError(
            "shadow.empty",
            "The mask marks nothing that could throw a shadow: it is clear everywhere.",
            "Paint the product white, or switch the mask over if its clear part is the product.",
        )
    top, left = int(rows[0]), int(columns[0])
    shadow = cast(alpha[top : rows[-1] + 1, left : columns[-1] + 1], lamp, stance)
    density = np.zeros(alpha.shape, dtype=np.float32)
    here, there = overlap(alpha.shape, left + shadow.left, top + shadow.top, shadow.thrown.shape)
    density[here] = shadow.density(strength)[there]
    return density if under else np.where(alpha > 0.999, np.float32(0), density)


def shade_white(density: Array) -> Array:
    """Draw a shadow on white, to multiply any picture with. Shapes: ``[H,W] -> [H,W,3]`` sRGB."""
    shade = to_srgb(1 - density[..., None] * (1 - SHADE))
    return np.where(density[..., None] > 0, shade, np.float32(1))  # white stays white through the rounding


def mirror(product: Product, strength: float) -> tuple[Sheet, ...]:
    """Mirror a product in the glossy ground it stands on: sharp where it touches, blurred and gone farther down."""
    if strength <= 0 or product.stance != "standing":
        return ()
    rows, columns = product.alpha.shape
    foot = find_foot(product.alpha)
    reach = max(2, round(_MIRROR * rows))
    plane = _mirror_plane(foot)
    first = int(plane.min())
    xp = array_namespace(product.alpha)
    axis, column = beside(plane[None, :], product.alpha), beside(np.arange(columns)[None, :], product.alpha)
    target = beside(np.arange(first, foot.base + reach, dtype=np.int64)[:, None], product.alpha)
    source = 2 * axis - 1 - target
    seen = (source >= 0) & (source < rows) & (target >= axis)
    source = xp.clip(source, 0, rows - 1)
    away = xp.maximum(target - axis, 0) / max(1.0, float(rows))
    alpha = xp.where(seen, product.alpha[source, column], 0.0)
    planes = xp.concat([product.colour[source, column] * alpha[..., None], alpha[..., None]], axis=-1)
    room = max(2, round(0.05 * rows))
    planes = pad(planes, (0, room), (room, room))
    away = pad(away, (0, room), (room, room), edge=True)[..., None]
    near, far = blur(planes, max(0.5, 0.003 * rows)), blur(planes, max(1.0, 0.018 * rows))
    mixed = near + (far - near) * xp.clip(away / 0.25, 0.0, 1.0)
    fade = strength * xp.exp(-away[..., 0] / _FADE)
    colour = xp.astype(mixed[..., :3] / xp.maximum(mixed[..., 3:], 1e-3), xp.float32, copy=False)
    weight = xp.astype(xp.clip(mixed[..., 3] * fade, 0.0, 1.0), xp.float32, copy=False)
    return (Sheet(f"reflection {product.number}", colour, weight, product.spot.left - room, product.spot.top + first),)


def _mirror_plane(foot: Foot) -> NDArray[np.int64]:
    """Find the row in which each column is mirrored: where it touches, and over the ground beside that.

    A round foot touches along an ellipse. What hangs over the ground beside it stands over the ellipse's middle; to
    there the plane goes smoothly, or the mirror image of a saucer would be torn where its rim leaves the ground.
    """
    touching = np.flatnonzero(foot.touching)
    if len(touching) == 0:
        return np.full(foot.underside.shape, foot.base, dtype=np.int64)
    columns = np.arange(len(foot.underside))
    nearest = np.clip(columns, touching[0], touching[-1])
    last = np.interp(columns, touching, foot.underside[touching])
    away = np.abs(columns - nearest) / max(1.0, 0.1 * len(touching))
    hanging = foot.middle + (last - foot.middle) * np.exp(-away)
    return np.round(np.where(foot.touching, foot.underside, hanging)).astype(np.int64)


def occlude(product: Product, behind: Array, lamp: Lamp, strength: float) -> tuple[Sheet, ...]:
    """Darken what stands behind a product close around it, more on the side away from the light.

    Args:
        behind: how far each pixel of the picture is covered by products that are farther back, ``[H,W]``.
    """
    spot = product.spot
    reach = max(2, round(0.05 * math.sqrt(spot.width * spot.height)))
    shift_x = -round(float(np.clip(lamp.lean, -1, 1)) * reach)
    edge = 3 * reach
    around, inside = overlap(
        behind.shape, spot.left - edge, spot.top - edge, (spot.height + 2 * edge, spot.width + 2 * edge)
    )
    there = behind[around]
    xp = array_namespace(there)
    if strength <= 0 or 0 in there.shape or float(xp.max(there)) <= 0:
        return ()
    padded = blur(pad(product.alpha, (edge, edge), (edge, edge)), reach)
    # Half of it is the missing light of the surroundings, the same all around; half the lamp's, on its far side.
    halo = 0.6 * padded[inside]
    there_x = np.clip(np.arange(padded.shape[1])[inside[1]] + shift_x, 0, padded.shape[1] - 1)
    halo = halo + 0.4 * xp.take(padded[inside[0]], beside(there_x, padded), axis=1)
    density = xp.clip(halo * there * _HALO * strength, 0.0, DARKEST)
    if float(xp.max(density)) <= 0:
        return ()
    shade = beside(SHADE, density)
    return (Sheet(f"occlusion {product.number}", shade, density, around[1].start, around[0].start, "multiply"),)
