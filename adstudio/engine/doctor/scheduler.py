"""Rules on the scheduler, which has no tensors: it is judged by the transformer that it was released with.

What is known of ``shift``: Z-Image-Turbo was released with 3.0, the base model Z-Image with 6.0. Both have the same
tensors in the same shapes, so nothing in the weights' headers tells them apart; only their names do. A checkpoint that
says a shift keeps it. One that says none, or the class's own default of 1, is taken for Turbo, which this pack's eight
steps without guidance are made for, unless its name says that it is the base.
"""

from __future__ import annotations

import re
from functools import partial

from .findings import Case, Problem, Rule, number_or_none, same, say
from .known import DEFAULTS
from .values import judge

_CLASS = "FlowMatchEulerDiscreteScheduler"
_BASE_SHIFT = 6.0
_PATH_DEPTH = 4  # file, its folder, the checkpoint, its publisher


def _class(case: Case) -> Problem | None:
    told = case.config("scheduler").get("_class_name")
    if told == _CLASS or not case.facts["transformer"] or (told is None and case.is_shipped("scheduler")):
        return None
    came = "no class is named" if told is None else f"the class is named '{told}'"
    return Problem(f"{came}, but Z-Image is drawn with {_CLASS}.", {"_class_name": _CLASS})


def _shift(case: Case) -> Problem | None:
    config, known = case.config("scheduler"), case.known_as("scheduler")
    told, default = number_or_none(config.get("shift")), DEFAULTS["scheduler"]["shift"]
    came = f"shift is missing, {default} would be taken" if told is None else f"shift is {say(told)}"
    right = known.values.get("scheduler", {}).get("shift") if known else None
    if right is None:
        if told is not None:
            return None
        return Problem(
            f"{came}; this model is not known, so the right value is not either (how much noise a step has)."
        )
    assert known is not None
    names = _names(case)
    is_turbo = "turbo" in names
    is_base = not is_turbo and re.search(r"z[-_. ]?image[-_. ]?base\b", names) is not None
    if told is None or same(told, default):
        if is_base and known.name == "Z-Image":
            return Problem(
                f"{came}, but the base model Z-Image, which the name says it is, has {_BASE_SHIFT}.",
                {"shift": _BASE_SHIFT},
            )
        why = "the name says" if is_turbo else "nothing says that it is the base, which has 6.0"
        return Problem(f"{came}, but {known.name} Turbo has {right} ({why}).", {"shift": right})
    if is_turbo and same(told, _BASE_SHIFT) and known.name == "Z-Image":
        return Problem(
            f"shift is {told}, which is the base model's, but the name says Turbo, which has {right}. "
            "It was left as it is, because nothing in the weights tells the two apart."
        )
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


def _levels(key: str, case: Case) -> Problem | None:
    told, default = case.config("scheduler").get(key), DEFAULTS["scheduler"][key]
    if case.known_as("scheduler") is None or not told or same(told, default):
        return None
    return Problem(f"{key} is {say(told)}, but Z-Image was trained on plain shifted levels.", {key: default})


def _rule(id: str, right: str, check: object) -> Rule:
    looks_at = "_class_name" if id == "class" else id
    return Rule(f"scheduler.{id}", "scheduler", looks_at, right, True, check)  # type: ignore[arg-type]


RULES = (
    _rule("class", f"{_CLASS}; others fail or step otherwise", _class),
    _rule("shift", "as the checkpoint says; where it says nothing 3.0 (Turbo), or 6.0 if its name says base", _shift),
    _rule(
        "use_dynamic_shifting",
        "false: otherwise the noise levels hang on the picture's size, which Z-Image was not trained for",
        partial(judge, "scheduler", "use_dynamic_shifting", "otherwise noise hangs on the size", overrule=True),
    ),
    _rule("num_train_timesteps", "1000, the unit in which the model is told noise", _train_steps),
    *(
        _rule(key, "not set: the model was trained on plain shifted levels", partial(_levels, key))
        for key in (
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "invert_sigmas",
            "shift_terminal",
            "stochastic_sampling",
        )
    ),
)
