"""A download brings what is needed and no more, is whole when it can be seen, and goes on where it broke off."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub_server import COMMIT, Hub
from onlooker import Onlooker

from adstudio.engine.doctor.examination import examine_folder, write_mended
from adstudio.engine.download.fetch import fetch, is_complete
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.forms.manifest import MANIFEST, read_manifest
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError, ModelError, ProviderError
from adstudio.ports import Cancelled

REPO = "org/z-image-tiny"


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_download_is_the_checkpoint_itself(
    hub: Hub, original: Path, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    folder = fetch(REPO, tmp_path / "models" / "org" / "tiny", watcher)
    assert names_in(folder) == {*needed, MANIFEST}, "no pictures, no pickles, no second precision"
    for name in needed:
        assert (folder / name).read_bytes() == (original / name).read_bytes()
    assert hub.total_sent == sum(needed.values())
    assert is_complete(folder)
    host = TorchHost("cpu", model_dirs=[])
    drawn, expected = (
        text_to_image(load(path, host), "a café table", host=host, width=64, height=48, seed=5).images[0]
        for path in (folder, original)
    )
    np.testing.assert_array_equal(drawn, expected)


def test_progress_counts_bytes_and_ends_at_all_of_them(hub: Hub, needed: dict[str, int], tmp_path: Path) -> None:
    total = sum(needed.values())
    hub.faults.trickle_after = total // 2

    class Patient(Onlooker):
        def progress(self, step: int, total: int, preview: object = None) -> None:
            super().progress(step, total, preview)
            if 0 < step < total:
                hub.faults.trickle_after = None  # the rest, now that it was told of a part

    watcher = Patient()
    fetch(REPO, tmp_path / "tiny", watcher)
    steps = [step for step, _ in watcher.seen]
    assert {whole for _, whole in watcher.seen} == {total}
    assert steps == sorted(steps) and steps[-1] == total
    assert any(0 < step < total for step in steps), "it must tell while it works"


def test_the_manifest_says_where_from_and_what(hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    content = json.loads((folder / MANIFEST).read_text())
    assert content["source"] == {"repo": REPO, "revision": "main", "commit": COMMIT}
    assert {name: facts["size"] for name, facts in content["files"].items()} == needed
    for name, facts in content["files"].items():
        assert facts["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_whole_folder_is_taken_without_asking_the_hub(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    hub.reset()
    assert fetch(REPO, folder, watcher) == folder
    assert fetch(REPO, folder, watcher, revision=COMMIT) == folder
    assert hub.requests == []


@pytest.mark.parametrize("name", ["transformer/config.json", "vae/diffusion_pytorch_model.safetensors", MANIFEST])
def test_a_folder_that_lacks_something_is_not_complete(hub: Hub, watcher: Any, tmp_path: Path, name: str) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    (folder / name).unlink()
    assert not is_complete(folder)
    hub.reset()
    fetch(REPO, folder, watcher)
    assert is_complete(folder)
    assert set(hub.sent) <= {name}, "only what is missing travels"


def test_a_folder_alone_is_not_complete(tmp_path: Path, original: Path) -> None:
    assert not is_complete(original), "it has every file, but nothing says so"
    assert not is_complete(tmp_path / "none")


def test_a_file_that_was_touched_is_read_again_and_stays(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    os.utime(folder / "vae" / "config.json", (1, 1))
    assert not is_complete(folder)
    hub.reset()
    fetch(REPO, folder, watcher)
    assert is_complete(folder) and hub.total_sent == 0


def test_damage_that_looks_untouched_is_found_by_verify(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    before, facts = weights.read_bytes(), weights.stat()
    weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    os.utime(weights, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert is_complete(folder), "sizes and times alone cannot tell"
    hub.reset()
    fetch(REPO, folder, watcher, verify=True)
    assert weights.read_bytes() == before
    assert hub.total_sent == len(before)
    hub.reset()
    fetch(REPO, folder, watcher, verify=True)
    assert hub.requests == [], "nothing is damaged now"


@pytest.mark.parametrize("name", ["transformer/diffusion_pytorch_model.safetensors", "vae/config.json"])
def test_wrong_bytes_are_deleted_and_loaded_again(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path, name: str
) -> None:
    hub.faults.wrong_bytes = name
    with pytest.raises(ModelError) as raised:
        fetch(REPO, tmp_path / "tiny", watcher)
    assert raised.value.code == "hub.wrong_hash" and name in raised.value.message
    working = tmp_path / ".tiny.fetching"
    assert not list(working.glob(f"{name}*")) and not (tmp_path / "tiny").exists()
    hub.reset()
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher))
    assert hub.sent[name] == needed[name]


def test_a_file_that_changed_at_the_hub_is_not_joined_with_its_old_half(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    hub.faults.drop_after = int(sum(needed.values()) * 0.6)
    with pytest.raises(ProviderError):
        fetch(REPO, tmp_path / "tiny", watcher)
    for weights in hub.folder.glob("*/*.safetensors"):
        weights.write_bytes(weights.read_bytes()[:-64] + os.urandom(64))
    hub.reset()
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    for name in needed:
        assert (folder / name).read_bytes() == (hub.folder / name).read_bytes()


def test_a_broken_clone_is_mended(
    hub: Hub, original: Path, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    clone = Path(shutil.copytree(original, tmp_path / "clone"))
    weights = "text_encoder/model.safetensors"
    (clone / weights).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (clone / "notes.txt").write_text("mine")
    fetch(REPO, clone, watcher)
    assert is_complete(clone) and (clone / "notes.txt").read_text() == "mine"
    assert dict(hub.sent) == {weights: needed[weights]}
    assert not (tmp_path / ".clone.fetching").exists()


def test_what_was_mended_on_purpose_is_no_damage(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    config = folder / "vae" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"use_quant_conv": True}))
    assert not is_complete(folder)
    diagnosis = examine_folder(folder)
    assert config in write_mended(diagnosis), diagnosis
    hub.reset()
    for verify in (False, True):
        fetch(REPO, folder, watcher, verify=verify)
        assert is_complete(folder) and hub.requests == []
    assert json.loads(config.read_text())["use_quant_conv"] is False


def test_a_link_leads_to_where_the_room_is(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    (tmp_path / "large" / "tiny").mkdir(parents=True)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny").symlink_to(tmp_path / "large" / "tiny", target_is_directory=True)
    assert fetch(REPO, tmp_path / "models" / "tiny", watcher) == tmp_path / "models" / "tiny"
    assert is_complete(tmp_path / "large" / "tiny") and (tmp_path / "models" / "tiny").is_symlink()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["tiny"], "nothing is built beside the link"


def test_a_folder_with_something_else_is_left_alone(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("a cat")
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    hub.reset()
    for place, id, revision in [
        (tmp_path / "photos", REPO, "main"),
        (tmp_path / "photos" / "cat.jpg", REPO, "main"),
        (folder, "org/other", "main"),
        (folder, REPO, "v2"),
    ]:
        with pytest.raises(InputError) as raised:
            fetch(id, place, watcher, revision=revision)
        assert raised.value.code == "fetch.folder_taken"
    assert is_complete(folder) and names_in(tmp_path / "photos") == {"cat.jpg"} and hub.requests == []


def test_what_a_killed_process_left_while_it_showed_the_folder_is_used(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path
) -> None:
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    (folder / MANIFEST).unlink()
    folder.rename(tmp_path / ".tiny.fetching")  # every file has its name already, the folder not yet
    hub.reset()
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher))
    assert hub.total_sent == 0


def test_the_address_of_a_models_page_is_an_id_too(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    for number, text in enumerate([f" https://huggingface.co/{REPO}/ ", f"{hub.url}/{REPO}"]):
        manifest = read_manifest(fetch(text, tmp_path / str(number), watcher))
        assert manifest is not None and manifest.source["repo"] == REPO


def test_what_the_hubs_own_tools_have_loaded_does_not_travel_again(
    hub: Hub, needed: dict[str, int], watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    weights, other = "transformer/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"
    blobs = tmp_path / "cache" / f"models--{REPO.replace('/', '--')}" / "blobs"
    blobs.mkdir(parents=True)
    for name in (weights, other):
        content = (hub.folder / name).read_bytes()
        kept = content if name == weights else bytes(len(content))  # one of them is damaged
        (blobs / hashlib.sha256(content).hexdigest()).write_bytes(kept)
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    assert (folder / weights).read_bytes() == (hub.folder / weights).read_bytes()
    assert (folder / other).read_bytes() == (hub.folder / other).read_bytes()
    assert hub.sent[weights] == 0 and hub.sent[other] == needed[other]
    assert (folder / weights).stat().st_nlink == 2, "on one disk it takes no room twice"
    assert watcher.seen[-1] == (sum(needed.values()), sum(needed.values()))


@pytest.mark.parametrize("cancel", [False, True])
def test_a_cache_on_another_disk_is_copied(
    cancel: bool, hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    name = "transformer/diffusion_pytorch_model.safetensors"
    blobs = tmp_path / "cache" / f"models--{REPO.replace('/', '--')}" / "blobs"
    blobs.mkdir(parents=True)
    content = (hub.folder / name).read_bytes()
    (blobs / hashlib.sha256(content).hexdigest()).write_bytes(content)

    asked = []

    def link(source: Path, target: Path) -> None:
        asked.append(source)
        if cancel and len(asked) == 1:
            watcher.cancel_at, watcher.seen = 0.0, [(0, 1)]
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", link)
    if cancel:
        with pytest.raises(Cancelled):
            fetch(REPO, tmp_path / "tiny", watcher)
        assert not (tmp_path / "tiny").exists()
        watcher.cancel_at = 2.0  # the next attempt is not cancelled
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    assert (folder / name).read_bytes() == content
    assert hub.sent[name] == 0 and (folder / name).stat().st_nlink == 1
