"""Check a picture, its file and its layout against the rules of a channel.

Each rule of a channel names one small function here; what it finds has a stable code. What cannot be checked because
something is missing is said, and never passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..types import Array, Box, Channel, LayoutPlan
from . import banner_checks, file_checks, picture_checks, plan_checks
from .channels import find_fact
from .findings import Finding, word

Found = Iterator[tuple[str, dict[str, object]]]


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """What is to be sent to a channel. None = not at hand, and not checked.

    Args:
        pixels: ``[H,W,3]`` or ``[H,W,4]``, float32 0..1.
        mode: colours of the file, as Pillow names them.
        format: a name of ``output.encode``.
        letter_px: how large each text of the plan is drawn, in its order.
        product: ``[H,W]``, 1 = product.
        lettering: where something looks like lettering.
        advertiser: whose ad it is, as it must appear.
        font: family that the copy is drawn in.
    """

    channel: Channel
    pixels: Array
    mode: str = "RGB"
    format: str | None = None
    size_bytes: int | None = None
    plan: LayoutPlan | None = None
    letter_px: tuple[float, ...] | None = None
    product: Array | None = None
    lettering: tuple[Box, ...] | None = None
    advertiser: str = ""
    font: str = ""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.pixels.shape[1], self.pixels.shape[0]


CHECKS: dict[str, Callable[[Submission, float | str], Found]] = {
    "size_exact": file_checks.size_exact,
    "size_least": file_checks.size_least,
    "size_most": file_checks.size_most,
    "size_advised": file_checks.size_advised,
    "ratio": file_checks.ratio,
    "ratio_advised": file_checks.ratio_advised,
    "megapixels": file_checks.megapixels,
    "formats": file_checks.formats,
    "bytes": file_checks.size_in_bytes,
    "mode": file_checks.mode,
    "alpha": file_checks.alpha,
    "safe": plan_checks.safe_zone,
    "font_px": plan_checks.font_px,
    "legal_px": plan_checks.legal_px,
    "text": plan_checks.no_text,
    "text_lines": plan_checks.text_lines,
    "logo": plan_checks.no_logo,
    "emoji": plan_checks.no_emoji,
    "lines_differ": plan_checks.lines_differ,
    "strike": plan_checks.strike,
    "advertiser": plan_checks.advertiser,
    "font": plan_checks.font,
    "white": picture_checks.white,
    "product_share": picture_checks.product_share,
    "centred": picture_checks.centred,
    "shadow": picture_checks.no_shadow,
    "border": picture_checks.no_border,
    "collage": picture_checks.no_collage,
    "text_area": banner_checks.text_area,
    "text_width": banner_checks.text_width,
    "text_colours": banner_checks.text_colours,
    "object_area": banner_checks.object_area,
    "object_width": banner_checks.object_width,
    "object_kb": banner_checks.object_kb,
}


def check(submission: Submission) -> tuple[Finding, ...]:
    """Find everything that a channel would not take, or that nobody could look at."""
    channel = submission.channel
    names = (channel.english, channel.korean)
    rules = list(_rules(channel))
    found: list[Finding] = []
    for rule, value in rules:
        fact = find_fact(channel, rule)
        source = f"{fact.source} ({fact.verified}, {fact.checked})" if fact else ""
        if rule not in CHECKS:  # a rule of the user's own table that is words alone
            found.append(word("channel.look_yourself", {"what": f"{rule}: {value}"}, names, source, lenient=False))
            continue
        lenient = fact is not None and fact.verified == "disputed"
        found += [word(code, said, names, source, lenient=lenient) for code, said in CHECKS[rule](submission, value)]
    if not channel.rules and channel.max_bytes is None:
        found.insert(0, word("channel.nothing_known", {}, names, "", lenient=False))
    return tuple(dict.fromkeys(found))


def _rules(channel: Channel) -> Iterator[tuple[str, float | str]]:
    yield from channel.rules
    if channel.max_bytes is not None:
        yield "bytes", channel.max_bytes
    if channel.safe != Box(0.0, 0.0, 1.0, 1.0):
        yield "safe", ""
    yield "mode", ""
    if "alpha" not in dict(channel.rules):
        yield "alpha", "none"
