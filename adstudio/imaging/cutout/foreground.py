"""The product's own colours in the rim of a cut-out, where the photo shows a mix of product and old background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from ..filters import Bools, blur, grow, is_deep

Edge = Literal["auto", "hard", "soft"]

OPAQUE = 0.95
_CLEAR = 0.05
_FAINT = 0.005
_RIM_PX = (
    6.0  # half-clear pixels farther from the body than this are hair, fur, cloth or glass, not the edge of a thing
)
_SOFT_SHARE = 0.3
_CORE_PX = 1.0  # the outermost opaque pixels of a real matte still hold some background
_TRUST = 1.5  # how many local deviations a hard edge's colour may leave that of its nearest opaque pixel
_TIE = np.float32(0.02)
_ROUNDS = 10


def clean_colours(photo: Array, alpha: Array, edge: Edge = "auto", *, doubt_px: float = 0.0) -> Array:
    """Replace the colour of every half-clear pixel by the product's own.

    Each rim pixel is solved for the colours that mix to what the photo shows, starting from the nearest opaque and the
    nearest clear pixel. A ``hard`` edge is held close to the nearest opaque colour, because a matte is seldom exact
    and the mix would answer its error with the old background; a ``soft`` one (hair, fur) is trusted.

    Args:
        doubt_px: an estimated matte may lie so far outside the product; opaque pixels that close to the outline are
            held to the colours farther in too.

    Shapes: ``[H,W,3], [H,W] -> [H,W,3]``.
    """
    rim = alpha < OPAQUE
    if not rim.any() or bool(rim.all()):
        return photo
    core = _core(~rim, max(doubt_px, _CORE_PX))
    soft = edge == "soft" or (edge == "auto" and has_soft_edge(alpha))
    rows, columns = _nearest(~rim if soft else core)
    width = alpha.shape[1]
    own = np.flatnonzero(rim if soft or doubt_px <= 0 else ~core)  # of these pixels the colour may change
    row, column = rows.ravel()[own], columns.ravel()[own]
    flat = photo.reshape(-1, 3)
    near = flat[row * width + column]
    out = _unmix(photo, alpha, own, near).reshape(-1, 3)
    shown = alpha.ravel()[own] > _FAINT
    if not soft:
        leeway = _TRUST * _spread(photo, core)[row[shown] // 2, column[shown] // 2]
        out[own[shown]] = np.clip(out[own[shown]], near[shown] - leeway, near[shown] + leeway)
    out[own[~shown]] = near[~shown]
    return out.reshape(photo.shape)


def nearest_colour(photo: Array, source: Bools) -> Array:
    """Give every pixel the colour of the nearest one in ``source``."""
    rows, columns = _nearest(source)
    return photo[rows, columns]


def has_soft_edge(alpha: Array) -> bool:
    """Tell whether a matte ends in hair, fur or a blur rather than in an outline."""
    from scipy.ndimage import distance_transform_edt, maximum_filter

    half = (alpha > _CLEAR) & (alpha < OPAQUE)
    if not half.any() or bool(half.all()):
        return False
    core = _core(alpha >= OPAQUE)
    # The square that fits into a disc of that radius is a quick look: what lies within it is near for sure.
    beside = maximum_filter(core.view(np.uint8), 2 * int(_RIM_PX / 2**0.5) + 1)
    if float((beside[half] == 0).mean()) <= _SOFT_SHARE:
        return False
    away = np.asarray(distance_transform_edt(~core))
    return float((away[half] > _RIM_PX).mean()) > _SOFT_SHARE


def straighten(colour: Array, alpha: Array) -> tuple[Array, bool]:
    """Divide premultiplied colours by their alpha where a picture holds such, as some programs save PNGs.

    Straight colours in a rim are those of the product beside it; premultiplied ones are darker by just their alpha.

    Returns: the straight colours, and whether they had been premultiplied.
    """
    part = (alpha > 0.1) & (alpha < 0.9)
    solid = alpha >= OPAQUE
    if int(part.sum()) < 16 or not solid.any() or bool((colour.max(axis=-1) > alpha + 0.02)[part].any()):
        return colour, False
    divided = np.clip(colour / np.maximum(alpha, 1e-3)[..., None], 0.0, 1.0).astype(np.float32)
    near = nearest_colour(colour, solid)[part]
    as_is, undone = np.abs(colour[part] - near).mean(), np.abs(divided[part] - near).mean()
    if undone > 0.7 * as_is:  # a black product looks the same either way: leave it alone
        return colour, False
    return np.where((alpha > 0)[..., None], divided, colour), True


def halo(colour: Array, alpha: Array, photo: Array) -> float:
    """Tell how much of the old background's colour the rim still holds, 0 = none, 1 = nothing else.

    Shapes: the cut-out's colours ``[H,W,3]`` and matte ``[H,W]``; the photo ``[H,W,3]`` they came from.
    """
    (left,) = halos([colour], alpha, photo) or (0.0,)
    return left


def halos(colours: Sequence[Array], alpha: Array, photo: Array) -> tuple[float, ...]:
    """As ``halo``, of several cut-outs of one photo; none at all where there is no rim that could show it."""
    rim = (alpha > _CLEAR) & (alpha < OPAQUE)
    solid, clear = alpha >= OPAQUE, alpha <= _CLEAR
    if not rim.any() or not solid.any() or not clear.any():
        return ()
    inner = nearest_colour(photo, _core(solid))[rim]
    way = nearest_colour(photo, clear)[rim] - inner
    length = (way**2).sum(axis=-1)
    told = length > 0.01  # where product and background look alike, nothing shows
    if not told.any():
        return ()
    weight = alpha[rim][told]
    shares = [((colour[rim] - inner) * way).sum(axis=-1)[told] / length[told] for colour in colours]
    return tuple(float((np.clip(share, 0.0, 1.0) * weight).sum() / weight.sum()) for share in shares)


def _core(solid: Bools, deeper_than_px: float = _CORE_PX) -> Bools:
    core = is_deep(solid, deeper_than_px)
    return core if core.any() else solid


def _nearest(source: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    from scipy.ndimage import distance_transform_edt

    found = distance_transform_edt(~source, return_distances=False, return_indices=True)
    assert found is not None
    return found[0], found[1]


def _spread(photo: Array, core: Bools) -> Array:
    """Measure how the product's colours vary around each second pixel. Shapes: ``-> [H/2,W/2,3]``."""
    weight = core[::2, ::2].astype(np.float32)
    small = photo[::2, ::2]
    share = (blur(weight, 2.0) + np.float32(1e-4))[..., None]
    mean = blur(small * weight[..., None], 2.0) / share
    square = blur(small**2 * weight[..., None], 2.0) / share
    return np.sqrt(np.maximum(square - mean**2, 0.0))


