"""Rules on the scheduler, which has no tensors: it is judged by the transformer that it was released with.

What is known of ``shift``: Z-Image-Turbo was released with 3.0, the base model Z-Image with 6.0. Both have the same
tensors in the same shapes, so nothing in the weights' headers tells them apart; only their names do. A checkpoint that
says a shift keeps it, and is told where that is far from both. One that says none, or the class's own default of 1, is
taken for Turbo, which this pack's eight steps without guidance are made for, unless its name says that it is the base.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from ...types import Note
from .findings import Case, Problem, Rule, number_or_none, same, say
from .known import DEFAULTS
from .values import UNKNOWN, judge

_CLASS = "FlowMatchEulerDiscreteScheduler"
_BASE_SHIFT = 6.0
_LEAST_SHIFT, _MOST_SHIFT = 1.0, 2 * _BASE_SHIFT  # below 1 noise would be taken from the other end of the schedule
_PATH_DEPTH = 4  # file, its folder, the checkpoint, its publisher
_OF_BASE = (
    "shift is {came}, which is the base model's, but the name says Turbo, which has {right}. It was left as it is, "
    "because nothing in the weights tells the two apart."
)
_FAR_SHIFT = (
    "shift is {came}, far from the {turbo} (Turbo) to {base} (base) that Z-Image is known to be drawn with. It was "
    "left as it is, because somebody wrote it."
)
_KINDS_OF_LEVELS = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")
_TIME_SHIFTS = ("exponential", "linear")


def _is_number(value: Any) -> bool:
    number = number_or_none(value)
    return number is not None and abs(number) <= sys.float_info.max  # no NaN either


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


# What each value must be, whatever the model: others break off a picture, or draw it from other noise without a word.
_FLAG = ("true or false", lambda value: value in (True, False))
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "shift": ("a number above 0", _is_positive),
    "base_shift": ("a number", _is_number),
    "max_shift": ("a number", _is_number),
    "base_image_seq_len": ("a number above 0", _is_positive),
    "max_image_seq_len": ("a number above 0", _is_positive),
    "shift_terminal": ("a number from 0 up to below 1", lambda value: _is_number(value) and 0 <= value < 1),
    "time_shift_type": (" or ".join(_TIME_SHIFTS), lambda value: value in _TIME_SHIFTS),
    **dict.fromkeys(("use_dynamic_shifting", *_KINDS_OF_LEVELS, "invert_sigmas", "stochastic_sampling"), _FLAG),
}


def _odd(key: str, case: Case) -> Problem | None:
    """A value that no model can have; which it has is not known."""
    told, (wanted, is_possible) = case.config("scheduler").get(key), _KINDS[key]
    if told is None or is_possible(told):
        return None
    said = "{key} is {came}, but it must be {wanted}; what this model has is not known."
    return Problem(Note("doctor.impossible", said, key=key, came=say(told), wanted=wanted))


def _class(case: Case) -> Problem | None:
    told = case.config("scheduler").get("_class_name")
    if told == _CLASS or not case.facts["transformer"] or (told is None and case.is_shipped("scheduler")):
        return None
    came = "no class is named" if told is None else f"the class is named '{told}'"
    return Problem(f"{came}, but Z-Image is drawn with {_CLASS}.", {"_class_name": _CLASS})


def _shift(case: Case) -> Problem | None:
    config, known = case.config("scheduler"), case.known_as("scheduler")
    told, default = config.get("shift"), DEFAULTS["scheduler"]["shift"]
    came = f"shift is missing, {default} would be taken" if told is None else f"shift is {say(told)}"
    right = known.values.get("scheduler", {}).get("shift") if known else None
    if right is None:
        if told is not None:
            return _odd("shift", case)
        about = "how much noise a step has"
        return Problem(Note("doctor.value_unknown", UNKNOWN, key="shift", default=say(default), about=about))
    assert known is not None
    names = _names(case)
    is_turbo = "turbo" in names
    is_base = not is_turbo and re.search(r"z[-_. ]?image[-_. ]?base\b", names) is not None
    if not _is_positive(told) or same(told, default):
        if is_base and known.name == "Z-Image":
            return Problem(
                f"{came}, but the base model Z-Image, which the name says it is, has {_BASE_SHIFT}.",
                {"shift": _BASE_SHIFT},
            )
        why = "the name says" if is_turbo else "nothing says that it is the base, which has 6.0"
        return Problem(f"{came}, but {known.name} Turbo has {right} ({why}).", {"shift": right})
    if is_turbo and same(told, _BASE_SHIFT) and known.name == "Z-Image":
        return Problem(Note("doctor.shift_of_base", _OF_BASE, came=say(told), right=say(right)))
    if known.name == "Z-Image" and told is not None and not _LEAST_SHIFT <= told <= _MOST_SHIFT:
        return Problem(Note("doctor.far_shift", _FAR_SHIFT, came=say(told), turbo=say(right), base=say(_BASE_SHIFT)))
    return None


def _names(case: Case) -> str:
    """Everything that a checkpoint calls itself, in lower case."""
    files = [path for part in case.sources.parts for path in part.files[:1]]
    names = ["/".join(path.parts[-_PATH_DEPTH:]) for path in files]
    configs = [case.config(part) for part in ("transformer", "text_encoder", "vae", "scheduler")]
    names += [str(config.get("_name_or_path", "")) for config in configs]
    return "\n".join(names).lower()


def _train_steps(case: Case) -> Problem | None:
    config = case.config("scheduler")
    told = config.get("num_train_timesteps", 1000)
    if same(told, 1000):
        return None
    return Problem(
        f"num_train_timesteps is {say(told)}, but the model is told noise in thousandths.",
        {"num_train_timesteps": 1000},
    )


def _dynamic(case: Case) -> Problem | None:
    key, why = "use_dynamic_shifting", "otherwise noise hangs on the size"
    return judge("scheduler", key, why, case, overrule=True) or _odd(key, case)


def _line_through_sizes(key: str, case: Case) -> Problem | None:
    """Rules on what is read only where noise hangs on the size, which no known model's does."""
    config = case.config("scheduler")
    if not config.get("use_dynamic_shifting"):
        return None
    few, many = (config.get(end, DEFAULTS["scheduler"][end]) for end in ("base_image_seq_len", "max_image_seq_len"))
    if key == "max_image_seq_len" and few == many:
        said = "{key} is {came}, as base_image_seq_len is; one line is drawn through two sizes."
        return Problem(Note("doctor.one_size", said, key=key, came=say(few)))
    return _odd(key, case)


