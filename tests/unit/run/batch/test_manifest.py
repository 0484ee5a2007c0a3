"""The manifest of a killed run resumes right, wherever it was torn."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstudio.errors import InputError, StorageError
from adstudio.run.batch.manifest import ERRORS, MANIFEST, Entry, Failure, Manifest, digest_of, read_entries
from adstudio.run.batch.rows import Row
from adstudio.run.request import AdRequest

ROWS = [Row(number, name, AdRequest(), f"digest of {name}") for number, name in enumerate(["컵", "병", "봄 신메뉴"], 2)]


def finish(manifest: Manifest, row: Row) -> Entry:
    path = manifest.folder / "ads" / f"{row.id}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(row.id.encode())
    entry = Entry(row.number, row.id, (f"ads/{path.name}",), (digest_of(path),), 0.5, 1.25, row.digest, (7,))
    manifest.add(entry)
    return entry


def finished(folder: Path, rows: list[Row] = ROWS) -> bytes:
    manifest = Manifest(folder)
    manifest.open(rows, resume=False)
    for row in rows:
        finish(manifest, row)
    manifest.close()
    return (folder / MANIFEST).read_bytes()


@settings(max_examples=60)
@given(share=st.floats(0, 1), junk=st.sampled_from([b"", b"\x00\x00", b'{"row": 9']))
def test_any_prefix_of_a_torn_manifest_resumes_right(share: float, junk: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = finished(folder)
        cut = whole[: round(share * len(whole))] + junk
        (folder / MANIFEST).write_bytes(cut)

        manifest = Manifest(folder)
        kept = manifest.open(ROWS, resume=True)
        complete = whole[: round(share * len(whole))].count(b"\n")
        assert list(kept) == [row.id for row in ROWS[:complete]], "what was written whole is kept, and nothing else"
        for row in ROWS:
            if row.id not in kept:
                finish(manifest, row)
        manifest.close()
        assert (folder / MANIFEST).read_bytes() == whole, "each row once, as if it had never been torn"


def test_changed_rows_and_damaged_files_are_done_again(tmp_path: Path) -> None:
    finished(tmp_path)
    (tmp_path / "ads" / "병.png").write_bytes(b"half")
    moved = [replace(row, number=row.number + 10) for row in ROWS]
    moved[0] = replace(moved[0], digest="another")
    manifest = Manifest(tmp_path)
    kept = manifest.open(moved, resume=True)
    manifest.close()
    assert [(entry.id, entry.row) for entry in kept.values()] == [("봄 신메뉴", 14)], "it stands in another row now"
    assert [json.loads(line)["row"] for line in (tmp_path / MANIFEST).read_text("utf-8").splitlines()] == [14]
    assert sorted(path.name for path in (tmp_path / "ads").iterdir()) == ["봄 신메뉴.png"]


def test_ads_of_rows_that_left_the_table_are_not_lost(tmp_path: Path) -> None:
    before = finished(tmp_path)
    manifest = Manifest(tmp_path)
    assert list(manifest.open(ROWS[:1], resume=True)) == ["컵"]
    manifest.close()
    assert (tmp_path / MANIFEST).read_bytes() == before and len(list((tmp_path / "ads").iterdir())) == 3


def test_a_folder_is_one_runs_at_a_time_and_never_overwritten(tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(InputError, match="--resume"):
        Manifest(tmp_path).open(ROWS, resume=False)
    first = Manifest(tmp_path)
    first.open(ROWS, resume=True)
    with pytest.raises(StorageError) as refused:
        Manifest(tmp_path).open(ROWS, resume=True)
    assert refused.value.code == "batch.busy"
    first.close()
    Manifest(tmp_path).open(ROWS, resume=True)


def test_errors_are_those_of_the_last_run(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    manifest.open(ROWS, resume=False)
    manifest.fail(Failure(2, "컵", "x.y", "wrong"))
    manifest.close()
    assert json.loads((tmp_path / ERRORS).read_text("utf-8"))["id"] == "컵"
    manifest.open(ROWS, resume=True)
    manifest.close()
    assert not (tmp_path / ERRORS).read_bytes()


@pytest.mark.parametrize("name", ["../table.csv", "/etc/passwd", "ads/../x", "ads/a/b.png"])
def test_a_manifest_that_was_edited_names_no_file_elsewhere(tmp_path: Path, name: str) -> None:
    told = json.loads(finished(tmp_path, ROWS[:1]))
    first = json.dumps(told | {"files": [name]}).encode() + b"\n"
    with pytest.raises(InputError) as refused:
        read_entries(first + (tmp_path / MANIFEST).read_bytes())
    assert refused.value.code == "batch.bad_manifest"
