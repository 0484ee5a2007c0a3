"""The card made of Python keeps a card's rules, so that the tests on it can fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from device_double import Card, on_card


def test_what_lies_on_two_sides_is_not_computed_with(card: Card, device: torch.device):
    there, here = torch.ones(3, 3, device=device), torch.ones(3, 3)
    for work in (
        lambda: there + here,
        lambda: here @ there,
        lambda: torch.nn.functional.linear(here, there),
        lambda: torch.cat([there, here]),
        lambda: torch.where(there > 0, there, here),
        lambda: here.add_(there),
    ):
        with pytest.raises(RuntimeError, match="on the processor"):
            work()
    assert on_card(there * torch.tensor(2.0)), "a single number may lie anywhere"
    assert on_card(there[torch.tensor([0, 2])]), "and indices"


def test_numpy_does_not_read_it(card: Card, device: torch.device):
    there = torch.ones(3, device=device)
    for read in (lambda: there.numpy(), lambda: np.asarray(there), lambda: np.ones(3) + there):
        with pytest.raises((RuntimeError, TypeError)):
            read()
    np.testing.assert_array_equal(there.cpu().numpy(), np.ones(3, np.float32))


def test_what_makes_the_host_wait_is_written_down(card: Card, device: torch.device):
    there = torch.arange(6.0, device=device).reshape(2, 3)
    assert (card.waits, card.sent) == ([], [])
    for read in (
        lambda: there.sum().item(),
        lambda: bool((there > 0).any()),
        lambda: float(there[0, 1]),
        lambda: there.cpu(),
        lambda: there.to("cpu", torch.float64),
        lambda: there[there > 2],
        lambda: there.nonzero(),
        lambda: torch.equal(there, there),
        lambda: torch.empty(2, 3).copy_(there),
        lambda: torch.allclose(there, there),
    ):
        before = len(card.waits)
        read()
        assert len(card.waits) == before + 1
    before = list(card.waits)
    torch.empty(2, 3, pin_memory=True).copy_(there, non_blocking=True)
    there.to(torch.bfloat16).mul_(2).softmax(0)
    assert card.waits == before
    torch.tensor([1.0, 2.0], device=device)
    there.copy_(torch.zeros(2, 3))
    assert len(card.sent) == 2


def test_parts_of_it_share_its_memory(card: Card, device: torch.device):
    memory = torch.zeros(16, dtype=torch.uint8, device=device)
    memory[4:12].view(torch.float32).view(2, 1).copy_(torch.tensor([[1.0], [2.0]]))
    expected = torch.zeros(16, dtype=torch.uint8)
    expected[4:12] = torch.tensor([1.0, 2.0]).view(torch.uint8)
    assert torch.equal(memory.cpu(), expected)


def test_outside_of_these_tests_nothing_is_computed_there(device: torch.device):
    with pytest.raises((NotImplementedError, RuntimeError)):
        torch.ones(3, device=device)
