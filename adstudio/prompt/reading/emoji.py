"""Emoji that name a thing: 🍓 is a strawberry where the words of the brief name nothing of its kind."""

from __future__ import annotations

from ..tables import PACKAGED, read_table
from .scan import scan

_TABLE = PACKAGED / "emoji.yaml"
_STEERING = ("product", "industry", "season", "place", "colour", "mood", "light", "prop")


def emoji_words(text: str, body: str) -> list[str]:
    """List the words that a brief's emoji add to its own: of each kind only what the words leave open."""
    table = read_table(_TABLE)
    words = list(dict.fromkeys(table[char] for char in text if char in table))
    if not words:
        return []
    named = {entry.kind for match in scan(body) for entry in match.entries}
    kept: list[str] = []
    for word in words:
        kind = next((k for k in _STEERING for match in scan(word) if match.of(k)), None)
        if kind and kind not in named:
            kept.append(word)
            named.add(kind)
    return kept
