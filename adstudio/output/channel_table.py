"""Read ``data/channels.yaml`` and the user's own: every number with who says so, and when that was looked up."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from .. import config
from ..errors import InputError
from ..types import Box, Channel
from .encode import find_format

PACKAGED = Path(__file__).parent / "data" / "channels.yaml"
VERIFIED = ("official", "third-party", "disputed")
_SAYS = {"source", "checked", "verified"}
_PAIRS = {"px", "least", "most", "make", "ratios"}
_FOURS = {"safe_px", "safe_percent"}
_SIZE = _SAYS | _PAIRS | _FOURS | {"exact", "max_kb"}
_ENTRY = {"korean", "english", "aliases", "sizes", "formats", "bytes", "rules", "note", "note_en"}
_MOST = 10**9  # pixels, or kilobytes: no channel states more

logger = logging.getLogger("adstudio.output")
Rule = tuple[str, float | str]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a channel states under one name, and how far that is to be believed."""

    name: str
    value: str
    source: str
    checked: str
    verified: Literal["official", "third-party", "disputed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A channel with all of its sizes, the usual one first; ``sizes`` is empty where none is known.

    ``sizeless`` holds the rules that need no size.
    """

    id: str
    korean: str
    english: str
    aliases: tuple[str, ...]
    note: str
    note_en: str
    sizes: Mapping[str, Channel]
    sizeless: Channel
    facts: tuple[Fact, ...]


def entries() -> dict[str, Entry]:
    """Read every channel; the user's entries come after ours and replace those of the same name.

    Raises:
        InputError: ``channels.bad_table`` naming the file and the entry.
    """
    return _entries(channels_stamp())


def channels_stamp() -> tuple[tuple[Path, int], ...]:
    """Fingerprint the files that hold channels, to know whether what was made of them still holds."""
    own = config.home() / "channels.yaml"
    return tuple((path, path.stat().st_mtime_ns) for path in (PACKAGED, own) if path.is_file())


def menu_entries() -> dict[str, Entry]:
    """The entries for a menu: a broken file of the user's is logged and left out, and told of when it is used."""
    try:
        return entries()
    except InputError as error:
        logger.warning("%s", error)
        return _entries(channels_stamp()[:1])


@lru_cache(maxsize=4)
def _entries(files: tuple[tuple[Path, int], ...]) -> dict[str, Entry]:
    return {name: entry for path, _ in files for name, entry in read_file(path).items()}


def read_file(path: Path) -> dict[str, Entry]:
    """Read the channels of one file.

    Raises:
        InputError: ``channels.bad_table``.
    """
    return {name: _entry(path, name, row) for name, row in _read(path).items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(path, f"it cannot be read as YAML in UTF-8 ({' '.join(str(error).split())})") from error
    if not isinstance(table or {}, dict):
        raise _bad(path, "it should hold named channels ('my_channel: ...')")
    return {str(name): row for name, row in (table or {}).items()}


def _entry(path: Path, name: str, row: Any) -> Entry:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise _bad(path, f"'{name}' should be small Latin letters, digits and underscores")
    _known(path, name, row, _ENTRY)
    for key in ("korean", "english"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise _bad(path, f"'{name}' lacks its name '{key}'")
    shared: list[Rule] = []
    facts: list[Fact] = []
    formats: tuple[str, ...] = ("jpeg", "png")
    if "formats" in row:
        stated = _part(path, f"{name}.formats", row["formats"], {"are"})
        formats = _formats(path, f"{name}.formats", stated.get("are"))
        shared.append(("formats", " ".join(formats)))
        facts.append(_fact("formats", ", ".join(formats), stated))
    max_bytes = None
    if "bytes" in row:
        stated = _part(path, f"{name}.bytes", row["bytes"], {"max_kb", "max_mb"})
        max_bytes = _bytes(path, f"{name}.bytes", stated)
        facts.append(_fact("bytes", f"≤ {show_bytes(max_bytes)}", stated))
    for code, content in _mapping(path, f"{name}.rules", row.get("rules")):
        stated = _part(path, f"{name}.rules.{code}", content, {"value"})
        if isinstance(stated.get("value"), bool) or not isinstance(stated.get("value"), str | int | float):
            raise _bad(path, f"'{name}.rules.{code}.value' should be a number or words")
        shared.append((code, stated["value"]))
        facts.append(_fact(code, str(stated["value"]), stated))
    aliases = row.get("aliases", [])
    if not isinstance(aliases, list):
        raise _bad(path, f"'{name}.aliases' should be a list of names, such as [{name}]")
    base = Channel(name, row["korean"], row["english"], (0, 0), formats, max_bytes, rules=tuple(shared))
    sizes: dict[str, Channel] = {}
    for size, content in _mapping(path, f"{name}.sizes", row.get("sizes")):
        where = f"{name}.sizes.{size}"
        stated = _part(path, where, content, _SIZE - _SAYS)
        sizes[size] = _sized(path, where, base, stated, name if not sizes else f"{name}:{size}")
        facts.append(_fact(f"size {size}", _show_size(stated), stated))
    return Entry(
        name,
        row["korean"],
        row["english"],
        tuple(map(str, aliases)),
        str(row.get("note", "")),
        str(row.get("note_en", "")),
        sizes,
        base,
        tuple(facts),
    )


def _sized(path: Path, where: str, base: Channel, stated: dict[str, Any], channel_id: str) -> Channel:
    for key in _PAIRS & set(stated):
        _numbers(path, f"{where}.{key}", stated[key], 2)
    size = stated.get("make") or stated.get("px") or stated.get("least")
    if size is None or min(size) < 1 or any(side != int(side) for side in size):
        raise _bad(path, f"'{where}' should name a size in whole pixels as px, make or least: [width, height]")
    if stated.get("exact") is True and "px" not in stated:
        raise _bad(path, f"'{where}' is exact, so it should name its size as px: [width, height]")
    rules: list[Rule] = []
    if stated.get("exact") is True:
        rules.append(("size_exact", _cross(stated["px"])))
    for key, code in (("least", "size_least"), ("most", "size_most")):
        if key in stated:
            rules.append((code, _cross(stated[key])))
    if "px" in stated and stated.get("exact") is not True:
        rules.append(("size_advised", _cross(stated["px"])))
    if "ratios" in stated:
        rules.append(("ratio", "{:g} {:g}".format(*stated["ratios"])))
    elif stated.get("exact") is not True:
        shape = stated.get("px") or stated.get("least") or size
        if 0 in shape:
            raise _bad(path, f"'{where}' leaves a side open, so it should say its ratios: [lowest, highest]")
        code = "ratio" if "least" in stated else "ratio_advised"
        rules.append((code, "{0:g} {0:g}".format(round(shape[0] / shape[1], 6))))
    max_bytes = _bytes(path, where, stated) if "max_kb" in stated else base.max_bytes
    width, height = int(size[0]), int(size[1])
    safe = _safe(path, where, stated, width, height)
    return Channel(
        channel_id, base.korean, base.english, (width, height), base.formats, max_bytes, safe, (*rules, *base.rules)
    )


def _safe(path: Path, where: str, stated: dict[str, Any], width: int, height: int) -> Box:
    if "safe_px" in stated:
        left, top, right, bottom = _numbers(path, f"{where}.safe_px", stated["safe_px"], 4)
        across, down = (stated.get("px") or (width, height))[:2]
    elif "safe_percent" in stated:
        left, top, right, bottom = _numbers(path, f"{where}.safe_percent", stated["safe_percent"], 4)
        across = down = 100
    else:
        return Box(0.0, 0.0, 1.0, 1.0)
    if left + right >= across or top + bottom >= down:
        raise _bad(path, f"'{where}': its safe zone leaves nothing free")
    return Box(left / across, top / down, 1 - right / across, 1 - bottom / down)


def _formats(path: Path, where: str, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not names:
        raise _bad(path, f"'{where}' should list its formats as are: [jpeg, png]")
    try:
        return tuple(find_format(str(each)).name for each in names)
    except InputError as error:
        raise _bad(path, f"'{where}': {error.message.rstrip('.')}") from error


def _part(path: Path, where: str, row: Any, own: set[str]) -> dict[str, Any]:
    """One fact: its own fields, and who says so."""
    _known(path, where, row, own | _SAYS)
    for key in ("source", "checked"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise _bad(
                path, f"'{where}' needs its {key}, in quotes: where the number is from, the day it was looked up"
            )
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["checked"]):
        raise _bad(path, f"'{where}.checked' should be a day like \"2026-11-27\"")
    if row.get("verified", VERIFIED[0]) not in VERIFIED:
        raise _bad(path, f"'{where}.verified' should be one of {', '.join(VERIFIED)}")
    return row


def _fact(name: str, value: str, stated: dict[str, Any]) -> Fact:
    return Fact(name, value, stated["source"], stated["checked"], stated.get("verified", VERIFIED[0]))


def _mapping(path: Path, where: str, rows: Any) -> Iterator[tuple[str, Any]]:
    if rows is not None and not isinstance(rows, dict):
        raise _bad(path, f"'{where}' should hold named entries")
    return ((str(key), value) for key, value in (rows or {}).items())


def _known(path: Path, where: str, row: Any, fields: set[str]) -> None:
    if not isinstance(row, dict):
        raise _bad(path, f"'{where}' should hold fields, of {', '.join(sorted(fields))}")
    if unknown := sorted(set(map(str, row)) - fields):
        raise _bad(path, f"'{where}' has the unknown field '{unknown[0]}'; it may have {', '.join(sorted(fields))}")


def _numbers(path: Path, where: str, values: Any, count: int) -> list[float]:
    fine = isinstance(values, list) and len(values) == count
    if not fine or not all(isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v < _MOST for v in values):
        raise _bad(path, f"'{where}' should be {count} numbers from 0 on, such as {[100] * count}")
    return values


def _bytes(path: Path, where: str, stated: dict[str, Any]) -> int:
    value, unit = (stated["max_kb"], 1000) if "max_kb" in stated else (stated.get("max_mb"), 1_000_000)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST:
        raise _bad(path, f"'{where}' should have max_kb or max_mb, a number above 0")
    return int(value * unit)


def show_bytes(count: int) -> str:
    """Say a number of bytes as the channels do."""
    return f"{count / 1_000_000:g} MB" if count >= 1_000_000 else f"{count / 1000:g} KB"


def _show_size(stated: dict[str, Any]) -> str:
    said = []
    if "px" in stated:
        said.append(f"{_cross(stated['px'])}" + ("" if stated.get("exact") else " (advised)"))
    said += [f"{sign} {_cross(stated[key])}" for key, sign in (("least", "≥"), ("most", "≤")) if key in stated]
    if "ratios" in stated:
        low, high = (f"{ratio:g}" if ratio else "any" for ratio in stated["ratios"])
        said.append("any ratio" if low == high == "any" else f"ratio {low} to {high}")
    if "max_kb" in stated:
        said.append(f"≤ {show_bytes(int(stated['max_kb'] * 1000))}")
    for key, unit in (("safe_px", "px"), ("safe_percent", "%")):
        if key in stated:
            said.append("free: " + "/".join(f"{side:g}" for side in stated[key]) + f" {unit}")
    return ", ".join(said)


def _cross(pair: Any) -> str:
    return f"{pair[0]:g}x{pair[1]:g}"


def _bad(path: Path, what: str) -> InputError:
    return InputError("channels.bad_table", f"{path}: {what}.", "Correct the file or take it out of the folder.")
