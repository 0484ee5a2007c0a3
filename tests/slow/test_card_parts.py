"""Every part of the card benchmark runs to its end at a small size, so that no minute of a card is lost to a slip."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import card, card_parts  # noqa: E402


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> argparse.Namespace:
    given = argparse.Namespace(folder=tmp_path_factory.mktemp("small") / "checkpoint", tiny=True)
    card_parts.write(given)
    return given


@pytest.mark.parametrize("name", ["resident", "growing", "speed", "fast", "fp8", "streamed", "curve", "endurance"])
def test_a_part_measures_what_was_promised(name: str, options: argparse.Namespace, capsys: pytest.CaptureFixture[Any]):
    card_parts.PARTS[name](options)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ROW ")]
    rows = {row["what"]: row["value"] for row in (json.loads(line[4:]) for line in lines)}
    promised = {promise.what for promise in card.PROMISES if promise.part == name}
    assert promised - {"ours, fast, x diffusers"} <= rows.keys()  # compiling takes minutes on a CPU
    if name == "endurance":
        assert rows["picture 1 again, largest difference"] == 0
    if name == "resident":
        assert rows["bytes moved by switches of text, image and inpaint"] == 0
        assert rows["the base after styles, largest difference"] == 0
