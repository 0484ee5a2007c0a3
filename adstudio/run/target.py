"""The channel that an ad is made for: its size, its format, and whether it takes copy at all."""

from __future__ import annotations

from ..counts import counted
from ..errors import InputError
from ..output.channels import get_channel
from ..output.findings import refuse
from ..output.templates import Template, templates
from ..prompt.copy_limits import AUTO
from ..types import AdCopy, Channel
from .channels import inspect_copy
from .request import TO_CHANNEL, AdRequest


def channel_of(request: AdRequest) -> Channel | None:
    """Find the channel that a request's pictures are made for; None where it only limits the copy, or there is none.

    Returns:
        a channel whose ``size_px`` is (0, 0) where no size is known: the aspect is then the photo's, or 1:1.

    Raises:
        InputError: what ``get_channel`` finds.
    """
    if request.aspect != TO_CHANNEL or request.width is not None:
        return None
    if request.channel.strip().lower() != AUTO:
        return get_channel(request.channel)
    from ..prompt.providers.rules import shop_of

    shop = shop_of(request.context if request.context.strip() else request.brief, request.industry)
    return get_channel(shop.channels[0]) if shop.channels else None


def fitted_size(channel: Channel | None) -> tuple[int, int] | None:
    """Width and height that pictures are brought to for a channel; None where they stay as they are drawn."""
    return None if channel is None or 0 in channel.size_px else channel.size_px


def usual_format(channel: str) -> str:
    """The format that a channel prefers; ``png`` where none is named, or which one it is shows later."""
    known = channel.strip() and channel.strip().lower() != AUTO
    return get_channel(channel).formats[0] if known else "png"


def template_of(channel: Channel) -> Template | None:
    """The template that fixes every ad of a channel; None = the channel is free."""
    rules = dict(channel.rules)
    for template in templates().values():
        if (template.channel == channel.id) if template.lines else ("white" in rules):
            return template
    return None


def refuse_locked(channel: Channel | None) -> None:
    """Refuse to draw for a channel that takes nothing but its own template.

    Raises:
        InputError: ``channel.locked_template``, with the command to use.
    """
    template = None if channel is None else template_of(channel)
    if channel is None or template is None:
        return
    id = template.id.replace("_", "-")
    more = '--headline "…"' if template.lines else f"--channel {channel.id}"
    raise InputError(
        "channel.locked_template",
        f"{channel.english} takes no drawn picture but its own template, {template.id}.",
        f"Use: adstudio template {id} --product cut-out.png {more} -o {channel.id.partition(':')[0]}.png; "
        "or adstudio composite with the product's photo.",
    )


def check_template(request: AdRequest) -> None:
    """Refuse what a template cannot hold, before a product is cut out.

    Raises:
        InputError: ``template.one_product``, ``template.no_text``.
    """
    channel = channel_of(request)
    template = None if channel is None else template_of(channel)
    if template is None:
        return
    if len(request.products) > 1 or request.count > 1:
        raise InputError(
            "template.one_product",
            f"The template {template.id} shows one product on one picture; "
            f"{counted(len(request.products), 'product')} and {counted(request.count, 'picture')} were asked for.",
            "Run it once for each product.",
        )
    if template.lines and request.headline == "":
        raise InputError("template.no_text", "This template needs a headline, but none came.", "Write one.")


def check_copy(copy: AdCopy, channel: Channel, *, override: bool) -> None:
    """Refuse copy that the channel would refuse, before anything is drawn.

    Raises:
        InputError: ``channel.refused``.
    """
    if not override:
        refuse(inspect_copy(copy, channel), channel.english)
