"""A prompt that is known wakes no encoder, what is kept of prompts is bounded, and the largest part is lent first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.prompt_memory import PromptMemory
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Array


@pytest.fixture(autouse=True)
def empty_registry() -> Iterator[None]:
    registry.forget()
    yield
    registry.forget()


def draw(zit: Zit, host: TorchHost, seed: int = 2, prompt: str = "a marble podium") -> Array:
    return text_to_image(zit, prompt, width=64, height=64, seed=seed, steps=2, host=host).images[0]


class CountingHost(TorchHost):
    """Notes the class of everything that is borrowed."""

    def __init__(self) -> None:
        super().__init__("cpu", model_dirs=[])
        self.borrowed: list[str] = []

    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Any:
        self.borrowed.append(type(component).__name__)
        return super().on_device(component, activation_bytes, streamed=streamed)


def encoder_calls(zit: Zit) -> list[int]:
    calls: list[int] = []
    zit.components.text_encoder.register_forward_hook(lambda *_: calls.append(1))
    return calls


def test_a_changed_seed_never_wakes_the_encoder(tiny: Path, other: Path):
    host = CountingHost()
    zit = load(tiny, host)
    calls, photo = encoder_calls(zit), np.full((64, 64, 3), 0.5, np.float32)
    draw(zit, host, seed=1)
    assert len(calls) == 1
    for seed in (2, 3):
        draw(zit, host, seed=seed)
        image_to_image(zit, " a marble podium ", photo, strength=0.5, seed=seed, host=host)
    draw(load(tiny, host), host, seed=4)
    assert len(calls) == 1
    draw(zit, host, prompt="another podium")
    assert len(calls) == 2
    draw(zit, host)
    assert len(calls) == 2, "the first prompt is still known"
    elsewhere = load(other, host)
    calls_there = encoder_calls(elsewhere)
    draw(elsewhere, host)
    assert len(calls_there) == 1, "another checkpoint reads the prompt itself"


def test_the_largest_is_placed_first_where_all_stay(zit: Zit):
    host = CountingHost()
    zit.components.embeddings.clear()
    draw(zit, host)
    assert host.borrowed.index("ZImageTransformer2DModel") < host.borrowed.index("Qwen3Model")


def test_kept_prompts_are_bounded_in_bytes():
    memory = PromptMemory(limit_bytes=1000)
    for number in range(5):
        memory.keep(str(number), torch.full((100,), float(number)))  # 400 bytes
        memory.find("0")
    assert memory.bytes == 800
    assert [memory.find(str(number)) is not None for number in range(5)] == [True, False, False, False, True]
    memory.keep("large", torch.zeros(1000))
    assert memory.bytes == 4000, "the newest is kept, whatever its size"
    assert memory.find("0") is None
    memory.keep("small", torch.zeros(10))
    assert memory.bytes == 40
    memory.clear()
    memory.keep("first", torch.zeros(125))  # 500 bytes: two are just the limit
    memory.keep("second", torch.zeros(125))
    assert memory.bytes == 1000
    memory.keep("first", torch.ones(125))  # a text that was read anew, as two drew it at once
    memory.keep("third", torch.zeros(125))
    assert [memory.find(text) is not None for text in ("first", "second", "third")] == [True, False, True]
    view = torch.zeros(100)[:10]
    memory.clear()
    memory.keep("view", view)
    assert memory.bytes == 400, "what a view holds on to counts"
