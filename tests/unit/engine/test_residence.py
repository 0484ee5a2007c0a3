"""What a module's residence copies, keeps and puts back, whatever is done to the module meanwhile.

A CPU that is copied to stands for a device here, and a second one is torch's ``meta``.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest
import torch
from torch import nn

from adstudio.engine.memory import residence as residence_module
from adstudio.engine.memory.residence import Residence, residence_of

CPU, META = torch.device("cpu"), torch.device("meta")


@pytest.fixture
def layer() -> nn.Linear:
    return nn.Linear(8, 8).requires_grad_(False)


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of every tensor that is copied."""
    sizes, real = [], residence_module._copy

    def copy(tensor: torch.Tensor, place: object) -> torch.Tensor:
        sizes.append(tensor.nbytes)
        return real(tensor, place)  # type: ignore[arg-type]

    monkeypatch.setattr(residence_module, "_copy", copy)
    return sizes


def places(module: nn.Module) -> list[int]:
    return [tensor.data_ptr() for tensor in [*module.parameters(), *module.buffers()]]


def test_what_is_there_is_not_copied_again(layer: nn.Linear, copied: list[int]):
    residence, home = residence_of(layer), places(layer)
    with residence.lend(CPU):
        there = places(layer)
    assert copied == [8 * 8 * 4, 8 * 4]
    with residence.lend(CPU):
        assert places(layer) == there != home
    assert len(copied) == 2
    layer.register_buffer("style", torch.ones(3))
    with residence.lend(CPU):
        assert places(layer)[:2] == there
    assert copied[2:] == [3 * 4], "what came meanwhile, and nothing else"
    residence.move_out()
    assert len(copied) == 3 and places(layer)[:2] == home, "nothing is copied on the way home"


def test_from_one_device_to_another_it_keeps_its_home(layer: nn.Linear):
    residence, home = residence_of(layer), places(layer)
    weights = layer.weight.clone()
    for device in (CPU, META, CPU):
        with residence.lend(device):
            assert {tensor.device.type for tensor in layer.parameters()} == {device.type}
        if device == META:
            residence.move_out()  # nothing can be copied from there
    residence.move_out()
    assert places(layer) == home and torch.equal(layer.weight, weights)


def test_what_was_to_leave_stays_for_whoever_borrows_it_anew(layer: nn.Linear):
    residence, home = residence_of(layer), places(layer)
    with residence.lend(CPU):
        residence.move_out()
        with residence.lend(CPU):
            pass
        assert residence.is_away and residence.is_lent
    assert residence.is_away and places(layer) != home
    with residence.lend(CPU):
        residence.move_out()
    assert not residence.is_away and places(layer) == home


def test_what_was_replaced_meanwhile_neither_stays_nor_comes_back(layer: nn.Linear):
    residence = residence_of(layer)
    layer.register_buffer("style", torch.ones(3))
    layer.register_buffer("gone", torch.ones(3))
    with residence.lend(CPU):
        pass
    ghosts = [weakref.ref(layer.style), weakref.ref(layer.gone)]
    layer.style = torch.zeros(3)
    del layer.gone
    with residence.lend(CPU):
        gc.collect()
        assert [ghost() for ghost in ghosts] == [None, None], "the copies of the last style take no room"
    residence.move_out()
    assert torch.equal(layer.style, torch.zeros(3)) and "gone" not in layer._buffers


def test_what_was_replaced_before_it_leaves_is_left_alone(layer: nn.Linear):
    residence = residence_of(layer)
    with residence.lend(CPU):
        pass
    replaced = nn.Parameter(torch.zeros(8, 8), requires_grad=False)
    layer.weight = replaced
    residence.move_out()
    assert layer.weight is replaced


def test_weights_that_came_under_inference_mode_are_ordinary_ones(layer: nn.Linear):
    residence = residence_of(layer)
    with torch.inference_mode():
        with residence.lend(CPU):
            assert not any(tensor.is_inference() for tensor in layer.parameters())
        residence.move_out()
    assert not any(tensor.is_inference() for tensor in layer.parameters())


