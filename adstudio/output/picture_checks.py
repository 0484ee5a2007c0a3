"""Checks of the picture itself: white background, size and place of the product, shadow, border, blank margins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..types import Array

if TYPE_CHECKING:
    from .check import Found, Submission

_WHITE_SLACK = 1.5 / 255  # what JPEG may do to a flat white
_GROUND = 8 / 255  # nearer to white than this is background: faint noise of JPEG round the product
_CORNER = 0.02
_OFF_CENTRE = 0.05
_SHADOW_SHARE = 0.01
_SHADOW_PX = 500  # shadows are large and soft: a coarse copy shows them
_FLAT = 4 / 255
_DEEPEST_BORDER = 0.06
_BLANK = 0.03


def white(sent: Submission, value: float | str) -> Found:
    """The corners are of this colour."""
    picture = _opaque(sent.pixels)
    wanted = np.array([int(str(value)[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
    side = max(2, round(_CORNER * min(picture.shape[:2])))
    corners = {
        "top left": picture[:side, :side],
        "top right": picture[:side, -side:],
        "bottom left": picture[-side:, :side],
        "bottom right": picture[-side:, -side:],
    }
    for where, corner in corners.items():
        farthest = corner.reshape(-1, 3)[np.abs(corner - wanted).max(axis=2).argmax()]
        if np.abs(farthest - wanted).max() > _WHITE_SLACK:
            yield "channel.background_not_white", {"where": where, "came": _hex(farthest), "wanted": value}


def product_share(sent: Submission, value: float | str) -> Found:
    """The product fills this share of the picture along its longer side."""
    bounds = _bounds(sent)
    if bounds is None:
        yield "channel.product_missing", {}
        return
    left, top, right, bottom = bounds
    share = max((right - left) / sent.size_px[0], (bottom - top) / sent.size_px[1])
    if share < float(value) - 0.002:
        yield "channel.product_small", {"came": f"{share:.0%}", "wanted": f"{float(value):.0%}"}


def centred(sent: Submission, value: float | str) -> Found:
    """The product stands in the middle."""
    if (bounds := _bounds(sent)) is None:
        return
    left, top, right, bottom = bounds
    off = max(abs((left + right) / sent.size_px[0] - 1) / 2, abs((top + bottom) / sent.size_px[1] - 1) / 2)
    if off > _OFF_CENTRE:
        yield "channel.product_off_centre", {"came": f"{off:.0%}"}


def no_shadow(sent: Submission, value: float | str) -> Found:
    """No soft grey lies on the white around the product."""
    if min(sent.size_px) < 2:  # a line has no ground beside it
        return
    step = max(1, min(sent.size_px) // _SHADOW_PX)
    picture = _opaque(sent.pixels[::step, ::step])
    grey = np.ptp(picture, axis=2) < 0.03
    soft = (picture.min(axis=2) > 0.55) & (picture.max(axis=2) < 1 - _GROUND)
    down, across = np.gradient(picture.mean(axis=2))
    calm = np.maximum(np.abs(down), np.abs(across)) < 0.02
    outside = np.ones_like(calm) if sent.product is None else sent.product[::step, ::step] < 0.5
    share = float((grey & soft & calm & outside & _joined_to_ground(picture)).mean())
    if share > _SHADOW_SHARE:
        yield "channel.shadow", {"came": f"{share:.0%}"}


def no_border(sent: Submission, value: float | str) -> Found:
    """No frame of one colour runs round the picture."""
    picture = _opaque(sent.pixels)
    height, width = picture.shape[:2]
    most = min(max(1, round(_DEEPEST_BORDER * min(height, width))), (min(height, width) - 1) // 2)
    rim = _ring(picture, 0)
    colour = np.median(rim, axis=0)
    if np.abs(rim - colour).max(axis=1).mean() > _FLAT:
        return
    if "white" in dict(sent.channel.rules) and colour.min() > 1 - _GROUND:
        return  # the background that is asked for
    for depth in range(1, most + 1):
        inner = _ring(picture, depth)
        differs = float((np.abs(inner - colour).max(axis=1) > 0.1).mean())
        if differs > 0.9:
            yield "channel.border", {"came": depth}
            return
        if differs > 0.1:  # it ends here on some sides only: a margin or a plain background, no frame
            return


def no_collage(sent: Submission, value: float | str) -> Found:
    """No two opposite sides are blank; pictures side by side only a person sees."""
    picture = _opaque(sent.pixels)
    for where, turned in (("left and right", picture.transpose(1, 0, 2)), ("top and bottom", picture)):
        depth = min(_blank_rows(turned), _blank_rows(turned[::-1]))
        if _BLANK * len(turned) < depth < len(turned) // 2:
            yield "channel.blank_margin", {"where": where, "came": depth}
    yield "channel.look_yourself", {"what": "collage"}


def _bounds(sent: Submission) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of the product: of its mask, else of whatever is not white."""
    if sent.product is not None:
        seen = sent.product > 0.5
    else:
        seen = _opaque(sent.pixels).min(axis=2) < 1 - _GROUND
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _joined_to_ground(picture: Array) -> NDArray[np.bool_]:
    """Light places that touch the white background: greys inside the product do not."""
    from scipy.ndimage import binary_propagation

    light = picture.min(axis=2) > 0.55
    rim = np.zeros_like(light)
    rim[[0, -1]] = rim[:, [0, -1]] = True
    return np.asarray(binary_propagation(rim & light, mask=light), bool)


def _blank_rows(picture: Array) -> int:
    """How many rows from the top are of the one colour of the first."""
    colour = np.median(picture[0], axis=0)
    flat = np.abs(picture - colour).max(axis=(1, 2)) < 2 * _FLAT
    return len(flat) if flat.all() else int(np.argmin(flat))


def _ring(picture: Array, depth: int) -> Array:
    inner = picture[depth : len(picture) - depth, depth : picture.shape[1] - depth]
    return np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])


def _opaque(pixels: Array) -> Array:
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:]
    return pixels[..., :3] * alpha + (1 - alpha)


def _hex(colour: Array) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(round(float(part) * 255) for part in colour))
