"""Which device the plain host takes for a name, and how much room it sees there."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError


def test_auto_takes_a_card_only_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert TorchHost().device == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    try:
        assert TorchHost().device == torch.device("cuda:0")
    except InputError as error:  # this machine has none
        assert "The device 'cuda:0' cannot be used here" in error.message


def test_unknown_devices_are_named():
    with pytest.raises(InputError) as caught:
        TorchHost("warp")
    assert caught.value.code == "device.unknown"
    assert caught.value.message == "torch knows no device 'warp'."
    assert caught.value.hint == "Use auto, cpu, cuda or cuda:1."
    assert caught.value.__suppress_context__, "torch's list of all that it knows tells nobody anything"


@pytest.mark.parametrize("name", ["cuda:99", "mps:99", "xpu:99"])
def test_devices_that_are_not_there_are_named(name: str):
    with pytest.raises(InputError, match=name) as caught:
        TorchHost(name)
    assert caught.value.code == "device.missing"
    assert isinstance(caught.value.__cause__, Exception)


@pytest.mark.parametrize(
    ("line", "told"), [("no driver", "no driver"), ("x" * 300, "x" * 200)], ids=["short", "too long for a sentence"]
)
def test_of_what_a_driver_says_the_first_line_is_told(line: str, told: str, monkeypatch: pytest.MonkeyPatch):
    def empty(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"  {line}\nCompile with TORCH_USE_CUDA_DSA to enable assertions.\n")

    monkeypatch.setattr(torch, "empty", empty)
    with pytest.raises(InputError) as caught:
        TorchHost("cpu")
    assert caught.value.message == f"The device 'cpu' cannot be used here ({told})."
    assert caught.value.hint == "Use auto, which takes a graphics card only where there is one, or cpu."


def test_a_device_is_known_by_the_index_that_its_tensors_report():
    for name in ("cpu", "meta"):
        assert TorchHost(name).device == torch.empty(0, device=name).device


def test_a_limit_on_torchs_memory_is_the_card(monkeypatch: pytest.MonkeyPatch):
    gib, host = 2**30, TorchHost("cpu")
    host.device = torch.device("cuda:0")
    card = {"mem_get_info": (70 * gib, 80 * gib), "memory_reserved": 9 * gib, "memory_allocated": 6 * gib}
    for name, value in card.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda *_: 1.0, raising=False)
    assert host._ask_device() == (70 + 3) * gib - 512 * 2**20
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda *_: 0.25)
    assert host._ask_device() == (20 - 6) * gib - 512 * 2**20
    monkeypatch.delattr(torch.cuda, "get_per_process_memory_fraction")
    assert host._ask_device() == (70 + 3) * gib - 512 * 2**20
