"""Industries: the kinds of shop we know, from ``data/industries.yaml`` and the user's own."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..errors import InputError
from .picture_words import check_english
from .sentence import vocabulary
from .tables import bad_table, check_fields, menu_names, read_table, stamp, table_files

GENERAL = "general"
AUTO = "auto"
_AXES = {"places": "places", "colours": "colours", "moods": "moods"}
_FIELDS = {
    "korean": str, "words": list, "places": list, "colours": list, "moods": list,
    "subject": str, "detail": str, "tags": list,
}  # fmt: skip
_MAX_DETAIL_WORDS = 6


@dataclass(frozen=True, slots=True)
class Industry:
    """A kind of shop. Of ``places``, ``colours`` and ``moods`` the first is the default, the rest also suit it."""

    name: str
    korean: str
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    subject: str = ""
    detail: str = ""
    tags: tuple[str, ...] = ()


def industries() -> dict[str, Industry]:
    """All industries by name, in the order of the files; a user's file may add to them or replace them."""
    return dict(_industries(stamp("industries")))


def industry_choices() -> list[str]:
    """List ``auto`` and every industry name, for a menu."""
    return [AUTO, *menu_names("industries")]


def get_industry(name: str) -> Industry:
    """Find an industry by its name, its Korean name or one of its words (``cafe``, ``카페·커피``, ``카페``).

    Raises:
        InputError: ``prompt.unknown_industry`` with the nearest names.
    """
    known = industries()
    wanted = str(name).strip()
    if found := known.get(wanted.lower().replace("-", "_").replace(" ", "_")) or known.get(wanted):
        return found
    bare = wanted.replace(" ", "")
    spoken = {
        word.replace(" ", ""): industry
        for industry in known.values()
        for word in (*industry.words, *industry.korean.split("·"), industry.korean)
    }
    if bare in spoken:
        return spoken[bare]
    near = difflib.get_close_matches(wanted.lower(), known, 3, 0.5)
    near += [f"{spoken[word].name} ({word})" for word in difflib.get_close_matches(bare, spoken, 3, 0.5)]
    raise InputError(
        "prompt.unknown_industry",
        f"There is no industry '{wanted:.40}'.",
        (f"Did you mean {' or '.join(near[:3])}? " if near else "") + f"Industries: auto, {', '.join(known)}.",
    )


@lru_cache(maxsize=4)
def _industries(_: object) -> tuple[tuple[str, Industry], ...]:
    found: dict[str, Industry] = {}
    for path in table_files("industries"):
        for name, row in read_table(path).items():
            check_fields(path, name, row, _FIELDS, required=("korean",))
            if name == AUTO:
                raise bad_table(path, "an industry cannot be called 'auto'")
            for axis, table in _AXES.items():
                for value in row.get(axis, ()):
                    if value not in vocabulary()[table]:
                        known = ", ".join(vocabulary()[table])
                        raise bad_table(path, f"'{name}.{axis}' has '{value}'; use some of {known}")
            for text in ("subject", "detail"):
                check_english(path, name, row.get(text, ""))
            if len(row.get("detail", "").split()) > _MAX_DETAIL_WORDS:
                raise bad_table(path, f"'{name}.detail' should have at most {_MAX_DETAIL_WORDS} English words")
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
            found[name] = Industry(name=name, **fields)
    return tuple(found.items())
