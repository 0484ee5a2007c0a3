"""Korean line breaking: lines end between eojeol, never inside one, and come out balanced.

Works in any unit of width: give it a ``measure`` that says how wide a piece of text is. A line break is a choice among
all partitions of the words, so what reads badly (a number torn from its unit, one short word left alone) has a price
and is taken only where nothing else fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from .bonds import TORN, break_price
from .characters import graphemes

Measure = Callable[[str], float]

# Prices, in units of "one line as wide as the average, to the fourth power".
_LONELY, _LONELY_FIRST = 1.5, 2.5  # a line of one short word; a headline that starts with one stumbles
_EVENNESS = 4  # high power: the widest line decides how large the letters can be
_WIDEST = 2.5  # averages; a line beyond it is never part of the best lines (two of three partitions need no look)

# What of a long word stays in one piece: a number with its unit, a Latin word, marks with what they follow or open.
_ATOM = re.compile(
    r"[(\[{<「『《〈“‘]*(?:\d[\d,.:]*[%℃원개잔시]?|[A-Za-z]+|.)[)\]}>」』》〉”’!?.,…~/·&+\-]*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Text broken into lines; ``width`` is the widest line, ``price`` how much reads badly (0 = nothing)."""

    lines: tuple[str, ...]
    width: float
    price: float


def arrange(text: str, measure: Measure, most_lines: int, *, fewest_lines: int = 1, care: float = 1.0) -> list[Lines]:
    """Break text in the best way for every number of lines from ``fewest_lines`` to ``most_lines``, fewest first.

    Newlines in the text are kept; words are never split, and a no-break space joins two.

    Args:
        care: weight of reading well against narrow lines; 0 = the narrowest lines there are.
    """
    paragraphs = text.split("\n")
    if not any(paragraph.strip() for paragraph in paragraphs):
        return []
    # best[k] = all paragraphs so far in k lines
    best: dict[int, Lines] = {0: Lines((), 0.0, 0.0)}
    fewest = fewest_lines if len(paragraphs) == 1 else 1
    for number, paragraph in enumerate(paragraphs):
        room = most_lines - (len(paragraphs) - number - 1)
        words = _words(paragraph)
        ways = _break_paragraph(words, measure, (fewest, room), care) if words else [Lines(("",), 0.0, 0.0)]
        joined: dict[int, Lines] = {}
        for before in best.values():
            for way in ways:
                both = Lines(before.lines + way.lines, max(before.width, way.width), before.price + way.price)
                count = len(both.lines)
                if count <= room and (count not in joined or _worth(both) < _worth(joined[count])):
                    joined[count] = both
        best = joined
    return [best[count] for count in sorted(best)]


def wrap(text: str, limit: float, measure: Measure) -> list[str]:
    """Break text into the fewest lines no wider than ``limit``, balanced; a wider word is cut between characters."""
    lines: list[str] = []
    for paragraph in split_long_words(text, limit, measure).split("\n"):
        words = _words(paragraph)
        greedy = _greedy(words, limit, measure)
        ways = (_Paragraph(words, measure, care).in_lines(len(greedy)) for care in (1.0, 0.0) if words)
        lines += next((list(way.lines) for way in ways if way.width <= limit), greedy or [""])
    return lines


def split_long_words(text: str, limit: float, measure: Measure) -> str:
    """Cut only the words that are wider than ``limit``, into even pieces, leaving the rest of the text as it is."""
    return "\n".join(
        " ".join(piece for word in _words(paragraph) for piece in _pieces(word, limit, measure))
        for paragraph in text.split("\n")
    )


def _words(paragraph: str) -> list[str]:
    return [word for word in paragraph.split(" ") if word]


def _greedy(words: Sequence[str], limit: float, measure: Measure) -> list[str]:
    """The fewest lines there can be, each as full as it gets."""
    lines: list[str] = []
    for word in words:
        if lines and measure(f"{lines[-1]} {word}") <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _break_paragraph(words: Sequence[str], measure: Measure, counts: tuple[int, int], care: float) -> list[Lines]:
    paragraph = _Paragraph(words, measure, care)
    last = min(counts[1], len(words))
    return [paragraph.in_lines(count) for count in range(min(counts[0], last), last + 1)]


