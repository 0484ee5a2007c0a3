"""Words that ask for lettering. None of them may reach the picture: the copy is set on the picture afterwards."""

from __future__ import annotations

import re
from functools import cache

from .tables import PACKAGED, read_table

_LATIN = re.compile(r"[A-Za-zÀ-ÿ]+(?:['-][A-Za-zÀ-ÿ]+)*")


def latin_words(text: str) -> list[str]:
    """List the Latin words of a text."""
    return _LATIN.findall(text)


def asks_for_lettering(phrase: str) -> bool:
    """Tell whether any English word of a phrase asks for text in the picture."""
    return any(part in _english() for word in latin_words(phrase) for part in re.split(r"['-]", word.lower()))


def carries_lettering(phrase: str) -> bool:
    """Tell whether a phrase names a thing that a picture model letters by itself: a menu, a screen, a shop front."""
    return any(part in _carriers() for word in latin_words(phrase) for part in re.split(r"['-]", word.lower()))


def is_brand(word: str) -> bool:
    """Tell a name in capitals (``ACME``) from a usual abbreviation (``LED``)."""
    letters = [char for char in word if char.isalpha()]
    return len(letters) > 1 and word.isupper() and word not in _capitals()


def lettering_word(body: str) -> str:
    """Find the first Korean word of a brief that speaks of lettering; empty when none does."""
    found = [(at, word) for word in read_table(_TABLE)["korean"] if (at := body.find(word)) >= 0]
    return min(found)[1] if found else ""


_TABLE = PACKAGED / "lettering.yaml"


@cache
def _carriers() -> frozenset[str]:
    return frozenset(read_table(_TABLE)["carriers"])


@cache
def _capitals() -> frozenset[str]:
    return frozenset(read_table(_TABLE)["capitals"])


@cache
def _english() -> frozenset[str]:
    return frozenset(read_table(_TABLE)["english"])
