"""Composites on a card made of Python: the same pictures as numpy's, with nothing computed on two sides."""

from __future__ import annotations

import pytest
from device_double import Card
from devices_alike import SHOTS, check_a_composite_is_the_same

from adstudio.engine.memory.torch_host import TorchHost


@pytest.mark.parametrize("shot", SHOTS)
def test_a_composite_is_the_same_on_the_card(shot: str, host: TorchHost, card: Card):
    with host.workspace(0) as device:
        assert device is not None
        check_a_composite_is_the_same(shot, device)
    assert card.sent
    assert card.waits, "what was computed there has been fetched"
