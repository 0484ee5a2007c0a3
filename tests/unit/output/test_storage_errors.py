"""A folder that cannot take a picture: one sentence, nothing left behind, and the next run is fine."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from adstudio.errors import StorageError
from adstudio.output import store
from adstudio.output.save import save_picture

NOISE = np.random.default_rng(0).random((200, 200, 3), dtype=np.float32)


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "ads").write_text("not a folder")
    for folder in (tmp_path / "ads", tmp_path / "ads" / "deeper"):
        with pytest.raises(StorageError) as raised:
            save_picture(NOISE, folder)
        assert raised.value.code == "output.not_a_folder"
    assert left_in(tmp_path) == ["ads"]


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised:
        store.prepare_folder(tmp_path / ("가" * 200))
    assert raised.value.code == "output.path_too_long"
    assert len(str(raised.value)) < 400, "the sentence must not repeat the whole path"


def test_a_path_that_no_file_system_takes(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised:
        store.prepare_folder(f"{tmp_path}/a\0b")
    assert raised.value.code == "output.cannot_write"


def test_a_file_where_the_origin_folder_should_be_leaves_no_picture(tmp_path: Path) -> None:
    (tmp_path / "origin").write_text("in the way")
    with pytest.raises(StorageError):
        save_picture(NOISE, tmp_path, original=NOISE)
    assert left_in(tmp_path) == ["origin"]


def test_when_the_picture_fails_its_original_goes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = os.fsync
    calls: list[int] = []

    def full_on_the_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full_on_the_second)
    with pytest.raises(StorageError) as raised:
        save_picture(NOISE, tmp_path, original=1 - NOISE)
    assert raised.value.code == "output.disk_full"
    assert left_in(tmp_path) == []
    assert save_picture(NOISE, tmp_path, original=1 - NOISE).path.is_file()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
def test_a_disk_that_may_only_be_read(tmp_path: Path) -> None:
    saved = save_picture(NOISE, tmp_path)
    options = ["mount", "--bind", str(tmp_path), str(tmp_path)]
    if subprocess.run(options, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(tmp_path)], check=True, capture_output=True)
        for attempt in (lambda: save_picture(1 - NOISE, tmp_path), lambda: store.prepare_folder(tmp_path)):
            with pytest.raises(StorageError) as raised:
                attempt()
            assert raised.value.code == "output.not_writable"
        assert save_picture(NOISE, tmp_path).existed, "what is there already needs no writing"
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert left_in(tmp_path) == [saved.path.name]


LIMITED = """
import json, resource, signal, sys
import numpy as np
from adstudio.errors import StorageError
from adstudio.output.save import save_picture
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
picture = np.random.default_rng(0).random((200, 200, 3), dtype=np.float32)
try:
    save_picture(picture, sys.argv[1])
except StorageError as error:
    print(json.dumps([error.code, str(error)]))
"""


def test_a_write_that_breaks_off_in_the_middle(tmp_path: Path) -> None:
    """A file size limit stops the write after 30 kB of real bytes, as a full disk does."""
    said = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    code, sentence = json.loads(said.stdout)
    assert code == "output.disk_full" and "Free some space" in sentence
    assert left_in(tmp_path) == []
    assert save_picture(NOISE, tmp_path).path.stat().st_size > 30_000


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        with pytest.raises(StorageError) as raised:
            save_picture(NOISE, tmp_path)
        assert raised.value.code == "output.disk_full"
        assert left_in(tmp_path) == []
        assert save_picture(NOISE[:40, :40], tmp_path).path.is_file()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


UNPRIVILEGED = """
import os, sys
from adstudio.errors import StorageError
from adstudio.output import store
os.chdir(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    store.prepare_folder("closed")
except StorageError as error:
    print(error.code)
"""


def test_a_folder_that_this_user_may_not_write_to(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    tmp_path.chmod(0o755)  # the child, who is nobody, starts in here
    said = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "output.not_writable"
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("name", ["../elsewhere", "ads/../../elsewhere", "/etc", "..\\elsewhere", "../out-evil"])
def test_a_folder_name_never_leads_out_of_the_output_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError) as raised:
        store.inside(tmp_path / "out", name)
    assert raised.value.code == "output.outside"


@pytest.mark.parametrize(
    "name", ["ads/CON", "aux.old/봄", "nul ", "ads/com1", "10:30", "봄?", "a\tb", "a./b", "LPT¹.x"]
)
def test_names_that_windows_does_not_take_are_refused_everywhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError) as raised:
        store.inside(tmp_path, name)
    assert raised.value.code == "output.bad_name" and raised.value.hint


@pytest.mark.parametrize("name", ["가" * 86, "ads/" + "한글" * 50])
def test_a_korean_name_that_is_too_long_is_told_in_syllables(tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError) as raised:
        store.inside(tmp_path, name)
    assert raised.value.code == "output.path_too_long" and "85" in raised.value.hint


def test_a_long_korean_name_works_and_hangul_in_parts_is_the_same_folder(tmp_path: Path) -> None:
    name = "봄신메뉴" * 21
    for form in ("NFC", "NFD"):
        save_picture(NOISE, store.inside(tmp_path, unicodedata.normalize(form, name)))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(left_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("console/aux1", "out/console/aux1"),
        ("com10", "out/com10"),
        ("", "out"),
        ("ads/봄", "out/ads/봄"),
        (" ads\\spring ", "out/ads/spring"),
        ("a/../b", "out/b"),
    ],
)
def test_a_folder_name_inside_is_taken(tmp_path: Path, name: str, expected: str) -> None:
    assert store.inside(tmp_path / "out", name) == tmp_path / expected


def test_a_named_file_is_written_over_the_old_one_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "광고.json"
    for text in ("first", "second"):
        store.write_whole(path, text.encode(), "ad.not_written")
        assert path.read_text() == text
    assert left_in(tmp_path) == ["광고.json"]

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError) as raised:
        store.write_whole(path, b"third", "ad.not_written")
    assert raised.value.code == "ad.not_written" and "No space left" in str(raised.value)
    assert path.read_text() == "second" and left_in(tmp_path) == ["광고.json"]


def test_a_named_file_cannot_take_the_place_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as raised:
        store.write_whole(tmp_path, b"ad", "ad.not_written")
    assert raised.value.code == "ad.not_written" and not left_in(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such device")
def test_a_device_takes_the_bytes_and_stays_one() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as reading, os.fdopen(theirs, "wb") as writing:
        device = Path(f"/dev/fd/{writing.fileno()}")
        store.write_whole(device, b"ad", "ad.not_written")
        writing.close()
        assert reading.read() == b"ad"