class _Paragraph:
    """Words with what is measured of them once, however many line counts are tried."""

    def __init__(self, words: Sequence[str], measure: Measure, care: float) -> None:
        self.words, self.measure, self.care = words, measure, care
        self.breaks = [0.0, *map(break_price, words, words[1:], [*words[2:], ""])]
        # Sums of words are near enough to choose by; lines that are chosen are measured.
        self.space = measure("가 가") - 2 * measure("가")
        self.ends = [0.0, *accumulate(measure(word) for word in words)]
        self.is_short = [len(graphemes(word)) <= 2 for word in words]

    def in_lines(self, count: int) -> Lines:
        """The cheapest partition into exactly ``count`` lines (dynamic programme over words)."""
        total = len(self.words)
        even = max(self._width(0, total) / count, 1e-9)
        # row[j] = (widest line where that is what counts, price, start of the last line) of the first j words
        rows: list[dict[int, tuple[float, float, int]]] = [{0: (0.0, 0.0, 0)}]
        for line in range(1, count + 1):
            row: dict[int, tuple[float, float, int]] = {}
            before = rows[-1]
            for j in range(line, total - (count - line) + 1):
                end = self.ends[j] + self.space * (j - 1)
                for i in range(j - 1, line - 2, -1):
                    width = end - self.ends[i] - self.space * i
                    if width > _WIDEST * even and j - i > 1:
                        break
                    if i not in before:
                        continue
                    widest, price, _ = before[i]
                    price += (width / even) ** _EVENNESS + self.care * self.breaks[i]
                    if i == j - 1 and count > 1:
                        price += self.care * self._loneliness(i, j, width / even)
                    option = (widest if self.care else max(widest, width), price, i)
                    if j not in row or option < row[j]:
                        row[j] = option
            rows.append(row)
        starts = [total]
        for row in reversed(rows[1:]):
            starts.append(row[starts[-1]][2])
        spans = list(pairwise(reversed(starts)))
        lines = tuple(" ".join(self.words[i:j]) for i, j in spans)
        price = sum(max(self.breaks[i], 0.0) for i, _ in spans)
        if count > 1:
            price += sum(self._loneliness(i, j, self._width(i, j) / even) for i, j in spans)
        return Lines(lines, max(map(self.measure, lines)), price)

    def _width(self, i: int, j: int) -> float:
        return self.ends[j] - self.ends[i] + self.space * (j - i - 1)

    def _loneliness(self, i: int, j: int, share: float) -> float:
        if j - i > 1 or not (self.is_short[i] or share < 0.35):
            return 0.0
        return _LONELY_FIRST if i == 0 else _LONELY


def _worth(way: Lines) -> float:
    return way.width * (1 + way.price / TORN)


def _pieces(word: str, limit: float, measure: Measure) -> list[str]:
    if measure(word) <= limit:
        return [word]
    return _even_pieces(_atoms(word), limit, measure) or _even_pieces(graphemes(word), limit, measure) or [word]


def _atoms(word: str) -> list[str]:
    ends = {0, *accumulate(map(len, graphemes(word)))}
    starts = [match.start() for match in _ATOM.finditer(word) if match.start() in ends]
    return [word[i:j] for i, j in pairwise([*starts, len(word)])]


def _even_pieces(parts: Sequence[str], limit: float, measure: Measure) -> list[str]:
    """The fewest even pieces that all fit, cut between ``parts``; none where a part alone is too wide."""
    at = [0.0, *accumulate(map(measure, parts))]
    for count in range(2, len(parts) + 1):
        cuts = sorted({min(range(len(at)), key=lambda k: abs(at[k] - at[-1] * i / count)) for i in range(count + 1)})
        pieces = ["".join(parts[i:j]) for i, j in pairwise(cuts)]
        if all(measure(piece) <= limit for piece in pieces):
            return pieces
    return list(parts) if all(measure(part) <= limit for part in parts) else []
