"""Judge a value that no shape tells, by the model that the shapes say it is."""

from __future__ import annotations

from typing import Any

from ...types import Note
from .findings import Case, Problem, same, say
from .known import DEFAULTS

UNKNOWN = (
    "{key} is missing, {default} would be taken; this model is not known, so the right value is not either ({about})."
)
LEFT = "{key} is {came}, but {model} has {right} ({about}). It was left as it is, because somebody wrote it."
_MISSING: Any = object()


def judge(part: str, key: str, why: str, case: Case, *, overrule: bool, needed: bool = False) -> Problem | None:
    """Compare one value with the known model's.

    Args:
        why: what hangs on it.
        overrule: whether another value that somebody wrote is wrong in any case. Otherwise only one that is missing,
            or that is the class's own default, is taken for wrong, and another is reported and left as it is.
        needed: whether a model that is not known must say it, because the default is hardly ever right.
    """
    config, known = case.config(part), case.known_as(part)
    told, default = config.get(key, _MISSING), DEFAULTS[part].get(key)
    taken = default if told is _MISSING else told
    came = f"{key} is missing, {say(default)} would be taken" if told is _MISSING else f"{key} is {say(told)}"
    right = _MISSING if known is None else known.values.get(part, {}).get(key, _MISSING)
    if right is _MISSING:
        if told is _MISSING and needed:
            return Problem(Note("doctor.value_unknown", UNKNOWN, key=key, default=say(default), about=why))
        return None
    if same(taken, right):
        return None
    assert known is not None
    said = f"{came}, but {known.name} has {say(right)} ({why})."
    if told is _MISSING or overrule or same(told, default) or type(told) is not type(right):
        return Problem(said, {key: right})
    came, right = say(told), say(right)
    return Problem(Note("doctor.value_left", LEFT, key=key, came=came, model=known.name, right=right, about=why))
