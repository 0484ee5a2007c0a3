"""A real hub on the loopback with a tiny checkpoint in it, and watchers that look on and cancel."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_server import Hub, serving
from onlooker import Onlooker
from tiny_checkpoint import build_checkpoint

from adstudio.engine.download import hub as hub_module

REPO = "org/z-image-tiny"
CLUTTER = {
    "README.md": b"# A model\n",
    ".gitattributes": b"*.safetensors filter=lfs\n",
    "assets/demo.png": b"\x89PNG" + bytes(50_000),
    "transformer/diffusion_pytorch_model.fp16.safetensors": bytes(60_000),
    "text_encoder/pytorch_model.bin": bytes(40_000),
    "vae/diffusion_pytorch_model.onnx": bytes(1000),
    "text_encoder/model.safetensors.index.json": b"{}",  # beside the single file it describes nothing
}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint as its maker has it."""
    return build_checkpoint(tmp_path_factory.mktemp("made") / "original")


@pytest.fixture
def hub(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that holds the checkpoint, and beside it what a repository also holds."""
    folder = Path(shutil.copytree(original, tmp_path / "hub"))
    for name, content in CLUTTER.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    with serving(REPO, folder) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr(hub_module, "_PAUSES_S", (0.01, 0.01))
        yield hub


@pytest.fixture
def needed(original: Path) -> dict[str, int]:
    """What a download must bring: names and sizes."""
    files = [path for path in original.rglob("*") if path.is_file()]
    return {path.relative_to(original).as_posix(): path.stat().st_size for path in files}


@pytest.fixture
def watcher() -> Onlooker:
    return Onlooker()


@pytest.fixture
def cancelling() -> Callable[[float], Onlooker]:
    """A watcher that cancels at a share of the whole."""
    return Onlooker


@pytest.fixture
def environment(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """What a process of its own needs to reach the hub, and no setting of this machine."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    path = [str(Path(__file__).resolve().parents[3]), *filter(None, [ours.get("PYTHONPATH")])]
    return ours | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf-home"),
        "ADSTUDIO_HOME": str(tmp_path / "adstudio-home"),
        "PYTHONPATH": os.pathsep.join(path),
    }


@pytest.fixture
def fetching(environment: dict[str, str]) -> Callable[..., list[str]]:
    """The command line of a fetch in a process of its own."""

    def fetching(*arguments: object) -> list[str]:
        return [sys.executable, "-m", "adstudio", "fetch", REPO, *map(str, arguments)]

    return fetching
