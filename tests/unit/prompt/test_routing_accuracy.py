"""How often a brief comes out as a designer would expect, on briefs that the rules were not tuned on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from adstudio.prompt import processor

AXES = ("industry", "place", "colour", "light", "mood", "copy_space", "subject")
HERE = Path(__file__).parent


def misses(name: str) -> tuple[Counter[str], list[str]]:
    asked: Counter[str] = Counter()
    wrong: list[str] = []
    for row in yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8")):
        prompt = processor.write(row["brief"])
        scene = prompt.scene
        got = {
            "industry": prompt.industry,
            "place": scene.place,
            "colour": scene.colour,
            "light": scene.light,
            "mood": scene.mood,
            "copy_space": prompt.copy_space,
            "subject": prompt.positive.split(",")[0].lower(),
        }
        for axis in AXES:
            if axis not in row:
                continue
            asked[axis] += 1
            wanted = row[axis] if isinstance(row[axis], list) else [row[axis]]
            right = all(w.lower() in got[axis] for w in wanted) if axis == "subject" else got[axis] in wanted
            if not right:
                wrong.append(f"{row['brief']}: {axis} is {got[axis]}, not {wanted}")
    return asked, wrong


@pytest.mark.parametrize(
    ("name", "briefs", "least"),
    [("briefs_dev", 20, 1.0), ("briefs_held_out", 76, 0.98), ("briefs_hard", 50, 0.98), ("briefs_fresh", 40, 0.95)],
)
def test_briefs_are_routed_as_a_designer_would(name: str, briefs: int, least: float) -> None:
    rows = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    assert len(rows) >= briefs
    asked, wrong = misses(name)
    assert 1 - len(wrong) / asked.total() >= least, "\n".join(wrong)


def test_the_held_out_briefs_ask_every_axis() -> None:
    asked, _ = misses("briefs_held_out")
    assert min(asked[axis] for axis in AXES if axis != "copy_space") >= 5
