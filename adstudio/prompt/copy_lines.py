"""The lines that copy is made of: ``data/copy.yaml`` and the user's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from .industries import GENERAL
from .particles import fill
from .tables import bad_table, check_fields, read_table, stamp, table_files

_FIELDS = {"words": list, "headline": list, "sub": list, "alone": list, "tag": str}


@dataclass(frozen=True, slots=True)
class Lines:
    """Templates for one occasion, season or kind of shop. ``alone`` are headlines for a brief that names no product."""

    name: str = ""
    words: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    sub: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    tag: str = ""

    def with_word(self, word: str) -> Lines:
        """The same lines with the brief's own word for the occasion in place of ``{w}``."""
        filled = {key: tuple(line.replace("{w}", word) for line in getattr(self, key)) for key in ("headline", "sub")}
        return replace(self, headline=filled["headline"], sub=filled["sub"], tag=self.tag.replace("{w}", word))


@dataclass(frozen=True, slots=True)
class CopyLines:
    """All templates. ``intents`` in the order in which they count."""

    intents: tuple[Lines, ...]
    seasons: dict[str, Lines]
    shops: dict[str, Lines]

    def of_shop(self, name: str) -> Lines:
        """The lines of an industry; those of ``general`` where it has none."""
        return self.shops.get(name) or self.shops[GENERAL]

    def of_season(self, name: str) -> Lines:
        """The lines of a season; none where there is none."""
        return self.seasons.get(name) or Lines()


def copy_lines() -> CopyLines:
    """All lines.

    Raises:
        InputError: ``prompt.bad_table`` when a user's file cannot be used.
    """
    return _copy_lines(stamp("copy"))


@lru_cache(maxsize=4)
def _copy_lines(_: object) -> CopyLines:
    merged: dict[str, dict[str, Lines]] = {"intents": {}, "seasons": {}, "shops": {}}
    for path in table_files("copy"):
        for section, rows in read_table(path).items():
            if section not in merged or not isinstance(rows, dict):
                raise bad_table(path, f"'{section}' should be one of {', '.join(merged)}, each holding named lines")
            for name, row in rows.items():  # a user's row keeps those of our lines that it does not give itself
                known = merged[section].get(str(name), Lines(str(name)))
                merged[section][str(name)] = _extend(known, path, row)
    return CopyLines(tuple(merged["intents"].values()), merged["seasons"], merged["shops"])


def _extend(known: Lines, path: Path, row: object) -> Lines:
    fields: dict[str, Any] = check_fields(path, known.name, row, _FIELDS)
    for line in (*fields.get("headline", ()), *fields.get("sub", ()), *fields.get("alone", ())):
        try:
            fill(line, "커피")
        except KeyError as error:
            raise bad_table(path, f"'{known.name}' uses the unknown particle {error} in '{line}'") from error
    return replace(known, **{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()})
