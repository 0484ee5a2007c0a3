"""Of a streamed module only the blocks that run are on the device; all of them get home, whatever goes wrong.

A CPU host that copies stands for a device here: weights are really copied, hung up, taken down and dropped.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from adstudio.engine.memory import streaming
from adstudio.engine.memory.lane import Lane
from adstudio.engine.memory.residence import residence_of

CPU = torch.device("cpu")


def places(module: nn.Module) -> list[int]:
    return [tensor.data_ptr() for tensor in [*module.parameters(), *module.buffers()]]


class Block(nn.Module):
    """A layer and what follows it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.inner(x))


class Tower(nn.Module):
    """Blocks between two small layers; each block runs twice per forward, the last of them first."""

    def __init__(self, blocks: int = 5, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.last = nn.Linear(width, width)
        self.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for _ in range(2):
            for block in reversed(self.blocks):
                x = block(x)
        return self.last(x)


@pytest.fixture
def tower() -> Tower:
    torch.manual_seed(0)
    return Tower().eval()


def spy_on_copies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of bytes of every block that is copied."""
    copies, real = [], Lane.copy

    def copy(lane: Any, pieces: Any, memory: Any, size: int, read: Any) -> Any:
        copies.append(size)
        return real(lane, pieces, memory, size, read)

    monkeypatch.setattr(Lane, "copy", copy)
    return copies


def test_only_the_block_that_runs_is_on_the_device(tower: Tower):
    home, first, seen = places(tower.blocks), tower.first.weight.data_ptr(), []

    def look(running: nn.Module, _: Any, output: torch.Tensor) -> None:
        seen.append([index for index, place in enumerate(places(tower.blocks)) if place != home[index]])

    for block in tower.blocks:
        block.register_forward_hook(look)
    x = torch.randn(3, 64)
    expected = tower(x)
    seen.clear()
    with residence_of(tower).lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)
        assert places(tower.blocks) == home
        assert tower.first.weight.data_ptr() != first
    # a block has two tensors
    assert seen == [[2 * index, 2 * index + 1] for index in (4, 3, 2, 1, 0)] * 2


def test_the_next_block_is_fetched_once_and_ahead(tower: Tower, monkeypatch: pytest.MonkeyPatch):
    copies = spy_on_copies(monkeypatch)
    x = torch.randn(3, 64)
    with residence_of(tower).lend(CPU, streamed=True):
        tower(x)  # learns in which order the blocks run
        copies.clear()
        for _ in range(3):
            tower(x)
        assert len(copies) == 3 * 10
        ahead: list[bool] = []
        real = streaming.BlockStream._slot_for

        def slot_for(stream: Any, index: int, busy: Any = None) -> Any:
            ahead.append(busy is not None)
            return real(stream, index, busy)

        monkeypatch.setattr(streaming.BlockStream, "_slot_for", slot_for)
        tower(x)
        assert ahead == [True] * 10, "a block had to wait for its copy"


def test_blocks_that_run_in_their_order_are_fetched_once_from_the_first_pass_on(monkeypatch: pytest.MonkeyPatch):
    copies, blocks = spy_on_copies(monkeypatch), nn.ModuleList(Block(8) for _ in range(5))
    with residence_of(nn.Sequential(blocks)).lend(CPU, streamed=True):
        for block in blocks:
            block(torch.ones(1, 8))
    assert len(copies) == 6  # the first one again, for the next pass


def test_two_slots_are_all_that_blocks_take(tower: Tower):
    residence = residence_of(tower)
    block = 64 * 64 * 4 + 256  # the bias fills one aligned piece
    small = 2 * (64 * 64 + 64) * 4
    assert residence.size_bytes() == 7 * (64 * 64 + 64) * 4
    assert residence.size_bytes(streamed=True) == small + 2 * block
    with residence.lend(CPU, streamed=True):
        assert residence.device_bytes() == small + 2 * block
        tower(torch.randn(1, 64))
        assert residence._stream is not None
        assert [len(slot.memory) for slot in residence._stream._slots] == [block, block]
    with residence.lend(torch.device("meta")):
        assert residence.device_bytes() == residence.size_bytes() == 7 * (64 * 64 + 64) * 4
        assert residence.size_bytes(streamed=True) == small + 2 * block, "wherever it is now"
    residence.move_out()
    assert residence.device_bytes() == 0
    assert not residence.is_away


@pytest.mark.parametrize("number", [1, 2])
def test_few_blocks_work_too(number: int):
    tower = Tower(number)
    x = torch.randn(2, 64)
    expected = tower(x)
    with residence_of(tower).lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)
        assert torch.equal(tower(x), expected)


class Odd(nn.Module):
    """Blocks of unlike sizes: some not flat in memory, tied within, or with buffers."""

    def __init__(self) -> None:
        super().__init__()
        large = nn.Sequential(nn.Linear(8, 512), nn.Linear(512, 8))
        spread = nn.Conv2d(4, 4, 3, padding=1)
        spread.weight.data = spread.weight.data.to(memory_format=torch.channels_last)
        twin = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
        twin[1].weight = twin[0].weight
        self.blocks = nn.ModuleList([nn.Linear(8, 8), large, spread, twin, nn.BatchNorm1d(8), nn.Dropout()])
        self.eval().requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        small, large, spread, twin, norm, drop = self.blocks
        x = norm(large(small(x)))
        return drop(twin(x + spread(x.reshape(1, 4, 4, 4)).reshape(x.shape)))


def test_blocks_of_unlike_sizes_and_forms():
    module = Odd()
    assert len(streaming.find_blocks(module)) == 5, "what holds no weights needs no streaming"
    x, ties = torch.randn(8, 8), []
    expected, before = module(x), places(module)
    twins: Any = module.blocks[3]
    twins.register_forward_hook(lambda *_: ties.append(twins[0].weight is twins[1].weight))
    residence = residence_of(module)
    with residence.lend(CPU, streamed=True):
        for _ in range(2):
            assert torch.equal(module(x), expected)
        assert ties == [True, True]
    residence.move_out()
    assert places(module) == before


def test_a_block_that_grows_meanwhile_finds_room(tower: Tower):
    x = torch.randn(2, 64)
    growing: Any = tower.blocks[2]
    with residence_of(tower).lend(CPU, streamed=True):
        tower(x)
        growing.register_buffer("extra", torch.ones(500, 500), persistent=False)
        seen = []
        growing.register_forward_hook(lambda block, *_: seen.append(block.extra.data_ptr()))
        here = growing.extra.data_ptr()
        tower(x)
        assert len(seen) == 2
        assert here not in seen
        assert growing.extra.data_ptr() == here
        growing.extra = torch.zeros(500, 500)  # replaced while a copy of the old one may lie in a slot
        sums = []
        growing.register_forward_hook(lambda block, *_: sums.append(float(block.extra.sum())))
        tower(x)
        assert sums == [0, 0]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, KeyboardInterrupt, ZeroDivisionError])
def test_an_error_in_a_block_leaves_everything_at_home(tower: Tower, error: type[BaseException]):
    x, home = torch.randn(2, 64), places(tower)
    expected = tower(x)
    kinds = [type(block) for block in tower.blocks]

    def fail(*_: Any) -> None:
        raise error

    hook = tower.blocks[1].register_forward_hook(fail)
    with pytest.raises(error), residence_of(tower).lend(CPU, streamed=True):
        tower(x)
    assert places(tower.blocks) == home[2:12]
    residence_of(tower).move_out()
    assert places(tower) == home
    assert [type(block) for block in tower.blocks] == kinds
    hook.remove()
    with residence_of(tower).lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)


def test_memory_that_runs_out_in_the_stream(tower: Tower, monkeypatch: pytest.MonkeyPatch):
    x, home = torch.randn(2, 64), places(tower)
    expected, left, real = tower(x), [0], Lane.copy

    def copy(*given: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise torch.OutOfMemoryError("full")
        return real(*given)

    monkeypatch.setattr(Lane, "copy", copy)
    residence = residence_of(tower)
    for allowed in (0, 1, 4):  # the first copy, the first one ahead, one in the middle
        left[0] = allowed
        with pytest.raises(torch.OutOfMemoryError), residence.lend(CPU, streamed=True):
            tower(x)
        assert places(tower.blocks) == home[2:12]
    left[0] = 1000
    with residence.lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)
    residence.move_out()
    monkeypatch.setattr(Lane, "allocate", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError))
    with pytest.raises(torch.OutOfMemoryError), residence.lend(CPU, streamed=True):
        pass
    assert places(tower) == home
    assert not residence.is_away


def test_works_under_inference_mode_and_leaves_ordinary_tensors(tower: Tower):
    x = torch.randn(2, 64)
    expected = tower(x)
    with torch.inference_mode(), residence_of(tower).lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)
    with torch.no_grad(), residence_of(tower).lend(CPU, streamed=True):
        assert torch.equal(tower(x), expected)  # what came to the device there serves here
    residence_of(tower).move_out()
    assert not any(parameter.is_inference() for parameter in tower.parameters())


def test_compiled_blocks_are_streamed_without_compiling_anew(tower: Tower):
    x, compiled = torch.randn(2, 64), []

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        compiled.append(graph)
        return graph.forward

    torch._dynamo.reset()
    for block in tower.blocks:
        block.compile(backend=backend, fullgraph=True)
    with torch.no_grad():
        expected = tower(x)
        with residence_of(tower).lend(CPU, streamed=True):
            assert torch.equal(tower(x), expected)
            number = len(compiled)
            for _ in range(3):
                assert torch.equal(tower(x), expected)
        assert len(compiled) == number
    assert 0 < number <= 2


def test_empty_places_in_a_list_are_no_blocks():
    """diffusers leaves them where a VAE has no attention."""
    module, block = nn.Module(), Block(4)
    module.attentions = nn.ModuleList([None, block])  # type: ignore[list-item]
    assert streaming.find_blocks(module) == [block]
    assert residence_of(module).size_bytes(streamed=True) >= residence_of(module).size_bytes()
