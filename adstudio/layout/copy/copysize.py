"""How much room copy takes, before any font is opened: an estimate in em, a little on the safe side.

The layout only shapes boxes; the lettering measures exactly and fits the letters into them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ...errors import InputError
from ...types import AdCopy

LEADING, SUB_LEADING = 1.22, 1.36
BUTTON_BESIDE, BUTTON_ABOVE = 0.95, 0.52  # em of air in a button, on each side: as the lettering paints it
_BODY = 1.04  # ink of one line, from Hangul top to Latin descender
_SAFE = 1.07
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
_KEPT, _UNSEEN = "\n\r\t\v\f\u0085\u200d", ("Cc", "Cf", "Cs")  # the last of the kept joins emoji


@dataclass(frozen=True, slots=True)
class Copy:
    """The words to place, each tidied or ``""``; ``was`` is the old price, ``link`` what a QR code leads to."""

    headline: str = ""
    sub: str = ""
    price: str = ""
    was: str = ""
    badge: str = ""
    cta: str = ""
    hours: str = ""
    legal: str = ""
    link: str = ""


def read_copy(copy: AdCopy, *, may_be_empty: bool = False) -> Copy:
    """Take what is to be placed; without a headline, the sub line becomes it.

    Raises:
        InputError: ``layout.no_copy``, ``layout.old_price_alone``.
    """
    headline, sub = _tidy(copy.headline), _tidy(copy.sub)
    if copy.old_price.strip() and not copy.price.strip():
        raise InputError(
            "layout.old_price_alone",
            f"An old price ('{copy.old_price.strip()[:20]}') came without the price that holds now.",
            "Write the price, too.",
            price=copy.old_price.strip()[:20],
        )
    words = Copy(
        headline or sub,
        sub if headline else "",
        _tidy(copy.price),
        _tidy(copy.old_price),
        _tidy(copy.badge),
        _tidy(copy.call_to_action),
        _tidy(copy.hours),
        _tidy(copy.legal),
        copy.link.strip(),
    )
    if words == Copy() and not may_be_empty:
        raise InputError(
            "layout.no_copy",
            "There is no copy to place: headline, sub and all the rest are empty.",
            "Write a headline, or connect the copy of a Prompt Processor.",
        )
    return words


@lru_cache(maxsize=1024)
def line_em(text: str) -> float:
    """Width of one line in em."""
    return _SAFE * sum(_letter_em(ch) for ch in text)


@lru_cache(maxsize=1024)
def widest_line_em(text: str, lines: int) -> float:
    """Width in em of the widest line when the words are spread over ``lines`` lines as evenly as they go."""
    lines_of_words = (words_of(part) for part in text.split("\n"))
    paragraphs = [[line_em(word) for word in words] for words in lines_of_words if words]
    low = max(word for words in paragraphs for word in words)
    high = max(sum(words) + _space() * (len(words) - 1) for words in paragraphs)
    for _ in range(20):
        middle = (low + high) / 2
        if sum(_greedy_lines(words, middle) for words in paragraphs) <= lines:
            high = middle
        else:
            low = middle
    return high


def fewest_lines(text: str) -> int:
    """Lines that the text asks for by its own newlines."""
    return sum(1 for part in text.split("\n") if part.strip())


def words_of(text: str) -> list[str]:
    """What a line may end between; a no-break space joins two."""
    return [word for word in _BLANKS.split(text) if word]


def most_lines(text: str) -> int:
    """Lines beyond which no more words are left to break between."""
    return len(words_of(text))


def block_height(lines: int, size: float, leading: float) -> float:
    """Height of a block of lines, in the unit of ``size``."""
    return ((lines - 1) * leading + _BODY) * size


def _greedy_lines(words: list[float], limit: float) -> int:
    lines, room = 0, -1.0
    for word in words:
        room -= word + _space()
        if lines == 0 or room < -1e-9:
            lines, room = lines + 1, limit - word
    return lines


def _space() -> float:
    return _SAFE * _letter_em(" ")


def _letter_em(ch: str) -> float:
    if unicodedata.east_asian_width(ch) in "WF":
        return 0.87
    if ch in " \u00a0":
        return 0.24
    if ch in "ilI.,:;!'|·":
        return 0.3
    if ch in "%@MWmw&":
        return 0.95
    return 0.72 if ch.isupper() else 0.6


def _tidy(text: str) -> str:
    """Copy as it is set: composed, without what is not seen, its blanks single ones; a no-break space stays one."""
    seen = "".join(
        ch for ch in unicodedata.normalize("NFC", text) if ch in _KEPT or unicodedata.category(ch) not in _UNSEEN
    )
    lines = [" ".join(word for word in _BLANKS.split(part) if word.strip()) for part in seen.splitlines()]
    return "\n".join(line for line in lines if line)
