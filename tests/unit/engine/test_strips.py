"""Convolutions in strips of rows give what they give in one piece, and take less beside the maps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from adstudio.engine.drawing.strips import convolve, in_strips
from adstudio.engine.memory.components import Zit
from benchmarks.allocation_trace import CARD, Trace


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("rows", [1, 4, 5, 13, 40])
@pytest.mark.parametrize("bias", [True, False])
def test_strips_of_any_height_join_without_a_seam(size: int, rows: int, bias: bool):
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, size, padding=size // 2, bias=bias).double()
    cells = torch.randn(2, 3, 13, 7).double()
    assert torch.allclose(convolve(layer, cells, rows), layer(cells), rtol=1e-12, atol=1e-12)


def watched(layer: nn.Conv2d, cells: torch.Tensor) -> list[tuple[int, ...]]:
    """The shapes of what is multiplied; on a card without contents."""
    seen: list[tuple[int, ...]] = []

    class Watch(Trace):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func is torch.ops.aten.convolution.default:
                seen.append(tuple(args[0].shape))
            return super().__torch_dispatch__(func, types, args, kwargs)

    with torch.inference_mode(), Watch():
        out = layer(cells)
    assert out.shape == (1, layer.out_channels, *cells.shape[2:])
    return seen


def layer_of(**form: int) -> nn.Conv2d:
    with CARD:
        return in_strips(nn.Sequential(nn.Conv2d(256, 128, **form)).bfloat16())[0]  # type: ignore[index]


def test_a_large_map_comes_in_strips_on_a_card_and_a_small_one_whole():
    layer = layer_of(kernel_size=3, padding=1)
    large = torch.empty(1, 256, 1024, 1024, dtype=torch.bfloat16, device=CARD)
    seen = watched(layer, large)  # 512 MiB
    assert len(seen) == 8 and {shape[2] for shape in seen} == {130}
    assert len(watched(layer_of(kernel_size=1), large)) == 8
    assert len(watched(layer, large[..., :512, :512].contiguous())) == 1  # 128 MiB


def test_nothing_else_is_cut():
    large = torch.empty(1, 256, 1024, 1024, dtype=torch.bfloat16, device=CARD)
    assert type(layer_of(kernel_size=3, stride=2)) is nn.Conv2d
    assert type(layer_of(kernel_size=3)) is nn.Conv2d
    layer = layer_of(kernel_size=3, padding=1)
    assert len(watched(layer, large.to(memory_format=torch.channels_last))) == 1
    layer.weight.data = layer.weight.to(memory_format=torch.channels_last)
    assert len(watched(layer, large)) == 1


def test_the_vae_of_a_checkpoint_works_in_strips(zit: Zit):
    layers = [module for module in zit.components.vae.modules() if isinstance(module, nn.Conv2d)]
    assert {type(layer).__mro__[1].__name__ for layer in layers if layer.stride == (1, 1)} == {"_Striped"}
