"""Checks of the file: size, ratio, format, bytes, colours, transparency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .channel_table import show_bytes

if TYPE_CHECKING:
    from .check import Found, Submission

_RATIO_SLACK = 0.01  # a side may be rounded to whole pixels
_SHOWN_MODES = {"RGB", "RGBA", "L", "LA", "P", "1"}
_CLEAR = 0.02


def size_exact(sent: Submission, value: float | str) -> Found:
    """The picture has exactly this size."""
    if sent.size_px != _pair(value):
        yield "channel.size", {"came": _cross(sent.size_px), "wanted": value}


def size_least(sent: Submission, value: float | str) -> Found:
    """No side is smaller."""
    least = _pair(value)
    if sent.size_px[0] < least[0] or sent.size_px[1] < least[1]:
        wanted = f"≥ {value}" if all(least) else f"≥ {least[0]}x…"
        yield "channel.size", {"came": _cross(sent.size_px), "wanted": wanted}


def size_most(sent: Submission, value: float | str) -> Found:
    """No side is larger."""
    most = _pair(value)
    if sent.size_px[0] > most[0] or sent.size_px[1] > most[1]:
        yield "channel.size", {"came": _cross(sent.size_px), "wanted": f"≤ {value}"}


def size_advised(sent: Submission, value: float | str) -> Found:
    """The picture is as large as advised, or larger."""
    advised = _pair(value)
    if sent.size_px[0] < advised[0] or sent.size_px[1] < advised[1]:
        yield "channel.size_advised", {"came": _cross(sent.size_px), "wanted": value}


def ratio(sent: Submission, value: float | str) -> Found:
    """Width / height lies between two numbers; 0 = any."""
    yield from _ratio(sent, value, "channel.ratio")


def ratio_advised(sent: Submission, value: float | str) -> Found:
    """The same, where another ratio is taken too but cut."""
    yield from _ratio(sent, value, "channel.ratio_advised")


def megapixels(sent: Submission, value: float | str) -> Found:
    """The picture has at most so many million pixels."""
    came = sent.size_px[0] * sent.size_px[1] / 1e6
    if came > float(value):
        yield "channel.megapixels", {"came": f"{came:.1f}", "wanted": f"{float(value):g}"}


def formats(sent: Submission, value: float | str) -> Found:
    """The file has one of these formats."""
    if sent.format is None:
        yield "channel.not_checked", {"what": "format", "came": "a file"}
    elif sent.format not in str(value).split():
        yield "channel.format", {"came": sent.format.upper(), "wanted": ", ".join(str(value).upper().split())}


def size_in_bytes(sent: Submission, value: float | str) -> Found:
    """The file is no larger than this."""
    if sent.size_bytes is None:
        yield "channel.not_checked", {"what": "bytes", "came": "a file"}
    elif sent.size_bytes > float(value):
        came = f"{sent.size_bytes / 1000:,.0f} KB"
        yield "channel.bytes", {"came": came, "wanted": show_bytes(int(value))}


def mode(sent: Submission, value: float | str) -> Found:
    """The file's colours are what a screen shows, not those of print."""
    if sent.mode not in _SHOWN_MODES:
        yield "channel.mode", {"came": sent.mode}


def alpha(sent: Submission, value: float | str) -> Found:
    """The picture is transparent where it must be, and nowhere where nothing lies behind it."""
    has_alpha = sent.pixels.shape[2] == 4
    clear = float((sent.pixels[..., 3] < 1 - _CLEAR).mean()) if has_alpha else 0.0
    if value == "required" and clear == 0:
        yield "channel.alpha_missing", {}
    elif value == "none" and clear > 0:
        yield "channel.alpha_unexpected", {"came": f"{max(clear, 0.001):.1%}"}


def _ratio(sent: Submission, value: float | str, code: str) -> Found:
    low, high = (float(number) for number in str(value).split())
    came = sent.size_px[0] / sent.size_px[1]
    if came < low * (1 - _RATIO_SLACK) or (high and came > high * (1 + _RATIO_SLACK)):
        wanted = f"{low:.3g}" if low == high else f"{low:.3g}~{high:.3g}" if high else f"≥ {low:.3g}"
        yield code, {"came": f"{came:.3g}", "wanted": wanted}


def _pair(value: float | str) -> tuple[int, int]:
    width, _, height = str(value).partition("x")
    return int(float(width)), int(float(height))


def _cross(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
