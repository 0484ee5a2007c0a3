"""What was promised of a card holds for PyTorch's allocator as well, with segments that grow and without."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import fragmentation

PROMISED = [name for name, (_, _, promised, _) in fragmentation.COURSES.items() if promised]


def rows_of(course: str, *, convolutions_copy: bool = False) -> dict[str, dict]:
    found = fragmentation.measure([course], convolutions_copy=convolutions_copy)
    return {row["setting"]: row for row in found}


@pytest.mark.parametrize("copy", [False, True], ids=["", "convolutions copy"])
@pytest.mark.parametrize("course", PROMISED)
def test_the_promises_are_kept(course: str, copy: bool):
    rows = rows_of(course, convolutions_copy=copy)
    for setting in (fragmentation.PLAIN, fragmentation.GROWING):
        row = rows[setting]
        assert not row["out of memory"]
        assert float(row["with CUDA's own, GiB"]) <= row["promised, GiB"], setting
    assert float(rows[fragmentation.GROWING]["peak reserved, GiB"]) <= float(
        rows[fragmentation.PLAIN]["peak reserved, GiB"]
    )


def test_without_the_work_in_one_piece_the_first_promise_would_be_broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fragmentation.WorkRoom, "prepare", lambda *_: None)
    row = rows_of(PROMISED[0])[fragmentation.PLAIN]
    assert float(row["with CUDA's own, GiB"]) > row["promised, GiB"]


def test_without_strips_it_might_be_broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fragmentation, "in_strips", lambda vae: vae)
    row = rows_of(PROMISED[0], convolutions_copy=True)[fragmentation.GROWING]
    assert float(row["with CUDA's own, GiB"]) > row["promised, GiB"]
