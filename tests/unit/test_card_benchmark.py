"""The card benchmark loses nothing: a part that fails or hangs leaves its rows, and those of all others."""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

PART = """
import json, os, subprocess, sys, time
name = sys.argv[1]
print("ROW " + json.dumps({"what": "first", "value": 1.5, "unit": "s", "note": name}), flush=True)
print("not a row", flush=True)
if name == "asks":
    told = os.environ.get("PYTORCH_CUDA_ALLOC_CONF", "")
    print("ROW " + json.dumps({"what": "allocator", "value": 0, "unit": "", "note": told}), flush=True)
if name == "fails":
    print("a reason", file=sys.stderr)
    sys.exit(3)
if name == "torn":
    print('ROW {"what": "tor', flush=True)
    print("ROW 1", flush=True)
if name == "leaves one":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("ROW " + json.dumps({"what": "child", "value": child.pid, "unit": "", "note": ""}), flush=True)
if name == "hangs":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("ROW " + json.dumps({"what": "child", "value": child.pid, "unit": "", "note": ""}), flush=True)
    time.sleep(600)
print("ROW " + json.dumps({"what": "last", "value": 0, "unit": "", "note": ""}), flush=True)
"""


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import card

    return card


@pytest.fixture
def run(card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a part of a stand-in for card_parts.py, and return the rows that are on the disk then."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "card_parts.py").write_text(PART)
    monkeypatch.setattr(card, "ROOT", tmp_path)
    out = tmp_path / "out"
    book = card.Book(out, "abc1234")
    options = argparse.Namespace(out=out, folder=tmp_path, tiny=True)

    def run(name: str, limit_s: float = 60, allocator: str = "") -> dict[str, dict[str, str]]:
        card.run_part(card.Part(name, limit_s, allocator), limit_s, options, book)
        with (out / "card.csv").open(encoding="utf-8", newline="") as stream:
            return {row["what"]: row for row in csv.DictReader(stream) if row["part"] == name}

    return run


def test_every_row_says_what_it_was_measured_on(run: Any, tmp_path: Path):
    rows = run("good")
    assert list(rows) == ["first", "last", "whole part"]
    assert rows["first"]["value"] == "1.5" and rows["whole part"]["note"] == "done"
    assert all(row["commit"] == "abc1234" and "torch" in row["versions"] and row["device"] for row in rows.values())
    assert "not a row" in (tmp_path / "out" / "card.log").read_text()


def test_a_part_that_fails_keeps_its_rows_and_the_next_one_runs(run: Any, tmp_path: Path):
    rows = run("fails")
    assert list(rows) == ["first", "whole part"]
    assert "failed with 3" in rows["whole part"]["note"]
    assert "a reason" in (tmp_path / "out" / "card.log").read_text()
    assert "last" in run("good") and "first" in run("fails")


def test_a_part_may_ask_for_an_allocator(run: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTORCH_CUDA_ALLOC_CONF", "of the caller")
    assert run("asks")["allocator"]["note"] == "of the caller"
    assert run("asks", allocator="expandable_segments:True")["allocator"]["note"] == "expandable_segments:True"


def test_a_row_that_broke_off_costs_only_itself(run: Any, tmp_path: Path):
    rows = run("torn")
    assert list(rows) == ["first", "last", "whole part"]
    assert 'ROW {"what": "tor' in (tmp_path / "out" / "card.log").read_text()


def test_what_a_part_leaves_behind_is_neither_waited_for_nor_kept(run: Any):
    rows = run("leaves one", limit_s=300)  # half of what the one that is left takes
    assert rows["whole part"]["note"] == "done"
    assert _is_gone(int(float(rows["child"]["value"])))


def test_a_larger_budget_gives_every_part_more_time(card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: dict[str, float] = {}
    monkeypatch.setattr(card, "run_part", lambda part, limit_s, *_: given.setdefault(part.name, limit_s))
    monkeypatch.setattr(card, "time", SimpleNamespace(monotonic=lambda: 5.0))  # nothing takes any time
    limits = {part.name: part.limit_s for part in card.PARTS}
    for budget, share in ((480, 1), (100_000, 100_000 / 480), (200, 1)):
        given.clear()
        monkeypatch.setattr(
            sys, "argv", f"card.py --tiny --budget-s {budget} --out {tmp_path} --folder {tmp_path}".split()
        )
        card.main()
        expected = {name: min(limit * share, budget) for name, limit in limits.items()}
        assert given == pytest.approx(expected)


def test_a_part_that_hangs_is_ended_with_all_it_has_started(run: Any, card: Any, monkeypatch: pytest.MonkeyPatch):
    passed, add = [0.0], card.Book.add

    def spend_the_time(book: Any, part: str, what: str, *said: Any, **more: Any) -> None:
        add(book, part, what, *said, **more)
        passed[0] += 1000 * (what == "child")  # the last that it says before it hangs

    monkeypatch.setattr(card.Book, "add", spend_the_time)
    monkeypatch.setattr(card, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    rows = run("hangs", limit_s=300)
    assert rows["whole part"]["note"] == "ended at its limit of 300 s"
    assert rows["first"]["value"] == "1.5"
    assert _is_gone(int(float(rows["child"]["value"])))


def test_a_played_card_leaves_torch_what_cuda_has_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """CUDA loads kernels as they are first used: what is left of the card is known only after a picture."""
    monkeypatch.syspath_prepend(str(ROOT))
    torch = pytest.importorskip("torch")
    from benchmarks import card_gauges, card_parts

    gib, taken, shares = 2**30, [0.5], list[float]()

    class Played(card_gauges.Card):
        def __init__(self, options: argparse.Namespace, cap_gib: float = 0.0) -> None:
            super().__init__(options, cap_gib)
            self.is_cuda, self.total = True, 80 * gib

        def draw(self, *_: Any, **__: Any) -> None:
            taken[0] = 0.9

    monkeypatch.setattr(card_parts, "Card", Played)
    monkeypatch.setattr("adstudio.engine.memory.components.load", lambda *_: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: ((80 - taken[0]) * gib, 80 * gib))
    for name in ("empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda *_: None)
    for name in ("memory_reserved", "max_memory_reserved"):
        monkeypatch.setattr(torch.cuda, name, lambda *_: 0)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    card_parts._woken(argparse.Namespace(folder=tmp_path, tiny=True), 8.0)
    assert shares[-1] == pytest.approx((8 - 0.9) / 80)


def test_parts_find_their_own_folder_beside_a_package_of_its_name(tmp_path: Path):
    """Some distributions install their benchmarks as a package; a folder that is none would stand behind it."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    command = [sys.executable, str(ROOT / "benchmarks" / "card_parts.py"), "--help"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert said.returncode == 0, said.stderr


def test_a_failing_test_is_told_before_the_others_have_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # plugins take seconds to import
    pytest.importorskip("torch")
    from benchmarks import card_parts

    told: list[tuple[str, float]] = []
    heard = tmp_path / "heard"
    # as where a plugin is missing whose options are set
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-config\nno_plugin_has_this = 600\n")
    (tmp_path / "test_some.py").write_text(
        "import pathlib, time, pytest\n"
        "def test_first(): assert 0\n"
        "@pytest.mark.parametrize('name', ['a b', 'c'])\n"
        "def test_second(name): pass\n"
        "def test_third(): pytest.skip('no card')\n"
        "def test_last():\n"
        "    end = time.monotonic() + 120\n"
        f"    while not pathlib.Path({str(heard)!r}).exists():\n"
        "        assert time.monotonic() < end, 'nobody has heard of the first'\n"
        "        time.sleep(0.02)\n"
    )

    def say(what: str, value: float, *_: str) -> None:
        told.append((what, value))
        heard.touch()

    monkeypatch.setattr(card_parts, "say", say)
    card_parts.run_tests([tmp_path])
    first, *totals = told
    assert first[0].endswith("test_some.py::test_first")
    assert totals == [
        ("tests passed", 3), ("tests failed", 1), ("tests error", 0), ("tests skipped", 1)
    ]  # fmt: skip
    for ending in ("import nothing_of_that_name", "import os; os.abort()"):
        told.clear()
        (tmp_path / "test_some.py").write_text(f"{ending}\n")
        card_parts.run_tests([tmp_path])
        assert told[-1][0] == "tests not all run, pytest's exit" and told[-1][1] not in (0, 1)
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # the standard library alone, no pytest
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    told.clear()
    card_parts.run_tests([tmp_path])
    assert told[-1] == ("tests not all run, pytest's exit", 1)


def _is_gone(process: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # nobody collects what has lost its parent here, but it is over
            return True
        time.sleep(0.05)
    return False


def test_the_page_tells_what_is_kept_missed_and_not_measured(card: Any, tmp_path: Path):
    book = card.Book(tmp_path, "abc1234")
    book.add("resident", "peak VRAM, bf16, all resident", 20.5, "GiB")
    book.add("streamed", "peak VRAM, streamed", 8.5, "GiB")
    book.sum_up()
    page = (tmp_path / "card.md").read_text("utf-8")
    assert "| peak VRAM, bf16, all resident | 21 GiB | 20.5 GiB | kept |" in page
    assert "| peak VRAM, streamed | 8 GiB | 8.5 GiB | **missed** |" in page
    assert "| memory drift | 1 % | not measured | |" in page


def test_a_trial_at_a_toy_size_keeps_no_promise(card: Any, tmp_path: Path):
    book = card.Book(tmp_path, "abc1234", tiny=True)
    book.add("resident", "peak VRAM, bf16, all resident", 0, "GiB")
    book.sum_up()
    page = (tmp_path / "card.md").read_text("utf-8")
    assert page.startswith("Tried out at a toy size: nothing here is a measurement.")
    assert "| kept |" not in page


def test_every_part_is_there(card: Any):
    source = "".join((ROOT / "benchmarks" / f"card_{name}.py").read_text("utf-8") for name in ("parts", "races"))
    assert [part.name for part in card.PARTS if f"def {part.name}(" not in source] == []
    assert {promise.part for promise in card.PROMISES} <= {part.name for part in card.PARTS}


def test_without_a_card_it_says_so(card: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(card.shutil, "which", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["card.py"])
    with pytest.raises(SystemExit, match="No NVIDIA card"):
        card.main()
