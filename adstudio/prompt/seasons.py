"""Seasons and holidays: what each adds to a scene."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .picture_words import check_english
from .sentence import vocabulary
from .tables import bad_table, check_fields, read_table, stamp, table_files

_FIELDS = {"korean": str, "words": list, "colour": str, "mood": str, "detail": str, "strong": bool, "tags": list}


@dataclass(frozen=True, slots=True)
class Season:
    """A season or a holiday. ``strong`` = its colour beats the product's own (Christmas is red, whatever is sold)."""

    name: str
    korean: str
    words: tuple[str, ...]
    colour: str = ""
    mood: str = ""
    detail: str = ""
    strong: bool = False
    tags: tuple[str, ...] = ()


def seasons() -> dict[str, Season]:
    """All seasons by name."""
    return dict(_seasons(stamp("seasons")))


@lru_cache(maxsize=4)
def _seasons(_: object) -> tuple[tuple[str, Season], ...]:
    found: dict[str, Season] = {}
    for path in table_files("seasons"):
        for name, row in read_table(path).items():
            check_fields(path, name, row, _FIELDS, required=("korean", "words"))
            check_english(path, name, row.get("detail", ""))
            for axis, table in (("colour", "colours"), ("mood", "moods")):
                if row.get(axis) and row[axis] not in vocabulary()[table]:
                    raise bad_table(path, f"'{name}.{axis}' should be one of {', '.join(vocabulary()[table])}")
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
            found[name] = Season(name=name, **fields)
    return tuple(found.items())
