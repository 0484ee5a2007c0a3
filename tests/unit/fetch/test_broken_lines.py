"""A line that breaks, changes what was asked for or is given up: nothing that came is lost, nothing wrong is joined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_server import Faults, Hub

from adstudio.engine.download.fetch import fetch, is_complete
from adstudio.engine.forms.manifest import MANIFEST
from adstudio.errors import ProviderError
from adstudio.ports import Cancelled

REPO = "org/z-image-tiny"


def bytes_kept(folder: Path) -> int:
    """What an attempt has left in the hidden folder beside the target."""
    working = folder.with_name(f".{folder.name}.fetching")
    return sum(path.stat().st_size for path in working.rglob("*") if path.is_file())


def test_a_line_lost_at_sixty_percent_is_taken_up_there(
    hub: Hub, original: Path, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    total, folder = sum(needed.values()), tmp_path / "org" / "tiny"
    hub.faults.drop_after = int(total * 0.6)
    with pytest.raises(ProviderError) as raised:
        fetch(REPO, folder, watcher)
    assert raised.value.code == "hub.unreachable"
    assert not folder.exists() and not is_complete(folder)
    kept = bytes_kept(folder)
    assert 0.5 * total < kept <= 0.6 * total
    hub.reset()
    fetch(REPO, folder, watcher)
    assert hub.total_sent == total - kept, "only the rest may travel"
    assert all((folder / name).read_bytes() == (original / name).read_bytes() for name in needed)
    there = {path.relative_to(tmp_path / "org").as_posix() for path in (tmp_path / "org").rglob("*") if path.is_file()}
    assert there == {".tiny.lock", *(f"tiny/{name}" for name in [*needed, MANIFEST])}


def test_a_line_that_breaks_again_and_again_brings_everything_once(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    hub.faults.drop_each = 30_000
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    assert is_complete(folder)
    assert hub.total_sent == sum(needed.values())
    assert len(hub.ranges) >= 3


def test_a_server_without_ranges_sends_the_file_anew(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    hub.faults.drop_after = int(sum(needed.values()) * 0.6)
    with pytest.raises(ProviderError):
        fetch(REPO, tmp_path / "tiny", watcher)
    hub.reset()
    hub.faults.no_ranges = True
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher))
    assert watcher.seen[-1][0] == watcher.seen[-1][1]


@pytest.mark.parametrize(
    "fault",
    [{"range_shift": -1000}, {"range_shift": 1000}, {"range_header": ""}, {"range_header": "bytes */9"}],
    ids=str,
)
def test_a_range_of_other_bytes_is_never_joined(
    fault: dict[str, Any], hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    """Something on the way cuts ranges its own way, or does not say where they lie: the file comes anew, as a whole."""
    hub.faults.drop_after = int(sum(needed.values()) * 0.6)
    with pytest.raises(ProviderError):
        fetch(REPO, tmp_path / "tiny", watcher)
    hub.reset()
    hub.faults = Faults(**fault)
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    assert is_complete(folder) and hub.ranges
    for name in needed:
        assert (folder / name).read_bytes() == (hub.folder / name).read_bytes()
    assert watcher.seen[-1][0] == watcher.seen[-1][1]


def test_a_line_that_breaks_again_and_again_and_has_no_ranges_ends(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    largest = max(needed.values())
    for faults in (
        Faults(drop_each=largest - 1, range_header=""),
        Faults(drops=[largest - 1, largest // 2], no_ranges=True),  # now farther, now less far, and never to the end
    ):
        hub.faults = faults
        with pytest.raises(ProviderError):
            fetch(REPO, tmp_path / "tiny", watcher)
        hub.settle()


def test_files_that_come_packed_are_unpacked(hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path) -> None:
    hub.faults.packed = True
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    for name in needed:
        assert (folder / name).read_bytes() == (hub.folder / name).read_bytes()


def test_a_cancelled_download_goes_on_later(
    hub: Hub, needed: dict[str, int], watcher: Any, cancelling: Callable[[float], Any], tmp_path: Path
) -> None:
    hub.faults.bytes_per_second = 300_000
    with pytest.raises(Cancelled):
        fetch(REPO, tmp_path / "tiny", cancelling(0.3))
    assert not (tmp_path / "tiny").exists()
    kept = bytes_kept(tmp_path / "tiny")
    hub.settle()
    hub.reset()
    fetch(REPO, tmp_path / "tiny", watcher)
    assert kept > 0 and hub.total_sent == sum(needed.values()) - kept
