"""Memory for a stage's work is asked for once, in one piece, where PyTorch's own allocator would keep it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.memory.work_room import WorkRoom

CARD = torch.device("meta")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    empty = torch.empty

    def watched(*shape: Any, **kwargs: Any) -> torch.Tensor:
        if kwargs.get("device") == CARD and kwargs.get("dtype") == torch.uint8:
            found.append(shape[0])
        return empty(*shape, **kwargs)

    monkeypatch.setattr(torch, "empty", watched)
    return found


def card(asked: list[Any], backend: str = "native") -> SimpleNamespace:
    return SimpleNamespace(get_allocator_backend=lambda: backend, empty_cache=lambda: asked.append("emptied"))


def test_a_larger_stage_gets_a_larger_piece_and_the_smaller_goes_first(asked: list[Any]):
    room = WorkRoom(CARD, card(asked))
    for size in (100, 300, 200, 300):
        room.prepare(size)
    assert asked == ["emptied", 100, "emptied", 300, 200, 300]


@pytest.mark.parametrize(
    ("device", "backend", "size"), [("cpu", "", 100), ("meta", "cudaMallocAsync", 100), ("meta", "native", 0)]
)
def test_nothing_is_asked_for_where_it_would_be_of_no_use(asked: list[Any], device: str, backend: str, size: int):
    WorkRoom(torch.device(device), card(asked, backend) if backend else None).prepare(size)
    assert asked == []


def test_where_there_is_no_such_piece_the_work_goes_on_without(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(torch, "empty", refuse)
    WorkRoom(CARD, card([])).prepare(100)


def test_a_host_asks_after_the_weights_are_there(asked: list[Any]):
    host = TorchHost("meta", model_dirs=())
    host._work_room = WorkRoom(CARD, card(asked))
    module = torch.nn.Linear(4, 4)
    with host.on_device(module, 1000):
        assert module.weight.device == CARD
    weights = 4 * 4 * 4
    assert asked[-2:] == ["emptied", 1000] and any(size != "emptied" and size >= weights for size in asked[:-2])