def _unmix(photo: Array, alpha: Array, own: NDArray[np.intp], near: Array) -> Array:
    """Solve ``alpha F + (1 - alpha) B = photo`` in the rim, with F and B smooth: Jacobi rounds on the rim alone.

    Args:
        own: the pixels to start from the colour ``near``, if they are not opaque; flat indices.
    """
    height, width = alpha.shape
    flat_photo = photo.reshape(-1, 3)
    front = flat_photo.astype(np.float32)
    start = alpha.ravel()[own] < OPAQUE
    front[own[start]] = near[start]
    clear = alpha <= _CLEAR
    rows, columns = _nearest(clear if clear.any() else alpha <= float(alpha.min()))
    mixed = (alpha > _FAINT) & (alpha < OPAQUE)
    index = np.flatnonzero(mixed)
    beside = np.flatnonzero(grow(mixed, 1))
    back = np.zeros_like(front)
    back[beside] = flat_photo[rows.ravel()[beside] * width + columns.ravel()[beside]]
    row, column = np.divmod(index, width)
    around = [
        np.maximum(row - 1, 0) * width + column,
        np.minimum(row + 1, height - 1) * width + column,
        row * width + np.maximum(column - 1, 0),
        row * width + np.minimum(column + 1, width - 1),
    ]
    flat = alpha.ravel()
    share = flat[index][:, None]
    rest = 1 - share
    ties = [_TIE * (np.float32(0.01) + np.abs(share - flat[other][:, None])) for other in around]
    tied = np.sum(ties, axis=0)
    one, other_one, both = share * share + tied, rest * rest + tied, share * rest
    scale = one * other_one - both * both
    target = flat_photo[index]
    for _ in range(_ROUNDS):
        ahead = share * target + np.sum([tie * front[o] for tie, o in zip(ties, around, strict=True)], axis=0)
        behind = rest * target + np.sum([tie * back[o] for tie, o in zip(ties, around, strict=True)], axis=0)
        front[index] = np.clip((other_one * ahead - both * behind) / scale, 0.0, 1.0)
        back[index] = np.clip((one * behind - both * ahead) / scale, 0.0, 1.0)
    return front.reshape(photo.shape)
