"""The memory benchmark runs whole, at a size of megabytes, and tells a warm load by what did not come from the disk."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_loading_is_measured_cold_and_warm_with_what_came_from_the_disk(tmp_path: Path):
    out = tmp_path / "memory.csv"
    command = [sys.executable, "benchmarks/memory.py", "--tiny", "--fitting", "--folder", str(tmp_path / "model")]
    command += ["--only", "load cold", "load warm", "stream warm", "--csv", str(out), "--clean"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = {(row["probe"], row["what"]): float(row["value"]) for row in csv.DictReader(out.read_text().splitlines())}
    assert {probe for probe, _ in found} == {"load cold", "load warm", "stream warm"}
    # Not one page of the 20 MB of weights; a program's own code may come in pieces.
    assert found["load warm", "from the disk until then"] < 5e6
    assert found["stream warm", "streamed, from the disk"] < 5e6
    assert found["load warm", "load"] > 0
    assert not (tmp_path / "model").exists()
