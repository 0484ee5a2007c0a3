"""Every table of figures says on what device, with which versions and of which commit it was measured."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import surroundings

ROOT = Path(__file__).resolve().parents[2]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_names_device_versions_commit_and_day(tmp_path: Path):
    surroundings.write_csv(tmp_path / "a.csv", [{"what": "one", "seconds": 1.5}, {"what": "two", "seconds": 2}])
    rows = read(tmp_path / "a.csv")
    assert [row["what"] for row in rows] == ["one", "two"]
    for row in rows:
        assert re.search(r"\d+ cores, no GPU$|MiB", row["device"])
        assert re.match(r"python 3\.\d+\.\d+ torch \d+\.\S+ diffusers \d+\.\S+ transformers \d+\.\S+ ", row["versions"])
        assert re.fullmatch(r"[0-9a-f]{7,}(-dirty)?|unknown", row["commit"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])


def test_what_a_row_says_of_itself_stands(tmp_path: Path):
    surroundings.write_csv(tmp_path / "a.csv", [{"what": "there", "versions": "python 2"}])
    (row,) = read(tmp_path / "a.csv")
    assert row["versions"] == "python 2"
    assert list(row) == ["what", "versions", "device", "commit", "date"]


def test_a_comfyui_that_took_part_is_named(tmp_path: Path):
    (tmp_path / "comfyui_version.py").write_text('__version__ = "0.33.0"\n')
    assert surroundings.versions(tmp_path).endswith(" ComfyUI 0.33.0")
    assert surroundings.versions(tmp_path / "elsewhere").endswith(" ComfyUI unknown")


def test_rows_are_on_the_disk_as_soon_as_they_are_there(tmp_path: Path):
    place = tmp_path / "a.csv"

    def rows() -> Iterator[dict[str, str]]:
        yield {"what": "one"}
        assert [row["what"] for row in read(place)] == ["one"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        surroundings.write_csv(place, rows())
    assert len(read(place)) == 1


def test_a_copy_without_its_history_says_so(tmp_path: Path):
    assert surroundings.commit_of(tmp_path) == "unknown"


def test_no_benchmark_writes_a_table_of_its_own():
    """All go through ``write_csv``; card.py asks for the same columns once, as it writes between its parts."""
    own = [path.name for path in (ROOT / "benchmarks").glob("*.py") if "csv.DictWriter(" in path.read_text("utf-8")]
    assert sorted(own) == ["card.py", "surroundings.py"]
    assert not [path for path in (ROOT / "benchmarks").glob("*.py") if "csv.writer(" in path.read_text("utf-8")]


def test_a_folder_with_a_checkpoint_of_another_size_is_not_taken_for_this_one(tmp_path: Path):
    from benchmarks.full_size import write_checkpoint

    write_checkpoint(tmp_path / "model", small=True)
    assert write_checkpoint(tmp_path / "model", small=True).is_dir()
    with pytest.raises(SystemExit, match="another size"):
        write_checkpoint(tmp_path / "model", small=True, encoder_layers=2)
