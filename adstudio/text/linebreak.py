"""Korean line breaking: lines end between eojeol, never inside one, and come out balanced.

Works in any unit of width: give it a ``measure`` that says how wide a piece of text is. A line break is a choice among
all partitions of the words, so what reads badly (a number torn from its unit, one short word left alone) has a price
and is taken only where nothing else fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from .characters import graphemes

Measure = Callable[[str], float]

# The prices, in units of "one line as wide as the average, to the fourth power".
_TORN = 6.0  # a break inside what belongs together
_LONELY = 1.5  # a last (or first) line of one short word
# Rewards for a break where a reader breathes anyway.
_PAUSES = dict.fromkeys(".!?…", -0.7) | dict.fromkeys(",·", -0.3)
_EVENNESS = 4  # high power: the widest line decides how large the letters can be

_NUMBER_END = re.compile(r"[\d%℃°]$")
_OPERATOR = re.compile(r"^[+&×x=~\-–—/·|:]$")
_CLOSING = re.compile(r"^[)\]}>」』》〉”’!?.,…~♥★☆]+$")
# Words that lean on the number before them ("50% 할인", "3 개", "9,900 원", "300 ml").
_UNIT = re.compile(
    r"^(할인|세일|적립|쿠폰|증정|특가|당첨|가격|원|만원|천원|개|잔|병|팩|종|장|매|권|박스|세트|명|분|인분|인|회|번|위"
    r"|년|월|일|주|시|시간|초|층|호|호점|주년|가지|배"
    r"|off|sale|kg|g|mg|ml|l|cm|mm|m|km|kcal|pcs|ea)([가-힣]{0,2})[!?.,]*$",
    re.IGNORECASE,
)
# One-syllable words that lean on the next word ("한 잔", "새 메뉴") or on the one before ("할 수", "마신 뒤").
_LEANS_FORWARD = frozenset("한두세네이그저온첫새헌매각약단총내제더꼭딱안못및또갓막")
_LEANS_BACK = re.compile(r"^[수것때곳줄뿐중뒤후전시등만데채듯분날밤곁속안밖위앞옆][은는이가을를에도의만로]?[!?.,]*$")


@dataclass(frozen=True, slots=True)
class Lines:
    """Text broken into lines; ``width`` is the widest line, ``price`` how much reads badly (0 = nothing)."""

    lines: tuple[str, ...]
    width: float
    price: float


def arrange(text: str, measure: Measure, most_lines: int, *, care: float = 1.0) -> list[Lines]:
    """Break text in the best way for every possible number of lines up to ``most_lines``, fewest first.

    Newlines in the text are kept; words are never split.

    Args:
        care: weight of reading well against narrow lines; 0 = the narrowest lines there are.
    """
    paragraphs = text.split("\n")
    if sum(bool(p.strip()) for p in paragraphs) == 0:
        return []
    # best[k] = all paragraphs so far in k lines
    best: dict[int, Lines] = {0: Lines((), 0.0, 0.0)}
    for number, paragraph in enumerate(paragraphs):
        room = most_lines - (len(paragraphs) - number - 1)
        words = paragraph.split()
        ways = _break_paragraph(words, measure, room, care) if words else [Lines(("",), 0.0, 0.0)]
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
    fitting = split_long_words(text, limit, measure)
    most = len(fitting.split()) + fitting.count("\n") + 1
    for way in arrange(fitting, measure, most):
        if way.width <= limit:
            return list(way.lines)
    return fitting.split("\n")  # one character alone is wider than the limit


def split_long_words(text: str, limit: float, measure: Measure) -> str:
    """Cut only the words that are wider than ``limit``, into even pieces, leaving the rest of the text as it is."""
    return "\n".join(
        " ".join(piece for word in paragraph.split() for piece in _pieces(word, limit, measure))
        for paragraph in text.split("\n")
    )


def belong_together(left: str, right: str) -> bool:
    """Say whether a line break between two neighbouring words would read badly."""
    if _OPERATOR.match(left) or _OPERATOR.match(right) or _CLOSING.match(right):
        return True
    if left[-1] in _PAUSES:
        return False
    if _NUMBER_END.search(left) and (_UNIT.match(right) or right[0].isdigit()):
        return True
    if left == "수" and right[0] in "있없":  # "할 수 있는"
        return True
    return left in _LEANS_FORWARD or bool(_LEANS_BACK.match(right))


def _break_price(left: str, right: str) -> float:
    return _TORN if belong_together(left, right) else _PAUSES.get(left[-1], 0.0)


def _break_paragraph(words: list[str], measure: Measure, most_lines: int, care: float) -> list[Lines]:
    count = len(words)
    torn = [0.0] + [care * _break_price(a, b) for a, b in pairwise(words)]
    text_of = {(i, j): " ".join(words[i:j]) for i in range(count) for j in range(i + 1, count + 1)}
    width = {span: measure(text) for span, text in text_of.items()}
    ways = []
    for lines in range(1, min(most_lines, count) + 1):
        ends = _cheapest_ends(count, lines, torn, width, words, care * _LONELY)
        spans = list(zip([0, *ends], ends, strict=False))
        price = sum(max(torn[start], 0.0) for start, _ in spans) + _loneliness(spans, width, words)
        ways.append(Lines(tuple(text_of[span] for span in spans), max(width[span] for span in spans), price))
    return ways


def _cheapest_ends(
    count: int,
    lines: int,
    torn: list[float],
    width: dict[tuple[int, int], float],
    words: list[str],
    lonely: float,
) -> list[int]:
    """Ends of the lines of the cheapest partition into exactly ``lines`` lines (dynamic programme over words)."""
    even = max(width[0, count] / lines, 1e-9)

    def price(i: int, j: int) -> float:
        alone = lines > 1 and j - i == 1 and (j == count or i == 0) and _is_short(words[i], width[i, j], even)
        return (width[i, j] / even) ** _EVENNESS + torn[i] + (lonely if alone else 0.0)

    table: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for line in range(1, lines + 1):
        row: dict[int, tuple[float, int]] = {}
        for j in range(line, count - (lines - line) + 1):
            options = [(cost + price(i, j), i) for i, (cost, _) in table[-1].items() if i < j]
            if options:
                row[j] = min(options)
        table.append(row)
    ends = [count]
    for line in range(lines, 1, -1):
        ends.append(table[line][ends[-1]][1])
    return ends[::-1]


def _loneliness(spans: list[tuple[int, int]], width: dict[tuple[int, int], float], words: list[str]) -> float:
    if len(spans) == 1:
        return 0.0
    even = sum(width[span] for span in spans) / len(spans)
    ends = (spans[0], spans[-1])
    return sum(_LONELY for i, j in ends if j - i == 1 and _is_short(words[i], width[i, j], even))


def _is_short(word: str, width: float, even: float) -> bool:
    return len(graphemes(word)) <= 2 or width < 0.35 * even


def _worth(way: Lines) -> float:
    return way.width * (1 + way.price / _TORN)


def _pieces(word: str, limit: float, measure: Measure) -> list[str]:
    if measure(word) <= limit:
        return [word]
    parts = graphemes(word)
    for count in range(2, len(parts) + 1):
        size = -(-len(parts) // count)
        pieces = ["".join(parts[i : i + size]) for i in range(0, len(parts), size)]
        if all(measure(piece) <= limit for piece in pieces):
            return pieces
    return parts
