"""The estimates of work memory agree with a trace of the real model's dimensions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from adstudio.engine.drawing.denoise import activation_bytes
from adstudio.engine.drawing.latents import vae_activation_bytes

GIB = 2**30
TRANSFORMER = SimpleNamespace(config=SimpleNamespace(dim=3840), dtype=torch.bfloat16)
VAE = SimpleNamespace(config=SimpleNamespace(block_out_channels=(128, 256, 512, 512)), dtype=torch.bfloat16)


# Peak of live tensors in one forward pass at the real dimensions, traced without weights; 64 caption tokens.
@pytest.mark.parametrize(("side", "traced"), [(512, 0.13), (1024, 0.48), (1536, 1.06), (2048, 1.87)])
def test_denoising(side: int, traced: float):
    estimate = activation_bytes(TRANSFORMER, (side // 16) ** 2, 64) / GIB
    assert 0.98 < estimate / traced < 1.10  # short of it by no more than the trace's own rounding


@pytest.mark.parametrize(("side", "traced"), [(512, 0.38), (1024, 1.50), (1536, 3.38), (2048, 6.0)])
def test_decoding(side: int, traced: float):
    assert 0.98 < vae_activation_bytes(VAE, (side, side)) / GIB / traced < 1.10


def test_encoding_takes_less_than_is_asked_for():
    assert 1.26 <= vae_activation_bytes(VAE, (1024, 1024)) / GIB < 1.26 * 1.25


def test_a_tile_asks_for_its_own_area_only():
    assert vae_activation_bytes(VAE, (2048, 2048), 1024) == vae_activation_bytes(VAE, (1024, 1024))
    assert vae_activation_bytes(VAE, (2048, 256), 1024) == vae_activation_bytes(VAE, (1024, 256))
