"""Streamed models draw the same pictures and always get home; how blocks come and go is in ``test_streamed_blocks``.

A CPU host that copies stands for a device here: weights are really copied, hung up, taken down and dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lora_files import peft, random_pairs, save
from torch import nn

from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Array


class StreamingHost(TorchHost):
    """Streams whatever is borrowed, whoever asks."""

    def on_device(
        self, component: Any, activation_bytes: int = 0, *, streamed: bool = False
    ) -> AbstractContextManager[Any]:
        return super().on_device(component, activation_bytes, streamed=True)


@pytest.fixture
def streaming_host() -> Iterator[TorchHost]:
    registry.forget()
    host = StreamingHost("cpu", model_dirs=[], copying=True)
    yield host
    host.evict_all()
    registry.forget()


def draw(zit: Zit, host: TorchHost, seed: int = 2) -> Array:
    return text_to_image(zit, "a marble podium", width=64, height=64, seed=seed, steps=3, host=host).images[0]


def places(module: nn.Module) -> list[int]:
    return [tensor.data_ptr() for tensor in [*module.parameters(), *module.buffers()]]


def modules_of(zit: Zit) -> list[nn.Module]:
    parts = zit.components
    return [parts.text_encoder, parts.transformer, parts.vae]


def test_pictures_are_the_same_bit_by_bit(tiny: Path, streaming_host: TorchHost):
    zit = load(tiny, streaming_host)
    plain = draw(zit, TorchHost("cpu"))
    before = [places(module) for module in modules_of(zit)]
    zit.components.embeddings.clear()
    for _ in range(2):
        np.testing.assert_array_equal(draw(zit, streaming_host), plain)
    assert all(residence_of(module).is_streamed for module in modules_of(zit))
    zit.components.embeddings.clear()
    np.testing.assert_array_equal(draw(zit, TorchHost("cpu", copying=True)), plain)
    assert not residence_of(zit.components.transformer).is_streamed
    streaming_host.evict_all()
    for module in modules_of(zit):
        residence_of(module).move_out()
    assert [places(module) for module in modules_of(zit)] == before


def test_adapters_come_along_and_leave_no_trace(tiny: Path, tmp_path: Path, streaming_host: TorchHost):
    zit = load(tiny, streaming_host)
    linears = zit.components.linears
    files = [save(tmp_path, peft(random_pairs(linears, seed)), f"style-{seed}") for seed in (1, 2)]
    styles = [with_loras(zit, [LoraUse(file, 0.8)]) for file in files]
    plain = [draw(handle, TorchHost("cpu")) for handle in (zit, *styles)]
    assert not np.array_equal(plain[0], plain[1])
    assert not np.array_equal(plain[1], plain[2])
    for index in (0, 1, 2, 1, 0):
        handle = (zit, *styles)[index]
        np.testing.assert_array_equal(draw(handle, streaming_host), plain[index])
    resident = TorchHost("cpu", copying=True)
    for index in (2, 1, 0, 2):  # also where all of it stays on the device while styles change
        np.testing.assert_array_equal(draw((zit, *styles)[index], resident), plain[index])
    resident.evict_all()
    np.testing.assert_array_equal(draw(styles[1], TorchHost("cpu")), plain[2])
