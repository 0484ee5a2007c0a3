"""What a hub refuses is told in one sentence that says what to do, and never tells a secret."""

from __future__ import annotations

import logging
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from hub_server import Hub

from adstudio.engine.download.fetch import fetch, is_complete
from adstudio.engine.download.hub import folder_for
from adstudio.engine.download.needed_files import choose_files
from adstudio.errors import AdStudioError, InputError, ModelError, StorageError

REPO = "org/z-image-tiny"
TOKEN = "hf_VerySecretToken123"


def refusal(watcher: Any, folder: Path, repo: str = REPO, revision: str = "main") -> AdStudioError:
    with pytest.raises(AdStudioError) as raised:
        fetch(repo, folder, watcher, revision=revision)
    said = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in said and "secret-of-the-store" not in said
    assert raised.value.hint and raised.value.message.count("\n") == 0 and raised.value.message.endswith((".", ")"))
    assert not folder.exists() and not is_complete(folder)
    return raised.value


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize(
    ("status", "error_code", "path", "expected"),
    [
        (401, "RepoNotFound", "/api/", "hub.unknown_repo"),
        (401, "", "/api/", "hub.unknown_repo"),
        (404, "RevisionNotFound", "/api/", "hub.unknown_revision"),
        (403, "GatedRepo", "/resolve/", "hub.gated"),
        (401, "GatedRepo", "/resolve/", "hub.gated"),
        (403, "", "/resolve/", "hub.gated"),
        (404, "EntryNotFound", "/resolve/", "hub.unknown_repo"),
        (429, "", "/api/", "hub.busy"),
        (429, "", "/resolve/", "hub.busy"),
        (500, "", "/api/", "hub.refused"),
        (503, "", "/resolve/", "hub.refused"),
    ],
)
def test_every_refusal_has_its_sentence(
    hub: Hub,
    watcher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
    error_code: str,
    path: str,
    expected: str,
    token: str,
) -> None:
    caplog.set_level(logging.DEBUG, "adstudio")
    monkeypatch.setenv("HF_TOKEN", token)
    hub.faults.status, hub.faults.error_code = {path: status}, error_code
    error = refusal(watcher, tmp_path / "tiny")
    assert error.code == expected
    assert TOKEN not in caplog.text
    hub.reset()
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher)), "the next run is fine"


def test_a_repository_or_revision_that_is_not_there(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    assert refusal(watcher, tmp_path / "tiny", "org/none").code == "hub.unknown_repo"
    error = refusal(watcher, tmp_path / "tiny", revision="v9")
    assert error.code == "hub.unknown_revision" and "'v9'" in error.message


def test_a_hub_that_is_not_there(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    hub.close()
    error = refusal(watcher, tmp_path / "tiny")
    assert error.code == "hub.unreachable" and hub.url in error.message


def test_a_hub_that_is_ill_for_a_moment_is_asked_again(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    hub.faults.status, hub.faults.times = {"/resolve/": 503, "/api/": 503}, 2
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher))


def test_the_pause_that_the_hub_asks_for_is_kept(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    hub.faults.status, hub.faults.times, hub.faults.retry_after = {"vae/config.json": 429}, 1, "1"
    began = time.monotonic()
    assert is_complete(fetch(REPO, tmp_path / "tiny", watcher))
    assert time.monotonic() - began >= 1


def test_a_token_goes_to_the_hub_alone(
    hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.faults.needs_token = TOKEN
    assert refusal(watcher, tmp_path / "tiny").code == "hub.gated"
    monkeypatch.setenv("HF_TOKEN", f"{TOKEN}\n")  # as a file gives it
    folder = fetch(REPO, tmp_path / "tiny", watcher)
    assert hub.store_tokens and set(hub.store_tokens) == {None}, "the store behind the hub must not see it"
    for path in tmp_path.rglob("*.json"):
        assert TOKEN not in path.read_text("utf-8")
    assert is_complete(folder)
    assert "/api/models/" in caplog.text, "what is no secret may be logged"
    assert TOKEN not in caplog.text and "secret-of-the-store" not in caplog.text


def test_a_token_of_the_users_home_is_not_used(
    hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    fetch(REPO, tmp_path / "tiny", watcher)
    assert len(hub.tokens) > 5 and set(hub.tokens) == {None}


def test_offline_mode(hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert refusal(watcher, tmp_path / "tiny").code == "hub.offline"
    assert hub.requests == []


def test_a_model_larger_than_the_disk_is_refused_before_a_byte_travels(
    hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = hub.listing

    def boasting() -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = listing()
        for entry in entries:
            if "lfs" in entry:
                entry["lfs"]["size"] = entry["size"] = 10**15
        return entries

    monkeypatch.setattr(hub, "listing", boasting)
    error = refusal(watcher, tmp_path / "tiny")
    assert isinstance(error, StorageError) and error.code == "disk.no_room"
    assert "3,000,000,0" in error.message and "are free" in error.message
    assert hub.total_sent == 0


def test_a_hub_that_sends_another_size_than_it_says(
    hub: Hub, watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = hub.listing
    for change in (100, -100):

        def lying(change: int = change) -> list[dict[str, Any]]:
            entries: list[dict[str, Any]] = listing()
            for entry in entries:
                if entry["rfilename"] == "vae/diffusion_pytorch_model.safetensors":
                    entry["lfs"]["size"] += change
            return entries

        monkeypatch.setattr(hub, "listing", lying)
        assert refusal(watcher, tmp_path / "tiny").code == "hub.wrong_size"


def test_another_kind_of_repository(hub: Hub, watcher: Any, tmp_path: Path) -> None:
    (hub.folder / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    error = refusal(watcher, tmp_path / "tiny")
    assert error.code == "checkpoint.not_diffusers"
    assert "transformer/diffusion_pytorch_model" in error.message and "fp16" in error.message
    assert hub.total_sent == 0


@pytest.mark.parametrize(
    "text", ["", "  ", "a/b/c", "../../etc/passwd", "org/..", "/etc", "org/na me", "org\\name", "https://example.com/x"]
)
def test_what_is_no_id(hub: Hub, watcher: Any, tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as raised:
        folder_for(tmp_path, text)
    assert raised.value.code == "hub.bad_id"
    assert refusal(watcher, tmp_path / "tiny", text).code == "hub.bad_id"


def test_a_models_folder_is_named_after_its_id(tmp_path: Path) -> None:
    assert folder_for(tmp_path, "Tongyi-MAI/Z-Image-Turbo") == tmp_path / "Tongyi-MAI" / "Z-Image-Turbo"
    assert folder_for(tmp_path, "https://huggingface.co/org/name/") == tmp_path / "org" / "name"


def test_names_that_lead_out_of_the_folder_are_never_taken() -> None:
    plain = [
        "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
        "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
        "transformer/diffusion_pytorch_model.safetensors.index.json",
        "text_encoder/model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    ]
    strange = ["../x.json", "/etc/x.json", "tokenizer/../../x.json", "tokenizer\\x.json", "loras/../x.safetensors"]
    assert choose_files([*plain, *strange], "it") == tuple(sorted(plain))
    with pytest.raises(ModelError):
        choose_files(plain[2:], "it")
