"""Tiles that share their normalisation have the same tones."""

from __future__ import annotations

import torch
from torch import nn

from adstudio.engine.drawing.tiled_norms import shared_norms


def test_one_norm_over_tiles_is_the_norm_of_the_whole():
    torch.manual_seed(0)
    norm, picture = nn.GroupNorm(2, 4), torch.randn(1, 4, 8, 8) + torch.linspace(0, 5, 8)
    nn.init.uniform_(norm.weight)
    nn.init.uniform_(norm.bias)
    tiles = [picture[..., :4], picture[..., 4:]]
    with torch.no_grad():
        whole, alone = norm(picture), torch.cat([norm(tile) for tile in tiles], dim=-1)
        with shared_norms(norm, lambda: [norm(tile) for tile in tiles]):
            shared = torch.cat([norm(tile) for tile in tiles], dim=-1)
        assert torch.allclose(shared, whole, atol=1e-5)
        assert (alone - whole).abs().max() > 0.5
        assert torch.equal(norm(picture), whole)


def test_norms_behind_norms_settle():
    torch.manual_seed(0)
    stack = nn.Sequential(*(part for _ in range(3) for part in (nn.Conv2d(4, 4, 1), nn.GroupNorm(2, 4), nn.SiLU())))
    picture = torch.randn(1, 4, 8, 8) + torch.linspace(0, 5, 8)
    tiles = [picture[..., :4], picture[..., 4:]]
    with torch.no_grad(), shared_norms(stack, lambda: [stack(tile) for tile in tiles]):
        shared = torch.cat([stack(tile) for tile in tiles], dim=-1)
    assert torch.allclose(shared, stack(picture), atol=1e-5)  # no convolution reaches over an edge: exactly the whole
    assert not any("forward" in part.__dict__ for part in stack)


def test_an_error_leaves_no_norm_fixed():
    norm = nn.GroupNorm(1, 2)

    def fail() -> None:
        norm(torch.ones(1, 2, 2, 2))
        raise ZeroDivisionError

    try:
        with shared_norms(norm, fail):
            raise AssertionError("not reached")
    except ZeroDivisionError:
        pass
    assert "forward" not in norm.__dict__
    assert not norm._forward_pre_hooks
