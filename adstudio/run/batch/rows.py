"""The rows of a catalogue as requests: all of them checked before anything is drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import AdStudioError
from ...settings import Settings, read_settings
from ...types import AdPrompt
from ..request import AdRequest
from ..usual import with_usual
from ..wire import to_dict
from . import columns
from .photo_paths import PhotoFolder
from .table import Record

# What decides a drawn backdrop; rows that share one take it from the first of them where they say nothing.
BACKDROP_FIELDS = (
    "brief", "style", "industry", "aspect", "width", "height", "seed", "steps", "count", "checkpoint", "text_encoder",
    "vae", "precision", "loras", "provider", "language_model", "base_url", "copy_space", "lettering",
)  # fmt: skip
LONGEST_ID, LONGEST_ID_BYTES = 60, 180  # letters; a Hangul syllable takes three bytes of a file's name, an emoji four


@dataclass(frozen=True, slots=True)
class Row:
    """An ad that is asked for.

    Args:
        digest: of all that decides the ad, its photos' bytes counted in; another digest is another ad.
        channels: where the finished design is brought to.
        backdrop: the name of the backdrop that it stands on; ``leader`` the row for which that is drawn, None where it
            is this one.
        words: with which that backdrop was drawn in an earlier run, where a language model wrote them.
        drawn: digest of what decides the drawn picture and its design, whatever channels they are brought to.
    """

    number: int
    id: str
    request: AdRequest
    digest: str
    channels: tuple[str, ...] = ()
    backdrop: str = ""
    leader: Row | None = None
    words: tuple[AdPrompt, ...] = ()
    drawn: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the table that cannot be used; ``row`` 0 is the table as a whole."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        where = f"row {self.row}" if self.row else "table"
        return f"{where}{f', {self.column}' if self.column else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a table holds: rows that can be drawn, everything that is wrong, and columns that were passed over."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...] = ()


def check_rows(
    records: Sequence[Record],
    photos: PhotoFolder,
    *,
    defaults: Mapping[str, str] | None = None,
    check: Callable[[Row], None] = lambda _: None,
    ignore_unknown: bool = False,
) -> Checked:
    """Turn records into rows, and collect everything that is wrong with any of them.

    Args:
        defaults: cells for rows that leave them empty.
        check: refuses a row that could not be drawn, by raising an ``AdStudioError``.
        ignore_unknown: pass over columns that are not known, instead of taking them for misspelt.
    """
    problems: list[Problem] = []
    headers = dict.fromkeys(header for record in records for header in record.cells)
    known = {header: name for header in headers if (name := columns.find(header))}
    strange = [header for header in headers if header not in known and not columns.is_aside(header)]
    if not ignore_unknown:
        problems += [Problem(0, header, _unknown(header)) for header in strange]
    fixed = _cells(0, defaults or {}, problems)
    settings = read_settings()
    drafts: list[tuple[Record, dict[str, Any]]] = []
    for record in records:
        if record.trouble:
            problems.append(Problem(record.number, "", record.trouble))
            continue
        cells = {known[header]: value for header, value in record.cells.items() if header in known}
        drafts.append((record, fixed | _cells(record.number, cells, problems)))
    leaders = _share_backdrops(drafts, problems)
    rows: list[Row] = []
    by_number: dict[int, Row] = {}
    seen: dict[str, int] = {}
    for record, cells in drafts:
        identity = cells.get("id") or str(record.number)
        first = seen.setdefault(identity.casefold(), record.number)  # Windows does not tell files apart by case
        if first != record.number:
            problems.append(Problem(record.number, "id", f"'{identity}' is the id of row {first} already"))
        row = _row(record.number, identity, cells, photos, settings, check, problems)
        if row is None:
            continue
        if row.backdrop:
            row = _led(row, by_number.get(leaders[row.backdrop]))
        by_number[row.number] = row
        rows.append(row)
    problems.sort(key=lambda problem: problem.row)
    return Checked(tuple(rows), tuple(problems), tuple(strange) if ignore_unknown else ())


def _cells(number: int, cells: Mapping[str, object], problems: list[Problem]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in cells.items():
        try:
            found = columns.read(name, value)
        except columns.BadCell as error:
            problems.append(Problem(number, name, f"{error} was expected; {str(value)[:60]!r} came"))
            continue
        if found is not None:
            read[name] = found
    return read


def _share_backdrops(drafts: list[tuple[Record, dict[str, Any]]], problems: list[Problem]) -> dict[str, int]:
    """Fill in what rows leave to the first one of their backdrop; gives the number of that row by backdrop."""
    first: dict[str, tuple[int, dict[str, Any]]] = {}
    for record, cells in drafts:
        name = cells.get("backdrop")
        if not name:
            continue
        if not cells.get("photo"):
            problems.append(Problem(record.number, "backdrop", "only a row with a photo stands on a backdrop"))
        if name not in first:
            cells.setdefault("seed", _seed(cells.get("id") or str(record.number)))
        number, lead = first.setdefault(name, (record.number, cells))
        for field in BACKDROP_FIELDS:
            if field in lead:
                cells.setdefault(field, lead[field])
            if cells.get(field) != lead.get(field):
                said = f"the backdrop '{name}' is drawn for row {number} with {_shown(lead, field)}"
                problems.append(Problem(record.number, field, f"{said}; here is {_shown(cells, field)}"))
    return {name: number for name, (number, _) in first.items()}


def _seed(identity: str) -> int:
    """The seed of a row that names none: from its name, so that a run that is done again gives the same ads."""
    return (
        int.from_bytes(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:4]) >> 1
    )  # a server's nodes take 31 bits


def _shown(cells: Mapping[str, Any], field: str) -> str:
    return repr(cells[field]) if field in cells else "the usual"


def _row(
    number: int,
    identity: str,
    cells: dict[str, Any],
    photos: PhotoFolder,
    settings: Settings,
    check: Callable[[Row], None],
    problems: list[Problem],
) -> Row | None:
    wrong = len(problems)
    size = len(identity.encode("utf-8", "surrogatepass"))
    if len(identity) > LONGEST_ID or size > LONGEST_ID_BYTES or not identity.isprintable():
        problems.append(Problem(number, "id", f"one line of at most {LONGEST_ID} letters was expected"))
    fields = {name: value for name, value in cells.items() if name not in columns.OWN}
    pictures = {name: [fields[name]] for name in columns.PICTURES if fields.get(name)}
    if cells.get("photo"):
        pictures["photo"] = cells["photo"]
    found: dict[str, list[str]] = {name: [] for name in pictures}
    for name, paths in pictures.items():
        for path in paths:
            try:
                found[name].append(photos.find(path))
            except AdStudioError as error:
                problems.append(Problem(number, name, str(error)))
    fields |= {name: found[name][0] for name in columns.PICTURES if found.get(name)}
    if "photo" in pictures:
        fields |= {"task": "composite", "products": tuple(found["photo"])}
    fields.setdefault("seed", _seed(identity))
    if len(problems) > wrong:
        return None
    channels = tuple(dict.fromkeys(cells.get("channels", ())))
    try:
        request = AdRequest.from_dict(with_usual(fields, settings))
        digest, drawn = _digests(request, channels)
        row = Row(number, identity, request, digest, channels, cells.get("backdrop", ""), drawn=drawn)
        check(row)
    except AdStudioError as error:
        problems.append(Problem(number, "", str(error)))
        return None
    return row


def _led(row: Row, leader: Row | None) -> Row:
    if leader is None:
        return row
    digest = hashlib.sha256(f"{row.digest} on {leader.digest}".encode()).hexdigest()
    drawn = hashlib.sha256(f"{row.drawn} on {leader.drawn}".encode()).hexdigest()
    return replace(row, leader=leader, digest=digest, drawn=drawn)


def _digests(request: AdRequest, channels: tuple[str, ...]) -> tuple[str, str]:
    told = to_dict(request)
    for name in (*columns.PICTURES, "products"):
        if told.get(name):
            sources = told[name] if isinstance(told[name], list) else [told[name]]
            told[name] = [hashlib.sha256(_bytes(source)).hexdigest() for source in sources]
    texts = (json.dumps(decides, ensure_ascii=False, sort_keys=True) for decides in ([told, channels], told))
    digest, drawn = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts)
    return digest, drawn


def _bytes(source: str) -> bytes:
    return source.encode() if source.startswith("data:") else Path(source).read_bytes()


def _unknown(header: str) -> str:
    near = columns.suggest(header)
    meant = f"; was '{near}' meant?" if near else ". Begin its name with _ or say --ignore-unknown to pass over it."
    return f"no column of that name is known{meant}"
