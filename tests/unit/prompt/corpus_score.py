"""The corpus of briefs and what is counted on it; benchmarks/prompt_rules.py prints the same figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from adstudio.prompt import processor
from adstudio.prompt.reading.brief import read_brief
from adstudio.prompt.reading.keywords import Keywords, read_keywords
from adstudio.prompt.reading.scan import scan

FOLDER = Path(__file__).parent / "corpus"
HALVES = ("tune", "held_out")
AXES = ("industry", "place", "colour", "light", "mood", "copy_space", "subject", "season")


@cache
def briefs(half: str) -> tuple[dict[str, Any], ...]:
    """The rows of one half."""
    files = sorted((FOLDER / half).glob("*.yaml"))
    return tuple(row for path in files for row in yaml.safe_load(path.read_text(encoding="utf-8")))


def account(text: str) -> Keywords:
    """Every word of a brief and what became of it."""
    brief = read_brief(text)
    return read_keywords(brief.body, scan(brief.body), brief.quotes)


@dataclass
class Score:
    """Counts of one half; ``wrong`` says which expectation a brief missed, ``copy_lost`` which copy was not told."""

    briefs: int = 0
    understood: int = 0
    unknown: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    flawless: int = 0
    copy_asked: int = 0
    copy_lost: list[str] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """Share of the content words that were understood."""
        return self.understood / (self.understood + self.unknown)

    @property
    def routing(self) -> float:
        """Share of the expectations that were met."""
        return 1 - len(self.wrong) / self.asked.total()


@cache
def score(half: str) -> Score:
    """Read and route every brief of a half."""
    total = Score()
    for row in briefs(half):
        told = account(row["brief"])
        missed = _missed(row)
        total.briefs += 1
        total.understood += len(told.understood)
        total.unknown += len(told.unknown)
        total.asked.update(axis for axis in AXES if axis in row)
        total.wrong += missed
        total.flawless += not missed
        total.copy_asked += len(row.get("copy", ()))
        total.copy_lost += [f"{row['brief']}: {word}" for word in row.get("copy", ()) if not _is_told(word, told)]
    return total


def _is_told(word: str, told: Keywords) -> bool:
    return any(word in copy or copy in word for copy in told.copy)


def _missed(row: Mapping[str, Any]) -> list[str]:
    prompt = processor.write(row["brief"])
    body = read_brief(row["brief"]).body
    seasons = [entry.value for match in scan(body) if not match.denied and (entry := match.of("season"))]
    got: dict[str, Any] = {
        "industry": prompt.industry,
        "place": prompt.scene.place,
        "colour": prompt.scene.colour,
        "light": prompt.scene.light,
        "mood": prompt.scene.mood,
        "copy_space": prompt.copy_space,
        "subject": prompt.positive.split(" on ")[0].lower(),
        "season": seasons[0] if seasons else "",
    }
    wrong: list[str] = []
    for axis in AXES:
        if axis in row:
            wanted = row[axis] if isinstance(row[axis], list) else [row[axis]]
            right = all(word in got[axis] for word in wanted) if axis == "subject" else got[axis] in wanted
            if not right:
                wrong.append(f"{row['brief']}: {axis} is {got[axis]}, not {wanted}")
    return wrong
