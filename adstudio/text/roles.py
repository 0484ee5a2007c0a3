"""How each role of copy is set: ``data/roles.yaml``, and what a ``roles.yaml`` in the user's folder changes of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import yaml

from .. import config
from ..errors import InputError
from ..types import Plate, TextRole
from .faces.fontfile import weight_of
from .paint.ink import parse_colour

FILE = "roles.yaml"
_PACKAGED = Path(__file__).parent / "data" / FILE


@dataclass(frozen=True, slots=True)
class RoleStyle:
    """How one role is set; the fields are those that ``data/roles.yaml`` explains.

    Units: ``tracking``, ``leading`` and ``mixed`` in em, ``min_px`` in pixels.
    """

    weight: tuple[int, int]
    lighter: int = 0
    tracking: float = 0.0
    leading: float = 1.3
    mixed: float = 0.0
    share: float | None = None
    min_px: int | None = None
    fill: str | None = None
    fill_to: str | None = None
    plate: Plate = "auto"
    shadow: bool = True
    outline: bool = True

    def weight_for(self, chosen: int) -> int:
        """The role's weight in an ad whose headline has the weight ``chosen``."""
        lightest, heaviest = self.weight
        return min(max(chosen - self.lighter, min(lightest, chosen)), heaviest)

    def smallest(self, min_px: int) -> int:
        """The smallest size in pixels in an ad whose smallest size is ``min_px``."""
        return min_px if self.min_px is None else min(min_px, self.min_px)


def role_style(role: TextRole) -> RoleStyle:
    """How ``role`` is set; a user's edits count from the next call on.

    Raises:
        InputError: ``text.bad_roles``, naming the file, the role and the field.
    """
    return _styles(*roles_stamp())[role]


def roles_stamp() -> tuple[Path, int]:
    """The user's file and when it changed (0 = there is none), to know whether what was set by it still holds."""
    own = config.home() / FILE
    return own, own.stat().st_mtime_ns if own.is_file() else 0


@lru_cache(maxsize=4)
def _styles(own: Path, changed_ns: int) -> dict[TextRole, RoleStyle]:
    fields: dict[str, dict[str, Any]] = {role: {} for role in get_args(TextRole)}
    for path in (_PACKAGED, own) if changed_ns else (_PACKAGED,):
        for role, values in _read(path).items():
            _known(path, "role", role, fields)
            if not isinstance(values, dict):
                raise _bad(path, f"'{role}' should hold fields such as 'tracking: -0.02'")
            for name, value in values.items():
                fields[role][name] = _checked(path, role, name, value)
    return {role: RoleStyle(**fields[role]) for role in get_args(TextRole)}


def _read(path: Path) -> dict[str, Any]:
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(path, f"it cannot be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(table, dict | None):
        raise _bad(path, "it should hold roles ('headline: {tracking: -0.02}')")
    return table or {}


def _checked(path: Path, role: str, name: str, value: object) -> Any:
    _known(path, "field", name, _CHECKS)
    what, check = _CHECKS[name]
    try:
        return check(value)
    except (InputError, TypeError, ValueError) as error:
        raise _bad(path, f"'{role}.{name}' should be {what}, but it is {value!r:.60}") from error


def _known(path: Path, kind: str, name: object, names: dict[str, Any]) -> None:
    if name not in names:
        near = difflib.get_close_matches(str(name), names, 1)
        raise _bad(path, f"there is no {kind} '{name}'" + (f" (did you mean '{near[0]}'?)" if near else ""))


def _weights(value: Any) -> tuple[int, int]:
    low, high = map(weight_of, value) if isinstance(value, list) else (weight_of(value),) * 2
    if low > high:
        raise ValueError
    return low, high


def _number(low: float, high: float) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        return value

    return check


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError
    return value


def _or_none(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


def _colour(value: Any) -> str:
    parse_colour(str(value))
    return str(value)


def _one_of(*choices: object) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in choices:
            raise ValueError
        return value

    return check


_CHECKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "weight": ("a weight or a pair of them, such as [regular, bold]", _weights),
    "lighter": ("a number from 0 to 900", _number(0, 900)),
    "tracking": ("a number of em from -0.2 to 1", _number(-0.2, 1.0)),
    "leading": ("a number of em from 0.8 to 3", _number(0.8, 3.0)),
    "mixed": ("a number of em from 0 to 0.5", _number(0.0, 0.5)),
    "share": ("a number from 0.05 to 3, or empty", _or_none(_number(0.05, 3.0))),
    "min_px": ("a whole number of pixels from 1 on, or empty", _or_none(_whole)),
    "fill": ("a colour such as '#FFAA00', or empty", _or_none(_colour)),
    "fill_to": ("a colour such as '#FFAA00', or empty", _or_none(_colour)),
    "plate": (f"one of {', '.join(get_args(Plate))}", _one_of(*get_args(Plate))),
    "shadow": ("true or false", _one_of(True, False)),
    "outline": ("true or false", _one_of(True, False)),
}


def _bad(path: Path, what: str) -> InputError:
    return InputError("text.bad_roles", f"{path}: {what}.", "Correct the file or take it out of the folder.")
