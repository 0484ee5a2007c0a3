"""Rules on the transformer's configuration that its tensors do not tell."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeGuard

from ...types import Note
from .findings import Case, Problem, Rule, say
from .known import DEFAULTS
from .values import judge


def _axes_dims(case: Case) -> Problem | None:
    judged = judge("transformer", "axes_dims", "they turn queries and keys", case, overrule=True)
    if judged:
        return judged
    dims, width = case.config("transformer").get("axes_dims"), case.facts["transformer"].get("head_dim")
    if dims is None or width is None:
        return None
    if not _are_counts(dims):
        return Problem(_no_list("axes_dims", dims))
    if sum(dims) == width:
        return None
    said = "axes_dims {came} sum up to {sum}, but a head is {width} wide."
    return Problem(Note("doctor.head_width", said, came=say(dims), sum=sum(dims), width=width))


def _axes_lens(case: Case) -> Problem | None:
    known = case.known_as("transformer")
    right = known.values.get("transformer", {}).get("axes_lens") if known else None
    told = case.config("transformer").get("axes_lens")
    if known is None or right is None:
        return None if told is None or _are_counts(told) else Problem(_no_list("axes_lens", told))
    if _are_counts(told) and len(told) == len(right) and all(map(int.__ge__, told, right)):
        return None
    came = f"axes_lens is {say(told)}"
    if told is None:
        came = f"axes_lens is missing, {say(DEFAULTS['transformer']['axes_lens'])} would be taken"
    return Problem(f"{came}, but {known.name} has {say(right)} (how long a prompt may be).", {"axes_lens": right})


def _no_list(key: str, told: Any) -> Note:
    return Note("doctor.no_list", "{key} is {came}, not a list of numbers.", key=key, came=say(told))


def _are_counts(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list | tuple) and all(isinstance(number, int) for number in value)


def _value(key: str, why: str) -> Rule:
    check = partial(judge, "transformer", key, why, overrule=True)
    return Rule(f"transformer.{key}", "transformer", key, f"the known model's; {why}", True, check)


RULES = (
    Rule(
        "transformer.axes_dims",
        "transformer",
        "axes_dims",
        "the known model's, and their sum is the width of a head; they turn queries and keys",
        True,
        _axes_dims,
    ),
    Rule(
        "transformer.axes_lens",
        "transformer",
        "axes_lens",
        "at least the known model's; too short a table breaks off long prompts and large pictures",
        True,
        _axes_lens,
    ),
    _value("rope_theta", "the base of the positions' frequencies"),
    _value("t_scale", "how noise levels are told to the model"),
    _value("norm_eps", "added under the root of every norm"),
)
