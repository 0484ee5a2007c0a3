"""Products of too few pixels: refused before a backdrop is drawn for them, as far as that is certain by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np

from ..errors import InputError
from ..imaging.composite.products import check_sizes
from ..layout import providers
from ..layout.frames import aspects_of
from ..layout.stand import bound_heights
from ..layout.vision.stand_task import LEAST_SCALE
from ..types import Channel, CutOut, Placement, Side
from .asked import PLAIN_PLACE, wants_copy
from .channels import takes_copy
from .request import AdRequest
from .target import fitted_size, template_of
from .templates import check_object

_ENOUGH_PX = 512  # of a product, for any picture that is drawn or fitted to a channel


def asked_places(request: AdRequest, count: int) -> tuple[Placement, ...]:
    """Where a request itself stands its ``count`` products; empty where an analyzer finds their places."""
    if request.placements or request.auto_layout:
        return request.placements
    height = PLAIN_PLACE.height / max(1.0, count / 2)
    return tuple(replace(PLAIN_PLACE, x=(index + 0.5) / count, height=height, order=index) for index in range(count))


def check_enlargement(
    request: AdRequest,
    cutouts: Sequence[CutOut],
    channel: Channel | None,
    drawn_px: Callable[[], tuple[int, int]],
) -> None:
    """Refuse products that would be enlarged too far, before the picture that they stand on is drawn.

    Places that the request names are known. Those that are found on the backdrop are not: there only what would be too
    small on every backdrop is refused here, and the composite refuses the rest.

    Args:
        drawn_px: asked for width and height of the picture where no channel gives them.

    Raises:
        InputError: ``composite.product_too_small``, ``template.product_too_small``, ``composite.placement``,
            ``layout.bad_value``.
    """
    template = None if channel is None else template_of(channel)
    if channel is not None and template is not None:
        check_object(template, channel, cutouts[0])
        return
    size_px = fitted_size(channel) or drawn_px()
    if places := asked_places(request, len(cutouts)):
        check_sizes(cutouts, places, *size_px)
        return
    has_copy = wants_copy(request) and takes_copy(channel)
    sides: tuple[Side | None, ...] = (None, *get_args(Side)) if has_copy else (None,)
    least, usual = bound_heights(aspects_of(cutouts), *size_px, sides)
    shrunk = 1.0 if request.layout_provider == providers.LOCAL else LEAST_SCALE
    smallest = _anywhere([shrunk * tall for tall in least])
    if _is_refused(lambda: check_sizes(cutouts, smallest, *size_px)):
        # Told by the usual places: a photo that is just large enough for the least would be refused later.
        check_sizes(cutouts, _anywhere(usual), *size_px)


def check_photo(
    request: AdRequest, frame_px: tuple[int, int], channel: Channel | None, drawn_px: Callable[[], tuple[int, int]]
) -> None:
    """Refuse the photo of a product that would be too small even if it filled its frame, before it is cut out.

    Products that share a picture make room for each other, which nothing is certain of before they are cut out.

    Args:
        frame_px: width and height of what of the photo can be product.
        drawn_px: as that of ``check_enlargement``; asked where it matters.

    Raises:
        InputError: as ``check_enlargement``.
    """
    if len(request.products) != 1 or min(frame_px) > _ENOUGH_PX:
        return
    width, height = frame_px
    drawn_px = cache(drawn_px)
    # A pixel more is certain, however drawn sizes are rounded; told is the frame as it is.
    if _is_refused(lambda: check_enlargement(request, [_full(width + 1, height + 1)], channel, drawn_px)):
        check_enlargement(request, [_full(width, height)], channel, drawn_px)


def _full(width: int, height: int) -> CutOut:
    return CutOut(np.broadcast_to(np.float32(1.0), (height, width, 4)), "mask")


def _is_refused(check: Callable[[], None]) -> bool:
    try:
        check()
    except InputError:
        return True
    return False


def _anywhere(heights: Sequence[float]) -> list[Placement]:
    """Places that give a product its whole height, as those that are found do."""
    return [Placement(x=0.5, base_y=1.0, height=tall) for tall in heights]
