"""The lines that copy is made of: ``data/copy/*.yaml`` and the user's own ``copy.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from ...errors import InputError
from ...particles import particle
from ...types import Tone
from ..industries import GENERAL
from ..tables import bad_table, check_fields, read_table, stamp, table_files

TONES: tuple[Tone, ...] = get_args(Tone)
TONE_NAMES: dict[Tone, str] = {"polite": "정중", "friendly": "친근", "emotional": "감성", "bold": "강렬"}
SECTIONS = ("intents", "seasons", "shops", "actions", "captions")
_LINES: dict[str, type] = dict.fromkeys(("headline", "place", "alone", "sub", "hook", "what", "button", "line"), list)
_FIELDS: dict[str, type] = {"words": list, "within": list, "tag": str, "tags": list, "shops": list, **_LINES}
_SLOTS = {"intents": ("{n}", "{w}")}  # elsewhere there is only the name
_SLOT = re.compile(r"\{[^{}]*\}?|\}")
_MARK = re.compile(r"\[([^\[\]]+/[^\[\]]+)\]")
_EVERY = ""  # lines for every tone


@dataclass(frozen=True, slots=True)
class Lines:
    """Templates for one occasion, season, kind of shop or call to action, by tone.

    ``data/copy/occasions.yaml`` tells their form.
    """

    name: str = ""
    words: tuple[str, ...] = ()
    within: tuple[str, ...] = ()  # longer words that hold one of ``words`` and tell no occasion
    tag: str = ""
    tags: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    lines: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def of(self, tone: str, kind: str) -> tuple[str, ...]:
        """The lines of a tone: its own, else those for every tone."""
        return self.lines.get((tone, kind)) or self.lines.get((_EVERY, kind), ())

    def with_word(self, word: str) -> Lines:
        """The same lines with the brief's own word for the occasion in place of ``{w}``."""
        filled = {key: tuple(line.replace("{w}", word) for line in rows) for key, rows in self.lines.items()}
        return replace(self, lines=filled, tag=self.tag.replace("{w}", word))


@dataclass(frozen=True, slots=True)
class CopyLines:
    """All templates. ``intents`` and ``actions`` in the order in which they count."""

    intents: tuple[Lines, ...]
    seasons: dict[str, Lines]
    shops: dict[str, Lines]
    actions: tuple[Lines, ...]
    captions: dict[str, Lines]

    def of_shop(self, name: str) -> Lines:
        """The lines of an industry, with those of ``general`` for all that it has none of."""
        general = self.shops[GENERAL]
        own = self.shops.get(name, general)
        missing = {
            (tone, kind): rows
            for (tone, kind), rows in general.lines.items()
            if not own.of(tone, kind) and not own.of(_EVERY, kind)
        }
        return replace(own, lines={**own.lines, **missing}) if missing else own

    def of_trade(self, name: str, body: str) -> Lines:
        """The lines of an industry, or of a part of it that the brief names: 안경원 among clinics."""
        parts = (row for row in self.shops.values() if name in row.shops and any(word in body for word in row.words))
        return self.of_shop(next((row.name for row in parts), name))

    def of_season(self, name: str) -> Lines:
        """The lines of a season; none where there is none."""
        return self.seasons.get(name) or Lines()


def find_tone(tone: str) -> Tone:
    """Find a tone by its name or its Korean one (``bold``, ``강렬``).

    Raises:
        InputError: ``prompt.unknown_tone``.
    """
    wanted = str(tone).strip().lower()
    for known, korean in TONE_NAMES.items():
        if wanted in (known, korean):
            return known
    choices = ", ".join(f"{known} ({korean})" for known, korean in TONE_NAMES.items())
    raise InputError("prompt.unknown_tone", f"There is no tone '{wanted:.40}'.", f"Tones: {choices}.")


def fill(line: str, name: str) -> str:
    """Put ``name`` for ``{n}`` and settle every ``[은/는]``-like mark by the text before it.

    Raises:
        KeyError: there is no such pair of particles.
    """
    text = line.replace("{n}", name)
    while mark := _MARK.search(text):
        text = text[: mark.start()] + particle(text[: mark.start()], mark.group(1)) + text[mark.end() :]
    return text


def copy_lines() -> CopyLines:
    """All lines.

    Raises:
        InputError: ``prompt.bad_table`` when a user's file cannot be used.
    """
    return _copy_lines(stamp("copy/*", "copy"))


@lru_cache(maxsize=4)
def _copy_lines(_: object) -> CopyLines:
    merged: dict[str, dict[str, Lines]] = {section: {} for section in SECTIONS}
    for path in (*table_files("copy/*"), *table_files("copy")):
        for section, rows in read_table(path).items():
            if section not in merged or not isinstance(rows, dict):
                raise bad_table(path, f"'{section}' should be one of {', '.join(merged)}, each holding named lines")
            for name, row in rows.items():  # a user's row keeps those of our lines that it does not give itself
                known = merged[section].get(str(name), Lines(str(name)))
                merged[section][str(name)] = _extend(known, path, row, _SLOTS.get(section, ("{n}",)))
    return CopyLines(
        tuple(merged["intents"].values()),
        merged["seasons"],
        merged["shops"],
        tuple(merged["actions"].values()),
        merged["captions"],
    )


def _extend(known: Lines, path: Path, row: object, slots: Collection[str]) -> Lines:
    """Put the lines of a row in place of the known ones; a line for every tone replaces that of each tone."""
    plain = {key: value for key, value in row.items() if key not in TONES} if isinstance(row, dict) else row
    given = dict(check_fields(path, known.name, plain, _FIELDS))
    lines = {key: rows for key, rows in known.lines.items() if key[1] not in given}
    lines |= {
        (_EVERY, kind): _sound(path, (known.name, kind), given.pop(kind), slots) for kind in _LINES if kind in given
    }
    for tone in TONES:
        if isinstance(row, dict) and tone in row:
            toned = check_fields(path, f"{known.name}.{tone}", row[tone], _LINES)
            lines |= {(tone, kind): _sound(path, (known.name, tone, kind), rows, slots) for kind, rows in toned.items()}
    for kind, words in (("tag", [given.get("tag", "")]), ("tags", given.get("tags", []))):
        _sound(path, (known.name, kind), words, [slot for slot in slots if slot != "{n}" and kind == "tag"])
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return replace(known, lines=lines, **rest)


def _sound(path: Path, keys: tuple[str, ...], rows: list[str], slots: Collection[str]) -> tuple[str, ...]:
    name = ".".join(keys)
    for line in rows:
        unknown = next((slot for slot in _SLOT.findall(line) if slot not in slots), "")
        if unknown:
            known = f"it may use {' and '.join(slots)}" if slots else "it may use none"
            raise bad_table(path, f"'{name}' uses the unknown slot '{unknown}' in '{line:.60}'; {known}", *keys)
        try:
            fill(line, "커피")
        except KeyError as error:
            raise bad_table(path, f"'{name}' uses the unknown particle {error} in '{line}'", *keys) from error
    return tuple(cast("list[str]", rows))
