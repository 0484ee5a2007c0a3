"""The plain host keeps the contract, makes room in order and never evicts what is in use."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from host_contract import CHECKS, META, Case, devices
from torch import nn

from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import load, registry
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost


def add_layer(module: Any) -> None:
    module.added = nn.Linear(2, 2)


@pytest.fixture
def case(tiny: Path, tmp_path: Path) -> Iterator[Case]:
    registry.forget()
    (tmp_path / "diffusers" / "here").mkdir(parents=True)
    (tmp_path / "loras").mkdir()
    (tmp_path / "loras" / "look.safetensors").write_bytes(b"x")
    computing, placing = TorchHost("cpu", model_dirs=[tmp_path]), TorchHost("meta")
    zit = load(tiny, computing)

    def draw(host: Any, seed: int) -> Any:
        return text_to_image(zit, "a podium", width=64, height=64, seed=seed, steps=2, host=host).images[0]

    yield Case(
        computing=computing,
        placing=placing,
        evict=placing.evict_all,
        cancel=computing.cancel,
        components=zit.components,
        draw=draw,
        reference=lambda seed: draw(TorchHost("cpu"), seed),
        add_layer=add_layer,
        models=tmp_path,
    )
    registry.forget()


@pytest.mark.parametrize("check", CHECKS)
def test_contract(check: str, case: Case):
    CHECKS[check](case)


class Budget:
    """A device of a certain size: what is placed on it counts."""

    def __init__(self, size: int, modules: list[nn.Module]) -> None:
        self.size, self.modules = size, modules

    def free(self) -> int:
        return self.size - sum(residence_of(m).size_bytes() for m in self.modules if residence_of(m).is_away)


@pytest.fixture
def modules() -> list[nn.Module]:
    return [nn.Linear(100, 100, bias=False) for _ in range(4)]  # 40,000 bytes each


@pytest.fixture
def cramped(modules: list[nn.Module]) -> Callable[[int], TorchHost]:
    return lambda size: TorchHost("meta", free_bytes=Budget(size, modules).free)


def away(modules: list[nn.Module]) -> list[int]:
    return [index for index, module in enumerate(modules) if devices(module) == {"meta"}]


def use(host: TorchHost, module: nn.Module, work: int = 0) -> None:
    with host.on_device(module, work):
        assert devices(module) == {"meta"}


def test_the_least_recently_used_leaves_first(modules: list[nn.Module], cramped: Callable[[int], TorchHost]):
    host = cramped(130_000)
    for index in (0, 1, 2, 0, 3):
        use(host, modules[index])
    assert away(modules) == [0, 2, 3]


def test_work_counts_beside_weights(modules: list[nn.Module], cramped: Callable[[int], TorchHost]):
    host = cramped(130_000)
    for index in (0, 1, 2):
        use(host, modules[index])
    use(host, modules[2], work=80_000)
    assert away(modules) == [2]


def test_what_is_in_use_is_never_evicted(modules: list[nn.Module], cramped: Callable[[int], TorchHost]):
    host = cramped(50_000)
    with host.on_device(modules[0]):
        use(host, modules[1])  # too much for the device, but the first is lent
        assert host.free_bytes() == 50_000 - 40_000, "what is lent is no room"
        host.evict_all()
        assert away(modules) == [0]
    assert away(modules) == [0], "nor is it sent home afterwards"
    use(host, modules[2])
    assert away(modules) == [2]


def test_what_just_fits_sends_nobody_home(modules: list[nn.Module], cramped: Callable[[int], TorchHost]):
    for size, left in ((80_000, [0, 1]), (79_999, [1])):
        host = cramped(size)
        use(host, modules[0])
        use(host, modules[1])
        assert away(modules) == left
        host.evict_all()


def test_what_is_there_does_not_leave_to_make_room_for_its_own_work(
    modules: list[nn.Module], cramped: Callable[[int], TorchHost]
):
    host = cramped(50_000)
    use(host, modules[0])
    there = modules[0].weight
    use(host, modules[0], work=80_000)
    assert modules[0].weight is there, "it would be copied once more"


def test_a_streamed_module_asks_for_no_more_room_than_it_takes(modules: list[nn.Module]):
    walls = nn.Sequential(nn.ModuleList([nn.Linear(100, 100, bias=False) for _ in range(5)]))
    slim, whole = (residence_of(walls).size_bytes(streamed=streamed) for streamed in (True, False))
    assert slim < whole
    everything = (modules[0], walls)
    host = TorchHost(
        "meta", free_bytes=lambda: 40_000 + slim - sum(residence_of(each).device_bytes() for each in everything)
    )
    use(host, modules[0])
    with host.on_device(walls, streamed=True):
        assert away(modules) == [0]
    use(host, walls)
    assert away(modules) == [], "whole it needs more"


def test_what_is_in_use_is_not_released_but_can_be_later(modules: list[nn.Module]):
    host = TorchHost("meta")
    with host.on_device(modules[0]):
        host.release(modules[0])
        assert away(modules) == [0]
    assert away(modules) == [0], "the next picture finds it there"
    host.evict_all()
    assert away(modules) == []


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("full"), RuntimeError("CUDA error: out of memory")], ids=str)
def test_out_of_memory_evicts_the_others_and_tries_once_more(
    error: Exception, modules: list[nn.Module], monkeypatch: pytest.MonkeyPatch
):
    host = TorchHost("meta")
    use(host, modules[0])
    use(host, modules[1])
    residence, failures = residence_of(modules[2]), [1]
    real = residence.move_in

    def move_in(device: torch.device, **how: bool) -> None:
        if failures:
            failures.pop()
            raise error
        real(device, **how)

    monkeypatch.setattr(residence, "move_in", move_in)
    use(host, modules[2])
    assert away(modules) == [2]
    failures.extend([1, 1])
    host.evict_all()
    with pytest.raises(torch.OutOfMemoryError), host.on_device(modules[2]):
        pass
    assert away(modules) == []


def test_what_nobody_holds_any_more_makes_room_for_the_second_try(
    modules: list[nn.Module], monkeypatch: pytest.MonkeyPatch
):
    """A checkpoint that was forgotten lies on the card until garbage is collected: its modules hold each other."""
    host, forgotten = TorchHost("meta"), nn.Linear(4, 4)
    forgotten.__dict__["itself"] = forgotten
    use(host, forgotten)
    ghost, there = weakref.ref(forgotten), []
    residence, real = residence_of(modules[0]), residence_of(modules[0]).move_in

    def move_in(device: torch.device, **how: bool) -> None:
        there.append(ghost() is not None)
        if len(there) == 1:
            raise torch.OutOfMemoryError("full")
        real(device, **how)

    monkeypatch.setattr(residence, "move_in", move_in)
    host._placed.pop(id(forgotten))  # nobody would send it home
    gc.disable()
    try:
        del forgotten
        use(host, modules[0])
    finally:
        gc.enable()
    assert there == [True, False]


def test_the_second_try_does_not_lie_beside_the_rest_of_the_first(monkeypatch: pytest.MonkeyPatch):
    from adstudio.engine.memory import residence as rooms

    host, module = TorchHost("cpu", copying=True), nn.Sequential(*(nn.Linear(4, 4, bias=False) for _ in range(3)))
    made: list[weakref.ref[torch.Tensor]] = []
    living: list[int] = []  # copies of the attempts before, each time that one is made
    attempts, real = [1], rooms._copy

    def copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
        if attempts[0] == 1 and len(made) == 2:
            attempts[0], living[:] = 2, []
            raise torch.OutOfMemoryError("full")
        if attempts[0] == 2:
            living.append(sum(reference() is not None for reference in made[:2]))
        copied = real(tensor, device)
        made.append(weakref.ref(copied))
        return copied

    monkeypatch.setattr(rooms, "_copy", copy)
    with host.on_device(module):
        pass
    assert living == [0, 0, 0], "half a model stays on the card while the whole one comes"


def test_a_move_that_fails_half_way_leaves_everything_at_home(monkeypatch: pytest.MonkeyPatch):
    from adstudio.engine.memory import residence as rooms

    module, left = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), [1, 1, 1]
    before, real = [p.data_ptr() for p in module.parameters()], rooms._copy

    def copy(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
        if not left:
            raise torch.OutOfMemoryError("full")
        left.pop()
        return real(tensor, device)

    monkeypatch.setattr(rooms, "_copy", copy)
    with pytest.raises(torch.OutOfMemoryError):
        residence_of(module).move_in(META)
    assert [p.data_ptr() for p in module.parameters()] == before


def test_tied_weights_stay_tied_and_count_once():
    module = nn.ModuleDict({"a": nn.Linear(4, 4, bias=False), "b": nn.Linear(4, 4, bias=False)})
    module["b"].weight = module["a"].weight
    residence = residence_of(module)
    assert residence.size_bytes() == 64
    residence.move_in(META)
    assert module["a"].weight is module["b"].weight
    residence.move_in(META)
    residence.move_out()
    assert module["a"].weight is module["b"].weight
    assert module["a"].weight.device.type == "cpu"


def test_two_hosts_see_one_residence(modules: list[nn.Module]):
    first, second = TorchHost("meta"), TorchHost("meta")
    use(first, modules[0])
    use(second, modules[0])
    home = residence_of(modules[0])
    assert home.is_away
    first.evict_all()
    assert not home.is_away


def test_threads_borrow_at_the_same_time(modules: list[nn.Module], cramped: Callable[[int], TorchHost]):
    host, failures = cramped(90_000), []

    def work(module: nn.Module) -> None:
        for _ in range(50):
            with host.on_device(module):
                if devices(module) != {"meta"}:
                    failures.append(1)

    threads = [threading.Thread(target=work, args=(module,)) for module in modules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    host.evict_all()
    assert away(modules) == []


class Walls(nn.Module):
    """Two blocks with a layer after them; one weight is in both, one is not flat, and one block has a buffer."""

    def __init__(self) -> None:
        super().__init__()
        spread: Any = nn.Conv2d(4, 4, 3)
        spread.weight.data = spread.weight.data.to(memory_format=torch.channels_last)
        first = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
        second = nn.Sequential(spread, nn.Linear(8, 8, bias=False))
        second[1].weight = first[0].weight
        first.register_buffer("style", torch.ones(3))
        self.blocks, self.last = nn.ModuleList([first, second]), nn.Linear(8, 2)
        self.eval().requires_grad_(False)


def test_the_weights_of_a_block_share_one_piece_of_memory():
    """PyTorch's allocator takes every larger tensor in steps of 2 MiB."""
    walls = Walls()
    residence = residence_of(walls)
    homes = {name: tensor.clone() for name, tensor in walls.state_dict().items()}
    places = [parameter.data_ptr() for parameter in walls.parameters()]
    with residence.lend(torch.device("cpu")):
        there = walls.state_dict()
        assert all(torch.equal(there[name], home) for name, home in homes.items())
        assert not set(places) & {parameter.data_ptr() for parameter in walls.parameters()}
        first, second = cast(Any, walls.blocks)
        assert second[1].weight is first[0].weight, "tied weights stay tied"
        memory = {name: tensor.untyped_storage().data_ptr() for name, tensor in there.items()}
        block = {memory[f"blocks.0.{layer}.{kind}"] for layer in (0, 1) for kind in ("weight", "bias")}
        assert len(block) == 1
        assert len({memory["last.weight"], memory["last.bias"]}) == 1
        assert memory["last.weight"] not in block
        assert memory["blocks.0.style"] not in block, "what comes and goes by itself keeps nobody's memory"
        assert second[0].weight.is_contiguous(memory_format=torch.channels_last)
    residence.move_out()
    assert [parameter.data_ptr() for parameter in walls.parameters()] == places
