"""The allocator benchmark does its work on any device, and says plainly where there is nothing to measure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_it_says_that_nothing_was_measured() -> None:
    run = subprocess.run(
        [sys.executable, "benchmarks/allocator.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "nothing was measured" in run.stdout and "GiB" not in run.stdout


def test_the_work_runs_through_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import allocator
    finally:
        sys.path.pop(0)
    monkeypatch.setattr(allocator, "SIZES", ((1024, 1024), (512, 1024)))
    assert allocator.work("demo", rounds=2, base_px=256, device="cpu") == 4
