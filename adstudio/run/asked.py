"""What a request asks for, as every runner reads it: its subject, style and limits, and the copy that it brings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import InputError
from ..output.channels import get_entry
from ..prompt.copy_limits import get_limits
from ..prompt.industries import AUTO, get_industry
from ..prompt.reading.brief import read_brief
from ..prompt.styles import choose_style
from ..types import AdCopy, Placement
from .request import INSTRUCTED, AdRequest

# Where a product goes when nobody looks for a place: the middle of the lower edge, somewhat over half the height.
PLAIN_PLACE = Placement(x=0.5, base_y=0.92, height=0.55)
PARTS = ("headline", "sub", "price", "old_price", "badge", "call_to_action", "legal", "hours", "link")


def check_words(request: AdRequest) -> None:
    """Refuse what no writer could use.

    Raises:
        InputError: the brief, industry, style or channel cannot be used.
    """
    choose_style(request.style, read_brief(subject_of(request)).body)
    if request.industry not in (AUTO, ""):
        get_industry(request.industry)
    limits_name(request.channel)


def limits_name(channel: str) -> str:
    """The name under which the limits of copy know a channel; empty for one of the user's that sets none.

    Raises:
        InputError: ``prompt.unknown_channel``.
    """
    if channel.strip().lower() == AUTO:
        return AUTO
    try:
        return get_limits(channel).channel
    except InputError as unknown:
        try:
            get_entry(channel)
        except InputError:
            raise unknown from None
        return ""


def style_of(request: AdRequest) -> str:
    """The style that a request is drawn in: the one it names, or the one that its words ask for."""
    return choose_style(request.style, read_brief(subject_of(request)).body)[0].name


def subject_of(request: AdRequest) -> str:
    """All that a request says of what is advertised; an instruction says it only where nothing else does."""
    if request.engine == INSTRUCTED and request.context.strip():
        return request.context
    return " ".join(part for part in (request.brief, request.context) if part.strip())


def shown_copy(request: AdRequest, copy: AdCopy) -> AdCopy | None:
    """What of a copy stands on the picture, a button only where one is asked for; None where that is nothing."""
    shown = copy if request.call_to_action != "" else replace(copy, call_to_action="")
    parts = (shown.headline, shown.sub, shown.price, shown.badge, shown.legal, shown.hours, shown.link)
    return shown if any(part.strip() for part in (*parts, shown.call_to_action)) else None


def wants_copy(request: AdRequest) -> bool:
    """Whether anything will stand on the picture, told before the copy is written."""
    return None in (request.headline, request.call_to_action) or shown_copy(request, own_copy(request)) is not None


def own_copy(request: AdRequest) -> AdCopy:
    """The words that a request brings itself."""
    words: dict[str, Any] = {name: (getattr(request, name) or "").strip() for name in PARTS}
    return AdCopy(**words)
