"""English noun phrases: put an adjective in, mend the article, wrap one noun in another."""

from __future__ import annotations

import re

_ARTICLE = re.compile(r"^(?:an?|the|some)\s+", re.I)
_CONTAINER = re.compile(r"^((?:an?|the|some)\s+(?:[a-z-]+\s+)?[a-z]+\s+of\s+)(.+)$", re.I)
_OTHER_MATERIAL = re.compile(r"\b(?:suede|canvas|woven|rattan|nylon|satin|vegan leather)\b")
_VOWEL = re.compile(r"^(?:[aeioéo]|u(?!ni|se|ti))", re.I)
SLOT = "~"  # where a phrase of the tables wants its modifiers: "freshly baked ~bread"


def describe(head: str, word: str) -> str:
    """Put an adjective before the noun, once: ``("a cup of latte", "iced")`` → ``a cup of iced latte``."""
    have = {part.lower().strip(SLOT).rstrip("s") for part in head.split()}
    word = " ".join(part for part in word.split() if part.lower().rstrip("s") not in have)
    if not word:
        return head
    if _OTHER_MATERIAL.search(word):
        head = head.replace("leather ", "", 1)  # suede shoes, not suede leather shoes
    if SLOT in head:
        before, after = head.split(SLOT, 1)
        return re.sub(r"^an?(?= $)", _article(word), before) + f"{word} {SLOT}{after}"
    if hit := _CONTAINER.match(head):
        return f"{hit[1]}{word} {_ARTICLE.sub('', hit[2])}"
    if hit := _ARTICLE.match(head):
        article = hit[0].strip().lower()
        return f"{_article(word) if article in ('a', 'an') else article} {word} {head[hit.end() :]}"
    return f"{word} {head}"


def wrap(noun: str, wrapper: str) -> str:
    """Put a noun without its article into a wrapper: ``("a latte", "a gift set of {}")``."""
    return wrapper.replace("{}", _ARTICLE.sub("", noun))


def contents(phrase: str) -> str:
    """Leave the vessel out: ``a bowl of udon`` → ``udon``."""
    hit = _CONTAINER.match(phrase)
    return hit[2] if hit else phrase


def settle(phrase: str) -> str:
    """Take the slot mark out of a finished phrase."""
    return phrase.replace(SLOT, "")


def _article(word: str) -> str:
    return "an" if _VOWEL.match(word) else "a"