def _time_shift_type(case: Case) -> Problem | None:
    odd = _odd("time_shift_type", case)
    if odd is None or case.config("scheduler").get("use_dynamic_shifting"):
        return odd
    told = case.config("scheduler")["time_shift_type"]
    return Problem(
        f"time_shift_type is {say(told)}, which {_CLASS} does not take even where it is not used.",
        {"time_shift_type": DEFAULTS["scheduler"]["time_shift_type"]},
    )


def _one_kind(case: Case) -> Problem | None:
    config = case.config("scheduler")
    told = [key for key in _KINDS_OF_LEVELS if config.get(key)]
    said = "{keys} are set, but only one can be."
    return Problem(Note("doctor.kinds_of_levels", said, keys=", ".join(told))) if len(told) > 1 else None


def _levels(key: str, case: Case) -> Problem | None:
    told, default = case.config("scheduler").get(key), DEFAULTS["scheduler"][key]
    if case.known_as("scheduler") is None:
        return _odd(key, case)
    if not told or same(told, default):
        return None
    return Problem(f"{key} is {say(told)}, but Z-Image was trained on plain shifted levels.", {key: default})


def _rule(id: str, right: str, check: object, mendable: bool = True) -> Rule:
    looks_at = "_class_name" if id == "class" else id
    return Rule(f"scheduler.{id}", "scheduler", looks_at, right, mendable, check)  # type: ignore[arg-type]


RULES = (
    _rule("class", f"{_CLASS}; others fail or step otherwise", _class),
    _rule("shift", "as the checkpoint says; where it says nothing 3.0 (Turbo), or 6.0 if its name says base", _shift),
    _rule(
        "use_dynamic_shifting",
        "false: otherwise the noise levels hang on the picture's size, which Z-Image was not trained for",
        _dynamic,
    ),
    *(
        _rule(
            key, f"{_KINDS[key][0]}, where noise hangs on the picture's size", partial(_line_through_sizes, key), False
        )
        for key in ("base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len")
    ),
    _rule("time_shift_type", f"{_KINDS['time_shift_type'][0]}, also where it is not used", _time_shift_type),
    _rule("num_train_timesteps", "1000, the unit in which the model is told noise", _train_steps),
    *(
        _rule(key, "not set: the model was trained on plain shifted levels", partial(_levels, key))
        for key in (*_KINDS_OF_LEVELS, "invert_sigmas", "shift_terminal", "stochastic_sampling")
    ),
    _rule("levels", "one kind of levels at most", _one_kind, False),
)
