"""Names of brands in what a language model writes: a picture model would draw their marks and letters."""

from __future__ import annotations

import re
from functools import cache

from ...types import Note
from ..lettering_words import latin_words
from ..tables import PACKAGED, read_table

_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]+(?:['-][A-Za-zÀ-ÖØ-öø-ÿ]+)*")
_OWN_SPELLING = re.compile(r"[a-zß-öø-ÿ][-']?[A-ZÀ-ÖØ-Þ]")  # iPhone, McDonald, Coca-Cola
_LOOSE_END = re.compile(r"(?:\s+(?:and|or|with|of|on|in|at|by|for|from|to|an?|the|under|over|beside))+$", re.I)
_SMALL = frozenset(("a", "an", "the", "and", "or", "with", "of", "on", "in", "at", "by", "for", "from", "to"))
_LEAST_TITLED = 5  # words of a phrase that may be meant as a title
_NOTE = "상표 같은 이름은 그림에서 뺐어요: {names}"


def without_names(text: str, known: str = "") -> tuple[str, tuple[str, ...]]:
    """Drop names from phrases that commas part, and say so in Korean.

    A name is a capitalised word inside a phrase, or anywhere one with a capital in its middle, unless it is usual
    English (``Korean``) or stands in ``known``. At the beginning of a phrase a capital may mean nothing, so it stays.

    Args:
        known: what the word tables say of the same brief.
    """
    allowed = _usual() | {part for word in latin_words(known) for part in _parts(word)}
    kept: list[str] = []
    gone: list[str] = []
    for phrase in text.split(", "):
        words = phrase.split(" ")
        if _is_titled(words):
            words = [word if word in _SMALL else word.lower() for word in words]
        named = [at for at, word in enumerate(words) if _is_name(word, allowed, is_first=at == 0)]
        gone += [words[at] for at in named]
        bare = " ".join(word for at, word in enumerate(words) if at not in named)
        if named:
            bare = _LOOSE_END.sub("", f" {bare}").strip()
        if any(word.lower() not in _SMALL for word in latin_words(bare)):
            kept.append(bare)
    names = f"{', '.join(dict.fromkeys(gone)):.80}"
    return ", ".join(kept), (Note("prompt.names_gone", _NOTE, names=names),) if gone else ()


def _is_name(word: str, allowed: frozenset[str] | set[str], *, is_first: bool) -> bool:
    found = _WORD.search(word)
    if found is None:
        return False
    capital = [part for part in re.split(r"['-]", found[0]) if part.lower() != part]
    if all(part.lower() in allowed for part in capital):
        return False
    bare = re.sub(r"'s$", "", found[0])
    return bool(_OWN_SPELLING.search(bare)) or (not is_first and bare[0].isupper() and not bare.isupper())


def _is_titled(words: list[str]) -> bool:
    """Tell a phrase written like a title, whose capitals tell nothing."""
    telling = [word for word in words if _WORD.search(word) and word.lower() not in _SMALL]
    return len(telling) >= _LEAST_TITLED and all(word[0].isupper() for word in telling)


def _parts(word: str) -> list[str]:
    """``Korean-style`` → ``korean``, ``style``."""
    return [part for part in re.split(r"['-]", word.lower()) if part and part != "s"]


@cache
def _usual() -> frozenset[str]:
    return frozenset(word.lower() for word in read_table(PACKAGED / "lettering.yaml")["proper"])
