"""Blocks that come one by one, on a card with streams: nothing is read before it is there, or overwritten before it
has been read, and no memory is given away while a copy is under way."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from device_double import OnCard
from lora_files import peft, random_pairs, save
from ordered_card import OrderedCard, _Event, _Stream
from torch import nn

from adstudio.engine.drawing import preview
from adstudio.engine.drawing.options import FP8_WEIGHTS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory import lane
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost

WIDTH = 32


class Block(nn.Module):
    """Two layers, more than a staging buffer of the tests."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(torch.relu(self.one(x)))


class Tower(nn.Module):
    """Blocks between layers that stay."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.blocks = nn.ModuleList(Block() for _ in range(5))
        self.last = nn.Linear(WIDTH, 3)
        self.eval().requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = block(x)
        return self.last(x)


@pytest.fixture
def card(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> Iterator[OrderedCard]:
    """The card, known to the way into the slots as CUDA is, with small staging so that a block takes several."""
    card = OrderedCard()
    monkeypatch.setattr(lane, "ASYNC_DEVICES", {device.type})
    monkeypatch.setattr(lane, "_STAGED_BYTES", 3000)
    monkeypatch.setattr(torch, "get_device_module", lambda *_: card.module)
    read = torch.Tensor.numpy

    def numpy(tensor: torch.Tensor, **how: Any) -> Any:
        card.read_by_host(tensor)  # torch tells nobody
        return read(tensor, **how)

    monkeypatch.setattr(torch.Tensor, "numpy", numpy)
    with card:
        yield card


def run_twice(card: OrderedCard, device: torch.device) -> list[str]:
    """The races of two forwards, a growing block, and leaving."""
    tower = Tower()
    rows = torch.randn(4, WIDTH)
    expected, residence = tower(rows), residence_of(tower)
    with residence.lend(device, streamed=True):
        x = rows.to(device)
        for _ in range(2):
            assert torch.equal(tower(x).cpu(), expected)
        for _ in range(2):
            tower.blocks[0](x)  # the same one twice: it is there already
        growing: Any = tower.blocks[2]
        growing.register_buffer("extra", torch.ones(5000), persistent=False)
        for _ in range(2):
            tower(x)
    residence.move_out()
    gc.collect()
    return card.order.races


def test_nothing_races(card: OrderedCard, device: torch.device):
    assert run_twice(card, device) == []
    assert len(card.order.sides) == 3, "the host, the computation and the copies all took part"


def nothing(*_: Any) -> None:
    return None


def early(real: Callable[[Any], Any]) -> Callable[[Any], Any]:
    told: list[Any] = [None]

    def read_by_now(self: Any) -> Any:
        before, told[0] = told[0], real(self)
        return before

    return read_by_now


def set_elsewhere(self: Any, _: Any) -> Any:
    event = self._api.Event()
    event.record(self._api.Stream(self._device))
    return event


MISTAKES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a block does not wait for its copy": lambda patch: patch.setattr(lane.Lane, "wait_for", nothing),
    "a copy does not wait for the block before it": lambda patch: patch.setattr(lane.Lane, "read_by_now", nothing),
    "the end of a block is told before its beginning": lambda patch: patch.setattr(
        lane.Lane, "read_by_now", early(lane.Lane.read_by_now)
    ),
    "no stream waits for an event": lambda patch: patch.setattr(_Stream, "wait_event", nothing),
    "a new slot does not wait for its old owner": lambda patch: patch.setattr(_Stream, "wait_stream", nothing),
    "staging is written over before it is sent": lambda patch: patch.setattr(_Event, "synchronize", nothing),
    "an event is set on another stream": lambda patch: patch.setattr(lane.Lane, "_event", set_elsewhere),
    "memory is given back before it has been written": lambda patch: patch.setattr(OnCard, "record_stream", nothing),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_a_race(mistake: str, card: OrderedCard, device: torch.device, monkeypatch: pytest.MonkeyPatch):
    MISTAKES[mistake](monkeypatch)
    assert (throw_away if "given back" in mistake else run_twice)(card, device)


def throw_away(card: OrderedCard, device: torch.device) -> list[str]:
    """The races where a module is dropped as it lies on the card, with the next block on its way."""
    tower = Tower()
    with residence_of(tower).lend(device, streamed=True):
        tower(torch.randn(4, WIDTH, device=device))
    del tower
    gc.collect()
    return card.order.races


def test_a_module_may_be_thrown_away_with_copies_on_their_way(card: OrderedCard, device: torch.device):
    assert throw_away(card, device) == []


@pytest.mark.parametrize("is_waited_for", [True, False])
def test_a_preview_is_looked_at_when_it_has_come(
    is_waited_for: bool, zit: Zit, card: OrderedCard, device: torch.device, monkeypatch: pytest.MonkeyPatch
):
    if not is_waited_for:
        monkeypatch.setattr(_Event, "synchronize", nothing)
    drawer = preview.Previews(preview.fit_factors(zit.components.vae, torch.device("cpu")), device)
    drawn = [drawer.draw(torch.randn(1, 16, 8, 8, device=device)) for _ in range(3)]
    assert [picture is None for picture in drawn] == [True, False, False]
    assert bool(card.order.races) != is_waited_for


class Streaming(TorchHost):
    """Has blocks on the card one by one."""

    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Any:
        return super().on_device(component, activation_bytes, streamed=True)


@pytest.mark.parametrize("kind", ["plain", "style", FP8_WEIGHTS])
def test_a_picture_of_streamed_parts_races_nowhere(
    kind: str, zit: Zit, home: TorchHost, card: OrderedCard, device: torch.device, tmp_path: Path
):
    if kind == "style":
        file = save(tmp_path, peft(random_pairs(zit.components.linears)), "style")
        zit = with_loras(zit, [LoraUse(file, 0.7)])
    elif kind != "plain":
        zit = with_options(zit, Options(precision=FP8_WEIGHTS), home)
    host = Streaming(str(device), model_dirs=[], free_bytes=lambda: 2**40)
    pictures = []
    for where in (home, host, host):
        zit.components.embeddings.clear()
        drawn = text_to_image(zit, "a podium", width=64, height=96, seed=3, steps=3, host=where)
        pictures.append(drawn.images[0])
    assert residence_of(zit.components.transformer).is_streamed
    host.evict_all()
    gc.collect()
    assert card.order.races == []
    assert len(card.order.sides) == 5, "the host, the computation, and the copies of three parts"
    np.testing.assert_array_equal(pictures[1], pictures[0])
    np.testing.assert_array_equal(pictures[2], pictures[0])
