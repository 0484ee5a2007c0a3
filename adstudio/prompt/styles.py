"""Styles: named looks from ``data/styles.yaml`` and the user's own."""

from __future__ import annotations

import difflib
from functools import lru_cache

from ..errors import InputError
from ..types import Style
from .picture_words import check_english
from .tables import check_fields, menu_names, read_table, stamp, table_files

_FIELDS = {"korean": str, "phrase": str, "negative": str, "lora": str, "weight": float}


def styles() -> dict[str, Style]:
    """All styles by name, in the order of the files; a user's file may add to them or replace them."""
    return dict(_styles(stamp("styles")))


def style_choices() -> list[str]:
    """List every style name, for a menu."""
    return menu_names("styles")


def style_names() -> dict[str, str]:
    """Korean display name of each style."""
    return {name: str(fields.get("korean", name)) for name, fields in _rows().items()}


def get_style(name: str) -> Style:
    """Find a style by its name or its Korean name.

    Raises:
        InputError: ``prompt.unknown_style`` with the nearest names.
    """
    known = styles()
    wanted = str(name).strip()
    if found := known.get(wanted.lower().replace("_", "-").replace(" ", "-")) or known.get(wanted):
        return found
    korean = {shown.replace(" ", ""): key for key, shown in style_names().items()}
    if (key := korean.get(wanted.replace(" ", ""))) is not None:
        return known[key]
    near = difflib.get_close_matches(wanted.lower(), [*known, *korean], 3, 0.5)
    raise InputError(
        "prompt.unknown_style",
        f"There is no style '{wanted:.40}'.",
        (f"Did you mean {' or '.join(near)}? " if near else "") + f"Styles: {', '.join(known)}.",
    )


def _rows() -> dict[str, dict]:
    return {name: fields for path in table_files("styles") for name, fields in read_table(path).items()}


@lru_cache(maxsize=4)
def _styles(_: object) -> tuple[tuple[str, Style], ...]:
    found: dict[str, Style] = {}
    for path in table_files("styles"):
        for name, fields in read_table(path).items():
            check_fields(path, name, fields, _FIELDS, required=("phrase",))
            check_english(path, name, fields["phrase"])
            found[name] = Style(
                name=name,
                phrase=fields["phrase"].strip(),
                negative=fields.get("negative", ""),
                lora=fields.get("lora") or None,
                weight=float(fields.get("weight", 1.0)),
            )
    return tuple(found.items())
