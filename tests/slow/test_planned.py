"""What the ladder plans at the released model's size keeps what was promised of a card."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_plans_keep_to_what_was_promised(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from benchmarks import planned

    rows = list(planned.measure(1024))
    assert [(row["precision"], float(row["card, GiB"]), row["rung"]) for row in rows] == [
        ("bf16", 22.5, "resident"),
        ("fp8 weights", 22.5, "resident"),
        ("fp8 weights", 12.5, "encoder released"),
        ("bf16", 12.5, "streamed"),
        ("bf16", 8.0, "streamed"),
    ]
    promised = [row for row in rows if row["promised, GiB"]]
    assert len(promised) == 3
    assert all(float(row["with CUDA's own, GiB"]) <= float(row["promised, GiB"]) for row in promised)
    assert float(rows[0]["and in steps, GiB"]) <= float(rows[0]["promised, GiB"])
    # 18.20 GiB of weights and the VAE's 1.5 GiB of work at 1024x1024; the matrices' half less, where they are narrow
    assert float(rows[0]["planned, GiB"]) == pytest.approx(19.70, abs=0.02)
    assert float(rows[1]["planned, GiB"]) == pytest.approx(14.10, abs=0.1)


def test_an_allocator_with_steps_takes_more_than_the_tensors_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.caching_allocator import MIB
    from benchmarks.planned import taken_in_steps

    matrix = 3840 * 3840 * 2  # 28.1 MiB
    assert taken_in_steps([matrix] * 2) == 60 * MIB
    assert taken_in_steps([matrix, matrix - 27 * MIB]) == 30 * MIB, "what is left of a piece is used"
    assert taken_in_steps([5 * MIB] * 4) == 20 * MIB
    assert taken_in_steps([100, 600, 3]) == 2 * MIB
