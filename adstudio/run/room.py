"""Words that no picture of the asked size has room for: refused before one is drawn, as far as that is certain."""

from __future__ import annotations

from ..layout.saliency import check_room
from ..types import AdCopy, Channel
from .asked import shown_copy
from .channels import takes_copy
from .request import ZIT, AdRequest
from .target import fitted_size, template_of


def check_headline(
    request: AdRequest, copy: AdCopy, channel: Channel | None, drawn_px: tuple[int, int] | None = None
) -> None:
    """Refuse a headline for which there is no room, whatever the picture will show.

    Args:
        copy: the words that the request brings, or those that were written for it.
        channel: that the pictures are made for; its template has places of its own, and refuses by them.
        drawn_px: width and height of the picture where no channel gives them; None where they are not known yet: then
            those that the request names.

    Raises:
        InputError: ``layout.no_room``, ``layout.old_price_alone``.
    """
    size_px = fitted_size(channel) or drawn_px or _asked_px(request)
    shown = shown_copy(request, copy) if takes_copy(channel) else None
    if size_px is None or shown is None or (channel is not None and template_of(channel) is not None):
        return
    check_room(shown, size_px, min_px=request.text_style.min_px, safe=None if channel is None else channel.safe)


def _asked_px(request: AdRequest) -> tuple[int, int] | None:
    """The size that Z-Image Turbo draws in as it is asked for; other engines have sizes of their own."""
    if request.engine != ZIT or request.width is None or request.height is None:
        return None
    return request.width, request.height
