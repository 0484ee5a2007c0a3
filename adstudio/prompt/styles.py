"""Styles: named looks from ``data/styles.yaml`` and the user's own."""

from __future__ import annotations

import difflib
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..types import Style
from .picture_words import check_english
from .tables import bad_table, check_fields, menu_names, read_table, stamp, table_files

_FIELDS = {
    "korean": str,
    "aliases": list,
    "phrase": str,
    "negative": str,
    "lora": str,
    "weight": float,
    "triggers": list,
}
_STRONGEST = 4.0
_LONGEST_TRIGGER = 80


def styles() -> dict[str, Style]:
    """All styles by name, in the order of the files; a user's file may add to them or replace them."""
    return dict(_styles(stamp("styles")))


def style_choices() -> list[str]:
    """List every style name, for a menu."""
    return menu_names("styles")


def style_names() -> dict[str, str]:
    """Korean display name of each style."""
    return {name: style.korean or name for name, style in styles().items()}


def get_style(name: str) -> Style:
    """Find a style by its name, its Korean name or one of its aliases.

    Raises:
        InputError: ``prompt.unknown_style`` with the nearest names.
    """
    known = styles()
    wanted = str(name).strip()
    if found := known.get(wanted.lower().replace("_", "-").replace(" ", "-")) or known.get(wanted):
        return found
    others = {_plain(word): style for style in known.values() for word in (style.korean, *style.aliases) if word}
    if (style := others.get(_plain(wanted))) is not None:
        return style
    near = difflib.get_close_matches(wanted.lower(), [*known, *others], 3, 0.5)
    raise InputError(
        "prompt.unknown_style",
        f"There is no style '{wanted:.40}'.",
        (f"Did you mean {' or '.join(near)}? " if near else "") + f"Styles: {', '.join(known)}.",
    )


def _plain(word: str) -> str:
    return word.replace(" ", "").lower()


@lru_cache(maxsize=4)
def _styles(_: object) -> tuple[tuple[str, Style], ...]:
    found: dict[str, Style] = {}
    for path in table_files("styles"):
        for name, fields in read_table(path).items():
            check_fields(path, name, fields, _FIELDS, required=("phrase",))
            check_english(path, name, fields["phrase"])
            _check_adapter(path, name, fields)
            found[name] = Style(
                name=name,
                phrase=fields["phrase"].strip(),
                negative=fields.get("negative", ""),
                lora=fields.get("lora") or None,
                weight=float(fields.get("weight", 1.0)),
                korean=fields.get("korean", "").strip(),
                aliases=tuple(fields.get("aliases", ())),
                triggers=tuple(word.strip() for word in fields.get("triggers", ())),
            )
    return tuple(found.items())


def _check_adapter(path: Path, name: str, fields: dict[str, Any]) -> None:
    if abs(fields.get("weight", 1.0)) > _STRONGEST:
        what = f"'{name}.weight' should be between {-_STRONGEST:g} and {_STRONGEST:g}, but it is {fields['weight']:g}"
        raise bad_table(path, what, name, "weight")
    for word in fields.get("triggers", ()):
        if len(word) > _LONGEST_TRIGGER or "\n" in word:
            what = f"'{name}.triggers' should list short words as the adapter was trained with, not '{word:.40}'"
            raise bad_table(path, what, name, "triggers")
    if fields.get("triggers") and not fields.get("lora"):
        what = f"'{name}.triggers' are words for an adapter, but '{name}' names none with 'lora'"
        raise bad_table(path, what, name, "triggers")
