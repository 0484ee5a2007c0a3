"""Checks of the layout: safe zone, letter sizes, where no text is taken, wording."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..types import Box, LayoutPlan

if TYPE_CHECKING:
    from .check import Found, Submission

_SLACK_PX = 1.0
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u203c\u2049\ufe0f\u20e3]")
_PRICE = re.compile(
    r"[₩￦$]?\s*(?:\d[\d,.]*+\s*+[십백천]*+\s*+[만억]?+\s*+)+(?:원|won|KRW|￦|₩)?", re.IGNORECASE
)  # 2천만원, 1억 5천만 원 too


def safe_zone(sent: Submission, value: float | str) -> Found:
    """Every piece of copy and every mark stands where the app neither covers nor cuts it."""
    if sent.plan is None:
        yield "channel.not_checked", {"what": "safe zone", "came": "a layout"}
        return
    things = [(block.role, block.box) for block in sent.plan.texts] + [(m.kind, m.box) for m in sent.plan.marks]
    for what, box in things:
        beyond = _beyond(box, sent.channel.safe, sent.size_px)
        if beyond > _SLACK_PX:
            yield "channel.safe_zone", {"what": what, "came": round(beyond)}


def font_px(sent: Submission, value: float | str) -> Found:
    """No letters are smaller than this."""
    yield from _letters(sent, float(value), None)


def legal_px(sent: Submission, value: float | str) -> Found:
    """Text that the law asks for is no smaller than this."""
    yield from _letters(sent, float(value), "legal")


def no_text(sent: Submission, value: float | str) -> Found:
    """The picture carries no text: none in the layout, none that can be seen."""
    for block in _texts(sent.plan):
        yield "channel.text_not_allowed", {"came": _short(block)}
    if sent.lettering:
        where = ", ".join("x={} y={}".format(*box.pixels(*sent.size_px)[:2]) for box in sent.lettering[:3])
        yield "channel.lettering_seen", {"came": where}
    elif sent.lettering is None:
        yield "channel.not_checked", {"what": "copy", "came": "a picture"}


def text_lines(sent: Submission, value: float | str) -> Found:
    """The layout has no more pieces of copy than this."""
    if sent.plan is None:
        yield "channel.not_checked", {"what": "copy", "came": "a layout"}
    elif len(_texts(sent.plan)) > float(value):
        yield "channel.text_lines", {"came": len(_texts(sent.plan)), "wanted": f"{float(value):g}"}


def no_logo(sent: Submission, value: float | str) -> Found:
    """The layout holds no logo and no code."""
    for mark in sent.plan.marks if sent.plan else ():
        yield "channel.logo_not_allowed", {"came": mark.kind}


def no_emoji(sent: Submission, value: float | str) -> Found:
    """No copy holds an emoji."""
    if sent.plan is None:
        yield "channel.not_checked", {"what": "copy", "came": "a layout"}
    found = [char for text in _texts(sent.plan) for char in _EMOJI.findall(text) if char not in "\ufe0f\u20e3"]
    if found:
        yield "channel.emoji", {"came": " ".join(dict.fromkeys(found))}


def lines_differ(sent: Submission, value: float | str) -> Found:
    """No two pieces of copy say the same."""
    seen: set[str] = set()
    for text in _texts(sent.plan):
        bare = "".join(text.split())
        if bare in seen:
            yield "channel.lines_alike", {"came": _short(text)}
        seen.add(bare)


def strike(sent: Submission, value: float | str) -> Found:
    """Only a price is struck through."""
    for block in sent.plan.texts if sent.plan else ():
        if block.was.strip() and not _PRICE.fullmatch(block.was.strip()):
            yield "channel.strike", {"came": _short(block.was)}


def advertiser(sent: Submission, value: float | str) -> Found:
    """The advertiser is named in the copy; on the object only a person sees it."""
    if not sent.advertiser:
        yield "channel.not_checked", {"what": "advertiser", "came": "the advertiser's name"}
    elif sent.plan is None:
        yield "channel.not_checked", {"what": "advertiser", "came": "a layout"}
    elif not any(_bare(sent.advertiser) in _bare(text) for text in _texts(sent.plan)):
        yield "channel.advertiser", {"came": sent.advertiser}


def font(sent: Submission, value: float | str) -> Found:
    """The copy is drawn in the one font that is taken."""
    if not sent.font:
        yield "channel.look_yourself", {"what": "font"}
    elif _bare(sent.font) != _bare(str(value)):
        yield "channel.font", {"came": sent.font, "wanted": value}


def _letters(sent: Submission, least: float, role: str | None) -> Found:
    if sent.plan is None or sent.letter_px is None:
        yield "channel.not_checked", {"what": "letter sizes", "came": "a layout"}
        return
    for block, size in zip(sent.plan.texts, sent.letter_px, strict=True):
        if role in (None, block.role) and 0 < size < least - 0.5:
            yield "channel.small_text", {"what": block.role, "came": round(size), "wanted": f"{least:g}"}


def _texts(plan: LayoutPlan | None) -> list[str]:
    return [block.text for block in plan.texts if block.text.strip()] if plan else []


def _beyond(box: Box, safe: Box, size: tuple[int, int]) -> float:
    across = max(safe.x0 - box.x0, box.x1 - safe.x1) * size[0]
    down = max(safe.y0 - box.y0, box.y1 - safe.y1) * size[1]
    return max(across, down)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 24 else text[:23] + "…"


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()
