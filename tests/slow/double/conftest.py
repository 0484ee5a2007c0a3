"""Tests on a card made of Python. They have a process to themselves, which ``test_device_double`` starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from device_double import ASKED, Card, register
from tiny_checkpoint import build_checkpoint

from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost

# Once the device is known, other libraries take it for an accelerator of theirs, for as long as the process lives.
collect_ignore_glob = [] if os.environ.get(ASKED) else ["test_*.py"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint in float32: what a processor computes in bfloat16 depends on its make."""
    return build_checkpoint(tmp_path_factory.mktemp("tiny") / "fp32", dtype=torch.float32)


@pytest.fixture
def zit(folder: Path) -> Zit:
    registry.forget()
    return load(folder, TorchHost("cpu", model_dirs=[]))


@pytest.fixture
def device() -> torch.device:
    return register()


@pytest.fixture
def card(device: torch.device) -> Iterator[Card]:
    with Card() as card:
        yield card


@pytest.fixture
def home() -> TorchHost:
    """A host on the processor."""
    return TorchHost("cpu", model_dirs=[])


@pytest.fixture
def host(device: torch.device, card: Card) -> Iterator[TorchHost]:
    """A host on the card, which has room for all; it makes a tensor there to see whether it can."""
    host = TorchHost(str(device), model_dirs=[], free_bytes=lambda: 2**40)
    yield host
    host.evict_all()
