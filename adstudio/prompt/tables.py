"""The word tables: packaged YAML, extended or overridden by files in the user's own folder.

A user adds words without touching the package: ``industries.yaml``, ``styles.yaml``, ``seasons.yaml``, ``copy.yaml``
and any ``lexicon/*.yaml`` or ``industries/*.yaml`` in ``adstudio.config.home()`` have the form of the packaged files of
the same name. Entries of the same key replace ours. Edits count from the next call on; no restart is needed.
"""

from __future__ import annotations

import difflib
import logging
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from .. import config
from ..errors import InputError

logger = logging.getLogger("adstudio.prompt")

PACKAGED = Path(__file__).parent / "data"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster, where PyYAML has it
_read: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}
_lock = threading.Lock()


def bad_table(path: Path, what: str, *keys: str) -> InputError:
    """Word the one sentence for a table that cannot be used.

    Args:
        keys: the entry and perhaps its field that are wrong, to name the line they stand in.
    """
    line = _line_of(path, keys) if keys else None
    where = "" if line is None else f"line {line}: "
    return InputError("prompt.bad_table", f"{path}: {where}{what}.", "Correct the file or take it out of the folder.")


def _line_of(path: Path, keys: Collection[str]) -> int | None:
    """The line of an entry, at the top of the file or one level below; of its field where that is found too."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    line, nodes = None, [node, *(value for _, value in _pairs(node))]
    for key in keys:
        found = next(((k, v) for node in nodes for k, v in _pairs(node) if str(k.value) == key), None)
        if found is None:
            break
        line, nodes = found[0].start_mark.line + 1, [found[1]]
    return line


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def table_files(name: str) -> list[Path]:
    """List the files behind a table, ours first, the user's after: ``"industries"`` or ``"lexicon/*"``.

    A long table may be a folder of its name instead of one file, or beside it.
    """
    return [
        path
        for folder in (PACKAGED, config.home())
        for pattern in (f"{name}.yaml", f"{name}/*.yaml")
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    ]


def read_table(path: Path) -> dict[str, Any]:
    """Read one YAML file of named entries, again only when it changed.

    Raises:
        InputError: ``prompt.bad_table`` with the line, when it is no YAML mapping of names.
    """
    try:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        with _lock:
            if path in _read and _read[path][0] == stamp:
                return _read[path][1]
        table = yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)
    except UnicodeDecodeError as error:
        raise bad_table(path, "it should be saved as UTF-8 text, but it is not") from error
    except OSError as error:
        raise bad_table(path, f"it cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise bad_table(path, f"{where}this is not valid YAML ({problem or 'unreadable'})") from error
    if table is None:
        table = {}
    if not isinstance(table, dict):
        raise bad_table(path, f"it should hold named entries ('name: ...'), but it holds a {type(table).__name__}")
    table = {str(key): value for key, value in table.items()}
    with _lock:
        _read[path] = (stamp, table)
    return table


def menu_names(name: str) -> list[str]:
    """List the entries of a table for a menu, unchecked and so at once; a broken user file is logged and left out.

    It is raised when the table is used: a menu that fails would take the whole node pack down with it.
    """
    names: dict[str, None] = {}
    for path in table_files(name):
        try:
            names |= dict.fromkeys(read_table(path))
        except InputError as error:
            logger.warning("%s", error)
    return list(names)


def stamp(*names: str) -> tuple[tuple[str, int, int], ...]:
    """Fingerprint the files behind some tables, to know whether what was built from them still holds."""
    found = (path for name in names for path in table_files(name))
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found)


def words_stamp() -> tuple[tuple[str, int, int], ...]:
    """Fingerprint every table that a prompt or its copy depends on."""
    return stamp("industries", "styles", "seasons", "copy", "copy/*", "copy_limits", "claims", "lexicon/*")


def check_fields(
    path: Path, name: str, value: object, fields: Mapping[str, type], required: Collection[str] = ()
) -> dict[str, Any]:
    """Check one entry of a table against the fields it may have, and return it.

    Raises:
        InputError: ``prompt.bad_table`` naming the entry, the field and a close match.
    """
    if not isinstance(value, dict):
        raise bad_table(path, f"'{name}' should hold fields such as '{next(iter(fields))}: ...'", name)
    for key, content in value.items():
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, 1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            raise bad_table(path, f"'{name}' has the unknown field '{key}'{hint}", name, str(key))
        expected = (int, float) if fields[key] is float else fields[key]
        if not isinstance(content, expected) or (fields[key] is float and isinstance(content, bool)):
            what = f"'{name}.{key}' should be a {_WORDS[fields[key]]}, but it is {content!r:.40}"
            raise bad_table(path, what, name, key)
        if fields[key] is list and not all(isinstance(item, str) and item.strip() for item in content):
            what = f"'{name}.{key}' should list words only; put numbers and yes/no in quotes"
            raise bad_table(path, what, name, key)
    for key in required:
        if key not in value:
            raise bad_table(path, f"'{name}' lacks the field '{key}'", name)
    return value


_WORDS = {str: "text", list: "list", bool: "yes or no", float: "number"}
