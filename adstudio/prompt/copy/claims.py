"""Claims that Korean advertising law treats strictly: ``data/claims.yaml`` and the user's own.

Flags warn and change nothing; whether a claim may stand depends on what can be proven.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...types import AdCopy, CopyFlag
from ..copy_limits import PARTS
from ..reading.brief import read_brief
from ..reading.scan import scan
from ..reading.subject import name_subject
from ..tables import bad_table, check_fields, read_table, stamp, table_files

_FIELDS = {
    "patterns": list, "unless": list, "basis": list, "industries": list,
    "reason": str, "reason_en": str, "law": str, "source": str, "checked": str,
}  # fmt: skip
_REQUIRED = ("patterns", "reason", "law", "source", "checked")


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """One kind of claim.

    Args:
        patterns: what the claim looks like.
        unless: what shows, read with the words around it, that it is none (``최고기온``).
        basis: what in the whole copy or brief settles it (a sale's period).
        industries: whom it applies to; empty = everybody.
    """

    name: str
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    basis: tuple[re.Pattern[str], ...]
    industries: tuple[str, ...]
    reason: str
    reason_en: str
    law: str
    source: str
    checked: str

    def find(self, text: str, known: str) -> Iterator[str]:
        """Find the claims of this kind in a text; ``known`` is all that is said elsewhere."""
        if any(pattern.search(text) or pattern.search(known) for pattern in self.basis):
            return
        excused = [span for pattern in self.unless for span in _spans(pattern, text)]
        told = sorted({span for pattern in self.patterns for span in _spans(pattern, text)})
        last = -1
        for start, end in told:
            if start >= last and not any(a < end and start < b for a, b in excused):
                last = end
                yield text[start:end]


def claim_rules() -> tuple[ClaimRule, ...]:
    """All rules.

    Raises:
        InputError: ``prompt.bad_table`` when a user's file cannot be used.
    """
    return _rules(stamp("claims"))


def find_claims(
    text: str, industry: str | Collection[str], *, field: str = "", known: str = ""
) -> tuple[CopyFlag, ...]:
    """Flag the strict claims in a text, each with the reason in Korean and the law.

    Args:
        industry: name of the industry, or several where a shop sells things of another trade; rules for other trades
            do not apply.
        field: the part of the copy that the text is.
        known: the rest of the copy and the brief, where a claim may have its basis.
    """
    trades = {industry} if isinstance(industry, str) else set(industry)
    return tuple(
        CopyFlag(found, field, rule.reason, f"{rule.law} ({rule.source}, {rule.checked} 확인)", rule.reason_en)
        for rule in claim_rules()
        if not rule.industries or trades & set(rule.industries)
        for found in dict.fromkeys(rule.find(text, known))
    )


def flag_copy(copy: AdCopy, industry: str, brief: str = "") -> tuple[CopyFlag, ...]:
    """Flag the strict claims in every part of a copy, whoever wrote it, by the rules of the shop and of its product."""
    texts = {part: getattr(copy, part) for part in PARTS[:-1]} | {"hashtags": " ".join(copy.hashtags)}
    known = "\n".join((*texts.values(), brief))
    body = read_brief(brief).body if brief.strip() else ""
    trades = {industry, name_subject(body, scan(body)).industry}
    return tuple(flag for part, text in texts.items() for flag in find_claims(text, trades, field=part, known=known))


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (hit.span() for hit in pattern.finditer(text))


@lru_cache(maxsize=4)
def _rules(_: object) -> tuple[ClaimRule, ...]:
    found: dict[str, ClaimRule] = {}
    for path in table_files("claims"):
        for name, row in read_table(path).items():
            fields: dict[str, Any] = dict(check_fields(path, name, row, _FIELDS, required=_REQUIRED))
            for key in ("patterns", "unless", "basis"):
                fields[key] = tuple(_compile(path, name, key, pattern) for pattern in fields.get(key, ()))
            fields["industries"] = tuple(fields.get("industries", ()))
            found[name] = ClaimRule(name=name, **{"reason_en": "", **fields})
    return tuple(found.values())


def _compile(path: Path, name: str, key: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.I)
    except re.error as error:
        raise bad_table(
            path, f"'{name}.{key}' has '{pattern:.60}', which is no pattern ({error})", name, key
        ) from error
