"""Check the English of a table before it may go into a picture prompt."""

from __future__ import annotations

import re
from pathlib import Path

from .lettering_words import asks_for_lettering
from .tables import bad_table

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ0-9' ,-]*")
_MAX_CHARS = 120


def check_english(path: Path, name: str, phrase: str, *field: str) -> None:
    """Refuse words for the picture that are not plain English or that would ask for lettering.

    Args:
        field: the entry's field that holds it, to name the line it stands in.

    Raises:
        InputError: ``prompt.bad_table``.
    """
    if not _PLAIN.fullmatch(phrase) or len(phrase) > _MAX_CHARS:
        raise bad_table(
            path, f"'{name}' should be described in a few plain English words, not '{phrase:.40}'", name, *field
        )
    if asks_for_lettering(phrase):
        what = f"'{name}' asks the picture for lettering ('{phrase:.40}'); describe it without text"
        raise bad_table(path, what, name, *field)
