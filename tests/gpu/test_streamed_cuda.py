"""Block-streamed modules on an NVIDIA GPU: the same numbers with two blocks there at a time, fetched ahead."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing import compiling
from adstudio.engine.drawing.options import Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost

CUDA = torch.device("cuda:0")
WIDTH, BLOCKS = 4096, 12
BLOCK_BYTES = 2 * WIDTH * WIDTH * 2


class Block(nn.Module):
    """Two wide layers: 64 MiB, as much as the staging takes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.bfloat16)
        self.two = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.bfloat16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.tanh(self.two(torch.tanh(self.one(x))))


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.last = nn.Linear(WIDTH, 16, dtype=torch.bfloat16)
        self.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = block(x)
        return self.last(x)


class StreamingHost(TorchHost):
    """Streams whatever is borrowed."""

    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Any:
        return super().on_device(component, activation_bytes, streamed=True)


@pytest.fixture
def tower() -> Iterator[Tower]:
    torch.manual_seed(0)
    tower = Tower()
    # cuBLAS takes its workspace at the first product, up to 32 MiB, and keeps it: no test may count that.
    square = torch.zeros(64, 64, dtype=torch.bfloat16, device=CUDA)
    functional.linear(square, square), functional.linear(square, square, square[0])
    del square
    yield tower
    residence_of(tower).move_out()
    gc.collect()
    torch.cuda.empty_cache()


def held() -> int:
    gc.collect()
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated()


@pytest.mark.parametrize("rows", [1, 4096], ids=["copies slower than work", "work slower than copies"])
def test_the_same_numbers_however_fast_blocks_come(tower: Tower, rows: int):
    x = torch.randn(rows, WIDTH, dtype=torch.bfloat16, device=CUDA)
    residence = residence_of(tower)
    with residence.lend(CUDA):
        expected = tower(x).cpu()
    with residence.lend(CUDA, streamed=True):
        outputs = [tower(x) for _ in range(10)]  # no wait between: the host runs far ahead of the device
        assert all(torch.equal(output.cpu(), expected) for output in outputs)


def test_two_blocks_are_all_that_is_there(tower: Tower):
    x = torch.randn(8, WIDTH, dtype=torch.bfloat16, device=CUDA)
    residence, before = residence_of(tower), held()
    with residence.lend(CUDA, streamed=True):
        torch.cuda.reset_peak_memory_stats()
        for _ in range(3):
            tower(x)
        torch.cuda.synchronize()
        work = 40 * 2**20  # workspaces of cuBLAS; a third block would take more
        assert torch.cuda.max_memory_allocated() - before <= residence.size_bytes(streamed=True) + work
    assert residence.size_bytes(streamed=True) < 2.1 * BLOCK_BYTES
    residence.move_out()
    assert held() <= before


def test_an_error_between_copies_leaves_nothing_behind(tower: Tower):
    x = torch.randn(8, WIDTH, dtype=torch.bfloat16, device=CUDA)
    residence, before = residence_of(tower), held()
    homes = [parameter.data_ptr() for parameter in tower.parameters()]
    with residence.lend(CUDA):
        expected = tower(x).cpu()

    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("injected")

    hook = tower.blocks[5].register_forward_pre_hook(fail)
    with pytest.raises(torch.OutOfMemoryError), residence.lend(CUDA, streamed=True):
        tower(x)
    hook.remove()
    residence.move_out()
    assert held() <= before
    assert [parameter.data_ptr() for parameter in tower.parameters()] == homes
    # what is taken now is the memory that a copy may still have been on its way to
    other = torch.full((4 * BLOCK_BYTES,), 7, dtype=torch.uint8, device=CUDA)
    with residence.lend(CUDA, streamed=True):
        assert torch.equal(tower(x).cpu(), expected)
    assert bool((other == 7).all())


def test_a_module_that_is_thrown_away_leaves_no_copy_on_its_way():
    x = torch.randn(8, WIDTH, dtype=torch.bfloat16, device=CUDA)
    for _ in range(5):
        tower = Tower()
        with residence_of(tower).lend(CUDA, streamed=True):
            tower(x)  # the first block is fetched for the next run, and nobody waits for it
        del tower
        gc.collect()
        others = [torch.full((BLOCK_BYTES,), 7, dtype=torch.uint8, device=CUDA) for _ in range(4)]
        assert all(bool((other == 7).all()) for other in others)
        del others


def test_compiled_blocks_come_one_by_one(monkeypatch: pytest.MonkeyPatch):
    """By a backend that compiles no kernels: what is asked is whether graphs read what lies in the slots."""
    monkeypatch.setattr(compiling, "BACKEND", "aot_eager")
    registry.forget()
    resident, streamed = TorchHost("cuda"), StreamingHost("cuda")
    for precision in ("bf16", "fp8 weights"):
        options = Options(precision=precision)
        zit = with_options(load(checkpoint_path(), resident), options, resident)
        expected = text_to_image(zit, "a marble counter", width=256, height=256, seed=3, host=resident).images[0]
        fast = replace(zit, options=replace(options, compiled=True))
        for _ in range(2):
            drawn = text_to_image(fast, "a marble counter", width=256, height=256, seed=3, host=streamed).images[0]
            assert np.abs(drawn - expected).mean() < 0.03
    for host in (resident, streamed):
        host.evict_all()
    registry.forget()


def test_a_seed_is_the_same_picture_streamed_and_resident():
    registry.forget()
    resident, streamed = TorchHost("cuda"), StreamingHost("cuda")

    def draw(host: TorchHost) -> Any:
        zit = load(checkpoint_path(), host)
        zit.components.embeddings.clear()
        return text_to_image(zit, "a marble counter", width=256, height=256, seed=3, host=host).images[0]

    expected = draw(resident)
    np.testing.assert_array_equal(draw(streamed), expected)
    np.testing.assert_array_equal(draw(resident), expected)
    for host in (resident, streamed):
        host.evict_all()
    registry.forget()


def test_the_room_is_the_cards_own():
    host = TorchHost("cuda")
    free, total = torch.cuda.mem_get_info()
    assert 0.9 * free - 2**30 < host.free_bytes() <= total
