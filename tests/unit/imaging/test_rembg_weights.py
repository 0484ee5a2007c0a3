"""Weights are fetched only when told to, whole or not at all; a session tells where and under which licence it ran."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from adstudio.errors import ModelError, ProviderError, StorageError
from adstudio.imaging.cutout import rembg_models, rembg_weights
from adstudio.imaging.cutout.matting import cut_out, describe_methods, licence_of, list_licences, methods
from adstudio.imaging.cutout.rembg_session import _where, choose_providers
from adstudio.ports import Cancelled
from adstudio.types import Array

from .conftest import draw_table, smooth_ellipse

BODY = bytes(range(256)) * 12_000  # three pieces


class Releases:
    """A server of releases on the loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cut_at: int | None = None
        self.flip = False
        self.ranges: list[str | None] = []
        self.knows_ranges = True


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    state = Releases()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            body = bytes([BODY[0] ^ 1]) + BODY[1:] if state.flip else BODY
            state.ranges.append(self.headers["Range"])
            start = int((self.headers["Range"] or "bytes=0-")[6:-1]) if state.knows_ranges else 0
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start : state.cut_at])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(rembg_weights, "RELEASES", f"http://127.0.0.1:{server.server_address[1]}")
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def model() -> rembg_models.RembgModel:
    return replace(rembg_models.MODELS["u2netp"], digest=f"md5:{hashlib.md5(BODY).hexdigest()}")


class Onlooker:
    """Sees the progress, and may cancel."""

    def __init__(self, cancel_after: int = 10**9) -> None:
        self.seen: list[tuple[int, int]] = []
        self.cancel_after = cancel_after

    def progress(self, step: int, total: int, preview: Array | None = None) -> None:
        self.seen.append((step, total))

    def check_cancelled(self) -> None:
        if len(self.seen) >= self.cancel_after:
            raise Cancelled


def test_weights_arrive_whole_with_progress(releases: Releases, model: rembg_models.RembgModel, tmp_path: Path) -> None:
    onlooker = Onlooker()
    path = rembg_weights.download(model, tmp_path / "rembg", onlooker)
    assert path == tmp_path / "rembg" / "u2netp.onnx" and path.read_bytes() == BODY
    steps = [step for step, _ in onlooker.seen]
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == len(BODY) and len(steps) >= 3
    assert {total for _, total in onlooker.seen} == {len(BODY)}
    assert releases.asked == ["/u2netp.onnx"]
    assert rembg_weights.download(model, tmp_path / "rembg") == path  # another node waited for the same file
    assert len(releases.asked) == 1
    assert not list((tmp_path / "rembg").glob("*.part"))


def test_wrong_bytes_are_not_kept(releases: Releases, model: rembg_models.RembgModel, tmp_path: Path) -> None:
    releases.flip = True
    with pytest.raises(ProviderError) as caught:
        rembg_weights.download(model, tmp_path)
    assert caught.value.code == "cutout.wrong_bytes"
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".onnx", ".part")]


def break_off(releases: Releases, model: rembg_models.RembgModel, folder: Path) -> None:
    releases.cut_at = 1_500_000
    with pytest.raises(ProviderError) as caught:
        rembg_weights.download(model, folder)
    assert caught.value.code == "cutout.download_failed"
    assert not list(folder.glob("*.onnx")) and (folder / f".{model.file_name}.part").stat().st_size == 1_500_000
    releases.cut_at = None


def test_broken_download_goes_on_where_it_stopped(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path
) -> None:
    break_off(releases, model, tmp_path)
    onlooker = Onlooker()
    assert rembg_weights.download(model, tmp_path, onlooker).read_bytes() == BODY
    assert releases.ranges == [None, "bytes=1500000-"]
    assert onlooker.seen[0] == (1_500_000, len(BODY)) and onlooker.seen[-1] == (len(BODY), len(BODY))
    assert not list(tmp_path.glob(".*.part"))


def test_server_that_knows_no_ranges_sends_it_all_again(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path
) -> None:
    break_off(releases, model, tmp_path)
    releases.knows_ranges = False
    assert rembg_weights.download(model, tmp_path).read_bytes() == BODY


@pytest.mark.parametrize("old", [b"of another release", BODY + b"and more"], ids=["wrong", "too long"])
def test_beginning_of_another_file_is_dropped(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path, old: bytes
) -> None:
    (tmp_path / f".{model.file_name}.part").write_bytes(old)
    assert rembg_weights.download(model, tmp_path).read_bytes() == BODY
    assert len(releases.asked) == 2


def test_download_can_be_cancelled_and_goes_on(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path
) -> None:
    with pytest.raises(Cancelled):
        rembg_weights.download(model, tmp_path, Onlooker(cancel_after=1))
    assert not list(tmp_path.glob("*.onnx"))
    assert rembg_weights.download(model, tmp_path).read_bytes() == BODY
    assert releases.ranges[1] is not None


