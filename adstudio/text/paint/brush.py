"""Paint for the letters of a setting: their fill, rim, shadow, and the lines through or under them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...types import Array
from ..lines.fitting import Setting
from .ink import Colour
from .shape import Coverage, rounded, soften
from .sheet import Sheet

_RIM = 0.055  # em
_BAR = 0.066  # em, the thickness of a line through an old price or under a link
_OVERHANG = 0.04  # em, what a strike is longer than its line at each end
_FOOT = 0.07  # em below the baseline, where Hangul ends and the tails of Latin letters go on
_UNDER = 0.2  # em below the baseline: clear of Hangul's feet


def draw_lines(setting: Setting, stroke: float = 0.0) -> list[Coverage]:
    """Draw the letters as coverage, line by line; ``stroke`` pixels grown all around."""
    drawn = []
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        if not line:
            continue
        x, y = int(np.floor(start)), int(np.floor(baseline))
        coverage, left, base = setting.face.draw_line(line, setting.size, (start - x, baseline - y), stroke)
        drawn.append((coverage, x - left, y - base))
    return drawn


def paint_letters(setting: Setting, lines: Sequence[Coverage], fill: Sequence[Colour]) -> list[Sheet]:
    """Fill the letters with a colour, or with a gradient from their top to their foot."""
    return _fill(setting, lines, fill)


def paint_rim(setting: Setting, colour: Colour) -> list[Sheet]:
    """Paint letters grown all around, to lie under the filled ones."""
    return _fill(setting, draw_lines(setting, stroke=max(1.0, _RIM * setting.size)), [colour])


def paint_shadow(setting: Setting, lines: Sequence[Coverage], colour: Colour) -> list[Sheet]:
    """A soft lift, felt rather than seen: wide, faint, a little below the letters."""
    drop = round(0.035 * setting.size)
    soft = (soften(cover, 0.13 * setting.size, drop) for cover in lines)
    return [Sheet(np.asarray(colour, np.float32), 0.55 * alpha, x, y) for alpha, x, y in soft]


def strike(setting: Setting, fill: Sequence[Colour]) -> list[Sheet]:
    """Draw a line through every line of letters, at half the height of its figures."""
    drawn, _, base = setting.face.draw_line("0", setting.size, (0.0, 0.0))
    solid = drawn.max(axis=1)
    rows = np.flatnonzero(solid > min(0.5, solid.max() / 2))  # the smallest figures have no solid row
    middle = float(rows[0] + rows[-1] + 1) / 2 - base
    return _bars(setting, fill, middle, _OVERHANG * setting.size)


def underline(setting: Setting, fill: Sequence[Colour]) -> list[Sheet]:
    """Draw a line under every line of letters."""
    return _bars(setting, fill, _UNDER * setting.size, 0.0)


def _bars(setting: Setting, fill: Sequence[Colour], below: float, overhang: float) -> list[Sheet]:
    thick = max(1.0, _BAR * setting.size)
    bars: list[Coverage] = []
    for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
        if line:
            top = round(baseline + below - thick / 2)  # on whole pixels: a blurred hairline looks like dirt
            left, right = start - overhang, start + setting.face.measure(line) * setting.size + overhang
            bars.append(rounded((left, top, right, top + max(1, round(thick))), 0.0))
    return _fill(setting, bars, fill)


def _fill(setting: Setting, covers: Sequence[Coverage], fill: Sequence[Colour]) -> list[Sheet]:
    top, bottom = setting.ink[1], setting.ink[3] - (setting.face.bottom("") - _FOOT) * setting.size
    return [Sheet(gradient(fill, alpha.shape, y, top, bottom), alpha, x, y) for alpha, x, y in covers]


def gradient(fill: Sequence[Colour], shape: tuple[int, ...], first_row: int, top: float, bottom: float) -> Array:
    """One colour as it is, or two that go over into one another between the rows ``top`` and ``bottom``."""
    colours = np.asarray(fill, np.float32)
    if len(colours) == 1:
        return colours[0]
    at = np.clip((first_row + np.arange(shape[0], dtype=np.float32) + 0.5 - top) / max(bottom - top, 1.0), 0, 1)
    rows = colours[0] + at[:, None] * (colours[1] - colours[0])
    return np.ascontiguousarray(np.broadcast_to(rows[:, None], (*shape, 3)), np.float32)
