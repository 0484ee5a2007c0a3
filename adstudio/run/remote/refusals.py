"""What no node of the workflows can do, refused by the field's name, so that nothing is lost silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ...errors import InputError
from ...prompt.processor import write
from ...prompt.providers import LOCAL, RULES
from ...text.paint.label import LABELS
from ...types import AdPrompt, Placement
from ..asked import PLAIN_PLACE, subject_of
from ..engines import ENGINES, size_of
from ..request import ZIT, AdRequest
from .channel_filling import check_channel

MOST_PRODUCTS = 3
LARGEST_SEED = 2**31 - 1  # of the nodes that write words
# Fields that some file beside this one reads; any other one must be at its default.
_READ = frozenset((
    "task", "engine", "brief", "context", "style", "industry", "provider", "fallback", "language_model", "tone",
    "channel", "copy_space", "checkpoint", "text_encoder", "vae", "precision", "loras", "aspect", "width", "height",
    "seed", "steps", "count", "reference", "strength", "products", "cutout", "auto_layout", "placements", "shadow",
    "harmonize", "detail", "reflection", "lighting", "fidelity_limit", "contact", "lettering", "headline", "sub",
    "price", "old_price", "badge", "call_to_action", "legal", "hours", "link", "logo", "layout_provider",
    "layout_as_proposed", "text_style", "format", "quality", "max_kb", "ai_label", "credentials",
    "override_channel",
))  # fmt: skip
# Of Z-Image Turbo, or of its nodes; the workflows of other engines have neither.
_OF_ZIT = frozenset((
    "checkpoint", "text_encoder", "vae", "precision", "loras", "strength", "contact", "lettering",
))  # fmt: skip


def check_fits(request: AdRequest) -> AdPrompt:
    """Refuse what no node of the workflows can do; the prompt comes back as the rules word it.

    Raises:
        InputError: ``request.not_on_server``, or what the writers of words refuse.
    """
    for name in _set_beyond(request, _READ):
        raise refused(name, "the server's workflow has no place for it", "Leave it out")
    channel = check_channel(request)
    if channel is not None and 0 in channel.size_px:
        raise refused("channel", f"the size of {channel.english} is not known, and its nodes need one", "Give a ratio")
    if request.engine != ZIT:
        _check_engine(request)
    if (request.seed or 0) > LARGEST_SEED:
        raise refused("seed", f"a server takes seeds up to {LARGEST_SEED}; {request.seed} came", "Use a smaller one")
    if request.ai_label.strip() not in ("", *LABELS):
        raise refused("ai_label", "the server writes one of its own labels", f"Use one of: {', '.join(LABELS)}")
    if len(request.products) > MOST_PRODUCTS:
        came = f"a server's workflow takes {MOST_PRODUCTS} products; {len(request.products)} came"
        raise refused("products", came, "Make several ads")
    by_hand = request.placements or (() if request.auto_layout else (PLAIN_PLACE,))
    if by_hand and len(request.products) > 1:
        name = "placements" if request.placements else "auto_layout"
        raise refused(name, "the server places only a single product by hand", "Have the places found")
    for place in request.placements:
        plain = Placement(place.x, place.base_y, place.height, rotation=place.rotation, stance=place.stance)
        if place != plain:
            raise refused("placements", "the server's node takes neither anchor nor order", "Give the base's middle")
    if request.fidelity_limit == 0:
        raise refused("fidelity_limit", "0 means no limit to the server's node", "Use 0.1")
    return write(
        subject_of(request),
        industry=request.industry,
        style=request.style,
        backdrop_only=request.task == "composite",
        copy_space=request.copy_space,
        seed=request.seed or 0,
        provider=RULES,
    )


def refused(name: str, why: str, hint: str) -> InputError:
    """The error of a field that a server's nodes cannot take."""
    return InputError(
        "request.not_on_server",
        f"'{name}' cannot be done on a ComfyUI server as asked: {why}.",
        f"{hint}, or run it in this process, without a server.",
    )


def _set_beyond(request: AdRequest, read: frozenset[str]) -> Iterator[str]:
    """The fields that are not at their defaults and not among those that are read."""
    blank = AdRequest()
    for field in fields(request):
        if field.name not in read and getattr(request, field.name) != getattr(blank, field.name):
            yield field.name


def _check_engine(request: AdRequest) -> None:
    engine = ENGINES[request.engine]
    for name in _set_beyond(request, _READ - _OF_ZIT):
        raise _not_with(request, name, "that belongs to Z-Image Turbo", "Leave it out")
    if request.provider == LOCAL:
        raise _not_with(request, "provider", "'local' writes with Z-Image's text encoder", "Use auto")
    if request.products and not engine.composite:
        raise _not_with(request, "products", "it has no workflow for products", "Use flux2-klein or zit")
    if request.reference is not None and not engine.over_photo:
        raise _not_with(request, "reference", "it does not draw over a photo", "Use qwen-edit, sdxl or zit")
    if request.reference is None and not request.products and engine.needs_photo:
        raise InputError(
            "request.engine_needs_photo",
            f"The engine '{request.engine}' changes a photo as the brief says; none came.",
            "Send one as the reference.",
        )
    if request.reference is None or request.aspect != "auto":
        size_of(request, None)  # refuses one that is off the grid


def _not_with(request: AdRequest, name: str, why: str, hint: str) -> InputError:
    return InputError(
        "request.not_with_engine",
        f"'{name}' cannot be set with the engine '{request.engine}': {why}.",
        f"{hint}, or take the engine zit.",
    )