def test_disk_that_fills_on_the_way_is_told(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(rembg_weights.os, "fsync", fill)
    with pytest.raises(StorageError) as caught:
        rembg_weights.download(model, tmp_path)
    assert caught.value.code == "cutout.disk_full"
    assert not list(tmp_path.glob("*.onnx"))


def test_offline_is_named(model: rembg_models.RembgModel, tmp_path: Path) -> None:
    with pytest.raises(ProviderError) as caught:
        rembg_weights.download(model, tmp_path)
    assert caught.value.code == "cutout.download_failed"


def test_folder_that_cannot_be_written_is_named(model: rembg_models.RembgModel, tmp_path: Path) -> None:
    (tmp_path / "rembg").write_text("a file where the folder should be")
    with pytest.raises(StorageError) as caught:
        rembg_weights.download(model, tmp_path / "rembg")
    assert caught.value.code == "cutout.models_not_writable"
    assert str(tmp_path / "rembg") in caught.value.message


def test_full_disk_is_told_before_anything_is_asked_for(
    releases: Releases, model: rembg_models.RembgModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rembg_weights.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(StorageError) as caught:
        rembg_weights.download(model, tmp_path)
    assert caught.value.code == "cutout.disk_full"
    assert releases.asked == []


def test_every_model_has_its_licence_and_digest() -> None:
    for model in rembg_models.MODELS.values():
        kind, _, digest = model.digest.partition(":")
        assert len(digest) == {"md5": 32, "sha256": 64}[kind]
        assert model.licence and model.megabytes > 0
    assert not {"withoutbg", "atlascloud"} & set(rembg_models.MODELS)  # they upload the picture


def test_every_method_that_is_offered_tells_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list_licences()
    for method in methods():
        assert licence_of(method).endswith(", free for business")
        assert not method.startswith("rembg:") or f"{method.removeprefix('rembg:')}" in told
    assert "bria" not in told and licence_of("rembg:bria-rmbg").endswith("not for business")
    monkeypatch.setenv(rembg_models.NON_COMMERCIAL_SWITCH, "1")
    assert "bria-rmbg: BRIA RMBG-2.0, non-commercial without a paid agreement, not for business" in list_licences()


@pytest.mark.skipif(importlib.util.find_spec("rembg") is None, reason="needs rembg")
def test_files_are_those_that_rembg_itself_would_fetch() -> None:
    folder = Path(importlib.util.find_spec("rembg").origin).parent / "sessions"  # pyright: ignore
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for model in rembg_models.MODELS.values():
        assert f"/{model.release}" in source, model.name
        assert model.digest in source, model.name


def test_listing_tells_what_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADSTUDIO_HOME", "REMBG_HOME", "U2NET_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("ADSTUDIO_MODELS", str(tmp_path))
    (tmp_path / "rembg").mkdir()
    (tmp_path / "rembg" / "silueta.onnx").write_bytes(b"x")
    listed = {entry["method"]: entry["here"] for entry in describe_methods()}
    assert listed["rembg:silueta"] and listed["geodesic"] and not listed["rembg:u2net"]


def test_providers_are_those_that_are_there() -> None:
    there = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    assert choose_providers("cpu", there) == ["CPUExecutionProvider"]
    assert choose_providers("gpu", there) == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert choose_providers("gpu", ["AzureExecutionProvider", "CPUExecutionProvider"]) == ["CPUExecutionProvider"]


def test_where_it_ran_is_told() -> None:
    asked = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert _where("gpu", asked, asked) == "The model ran on: CUDA."
    assert "CUDA could not be started" in _where("gpu", asked, asked[1:])
    assert "knows no GPU" in _where("gpu", asked[1:], asked[1:])


def test_missing_onnxruntime_neither_ends_the_program_nor_imports_rembg(tmp_path: Path) -> None:
    """``import rembg`` without onnxruntime calls ``sys.exit``, which would take ComfyUI along."""
    code = (
        "import importlib.util as u, sys\n"
        "real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'onnxruntime' else real(name, *a)\n"
        "sys.modules['onnxruntime'] = None\n"
        "import numpy as np\n"
        "from adstudio.errors import MissingDependency\n"
        "from adstudio.imaging.cutout.matting import cut_out\n"
        "try: cut_out(np.zeros((64, 64, 3), np.float32), method='rembg:u2net')\n"
        "except MissingDependency: print('named')\n"
        "assert 'rembg' not in sys.modules"
    )
    root = Path(rembg_models.__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "named", done.stderr


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("rembg", "onnxruntime", "onnx")), reason="needs rembg"
)
def test_run_tells_licence_and_place_and_downloads_on_request(
    tmp_path: Path, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_rembg_models import save_toy_net

    for name in ("ADSTUDIO_HOME", "REMBG_HOME", "U2NET_HOME", "ADSTUDIO_MODELS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    body = save_toy_net(tmp_path / "toy.onnx").read_bytes()
    monkeypatch.setattr(sys.modules[__name__], "BODY", body)
    toy = replace(rembg_models.MODELS["u2netp"], digest=f"md5:{hashlib.md5(body).hexdigest()}")
    monkeypatch.setitem(rembg_models.MODELS, "u2netp", toy)
    alpha = smooth_ellipse(300, 400, (150, 205), (95, 120))[..., None]
    photo = (draw_table() * (1 - alpha) + alpha * [0.1, 0.2, 0.9]).astype("float32")
    with pytest.raises(ModelError) as caught:
        cut_out(photo, method="rembg:u2netp")
    assert caught.value.code == "cutout.no_weights" and releases.asked == []
    folder = tmp_path / "comfyui" / "rembg"
    cut = cut_out(photo, method="rembg:u2netp", allow_download=True, weights_folder=folder, device="gpu")
    assert (folder / "u2netp.onnx").is_file()
    assert any("Apache-2.0" in note for note in cut.notes)
    assert any(note.startswith("The model ran on: ") for note in cut.notes)
