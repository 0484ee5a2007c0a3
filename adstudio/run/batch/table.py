"""Read a table of rows: CSV as Excel and its Korean users save it, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...counts import counted
from ...errors import InputError, MissingDependency
from . import columns

LARGEST_CELL = 1_000_000
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the table.

    Args:
        number: as a spreadsheet counts, the header being row 1; of JSON Lines the line; of Parquet from 1.
        cells: by header.
        trouble: why the row could not be read.
    """

    number: int
    cells: dict[str, Any]
    trouble: str = ""


def read_table(path: str | Path) -> list[Record]:
    """Read every row of a table that is not blank.

    Raises:
        InputError: ``batch.<reason>``: the file as a whole cannot be read.
        MissingDependency: Parquet without pyarrow.
    """
    path = Path(path)
    readers: dict[str, Callable[[Path], Iterator[Record]]] = {
        ".csv": _read_csv, ".tsv": _read_csv, ".txt": _read_csv,
        ".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".parquet": _read_parquet,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            "batch.unknown_table",
            f"A table in CSV, JSON Lines or Parquet was expected; '{path.name or path}' came.",
            "Save it as .csv (Excel: 'CSV UTF-8'), .jsonl or .parquet.",
        )
    try:
        records = list(reader(path))
    except OSError as error:
        raise InputError(
            "batch.unreadable", f"The table '{path}' cannot be read ({error.strerror or error}).", "Check its path."
        ) from error
    if not records:
        raise InputError("batch.empty", f"The table '{path.name}' has no rows.", "Add one row for each ad.")
    return records


def _read_csv(path: Path) -> Iterator[Record]:
    text = _decode(path)
    csv.field_size_limit(LARGEST_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        header = [cell.strip() for cell in next(rows, [])]
        number = 1
        _refuse_twice(header, path)
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                over = [cell for cell in cells[len(header) :] if cell.strip()]
                trouble = f"{counted(len(cells), 'cell')} came for {counted(len(header), 'column')}" if over else ""
                yield Record(number, dict(zip(header, cells, strict=False)), trouble)
    except csv.Error as error:
        raise InputError(
            "batch.bad_csv", f"Row {number + 1} of '{path.name}' is no CSV: {error}.", "Check the quotes there."
        ) from error


def _decode(path: Path) -> str:
    data = path.read_bytes()
    # Excel's "Unicode text" has a mark; its plain "CSV" on a Korean Windows is cp949, and has none.
    marked = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for encoding in (marked, "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "batch.encoding",
        f"The letters of '{path.name}' are neither UTF-8 nor CP949.",
        "Save it in Excel as 'CSV UTF-8 (comma delimited)'.",
    )


def _delimiter(text: str) -> str:
    """The sign that parts the header into the most columns that are known, then into the most."""

    def parts(sign: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=sign), [])
        except csv.Error:
            return 0, 0
        return sum(columns.find(cell) is not None for cell in header), len(header)

    return max(_DELIMITERS, key=parts)


def _read_jsonl(path: Path) -> Iterator[Record]:
    # Not splitlines: JSON lets signs stand within a text at which that would end the line.
    for number, line in enumerate(_decode(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Record(number, {}, f"this line is no JSON ({error})")
            continue
        if isinstance(found, dict):
            yield Record(number, found)
        else:
            yield Record(number, {}, "an object {…} was expected")


def _read_parquet(path: Path) -> Iterator[Record]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise MissingDependency("pyarrow", "A table in Parquet") from error
    try:
        file: Any = parquet.ParquetFile(path)
        number = 0
        for batch in file.iter_batches():
            for cells in batch.to_pylist():
                number += 1
                if any(value is not None for value in cells.values()):
                    yield Record(number, cells)
    except ArrowInvalid as error:
        raise InputError(
            "batch.bad_parquet", f"'{path.name}' is no Parquet file that can be read: {error}.", "Write it anew."
        ) from error


def _refuse_twice(header: list[str], path: Path) -> None:
    seen: dict[str, str] = {}
    for name in header:
        meant = columns.find(name) or name
        if name and meant in seen:
            raise InputError(
                "batch.column_twice",
                f"The table '{path.name}' has two columns for '{meant}': '{seen[meant]}' and '{name}'.",
                "Take one out.",
            )
        seen[meant] = name
