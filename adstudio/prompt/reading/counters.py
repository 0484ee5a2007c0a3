"""The words that count and price things: ``data/offers.yaml``, the same for figures and for offers."""

from __future__ import annotations

import re

from ..tables import PACKAGED, read_table


def offer_words(*keys: str) -> tuple[str, ...]:
    """List the words of some rows of the table."""
    table = read_table(PACKAGED / "offers.yaml")
    return tuple(dict.fromkeys(word for key in keys for word in str(table[key]).split()))


def join_words(*keys: str) -> str:
    """Make alternatives of a pattern, the longest first: 20인치 is no 20인."""
    return "|".join(re.escape(word) for word in sorted(offer_words(*keys), key=len, reverse=True))
