"""``adstudio batch`` as a user calls it: checked first, one row to try, the rest, and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def table(tmp_path: Path, box: Path) -> Path:
    """As Excel on a Korean Windows saves it."""
    (tmp_path / "상자.png").write_bytes(box.read_bytes())
    path = tmp_path / "rows.csv"
    path.write_bytes("번호,사진,배경,제목\nA-1,상자.png,나무 탁자,봄\nA-2,,창가의 딸기 라떼,여름\n".encode("cp949"))
    return path


@pytest.fixture
def sets(checkpoint: Path) -> list[str]:
    pairs = {"checkpoint": str(checkpoint), "steps": "1", "provider": "rules", "text_style": '{"min_px": 8}'}
    return [part for name, value in pairs.items() for part in ("--set", f"{name}={value}")]


def manifest(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def test_a_table_becomes_a_folder_of_ads(adstudio: Any, table: Path, sets: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = adstudio("batch", table, "--out", out, *sets, "--first")
    assert first.code == 0 and "Still to draw: 1 row" in first.err
    assert [line["id"] for line in manifest(out)] == ["A-1"]

    again = adstudio("batch", table, "--out", out, *sets)
    assert again.code == 1 and "--resume" in again.err

    rest = adstudio("batch", table, "--out", out, *sets, "--resume", "--json")
    told = [json.loads(line) for line in rest.out.splitlines()]
    assert [line.get("id") for line in told] == ["A-2", None], "one line for the row, one envelope"
    assert (told[-1]["ok"], told[-1]["kept"], told[-1]["finished"], told[-1]["left"]) == (True, 1, 2, 0)
    assert [(line["row"], line["files"]) for line in manifest(out)] == [(2, ["ads/A-1.png"]), (3, ["ads/A-2.png"])]
    assert sorted(path.name for path in (out / "ads").iterdir()) == ["A-1.png", "A-2.png"]
    sheet = np.asarray(Image.open(out / "contact-001.jpg").convert("RGB")).astype(int)
    reds = (sheet[..., 0] > 150) & (sheet[..., 1] < 90)
    assert reds.any(), "the red box is on the contact sheet"


def test_problems_are_told_together_and_nothing_is_drawn(
    adstudio: Any, table: Path, sets: list[str], tmp_path: Path
) -> None:
    bad = table.with_name("bad.csv")
    bad.write_text("번호,사진,배경,steps\nA,없음.png,탁자,x\nB,,라떼,500\n", "utf-8")
    said = adstudio("batch", bad, "--out", tmp_path / "out", *sets, "--json")
    assert said.code == 1 and not (tmp_path / "out").exists()
    problems = said.envelope["problems"]
    assert [(problem["row"], problem["column"]) for problem in problems] == [(2, "steps"), (2, "photo"), (3, "")]
    assert "3 problems in 'bad.csv'" in said.err and "row 3: The steps must lie between 1 and 100" in said.err


def test_a_row_that_fails_leaves_the_others_their_ads(
    adstudio: Any, table: Path, sets: list[str], tmp_path: Path
) -> None:
    long = "너무 긴 제목" * 60
    table.write_text(f"id,brief,headline\nlong,라떼,{long}\nfine,라떼,봄\n", "utf-8")
    said = adstudio("batch", table, "--out", tmp_path / "out", *sets)
    assert said.code == 1 and "1 row failed" in said.err
    assert [line["id"] for line in manifest(tmp_path / "out")] == ["fine"]
    failed = json.loads((tmp_path / "out" / "errors.jsonl").read_text("utf-8"))
    assert (failed["row"], failed["id"], failed["code"]) == (2, "long", "layout.no_room")
    table.write_text("id,brief,headline\nlong,라떼,가을\nfine,라떼,봄\n", "utf-8")
    assert adstudio("batch", table, "--out", tmp_path / "out", *sets, "--resume").code == 0
    assert [line["id"] for line in manifest(tmp_path / "out")] == ["fine", "long"]
    assert not (tmp_path / "out" / "errors.jsonl").read_bytes()


def test_wrong_use_is_said(adstudio: Any, table: Path, sets: list[str], tmp_path: Path) -> None:
    checked = adstudio("batch", table, "--out", tmp_path / "out", *sets, "--check")
    assert checked.code == 0 and not (tmp_path / "out").exists()
    for more in (["--set", "nonsense=1"], ["--set", "id=7"], ["--workers", "2"]):
        assert adstudio("batch", table, "--out", tmp_path / "out", *more).code == 1, more
