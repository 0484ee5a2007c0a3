"""The product's own colours in the rim of a cut-out, where the photo shows a mix of product and old background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from ..filters import Bools, blur, erode, grow, is_deep

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
_COARSE = 4  # colours under what is clear need be no finer
_THIN, _SPREAD_PX = 3, 4.0

Indices = NDArray[np.intp]


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
    source = ~rim if soft else core
    own = rim if soft or doubt_px <= 0 else ~core  # of these pixels the colour may change
    seen = grow(alpha > _FAINT, 1)  # and what lies beside it, from which the rim is solved
    index = np.flatnonzero(own & seen)
    near_to = _nearest(source, index)
    flat = photo.reshape(-1, 3).astype(np.float32, copy=False)
    mixed = _unmix(flat, alpha, index, flat[near_to])
    if not soft:
        row, column = np.divmod(near_to, alpha.shape[1])
        leeway = _TRUST * _spread(photo, core)[row // _THIN, column // _THIN]
        near = flat[near_to]
        mixed = np.clip(mixed, near - leeway, near + leeway)
    out = _bleed(photo, source, own & ~seen).reshape(-1, 3)
    out[index] = mixed
    return out.reshape(photo.shape)


def nearest_colour(photo: Array, source: Bools, wanted: Bools) -> Array:
    """Give every ``wanted`` pixel the colour of the nearest one in ``source``. Shapes: ``-> [N,3]``."""
    return photo.reshape(-1, photo.shape[-1])[_nearest(source, np.flatnonzero(wanted))]


def has_soft_edge(alpha: Array) -> bool:
    """Tell whether a matte ``[H,W]`` ends in hair, fur or a blur rather than in an outline."""
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

    Shapes: colour ``[H,W,3]``, alpha ``[H,W]``.

    Returns: the straight colours, and whether they had been premultiplied.
    """
    part = (alpha > 0.1) & (alpha < 0.9)
    solid = alpha >= OPAQUE
    if int(part.sum()) < 16 or not solid.any() or bool((colour.max(axis=-1) > alpha + 0.02)[part].any()):
        return colour, False
    divided = np.clip(colour / np.maximum(alpha, 1e-3)[..., None], 0.0, 1.0).astype(np.float32)
    near = nearest_colour(colour, solid, part)
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
    inner = nearest_colour(photo, _core(solid), rim)
    way = nearest_colour(photo, clear, rim) - inner
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


def _nearest(source: Bools, index: Indices) -> Indices:
    """Find for each pixel of an ``index`` the nearest one in ``source``; both as flat indices.

    A tree of the outline's points answers for the few pixels of a rim in a fraction of the time that a distance
    transform of the whole picture takes.
    """
    from scipy.spatial import KDTree

    width = source.shape[1]
    # What is nearest to a pixel outside lies on the outline; a pixel inside is its own.
    outside = ~source.ravel()[index]
    outline = np.flatnonzero(source & ~erode(source, 1))
    found = index.copy()
    if outside.any():
        tree = KDTree(np.stack(np.divmod(outline, width), axis=1), balanced_tree=False, compact_nodes=False)
        found[outside] = outline[tree.query(np.stack(np.divmod(index[outside], width), axis=1))[1]]
    return found


def _bleed(photo: Array, source: Bools, hidden: Bools) -> Array:
    """Copy a photo with the nearest colours, roughly, where nobody sees them: what is resized later mixes them in."""
    from scipy.ndimage import distance_transform_edt

    out = photo.astype(np.float32)
    few = source[::_COARSE, ::_COARSE]
    step = _COARSE if few.any() else 1
    found: Any = distance_transform_edt(~source[::step, ::step], return_distances=False, return_indices=True)
    colours = photo[::step, ::step][found[0], found[1]]
    height, width = hidden.shape
    wide = colours.repeat(step, axis=0)[:height].repeat(step, axis=1)[:, :width]
    np.copyto(out, wide, where=hidden[..., None])
    return out


def _spread(photo: Array, core: Bools) -> Array:
    """Measure how the product's colours vary around each third pixel. Shapes: ``-> [H/3,W/3,3]``."""
    weight = core[::_THIN, ::_THIN].astype(np.float32)
    small = photo[::_THIN, ::_THIN]
    share = (blur(weight, _SPREAD_PX / _THIN) + np.float32(1e-4))[..., None]
    mean = blur(small * weight[..., None], _SPREAD_PX / _THIN) / share
    square = blur(small**2 * weight[..., None], _SPREAD_PX / _THIN) / share
    return np.sqrt(np.maximum(square - mean**2, 0.0))


def _unmix(photo: Array, alpha: Array, own: Indices, near: Array) -> Array:
    """Solve ``alpha F + (1 - alpha) B = photo`` in the rim, with F and B smooth: Jacobi rounds on the rim alone.

    Args:
        photo: the pixels in a row.
        own: the pixels that are asked for, flat indices; those that are half clear among them start from ``near``.
    Shapes: ``[N,3], [H,W], [M], [M,3] -> [M,3]``.
    """
    from scipy.sparse import csr_array

    height, width = alpha.shape
    share_of = alpha.ravel()
    half = (alpha > _FAINT) & (alpha < OPAQUE)
    index = np.flatnonzero(half)
    of_rim = share_of[own] < OPAQUE
    # Only what lies in the rim, beside it or is asked for takes part: front and back of each such pixel, side by side.
    taking = grow(half, 1).ravel()
    taking[own[of_rim]] = True
    beside = np.flatnonzero(taking)
    number = np.zeros(height * width, dtype=np.int32)
    number[beside] = np.arange(len(beside), dtype=np.int32)
    clear = alpha <= _CLEAR
    layers = np.empty((len(beside), 6), dtype=np.float32)
    layers[:, :3] = photo[beside]
    layers[:, 3:] = photo[_nearest(clear if clear.any() else alpha <= float(alpha.min()), beside)]
    layers[number[own[of_rim]], :3] = near[of_rim]
    row, column = np.divmod(index, width)
    around = np.stack([
        np.maximum(row - 1, 0) * width + column,
        np.minimum(row + 1, height - 1) * width + column,
        row * width + np.maximum(column - 1, 0),
        row * width + np.minimum(column + 1, width - 1),
    ], axis=1)  # fmt: skip
    share = share_of[index][:, None]
    rest = 1 - share
    ties = _TIE * (np.float32(0.01) + np.abs(share - share_of[around]))
    tied = ties.sum(axis=1, keepdims=True)
    pull = csr_array(
        (ties.ravel(), number[around.ravel()], np.arange(0, 4 * len(index) + 1, 4)), shape=(len(index), len(beside))
    )
    one, other_one, both = share * share + tied, rest * rest + tied, share * rest
    scale = one * other_one - both * both
    one, other_one, both = one / scale, other_one / scale, both / scale
    seen = np.concatenate([share * photo[index], rest * photo[index]], axis=1)
    mine = number[index]
    for _ in range(_ROUNDS):
        pulled = pull @ layers + seen
        ahead, behind = pulled[:, :3], pulled[:, 3:]
        solved = np.concatenate([other_one * ahead - both * behind, one * behind - both * ahead], axis=1)
        layers[mine] = np.clip(solved, 0.0, 1.0)
    out = photo[own]
    out[of_rim] = layers[number[own[of_rim]], :3]
    return out
