"""Scales of 8-bit weights: one number, one per row, or one per block of 128 by 128; whatever else comes is refused."""

from __future__ import annotations

import pytest
import torch

from adstudio.engine.tensors.quantization import restore, scale_of
from adstudio.errors import ModelError

ROWS, COLUMNS, BLOCK = 4500, 300, 128  # more rows than are restored at once, and no multiple of a block
BLOCKS = (-(-ROWS // BLOCK), -(-COLUMNS // BLOCK))


@pytest.fixture
def value() -> torch.Tensor:
    return torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(0)).to(torch.float8_e4m3fn)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (ROWS,), (ROWS, 1), BLOCKS])
def test_every_weight_is_multiplied_with_its_own_scale(shape: tuple[int, ...], value: torch.Tensor):
    scale = torch.rand(shape, generator=torch.Generator().manual_seed(1)) + 0.5
    if shape == BLOCKS:
        rows, columns = torch.arange(ROWS) // BLOCK, torch.arange(COLUMNS) // BLOCK
        spread = scale[rows][:, columns]
    else:
        spread = scale.reshape(-1, 1)
    out = torch.empty(ROWS, COLUMNS)
    assert restore("x.weight", value, scale, out) is out
    assert torch.equal(out, value.float() * spread)


def test_a_scale_per_row_of_weights_of_four_sides():
    value, scale = torch.randn(6, 4, 3, 3).to(torch.float8_e4m3fn), torch.rand(6) + 0.5
    assert torch.equal(
        restore("x.weight", value, scale, torch.empty(6, 4, 3, 3)), value.float() * scale[:, None, None, None]
    )


@pytest.mark.parametrize("shape", [(1, 64), (2, 32), (63,), (8, 8), (64, 2), (1, 1, 64)])
def test_a_scale_of_another_kind_is_refused_even_where_its_numbers_are_as_many(shape: tuple[int, ...]):
    """A scale per column has as many numbers as one per row, where a layer is as wide as it is high."""
    value = torch.ones(64, 64).to(torch.float8_e4m3fn)
    with pytest.raises(ModelError) as caught:
        restore("x.weight", value, torch.ones(shape), torch.empty(64, 64))
    assert caught.value.code == "checkpoint.bad_scale"


def test_scales_are_found_under_each_of_their_names():
    for end in (".scale_weight", ".weight_scale", ".weight_scale_inv"):
        stored = {"layer.weight": torch.ones(2), f"layer{end}": torch.tensor(3.0)}
        assert scale_of("layer.weight", stored) is stored[f"layer{end}"]
    assert scale_of("layer.weight", {"layer.weight": torch.ones(2), "other.scale_weight": torch.ones(())}) is None
