"""The estimates of work memory agree with a trace of the real model's dimensions, whose tensors have no contents."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from adstudio.engine.drawing.denoise import activation_bytes
from adstudio.engine.drawing.encoding import activation_bytes as encoding_bytes
from adstudio.engine.drawing.latents import decode_latents, encode_picture, vae_activation_bytes
from adstudio.engine.drawing.strips import in_strips
from adstudio.engine.forms.language_model import reader_of
from benchmarks.allocation_trace import CARD, Trace
from benchmarks.full_size import meta_modules

WORDS = 64  # tokens


@cache
def part(name: str) -> Any:
    module: Any = meta_modules()[name].bfloat16().eval().requires_grad_(False)
    return in_strips(module) if name == "vae" else module


def peak(work: Callable[[], object]) -> int:
    """The most bytes that are live at a time beside the weights."""
    with torch.inference_mode(), Trace() as trace:
        work()
    return trace.peak


@pytest.mark.parametrize("side", [512, 1024, 1536, 2048])
def test_denoising(side: int):
    def evaluate() -> object:
        cells = torch.empty(16, 1, side // 8, side // 8, device=CARD, dtype=torch.bfloat16)
        words = torch.empty(WORDS, 2560, device=CARD, dtype=torch.bfloat16)
        return part("transformer")([cells], torch.ones(1, device=CARD), [words], return_dict=False)

    estimate = activation_bytes(part("transformer"), (side // 16) ** 2, WORDS)
    assert 0.96 < estimate / peak(evaluate) < 1.10


@pytest.mark.parametrize("side", [512, 1024, 1536, 2048])
def test_decoding(side: int):
    cells = torch.zeros(1, 16, side // 8, side // 8)
    estimate = vae_activation_bytes(part("vae"), (side, side))
    assert 0.96 < estimate / peak(lambda: decode_latents(part("vae"), cells, CARD)) < 1.05


def test_encoding_takes_less_than_is_asked_for():
    taken = peak(lambda: encode_picture(part("vae"), torch.zeros(1, 3, 1024, 1024), CARD))
    assert taken <= vae_activation_bytes(part("vae"), (1024, 1024)) < taken * 1.25


def test_reading_a_prompt():
    reader = reader_of(part("text_encoder"), 35)
    rows = torch.empty(1, 512, 2560, device=CARD, dtype=torch.bfloat16)
    taken = peak(lambda: reader(inputs_embeds=rows, use_cache=False))
    assert 0.8 < encoding_bytes(reader, 512) / taken < 1.2  # the trace has the workspace of products, too


def test_a_tile_asks_for_its_own_area_only():
    vae = part("vae")
    assert vae_activation_bytes(vae, (2048, 2048), 1024) == vae_activation_bytes(vae, (1024, 1024))
    assert vae_activation_bytes(vae, (2048, 256), 1024) == vae_activation_bytes(vae, (1024, 256))
