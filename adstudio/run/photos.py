"""The pictures that come with a request: read, and brought to the size that the model draws."""

from __future__ import annotations

import numpy as np
from PIL.Image import Resampling

from ..engine.drawing.sizes import check_size, drawn_size, fit_size, size_for
from ..errors import InputError
from ..types import Array, Channel
from .request import TO_CHANNEL, AdRequest
from .wire import open_source

_SUBJECT_STAYS = 0.75  # of the schedule: beyond, the model draws another composition
_ROOM_BESIDE = 0.6  # of the picture: a subject that fills more leaves no room to keep copy off it


def read_source(source: str) -> Array:
    """Read a picture of a request as an opaque photo. Returns: ``[H,W,3] float32 sRGB 0..1``.

    Raises:
        InputError: ``photo.<reason>``, or what ``open_source`` refuses.
    """
    from ..imaging.photo import read_photo

    return read_photo(open_source(source))


def read_logo(source: str) -> Array:
    """Read a logo of a request with its transparency. Returns: ``[h,w,4] float32 sRGB 0..1``, straight alpha.

    Raises:
        InputError: ``photo.<reason>``, or what ``open_source`` refuses.
    """
    from ..imaging.photo import read_photo_with_alpha

    colour, alpha = read_photo_with_alpha(open_source(source), min_side_px=8)
    solid = np.ones(colour.shape[:2], np.float32) if alpha is None else alpha
    return np.concatenate([colour, solid[..., None]], axis=2)


def cover(photo: Array, width: int, height: int) -> Array:
    """Fill ``width`` x ``height`` with a photo: scaled evenly, the overhang cut off on both sides alike.

    Shapes: ``[H,W,3] -> [height,width,3]``.
    """
    from ..imaging.resample import resample_planes

    scale = max(width / photo.shape[1], height / photo.shape[0])
    part_width, part_height = width / scale, height / scale
    left, top = (photo.shape[1] - part_width) / 2, (photo.shape[0] - part_height) / 2
    box = (left, top, left + part_width, top + part_height)
    return np.clip(resample_planes(photo, width, height, Resampling.LANCZOS, box), 0.0, 1.0)


def cover_seen(photo: Array, width: int, height: int) -> Array:
    """Fill ``width`` x ``height`` as :func:`cover` does, cut where the least is to be seen.

    Shapes: ``[H,W,3] -> [height,width,3]``.
    """
    from ..imaging.reframe import choose_window, reframe
    from ..layout.picture.energy import measure

    return reframe(photo, choose_window(photo, (width, height), interest=measure(photo).energy), (width, height))


def target_size(
    request: AdRequest, grid: int, base_px: int, photo: tuple[int, int] | None, channel: Channel | None = None
) -> tuple[int, int]:
    """In which size a request is drawn by a checkpoint with this grid and area.

    Args:
        photo: (width, height) of the reference photo; None before it is read.
        channel: what the picture is made for; one without a size leaves the aspect as it is.

    Raises:
        InputError: ``size.<reason>``, ``request.size_for_photo``.
    """
    if request.width is not None and request.height is not None:
        size = check_size(request.width, request.height, grid, base_px)
        near = size if request.reference is None else fit_size(*size, grid=grid, base_px=base_px)
        if near != size:
            raise InputError(
                "request.size_for_photo",
                f"Over a photo this checkpoint draws well near {base_px}x{base_px} pixels; {size[0]}x{size[1]} came.",
                f"Use {near[0]}x{near[1]}, or leave the size out.",
            )
        return size
    if channel is not None and 0 not in channel.size_px:
        return drawn_size(*channel.size_px, grid=grid, base_px=base_px)
    own = request.aspect in ("auto", TO_CHANNEL)
    if own and photo is not None:
        return fit_size(*photo, grid=grid, base_px=base_px)
    return size_for("1:1" if own else request.aspect, grid=grid, base_px=base_px)


def find_subject(photo: Array, strength: float) -> Array | None:
    """Where the photo's subject stands, as long as a picture drawn over it still shows it there and it can be told.

    Shapes: ``[H,W,3] -> [H,W]``, 1 = subject.

    Args:
        strength: share of the schedule that draws over the photo.
    """
    from ..imaging.cutout.geodesic import GeodesicMatting

    if strength > _SUBJECT_STAYS:
        return None
    try:
        matte = GeodesicMatting().matte(photo)
    except InputError:  # white on white: it could not be cut out, but nobody wants that here
        return None
    return matte if float((matte > 0.5).mean()) <= _ROOM_BESIDE else None
