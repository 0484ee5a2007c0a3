"""Industries: the kinds of shop we know, from ``data/industries/`` and the user's own ``industries.yaml``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from .copy_limits import get_limits
from .picture_words import check_english
from .sentence import AXES, vocabulary
from .tables import bad_table, check_fields, menu_names, read_table, stamp, table_files

GENERAL = "general"
AUTO = "auto"
_FIELDS = {
    "korean": str, "english": str, "words": list, "places": list, "colours": list, "moods": list,
    "subject": str, "detail": str, "theme": str, "light": str, "props": list, "palette": str, "camera": str,
    "unmarked": str, "taboos": list, "channels": list, "tags": list,
}  # fmt: skip
_FOR_THE_PICTURE = ("subject", "detail", "light", "palette", "camera", "unmarked")
_MAX_DETAIL_WORDS = 6
_MOST = {"props": 6, "taboos": 8}
_LONGEST_TABOO = 100


@dataclass(frozen=True, slots=True)
class Industry:
    """A kind of shop. Of ``places``, ``colours`` and ``moods`` the first is the default, the rest also suit it.

    Args:
        subject: English name of what to draw when the brief names no product.
        detail: a few English words drawn with the product; ``props`` are further things that may lie about.
        theme: what such an ad is about, in English, for a language model.
        light: English phrase, as ``palette`` and ``camera``: for where the brief says nothing else.
        unmarked: the shop's usual carriers of lettering (cups, walls, boxes), asked for bare.
        taboos: what must not be shown or said in this trade, in short English phrases.
        channels: ids of the channels where such ads usually run.
        tags: hashtags without ``#``.
    """

    name: str
    korean: str
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    subject: str = ""
    detail: str = ""
    tags: tuple[str, ...] = ()
    english: str = ""
    theme: str = ""
    light: str = ""
    props: tuple[str, ...] = ()
    palette: str = ""
    camera: str = ""
    unmarked: str = ""
    taboos: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


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
        name=wanted[:40],
    )


@lru_cache(maxsize=4)
def _industries(_: object) -> tuple[tuple[str, Industry], ...]:
    found: dict[str, Industry] = {}
    for path in table_files("industries"):
        for name, row in read_table(path).items():
            check_fields(path, name, row, _FIELDS, required=("korean",))
            _check(path, name, row)
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
            found[name] = Industry(name=name, **fields)
    return tuple(found.items())


def _check(path: Path, name: str, row: dict[str, Any]) -> None:
    if name == AUTO:
        raise bad_table(path, "an industry cannot be called 'auto'", name)
    for table in AXES.values():
        for value in row.get(table, ()):
            if value not in vocabulary()[table]:
                known = ", ".join(vocabulary()[table])
                raise bad_table(path, f"'{name}.{table}' has '{value}'; use some of {known}", name, table)
    for field in _FOR_THE_PICTURE:
        check_english(path, name, row.get(field, ""), field)
    for prop in row.get("props", ()):
        check_english(path, name, prop, "props")
    if len(row.get("detail", "").split()) > _MAX_DETAIL_WORDS:
        what = f"'{name}.detail' should have at most {_MAX_DETAIL_WORDS} English words"
        raise bad_table(path, what, name, "detail")
    for field, most in _MOST.items():
        if len(row.get(field, ())) > most:
            raise bad_table(path, f"'{name}.{field}' should list at most {most}", name, field)
    for taboo in row.get("taboos", ()):
        if len(taboo) > _LONGEST_TABOO or "\n" in taboo:
            what = f"'{name}.taboos' should list short phrases of at most {_LONGEST_TABOO} letters, not '{taboo:.40}'"
            raise bad_table(path, what, name, "taboos")
    for channel in row.get("channels", ()):
        try:
            get_limits(channel)
        except InputError as error:
            what = f"'{name}.channels' has '{channel:.40}'; {error.hint.rstrip('.')}"
            raise bad_table(path, what, name, "channels") from error