@pytest.mark.parametrize("device", [CPU, META], ids=str)
def test_copies_are_of_the_kind_of_what_they_stand_for(device: torch.device, layer: nn.Linear):
    layer.register_buffer("style", torch.ones(3))
    with residence_of(layer).lend(device):
        assert all(type(tensor) is nn.Parameter and not tensor.requires_grad for tensor in layer.parameters())
        assert type(layer.style) is torch.Tensor
        assert {tensor.device for tensor in layer.state_dict().values()} == {device}


def test_what_was_born_on_the_device_comes_home_with_the_rest(monkeypatch: pytest.MonkeyPatch):
    """As an adapter of a block that is put on while its module is away. Nothing can be copied from meta: it is home."""
    monkeypatch.setattr(residence_module, "HOME", META)
    block = nn.Module()
    residence = residence_of(nn.Sequential(nn.ModuleList([block])))
    with torch.inference_mode(), residence.lend(CPU):
        with torch.inference_mode(False):
            block.register_parameter("weight", nn.Parameter(torch.ones(3), requires_grad=False))
            block.register_buffer("style", torch.ones(3))
        residence.move_out()
    there = block.state_dict(keep_vars=True)
    assert all(tensor.device == META and not tensor.is_inference() for tensor in there.values())
    residence.move_out()
    assert all(tensor is there[name] for name, tensor in block.state_dict(keep_vars=True).items()), "at home it stays"


def test_tied_weights_are_counted_and_copied_once(copied: list[int]):
    pair = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
    pair[1].weight = pair[0].weight
    residence = residence_of(pair)
    assert residence.size_bytes() == 8 * 8 * 4
    with residence.lend(CPU):
        assert pair[0].weight is pair[1].weight
        assert residence.device_bytes() == 8 * 8 * 4
    assert copied == [8 * 8 * 4]
    residence.move_out()
    assert pair[0].weight is pair[1].weight and residence.device_bytes() == 0


WAYS: dict[str, Callable[[Residence], object]] = {
    "size_bytes": lambda residence: residence.size_bytes(),
    "device_bytes": lambda residence: residence.device_bytes(),
    "move_in": lambda residence: residence.move_in(CPU),
    "move_out": lambda residence: residence.move_out(),
    "lend": lambda residence: residence.lend(CPU).__enter__(),
    "held_still": lambda residence: residence.held_still().__enter__(),
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_moves_or_measures_waits_while_it_is_held_still(way: str, layer: nn.Linear):
    residence, home = residence_of(layer), places(layer)
    other = threading.Thread(target=WAYS[way], args=(residence,), daemon=True)
    with residence.held_still():
        other.start()
        other.join(0.3)
        assert other.is_alive() and places(layer) == home
    other.join(60)
    assert not other.is_alive()


def test_a_module_has_one_residence(layer: nn.Linear):
    first = residence_of(layer)
    assert isinstance(first, Residence) and residence_of(layer) is first
    assert not (first.is_away or first.is_lent or first.is_streamed)


def test_two_who_ask_at_once_get_the_same_residence(layer: nn.Linear, monkeypatch: pytest.MonkeyPatch):
    both = threading.Barrier(2)

    class Slow(Residence):
        def __init__(self, module: nn.Module) -> None:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # for one that is made beside it, which must not be
            super().__init__(module)

    monkeypatch.setattr(residence_module, "Residence", Slow)
    got: list[Residence] = []
    threads = [threading.Thread(target=lambda: got.append(residence_of(layer))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got[0] is got[1]


def test_another_way_of_placing_waits_until_nobody_computes():
    module = nn.Sequential(nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)]))
    residence = residence_of(module)
    with residence.lend(CPU, streamed=True):
        assert residence.is_streamed and residence.is_away, "though no tensor hangs there while no block runs"
        assert residence.device_bytes() == residence.size_bytes(streamed=True) > 0
        with residence.lend(CPU):
            assert residence.is_streamed, "a module that is lent stays as it is"
    with residence.lend(CPU):
        assert residence.is_away and not residence.is_streamed
    residence.move_out()
