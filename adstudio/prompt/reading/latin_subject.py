"""English product words of a brief: let them through, without what asks for text, names a brand or sets the scene."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..lettering_words import asks_for_lettering, latin_words
from ..tables import PACKAGED, read_table, stamp
from .entries import entries
from .scan import Match

_MAX_WORDS = 8
_MAX_LETTERS = 90
_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['-][A-Za-zÀ-ÿ]+)*")
_CLAUSE = re.compile(r"[^,.;:!?\n/|()\[\]가-힣]+")


def latin_subject(body: str, matches: Sequence[Match]) -> str:
    """Take the first English noun phrase as it is written, up to its preposition; empty when none is worth drawing.

    One of its words must be of our own descriptions, and none may give an order: what asks a language model to print
    its instructions is no product.
    """
    scenery = [(m.start, m.end) for m in matches if m.denied or m.of("place", "season", "industry")]
    for clause in _CLAUSE.finditer(body):
        words = _phrase(clause, scenery)
        phrase = " ".join(words[:_MAX_WORDS])
        if 3 <= len(phrase) <= _MAX_LETTERS and _is_drawable(words[:_MAX_WORDS]):
            return phrase
    return ""


def _is_drawable(words: list[str]) -> bool:
    known, orders = known_english(stamp("lexicon/*")), read_table(PACKAGED / "english.yaml")["orders"]
    low = [word.lower() for word in words]
    return any(word in known or word.removesuffix("s") in known for word in low) and not any(w in orders for w in low)


def _phrase(clause: re.Match[str], scenery: list[tuple[int, int]]) -> list[str]:
    table = read_table(PACKAGED / "english.yaml")
    kept: list[str] = []
    for hit in _WORD.finditer(clause[0]):
        word, at = hit[0].lower(), clause.start() + hit.start()
        ends = word in table["prepositions"] or asks_for_lettering(word)
        if kept and ends:
            break
        brand = len(word) > 1 and hit[0].isupper() and word not in known_english(stamp("lexicon/*"))
        if not (ends or brand or word in table["fillers"] or any(start <= at < end for start, end in scenery)):
            kept.append(hit[0])
    return kept


@lru_cache(maxsize=4)
def known_english(_: object) -> frozenset[str]:
    """List every English word of our own descriptions: ``LATTE`` in capitals is a product, ``ACME`` a brand."""
    return frozenset(word.lower() for entry in entries() for word in latin_words(f"{entry.english} {entry.modifier}"))
