"""Who holds a guard has everybody else wait: the memory of prompts, a host that moves modules, the registry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from adstudio.engine.memory.components import Registry
from adstudio.engine.memory.prompt_memory import PromptMemory
from adstudio.engine.memory.torch_host import TorchHost

PATIENCE_S = 60


def entered(manager: Any) -> None:
    with manager:
        pass


PROMPTS: dict[str, Callable[[PromptMemory], Any]] = {
    "bytes": lambda memory: memory.bytes,
    "find": lambda memory: memory.find("a cup"),
    "keep": lambda memory: memory.keep("a cup", torch.zeros(2)),
    "clear": lambda memory: memory.clear(),
}
HOST: dict[str, Callable[[TorchHost], Any]] = {
    "on_device": lambda host: entered(host.on_device(nn.Linear(2, 2))),
    "workspace": lambda host: entered(host.workspace(10)),
    "free_bytes": lambda host: host.free_bytes(),
    "release": lambda host: host.release(nn.Linear(2, 2)),
    "evict_all": lambda host: host.evict_all(),
}


def waits(guard: Any, work: Callable[[], Any]) -> bool:
    """Whether ``work`` goes on only once the guard is given back."""
    other = threading.Thread(target=work, daemon=True)
    with guard:
        other.start()
        other.join(0.3)
        waited = other.is_alive()
    other.join(PATIENCE_S)
    return waited and not other.is_alive()


@pytest.mark.parametrize("way", PROMPTS)
def test_the_memory_of_prompts_is_used_by_one_at_a_time(way: str):
    memory = PromptMemory()
    assert waits(memory._guard, lambda: PROMPTS[way](memory))


@pytest.mark.parametrize("way", HOST)
def test_a_host_moves_and_measures_for_one_at_a_time(way: str):
    host = TorchHost("meta", model_dirs=())
    assert waits(host._moving, lambda: HOST[way](host))


def test_one_loads_and_one_draws_at_a_time():
    registry = Registry()
    assert waits(registry.loading, registry.forget)
    assert waits(registry.drawing, lambda: entered(registry.draw()))
    other = threading.Thread(target=lambda: entered(registry.draw()), daemon=True)
    with registry.loading:
        other.start()
        other.join(PATIENCE_S)
        assert not other.is_alive(), "who draws never waits for who loads"
