"""What became of every word of a brief: understood, copy, without a picture of its own, or unknown.

The writer shows the unknown ones to the user, and the coverage figure is counted from the same account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ...types import Note
from ..lettering_words import asks_for_lettering
from ..seasons import seasons
from ..sentence import AXES, vocabulary
from ..tables import PACKAGED, read_table, stamp
from .directions import Directions
from .entries import Entry
from .figures import find_figures
from .latin_subject import known_english
from .match import Match
from .names import is_branch
from .romanize import romanize
from .words import Word, read_words

_NEIGHBOURHOOD = re.compile(r"[가-힣]{2,3}(?:동|읍|역|리단길|로수길)")
_WISH = re.compile(r"[가-힣]+(?:세요|세용|셔요|십시오|십쇼)")  # 대박나세요: nothing that could be drawn
_SIZE = re.compile(r"[A-Za-z]|x{1,3}[sl]|[smlx]{1,2}", re.I)
_NOWHERE = Directions()
_WORDLESS = frozenset(("function", "plain", "name"))


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word of the brief and what it became: ``딸기라떼`` → product ``a glass of strawberry latte``."""

    korean: str
    axis: str
    english: str
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that the tables do not have, and how it sounds."""

    korean: str
    latin: str


@dataclass(frozen=True, slots=True)
class Keywords:
    """The account of a brief, each part in reading order.

    Args:
        names: shops and brands; ``copy`` has them too, with figures, places and quoted words.
        function: endings on their own, requests, words of selling: nothing of them can be drawn.
    """

    understood: tuple[Keyword, ...] = ()
    copy: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    function: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def coverage(self) -> float:
        """Share of the content words that were understood; 1 where there are none."""
        content = len(self.understood) + len(self.unknown)
        return len(self.understood) / content if content else 1.0

    @property
    def note(self) -> Note | None:
        """One Korean line on the unknown words; None when there are none."""
        words = ", ".join(dict.fromkeys(f"{word.korean} ({word.latin})" for word in self.unknown))
        return Note("prompt.unknown_words", "모르는 낱말: {words}", words=words) if words else None


def read_keywords(
    body: str, matches: Sequence[Match], quotes: Iterable[str] = (), directions: Directions = _NOWHERE
) -> Keywords:
    """Account for every word of a scanned brief.

    Args:
        quotes: the words that the brief has between quotation marks; they are copy.
        directions: what it says of sides, whose words are understood too: ``왼쪽에서 드는 빛``.
    """
    # 14k and 오메가3 are words, though figures stand in them; the morning of 오전 11시 is no light
    figures = [span for span in find_figures(body) if not any(_holds(m, *span) for m in matches)]
    named = [(m.start, m.end) for m in matches if m.of("name")]
    copy = [(a, body[a:b].strip()) for a, b in [*figures, *named]]
    understood: dict[int, Keyword] = {}
    function: list[str] = []
    unknown: list[Unknown] = []
    regions = [hit.span() for hit in _region_names().finditer(body)]
    regions = [(a, b) for a, b in regions if not any(m.start < b and m.end > a and not _idle(m) for m in matches)]
    for word in read_words(body, matches, [*figures, *named, *regions]):
        if (word.text.isdigit() and not word.known) or is_branch(word.stem) or _is_place(word):
            copy.append((word.start, word.text))
            continue
        verdict = _judge(word)
        if verdict == "understood":
            for match in word.matches:
                if match.start not in understood and (meaning := _meaning(match)):
                    understood[match.start] = meaning
        elif verdict == "function":
            if not any(match.of("name") for match in word.matches):
                function.append(word.text)
        elif body[: word.start].endswith("#"):
            copy.append((word.start, word.text))
        elif axis := directions.axis_of(word.stem):
            understood[word.start] = Keyword(word.stem, axis, "")
        elif verdict == "english":
            understood[word.start] = Keyword(word.text, "english", word.text.lower())
        else:
            unknown.append(Unknown(word.stem, romanize(word.stem)))
    copy += [(a, body[a:b]) for a, b in regions]
    return Keywords(
        understood=tuple(keyword for _, keyword in sorted(understood.items())),
        copy=(*quotes, *(text for _, text in sorted(copy))),
        names=tuple(body[a:b] for a, b in named),
        function=tuple(function),
        unknown=tuple(unknown),
    )


def _holds(match: Match, start: int, end: int) -> bool:
    """Tell whether a figure is part of a known word, or reaches into one."""
    if match.start >= end or match.end <= start or _idle(match):
        return False
    return match.start < start or match.end > end or any(char.isdigit() for char in match.text)


def _idle(match: Match) -> bool:
    return all(entry.kind in _WORDLESS for entry in match.entries)


def _judge(word: Word) -> str:
    if word.known:
        kinds = {entry.kind for match in word.matches for entry in match.entries}
        if kinds - _WORDLESS:
            # 컵라면용기 as a look-alike is no word that we can say in English
            return "unknown" if any(_only_looks(match) for match in word.matches) else "understood"
        return "unknown" if "plain" in kinds and "function" not in kinds else "function"
    if not "가" <= word.text[0] <= "힣":
        return _judge_latin(word.text)
    return "function" if _WISH.fullmatch(word.text) else "unknown"


def _only_looks(match: Match) -> bool:
    return all(entry.kind == "plain" for entry in match.entries)


def _judge_latin(text: str) -> str:
    if "ㄱ" <= text[0] <= "ㅣ" or _SIZE.fullmatch(text) or asks_for_lettering(text):
        return "function"
    table, low = read_table(PACKAGED / "english.yaml"), text.lower()
    if low in table["fillers"] or low in table["prepositions"]:
        return "function"
    return "english" if low in known_english(stamp("lexicon/*")) else "unknown"


def _is_place(word: Word) -> bool:
    if word.matches or not _NEIGHBOURHOOD.fullmatch(word.stem):
        return False
    return word.stem not in read_table(PACKAGED / "regions.yaml")["not_places"]


@cache
def _region_names() -> re.Pattern[str]:
    known = "|".join(sorted(read_table(PACKAGED / "regions.yaml")["known"], key=len, reverse=True))
    return re.compile(rf"(?<![가-힣])(?:{known})(?:특별시|광역시|시|군|구|동|역|읍|면|도|점|식|산|권|지역)?")


def _meaning(match: Match) -> Keyword | None:
    """What a match stands for: the product first, then what it adds to the scene."""
    meant = (entry for entry in match.entries if entry.kind not in _WORDLESS)
    ordered = sorted(meant, key=lambda entry: (entry.kind != "product", not entry.explicit))
    if not ordered:
        return None
    entry = ordered[0]
    return Keyword(" ".join(match.text.split()), entry.kind, _english(entry), match.denied)


def _english(entry: Entry) -> str:
    if entry.kind in AXES:
        return vocabulary()[AXES[entry.kind]][entry.value]["phrase"]
    if entry.kind == "season":
        return seasons()[entry.value].detail or entry.value.replace("_", " ")
    return (entry.english or entry.modifier or entry.wrap or entry.value).replace("~", "")
