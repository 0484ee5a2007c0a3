"""Go through the checklist: say what is wrong, or put right in memory what can be."""

from __future__ import annotations

import copy
from dataclasses import replace

from ..forms.parts import Sources
from . import known
from .facts import read_facts
from .findings import Case, Config, Finding, say_changes
from .rules import RULES


def examine(sources: Sources) -> tuple[Finding, ...]:
    """Say what is wrong with a checkpoint; nothing is mended, a healthy one gives no finding."""
    return tuple(replace(finding, mended=False) for finding in mend(sources)[1])


def mend(sources: Sources) -> tuple[Sources, tuple[Finding, ...]]:
    """Put a checkpoint's configurations right in memory.

    Returns:
        New sources with the same files, and a finding for everything that was or could not be mended. ``sources``
        itself and its configurations stay as they are.
    """
    case, findings = diagnose(sources)
    return case.sources, findings


def diagnose(sources: Sources, index: Config | None = None) -> tuple[Case, tuple[Finding, ...]]:
    """Go through all rules; return the case as it was mended, and what was found.

    Args:
        index: what ``model_index.json`` says; None where there is none to look at.
    """
    case = Case(_own(sources), read_facts(sources), copy.deepcopy(index), known.KNOWN_MODELS)
    findings = []
    for rule in RULES:
        problem = rule.check(case)
        if problem is None:
            continue
        if problem.changes is None:
            findings.append(Finding(rule.id, rule.part, problem.message, False))
            continue
        how = say_changes(case.config(rule.part), problem.changes)
        findings.append(Finding(rule.id, rule.part, problem.message, True, how))
        case = case.changed(rule.part, problem.changes)
    return case, tuple(findings)


def _own(sources: Sources) -> Sources:
    # transformers writes defaults into the very dictionaries it is given, so none is shared with the caller's.
    parts = {part.name: replace(part, config=copy.deepcopy(part.config)) for part in sources.parts}
    return replace(sources, scheduler=copy.deepcopy(sources.scheduler), **parts)
