"""Checks of a banner with its object at the right (Kakao Bizboard), read from the transparent picture alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import InputError
from ..types import Array, Channel
from .budget import fit_bytes
from .channel_table import show_bytes
from .encode import FORMATS, to_pixels

if TYPE_CHECKING:
    from .check import Found, Submission

_SEEN = 0.08
_SLACK_PX = 2
_LINE_GAP_PX = 8  # between two lines; the parts of a letter lie closer
_COLOUR_SLACK = 8 / 255
_CUT = 0.25  # of the object's height, standing upright and solid at its side: cut off there


def text_area(sent: Submission, value: float | str) -> Found:
    """The copy stands between two columns."""
    first, last = _numbers(value)
    columns = np.flatnonzero(_text(sent).any(axis=0))
    if len(columns) == 0:
        yield "channel.text_missing", {"wanted": f"{first}~{last}"}
    elif columns[0] < first - _SLACK_PX or columns[-1] + 1 > last + _SLACK_PX:
        yield "channel.text_area", {"came": f"{columns[0]}~{columns[-1] + 1}", "wanted": f"{first}~{last}"}


def text_width(sent: Submission, value: float | str) -> Found:
    """One line at least is this wide."""
    widths = [int(np.ptp(np.flatnonzero(line.any(axis=0)))) + 1 for line in _lines(_text(sent))]
    if widths and max(widths) < float(value):
        yield "channel.text_narrow", {"came": max(widths), "wanted": f"{float(value):g}"}


def text_colours(sent: Submission, value: float | str) -> Found:
    """The copy has no colour but these."""
    wanted = [np.array([int(each[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32) for each in str(value).split()]
    if sent.pixels.shape[2] == 3:
        return
    solid = _text(sent) & (sent.pixels[:, : _middle(sent.channel), 3] > 0.99)
    for mark in sent.plan.marks if sent.plan else ():  # an app's icon has colours of its own
        left, top, right, bottom = mark.box.pixels(*sent.size_px)
        solid[top:bottom, left:right] = False
    inks = sent.pixels[:, : _middle(sent.channel), :3][solid]
    if len(inks) == 0:
        return
    off = np.min([np.abs(inks - colour).max(axis=1) for colour in wanted], axis=0) > _COLOUR_SLACK
    if off.mean() > 0.05:
        came = "#{:02x}{:02x}{:02x}".format(*(round(float(part) * 255) for part in np.median(inks[off], axis=0)))
        yield "channel.text_colour", {"came": came, "wanted": " / ".join(str(value).split())}


def object_area(sent: Submission, value: float | str) -> Found:
    """The object stands in its rectangle, and is whole at its left and right."""
    left, top, width, height = _numbers(value)
    seen = _object(sent)
    columns = np.flatnonzero(seen.any(axis=0))
    if len(columns) == 0:
        yield "channel.product_missing", {}
        return
    start, end = int(columns[0]), int(columns[-1]) + 1
    if start < left - _SLACK_PX or end > left + width + _SLACK_PX:
        yield "channel.object_area", {"came": f"{start}~{end}", "wanted": f"{left}~{left + width}"}
    tall = int(seen.any(axis=1).sum())
    for where, column, at_edge in (("left", start, start <= left), ("right", end - 1, end >= left + width)):
        if at_edge and seen[top : top + height, column].sum() > _CUT * tall:
            yield "channel.object_cropped", {"where": where}


def object_width(sent: Submission, value: float | str) -> Found:
    """What is seen of the object is this wide."""
    columns = np.flatnonzero(_object(sent).any(axis=0))
    if len(columns) and (wide := int(np.ptp(columns)) + 1) < float(value):
        yield "channel.object_narrow", {"came": wide, "wanted": f"{float(value):g}"}


def object_kb(sent: Submission, value: float | str) -> Found:
    """The object alone fits into this as a PNG, as which it is handed in."""
    seen = _object(sent)
    if sent.pixels.shape[2] == 3 or not seen.any():
        return
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    alone = to_pixels(sent.pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    limit = int(float(value) * 1000)
    try:
        fit_bytes(Image.fromarray(alone), FORMATS["png"], limit, {})
    except InputError:
        yield "channel.object_bytes", {"wanted": show_bytes(limit)}


def _seen(pixels: Array) -> NDArray[np.bool_]:
    return np.asarray(pixels[..., 3] > _SEEN if pixels.shape[2] == 4 else pixels.min(axis=2) < 1 - _SEEN, bool)


def _middle(channel: Channel) -> int:
    """The column between copy and object."""
    rules = dict(channel.rules)
    end = _numbers(rules.get("text_area", f"0 {channel.size_px[0]}"))[1]
    start = _numbers(rules.get("object_area", f"{channel.size_px[0]} 0 0 0"))[0]
    return (end + start) // 2


def _text(sent: Submission) -> NDArray[np.bool_]:
    return _seen(sent.pixels[:, : _middle(sent.channel)])


def _object(sent: Submission) -> NDArray[np.bool_]:
    return _seen(sent.pixels) & (np.arange(sent.pixels.shape[1]) >= _middle(sent.channel))


def _lines(seen: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    rows = np.flatnonzero(seen.any(axis=1))
    if len(rows) == 0:
        return []
    breaks = np.flatnonzero(np.diff(rows) > _LINE_GAP_PX)
    return [seen[part[0] : part[-1] + 1] for part in np.split(rows, breaks + 1)]


def _numbers(value: float | str) -> list[int]:
    return [int(float(number)) for number in str(value).split()]
