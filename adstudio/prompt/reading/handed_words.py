"""The words for what is done with a thing that is not sold itself: ``data/handed.yaml`` (대여, 만들기, 클래스)."""

from __future__ import annotations

import re
from functools import cache

from ..tables import PACKAGED, read_table

_KINDS = ("lessons", "errands")


@cache
def handed_words(*kinds: str) -> str:
    """Make alternatives of a pattern, the longest first; without ``kinds`` all."""
    table = read_table(PACKAGED / "handed.yaml")
    words = {word for kind in kinds or _KINDS for word in table[kind]}
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
