"""What was promised of a card holds for PyTorch's allocator as well, with segments that grow and without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import fragmentation

PROMISED = [name for name, (_, _, promised, _) in fragmentation.COURSES.items() if promised]


@pytest.fixture(params=PROMISED)
def rows(request: pytest.FixtureRequest) -> dict[str, dict]:
    found = fragmentation.measure([request.param], convolutions_copy=False)
    return {row["setting"]: row for row in found}


def test_the_promises_are_kept(rows: dict[str, dict]):
    for setting in (fragmentation.PLAIN, fragmentation.GROWING):
        row = rows[setting]
        assert not row["out of memory"]
        assert float(row["with CUDA's own, GiB"]) <= row["promised, GiB"], setting
    assert float(rows[fragmentation.GROWING]["peak reserved, GiB"]) <= float(
        rows[fragmentation.PLAIN]["peak reserved, GiB"]
    )


def test_without_the_work_in_one_piece_the_first_promise_would_be_broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fragmentation.WorkRoom, "prepare", lambda *_: None)
    name = PROMISED[0]
    rows = {row["setting"]: row for row in fragmentation.measure([name], convolutions_copy=False)}
    assert float(rows[fragmentation.PLAIN]["with CUDA's own, GiB"]) > rows[fragmentation.PLAIN]["promised, GiB"]
