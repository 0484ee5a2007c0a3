"""Tiny checkpoints with random weights, written once per session."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from checkpoint_forms import build_typical
from released_checkpoint import build_released
from tiny_checkpoint import build_checkpoint

from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Array


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bf16 checkpoint with the real model's grid of 16."""
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "bf16")


@pytest.fixture(scope="session")
def tiny_float(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights in float32, for comparisons."""
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "fp32", dtype=torch.float32)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another checkpoint, with other weights."""
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "other", seed=1)


@pytest.fixture(scope="session")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bf16 checkpoint with the real model's constants and tokenizer, which single files come without."""
    return build_typical(tmp_path_factory.mktemp("typical") / "folder")


@pytest.fixture(scope="session")
def turbo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the names, shapes and configurations of the released model, and no values."""
    return build_released(tmp_path_factory.mktemp("released"))


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """A checkpoint of one's own, to damage."""

    def copy_of(path: Path) -> Path:
        return Path(shutil.copytree(path, tmp_path / "copy"))

    return copy_of


@pytest.fixture
def host() -> TorchHost:
    return TorchHost("cpu", model_dirs=[])


@pytest.fixture
def zit(tiny: Path, host: TorchHost) -> Zit:
    return load(tiny, host)


@pytest.fixture
def zit_float(tiny_float: Path, host: TorchHost) -> Zit:
    return load(tiny_float, host)


@pytest.fixture
def photo() -> Array:
    """A picture of slopes and waves, ``[64,64,3]``."""
    rows, columns = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    return np.stack([rows, columns, 0.5 + 0.5 * np.sin(9 * rows * columns)], axis=2).astype(np.float32)


@pytest.fixture
def counted(zit: Zit) -> Iterator[list[int]]:
    """One entry per run of the transformer."""
    runs: list[int] = []
    handle = zit.components.transformer.register_forward_pre_hook(lambda *_: runs.append(1))
    yield runs
    handle.remove()


@pytest.fixture(autouse=True, scope="module")
def clean_registry() -> Iterator[None]:
    """No test file leaves loaded models to the next."""
    yield
    registry.forget()
