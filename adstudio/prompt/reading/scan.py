"""Find the known words of a brief: longest first, spacing tolerated, particles allowed, never inside another word.

Korean glues particles to nouns (``라떼를``), spaces are optional (``딸기 라떼``) and short words hide inside longer
ones (``바`` in ``바삭``). So every word of every table stands in one index, the longest one at a place wins, and the
shorter a word is, the cleaner its edges must be. Everyday words (``plain``) are there only to win against look-alikes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..tables import stamp
from .denial import DENYING, DENYING_BEFORE
from .entries import Entry, Kind, entries
from .figures import find_figures
from .handed_words import handed_words
from .match import Match
from .names import mark_names
from .spelling import MIN_FOLDED, fold

__all__ = ["Match", "scan"]

_PARTICLES = re.compile(
    r"(?:은|는|이|가|을|를|의|에|와|과|도|만|로|으로|에서|에는|에서는|에게|까지|부터|이나|나|랑|이랑|하고|처럼|보다|보다는|이라|라도|"
    r"이며|며|이고|고|인|임|입니다|이에요|예요|에요|이예요|이라서|용|집|점|표|맛|향|색|빛|톤|풍|류|등|들|말고|대신|엔|에다|에다가|"
    r"이든|든|요|이요|세트|뷰)*"
)
_MISTYPED = ("product", "industry", "place", "season", "modifier", "material", "light", "camera")
_HOUR = re.compile(r"(?:아침|오전|오후|저녁|밤|새벽|매일)\s?\d")
_WORN = ("fashion", "shoes_bags", "kids", "furniture")
_OF_CLOTH = re.compile(r"\s?(?:\d|소재|원단|혼방|함유|섬유|블렌드|느낌|질감|재질|의\s|로\s)")
_PREFIXES = frozenset("신생햇왕꿀쌀찰홈참흑백통냉온핫초풋애민")


@dataclass(frozen=True, slots=True)
class _Text:
    """The body without spaces; ``places`` map back, ``starts`` are beginnings of words."""

    chars: str
    places: tuple[int, ...]
    starts: frozenset[int]

    def word_end(self, at: int) -> int:
        return next(
            (i for i in range(at, len(self.chars)) if i in self.starts or not self.chars[i].isalnum()), len(self.chars)
        )


@dataclass(frozen=True, slots=True)
class _Index:
    """All words by their first character, longest first, and the longer ones by their rough sound."""

    by_first: dict[str, list[tuple[str, tuple[Entry, ...]]]]
    by_sound: dict[str, tuple[Entry, ...]]


@lru_cache(maxsize=4)
def _index(_: object) -> _Index:
    by_word: dict[str, list[Entry]] = {}
    for entry in entries():
        for word in entry.words:
            row = by_word.setdefault(word, [])
            row[:] = [old for old in row if old.kind != entry.kind]  # files are read in order: the user's replace ours
            row.append(entry)
    for word, row in by_word.items():
        if lent := _lent(row):
            # 따뜻한 describes a latte and still sets the mood that 따뜻 sets; 분홍리본 is a thing and still pink
            stems = (by_word.get(word[:length], ()) for length in range(len(word) - 1, 1, -1))
            have = {entry.kind for entry in row}
            row += [entry for stem in stems for entry in stem if entry.kind in lent and entry.kind not in have]
        if thing := _handed(word, row, by_word):
            row.append(thing)
    by_first: dict[str, list[tuple[str, tuple[Entry, ...]]]] = {}
    by_sound: dict[str, tuple[Entry, ...]] = {}
    for word, row in by_word.items():
        by_first.setdefault(word[0], []).append((word, tuple(row)))
        if len(word) >= MIN_FOLDED and _is_hangul(word[0]) and any(entry.kind in _MISTYPED for entry in row):
            by_sound.setdefault(fold(word), tuple(row))
    for rows in by_first.values():
        rows.sort(key=lambda row: -len(row[0]))
    return _Index(by_first, by_sound)


def _lent(row: Sequence[Entry]) -> tuple[Kind, ...]:
    """What a word takes over from the shorter word that it begins with."""
    kinds = {entry.kind for entry in row}
    if kinds & {"light", "prop", "material"}:
        return ("mood", "colour", "place", "season")
    if "industry" in kinds and not kinds & {"product"}:
        return ("season",)
    if "function" in kinds:
        return ("season",)  # 여름방학
    return ("mood", "colour") if "modifier" in kinds else ()


def _handed(word: str, row: Sequence[Entry], by_word: dict[str, list[Entry]]) -> Entry | None:
    """What a service is about, of the same trade: 한복 of 한복대여."""
    trade = next((entry.value for entry in row if entry.kind == "industry"), "")
    bare = re.sub(rf"(?:{handed_words()})$", "", word)
    if not trade or bare == word or any(entry.kind == "product" for entry in row):
        return None
    return next((e for e in by_word.get(bare, ()) if e.kind == "product" and e.english and e.value == trade), None)


def scan(body: str) -> tuple[Match, ...]:
    """Find all known words of a brief, in reading order, each marked when the brief denies it; names are set apart."""
    index = _index(stamp("lexicon/*", "industries", "seasons"))
    text = _lay_out(body)
    found: list[Match] = []
    at, last_end = 0, -1
    while at < len(text.chars):
        end, meanings = _longest(text, at, last_end, index)
        if not meanings:
            at += 1
            continue
        start, stop = text.places[at], text.places[end - 1] + 1
        found.append(Match(meanings, start, stop, body[start:stop]))
        at = last_end = end
    return _mark_denied(body, mark_names(body, _our_own(body, _without_hours(body, found))))


def _without_hours(body: str, found: Sequence[Match]) -> list[Match]:
    """Leave out the night of 밤 11시까지: it tells when the shop is open, not how the picture looks."""
    hours = [span for span in find_figures(body) if _HOUR.match(body, *span)]
    return [m for m in found if not any(start <= m.start and m.end <= end for start, end in hours)]


def _our_own(body: str, found: Sequence[Match]) -> list[Match]:
    """Read 울 as 우리, short, unless something of cloth follows: 울 동네, but 울 니트 and 울 100%."""
    kept = list(found)
    for k, match in enumerate(found):
        following = found[k + 1] if k + 1 < len(found) else None
        near = following if following and not body[match.end : following.start].strip() else None
        woven = near and (((product := near.of("product")) and product.value in _WORN) or near.of("material"))
        if match.text == "울" and body[match.end :].strip() and not woven and not _OF_CLOTH.match(body, match.end):
            kept[k] = Match((Entry("function", ()),), match.start, match.end, match.text)
    return kept


def _longest(text: _Text, at: int, last_end: int, index: _Index) -> tuple[int, tuple[Entry, ...]]:
    """The longest word at a place as it is spelled, or a longer one that only sounds like what stands there."""
    end, meanings = at, ()
    for word, entries_ in index.by_first.get(text.chars[at], ()):
        if text.chars.startswith(word, at) and _fits(
            text, word, entries_, at, at + len(word), last_end, index.by_first
        ):
            end, meanings = at + len(word), entries_
            break
    if at in text.starts and _is_hangul(text.chars[at]):
        stop = text.word_end(at + 1)
        sound = fold(text.chars[at:stop]) if stop - at >= MIN_FOLDED else ""
        for length in range(len(sound), max(end - at, MIN_FOLDED - 1), -1):
            alike = index.by_sound.get(sound[:length])
            if alike and _ends_clean(text, at + length, index.by_first):
                return at + length, alike
    return end, meanings


def _lay_out(body: str) -> _Text:
    places = tuple(i for i, char in enumerate(body) if not char.isspace())
    chars = "".join(body[i].lower() if len(body[i].lower()) == 1 else body[i] for i in places)
    starts = {k for k, i in enumerate(places) if i == 0 or _parts(body[i - 1], body[i])}
    return _Text(chars, places, frozenset(starts))


def _parts(before: str, char: str) -> bool:
    """Tell whether a word begins between two characters: after a space or a mark, or where the script changes."""
    return not before.isalnum() or _is_hangul(before) != _is_hangul(char)


def _is_hangul(char: str) -> bool:
    return "가" <= char <= "힣" or "ㄱ" <= char <= "ㅣ"


def _fits(text: _Text, word: str, meanings: tuple[Entry, ...], at: int, end: int, last_end: int, index: dict) -> bool:
    crosses = any(k in text.starts for k in range(at + 1, end))
    begins = at in text.starts
    after_known = at == last_end
    if not _is_hangul(word[0]):  # a Latin word, whole; a plural may follow
        tail = text.chars[end : text.word_end(end)] if end not in text.starts else ""
        return begins and (tail == "" or tail in ("s", "es") or _is_hangul(tail[0]))
    if not begins and (any(entry.starts for entry in meanings) or _is_brief_adjective(word, meanings)):
        return False
    anchored = begins or after_known or (text.chars[at - 1] in _PREFIXES and at - 1 in text.starts)
    if crosses and (len(word) < 3 or not anchored or (not begins and at + 1 in text.starts)):  # 포근|한 겨울
        return False
    if len(word) >= 3 or (len(word) == 2 and anchored):
        return True
    clean = _ends_clean(text, end, index)
    if not anchored and any(entry.tail for entry in meanings):
        return clean
    if len(word) == 2:  # inside a longer word (강남역카페) only where a good stretch comes before and nothing odd after
        stem = at - max(k for k in text.starts if k < at)
        return stem >= 2 and clean
    return anchored and clean


def _is_brief_adjective(word: str, meanings: tuple[Entry, ...]) -> bool:
    """Tell 은 (silver), 면 (cotton) and their like: after a noun they are particles."""
    return len(word) == 1 and all(entry.kind == "modifier" for entry in meanings)


def _ends_clean(text: _Text, end: int, index: dict) -> bool:
    if end >= len(text.chars) or end in text.starts or not text.chars[end].isalnum():
        return True
    rest = text.chars[end : text.word_end(end)]
    if _PARTICLES.fullmatch(rest):
        return True
    return any(text.chars.startswith(word, end) for word, _ in index.get(text.chars[end], ()) if len(word) > 1)


# After a word: endings, then a denial. `없이`, `말고` and their kin, or a negated ending (`어둡지 않게`).
_DENIAL = re.compile(
    r"(?:\s|색|빛|톤|컬러|계열|느낌|분위기|배경|맛|향|은|는|이|가|을|를|도|로|으로|의|것|거|쪽|하|한|같은|스러운|그림|사진|소품|이나|들)*?"
    rf"{DENYING}"
)
_DENIED_ENDING = re.compile(r"[가-힣]{0,3}지\s?(?:않|말|마|는\s?않)|[가-힣]{0,2}면\s?안")
_DENIED_BEFORE = re.compile(DENYING_BEFORE)
_JOINED = re.compile(r"\s*(?:색|맛|향)?\s*(?:,|/|·|이나|나|이랑|랑|와|과|하고|또는|및)\s*")
_SPREADING = ("place", "colour", "mood", "season")


def _mark_denied(body: str, found: Sequence[Match]) -> tuple[Match, ...]:
    marked = list(found)
    for k in range(len(marked) - 1, -1, -1):
        match, after = marked[k], body[marked[k].end :]
        denied = bool(_DENIAL.match(body, match.end) or _DENIED_BEFORE.search(body[: match.start]))
        if match.of("mood", "modifier", "colour", "season"):
            denied = denied or bool(_DENIED_ENDING.match(after))
        if not denied and k + 1 < len(marked) and marked[k + 1].denied:
            denied = _spreads(body, match, marked[k + 1])
        marked[k] = replace(match, denied=denied)
    return tuple(marked)


def _spreads(body: str, match: Match, denied: Match) -> bool:
    """Carry a denial back over a list: ``빨강이나 분홍은 말고``. A comma joins scenery, not products."""
    between = body[match.end : denied.start]
    if not _JOINED.fullmatch(between):
        return False
    same = next((kind for kind in (*_SPREADING, "product") if match.of(kind) and denied.of(kind)), None)
    return same is not None and (same != "product" or "," not in between)
