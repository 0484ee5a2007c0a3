"""Kinds of values that untrusted JSON may hold: each reads its own, and describes itself as JSON schema.

A reading is strict, or lenient for writers that mean well and count badly, as language models do: then what can be
mended is, and every change is noted.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...counts import counted
from ...errors import InputError

_SLACK = 1e-6  # rounding, from fractions written with few digits


@dataclass(slots=True)
class Reading:
    """One pass over a document; ``notes`` say in Korean what a lenient one has changed."""

    lenient: bool = False
    notes: list[str] = field(default_factory=list)

    def note(self, where: str, came: Any, used: str) -> None:
        """Write down that something else is used than what came."""
        self.notes.append(f"{where}: {_shown(came)} 대신 {used}")


class Kind(Protocol):
    """What a value may be."""

    def read(self, value: Any, where: str, reading: Reading) -> Any:
        """Check a value and convert it.

        Args:
            where: the path to name in an error, such as ``texts[0].box``.

        Raises:
            InputError: it is something else and cannot be mended.
        """
        ...

    def schema(self) -> dict[str, Any]:
        """Describe the kind in JSON schema."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds; ``above`` = the lower one itself is too small.

    ``code`` is that of the error beyond them.
    """

    low: float
    high: float
    above: bool = False
    whole: bool = False
    code: str = "layout.bad_value"

    def read(self, value: Any, where: str, reading: Reading) -> float:
        number = _number(value, reading.lenient)
        if number is None or (self.whole and number != int(number)):
            raise bad_value(where, "a whole number" if self.whole else "a number", value)
        kept = min(max(number, self.low), self.high)
        if abs(kept - number) > _SLACK or (self.above and number <= self.low):
            if not reading.lenient:
                over = "above " if self.above else ""
                expected = f"{over}{self.low:g} to {self.high:g}"
                raise _wrong(self.code, where=where, expected=expected, came=value)
            kept = min(max(kept, self.low + (0.05 if self.above else 0.0)), self.high)
            reading.note(where, value, f"{kept:g}")
        return int(kept) if self.whole else kept

    def schema(self) -> dict[str, Any]:
        low = "exclusiveMinimum" if self.above else "minimum"
        return {"type": "integer" if self.whole else "number", low: self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: Any, where: str, reading: Reading) -> bool:
        if not isinstance(value, bool):
            raise bad_value(where, "true or false", value)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Text:
    """Text of limited length, without control characters; ``pattern`` limits it further, as ``expected`` says."""

    longest: int
    pattern: str = ""
    expected: str = ""

    def read(self, value: Any, where: str, reading: Reading) -> str:
        if not isinstance(value, str):
            raise bad_value(where, "text", value)
        if reading.lenient:
            value = _UNPRINTABLE.sub("", value)
            if len(value) > self.longest:
                reading.note(where, value, f"앞의 {self.longest}자")
                value = value[: self.longest]
        if len(value) > self.longest:
            raise bad_value(where, f"at most {self.longest} characters", f"{len(value)} characters")
        if _UNPRINTABLE.search(value):
            raise bad_value(where, "text without control characters", value)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise bad_value(where, self.expected, value)
        return value

    def schema(self) -> dict[str, Any]:
        pattern = {"pattern": f"^(?:{self.pattern})$"} if self.pattern else {}
        return {"type": "string", "maxLength": self.longest, **pattern}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; ``otherwise`` is what a lenient reading takes for any other."""

    options: tuple[str, ...]
    otherwise: str = ""

    def read(self, value: Any, where: str, reading: Reading) -> str:
        if value in self.options:
            return value
        if not (reading.lenient and self.otherwise):
            raise bad_value(where, "one of " + ", ".join(self.options), value)
        reading.note(where, value, self.otherwise)
        return self.otherwise

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value, or null."""

    kind: Kind

    def read(self, value: Any, where: str, reading: Reading) -> Any:
        return None if value is None else self.kind.read(value, where, reading)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.kind.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Many:
    """A list, read into a tuple; null is an empty one. A lenient reading leaves out what cannot be read."""

    kind: Kind
    most: int
    least: int = 0

    def read(self, value: Any, where: str, reading: Reading) -> tuple[Any, ...]:
        items = [] if value is None else value
        if not isinstance(items, list | tuple) or len(items) < self.least:
            raise bad_value(where, self._expected(), value)
        if len(items) > self.most:
            if not reading.lenient:
                raise bad_value(where, self._expected(), value)
            reading.note(where, f"{len(items)}", f"앞의 {self.most}개")
        kept = []
        for index, item in enumerate(items[: self.most]):
            try:
                kept.append(self.kind.read(item, f"{where}[{index}]", reading))
            except InputError:
                if not reading.lenient:
                    raise
                reading.note(f"{where}[{index}]", item, "없이")
        if len(kept) < self.least:  # half a size is none
            raise bad_value(where, self._expected(), value)
        return tuple(kept)

    def schema(self) -> dict[str, Any]:
        least = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.kind.schema(), **least, "maxItems": self.most}

    def _expected(self) -> str:
        count = f"{self.most}" if self.least == self.most else f"at most {self.most}"
        return f"a list of {counted(count, 'entry', 'entries')}"


@dataclass(frozen=True, slots=True)
class Record:
    """An object of known fields, read into a dataclass; a field that is missing has the dataclass's default.

    Args:
        missing: defaults of fields for which the dataclass has none.
        short: names of the fields that a plain list may give in order.
        check: looks at the whole, and may mend it where the reading is lenient.
    """

    make: type
    fields: Mapping[str, Kind]
    missing: Mapping[str, Any] = field(default_factory=dict)
    short: tuple[str, ...] = ()
    check: Callable[[Any, str, Reading], Any] | None = None

    def read(self, value: Any, where: str, reading: Reading) -> Any:
        if self.short and isinstance(value, list | tuple) and len(value) == len(self.short):
            value = dict(zip(self.short, value, strict=True))
        if not isinstance(value, dict):
            raise bad_value(where or "the layout", "an object", value)
        self._refuse_unknown(value, where, reading)
        defaults = self._defaults()
        read: dict[str, Any] = {}
        for name, kind in self.fields.items():
            path = f"{where}.{name}" if where else name
            if name not in value and name in defaults:
                continue
            try:
                read[name] = kind.read(value.get(name), path, reading)
            except InputError:
                if not (reading.lenient and name in defaults):
                    raise
                reading.note(path, value[name], "기본값")
        made = self.make(**{**self.missing, **read})
        return made if self.check is None else self.check(made, where, reading)

    def schema(self) -> dict[str, Any]:
        defaults = self._defaults()
        described = {
            "type": "object",
            "properties": {
                name: kind.schema() | ({"default": defaults[name]} if name in defaults else {})
                for name, kind in self.fields.items()
            },
            "required": [name for name in self.fields if name not in defaults],
            "additionalProperties": False,
        }
        if not self.short:
            return described
        row = [self.fields[name].schema() for name in self.short]
        return {"anyOf": [described, {"type": "array", "prefixItems": row, "items": False, "minItems": len(row)}]}

    def _defaults(self) -> dict[str, Any]:
        own = {f.name: f.default for f in dataclasses.fields(self.make) if f.default is not dataclasses.MISSING}
        own = {name: [] if value == () else value for name, value in own.items() if name in self.fields}
        return {**own, **self.missing}

    def _refuse_unknown(self, value: dict[Any, Any], where: str, reading: Reading) -> None:
        unknown = sorted(str(name) for name in set(value) - set(self.fields))
        if not unknown:
            return
        if reading.lenient:
            reading.note(where or "plan", ", ".join(unknown[:5]), "없이")
            return
        raise InputError(
            "layout.unknown_name",
            f"Expected {where or 'the plan'} to hold only {', '.join(self.fields)}, but {_shown(unknown[0])} came.",
            "Correct the name or take it out.",
        )


def bad_value(where: str, expected: str, came: Any) -> InputError:
    """Say which value is wrong, what was expected there and what came."""
    return _wrong("layout.bad_value", where=where, expected=expected, came=came)


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _wrong(code: str, *, where: str, expected: str, came: Any) -> InputError:
    message = f"Expected {where} to be {expected}, but {_shown(came)} came."
    return InputError(code, message, "Correct the layout, or let the analyzer make it.", where=where, came=_shown(came))


def _number(value: Any, lenient: bool) -> float | None:
    if lenient and isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON's whole numbers have no end
        return None
    return number if math.isfinite(number) else None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
