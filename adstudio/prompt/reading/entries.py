"""What every word of the tables means: one entry per word, whatever table it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from ..industries import industries
from ..picture_words import check_english
from ..seasons import seasons
from ..sentence import AXES, vocabulary
from ..tables import bad_table, check_fields, read_table, stamp, table_files

Kind = Literal[
    "product", "modifier", "place", "colour", "mood", "season", "industry", "material", "light", "camera", "prop",
    "audience", "name", "function", "plain",
]  # fmt: skip
# Sections that hold plain English phrases, one kind of word each.
_PHRASES: dict[str, Kind] = {
    "materials": "material", "lighting": "light", "camera": "camera", "props": "prop", "audience": "audience",
}  # fmt: skip
# Sections that only list words: what asks or sells but shows nothing, and what merely looks like another word.
_LISTS: dict[str, Kind] = {"function": "function", "plain": "plain"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of one word.

    Args:
        words: spellings, without spaces.
        value: id of the place, colour, mood, season or industry.
        english: what the product is called, with its article: ``"a glass of ~juice"``; ``~`` = where a modifier goes;
            of a material, light, camera, prop or audience its phrase.
        modifier: English before another noun: ``strawberry`` for 딸기 in 딸기 케이크.
        wrap: how it wraps the noun before it: ``"a gift set of {}"``.
        generic: too general to be drawn when something definite is named.
        explicit: the word names the scenery itself; else it only hints at it.
        hints: axis → id that the word suggests.
        starts: counts only at the beginning of a Korean word.
        tail: also counts at the end of a longer, unknown word: 떡 in 두텁떡.
    """

    kind: Kind
    words: tuple[str, ...]
    value: str = ""
    english: str = ""
    modifier: str = ""
    wrap: str = ""
    generic: bool = False
    explicit: bool = True
    starts: bool = False
    tail: bool = False
    only_for: tuple[str, ...] = ()
    hints: dict[str, str] = field(default_factory=dict)


_FIELDS = {
    "en": str, "mod": str, "wrap": str, "generic": bool, "starts": bool, "tail": bool,
    "for": list, "place": str, "colour": str, "mood": str,
}  # fmt: skip
_PHRASE_FIELDS = {"en": str, "starts": bool, "place": str, "colour": str, "mood": str}


def entries() -> tuple[Entry, ...]:
    """All entries of all tables.

    Raises:
        InputError: ``prompt.bad_table`` when a user's file cannot be used.
    """
    return _entries(stamp("lexicon/*", "industries", "seasons"))


@lru_cache(maxsize=4)
def _entries(_: object) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for path in table_files("lexicon/*"):
        for section, rows in read_table(path).items():
            found += _section(path, section, rows)
    for axis, table in AXES.items():
        for name, row in vocabulary()[table].items():
            words = [*row.get("korean", ()), *row.get("english", ())]
            kind = cast(Kind, axis)
            found += [Entry(kind, _spellings(word), name) for word in words]
            found += [Entry(kind, _spellings(word), name, explicit=False) for word in row.get("hints", ())]
    for name, season in seasons().items():
        found += [Entry("season", _spellings(word), name) for word in season.words]
    for name, industry in industries().items():
        found += [Entry("industry", _spellings(word), name) for word in industry.words]
    return tuple(found)


def _section(path: Path, section: str, rows: object) -> list[Entry]:
    if section in _LISTS:
        if not isinstance(rows, list):
            raise bad_table(path, f"'{section}' should be a list of words")
        return [Entry(_LISTS[section], _spellings(str(row))) for row in rows]
    known = (*industries(), "modifiers", *_PHRASES, "trades", *_LISTS)
    if section not in known:
        raise bad_table(path, f"'{section}' is no industry; use one of {', '.join(known)}", section)
    if not isinstance(rows, dict):
        raise bad_table(path, f"'{section}' should hold words with their English", section)
    if section == "trades":
        return [entry for key, words in rows.items() for entry in _trade(path, str(key), words)]
    if section in _PHRASES:
        return [_phrase(path, _PHRASES[section], str(key), row) for key, row in rows.items()]
    return [_entry(path, section, str(key), row) for key, row in rows.items()]


def _trade(path: Path, industry: str, words: object) -> list[Entry]:
    """Services and other words that tell a trade without being its product: 뿌리염색 tells a hairdresser."""
    if industry not in industries():
        raise bad_table(path, f"'{industry}' is no industry; use one of {', '.join(industries())}", "trades", industry)
    if not isinstance(words, list):
        raise bad_table(path, f"'trades.{industry}' should be a list of words", "trades", industry)
    return [Entry("industry", _spellings(str(word)), industry) for word in words]


def _phrase(path: Path, kind: Kind, key: str, row: object) -> Entry:
    fields = check_fields(path, key, {"en": row} if isinstance(row, str) else row, _PHRASE_FIELDS, required=("en",))
    check_english(path, key, fields["en"])
    if not (words := _spellings(key)) or not fields["en"]:
        raise bad_table(path, f"'{key}' should be Korean words with an English phrase 'en'", key)
    return Entry(kind, words, english=fields["en"], starts=fields.get("starts", False), hints=_hints(path, key, fields))


def _hints(path: Path, key: str, fields: dict[str, Any]) -> dict[str, str]:
    hints: dict[str, str] = {axis: fields[axis] for axis in AXES if axis in fields}
    for axis, value in hints.items():
        if value not in vocabulary()[AXES[axis]]:
            known = ", ".join(vocabulary()[AXES[axis]])
            raise bad_table(path, f"'{key}.{axis}' is '{value}'; use one of {known}")
    return hints


def _entry(path: Path, section: str, key: str, row: object) -> Entry:
    row = {"mod" if section == "modifiers" else "en": row} if isinstance(row, str) else row
    fields = check_fields(path, key, row, _FIELDS)
    for name in ("en", "mod"):
        check_english(path, key, fields.get(name, "").replace("~", "", 1))
    check_english(path, key, fields.get("wrap", "").replace("{}", "", 1))
    words = _spellings(key)
    if not words or (section != "modifiers" and not fields.get("en") and not fields.get("wrap")):
        raise bad_table(path, f"'{key}' should be Korean words with an English description 'en'")
    return Entry(
        kind="modifier" if section == "modifiers" else "product",
        words=words,
        value="" if section == "modifiers" else section,
        english=fields.get("en", ""),
        modifier=fields.get("mod", ""),
        wrap=fields.get("wrap", ""),
        generic=fields.get("generic", False),
        starts=fields.get("starts", False),
        tail=fields.get("tail", False),
        only_for=tuple(fields.get("for", ())),
        hints=_hints(path, key, fields),
    )


def _spellings(key: str) -> tuple[str, ...]:
    """Split ``"라떼|라테"``; spaces never count, neither do capitals."""
    return tuple(word for part in key.split("|") if (word := part.replace(" ", "").lower()))
