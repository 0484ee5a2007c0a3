"""A card that is full after all costs no ad: the composite is made on the processor, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.memory.torch_host import TorchHost
from adstudio.imaging.composite import compose as composite
from adstudio.imaging.composite.compose import compose
from adstudio.run.composing import compose_on
from adstudio.types import CutOut, Placement

PLACES = [Placement(0.5, 0.9, 0.5)]


class Lending(TorchHost):
    """Lends torch's arrays on the processor, as a card's are lent."""

    @contextmanager
    def workspace(self, work_bytes: int) -> Iterator[torch.device | None]:
        yield torch.device("cpu")


@pytest.fixture
def scene() -> tuple[Any, list[CutOut]]:
    rgba = np.zeros((40, 30, 4), np.float32)
    rgba[5:35, 5:25] = (0.7, 0.2, 0.3, 1.0)
    return np.full((120, 160, 3), 0.6, np.float32), [CutOut(rgba, "mask")]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Has nothing taken by the device, and keeps what was asked for."""
    asked, real = list[Any](), composite.put

    def put(values: Any, on: Any) -> Any:
        asked.append(on)
        if on is not None:
            raise torch.OutOfMemoryError("full")
        return real(values, on)

    monkeypatch.setattr(composite, "put", put)
    return asked


def test_a_full_card_leaves_the_composite_to_the_processor(scene: Any, full: list[Any]) -> None:
    made = compose_on(Lending("cpu"), scene[0], scene[1], PLACES, layers=True)
    assert full == [torch.device("cpu"), None]
    expected = compose(scene[0], scene[1], PLACES, layers=True)
    np.testing.assert_array_equal(made.image, expected.image)
    assert len(made.layers) == len(expected.layers)
    assert made.notes[:-1] == expected.notes
    assert "processor" in made.notes[-1]


def test_what_fits_is_made_on_the_device(scene: Any) -> None:
    made, expected = compose_on(Lending("cpu"), scene[0], scene[1], PLACES), compose(scene[0], scene[1], PLACES)
    assert np.abs(made.image - expected.image).max() < 1 / 255
    assert made.notes == expected.notes


def test_another_error_passes_through(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(*_: Any) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(composite, "put", put)
    with pytest.raises(RuntimeError, match="device-side"):
        compose_on(Lending("cpu"), scene[0], scene[1], PLACES)
