"""Options of speed on an NVIDIA GPU: near the plain picture, nothing left behind, and steps that do not wait."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing import attention, precision
from adstudio.engine.drawing.options import ATTENTIONS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import image_to_image, latent_to_image, text_to_image
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError

PROMPT = "an empty marble counter, pink, light from the left"
CUDA = torch.device("cuda:0")
MULTIPLIES = torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 9)


@pytest.fixture
def host() -> Iterator[TorchHost]:
    registry.forget()
    host = TorchHost("cuda")
    yield host
    host.evict_all()
    registry.forget()
    gc.collect()


@pytest.fixture
def zit(host: TorchHost) -> Zit:
    return load(checkpoint_path(), host)


def draw(zit: Zit, host: TorchHost, **changes: Any) -> Any:
    given: dict[str, Any] = {"width": 256, "height": 256, "seed": 3} | changes
    return text_to_image(zit, PROMPT, host=host, **given).images[0]


def waits(work: Any) -> int:
    """How often the host waits for the device; not counting that torch calls this a prototype, once per process."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode(before)
    return sum("called a synchronizing" in str(warning.message) for warning in seen)


def test_no_step_waits_for_the_device(zit: Zit, host: TorchHost):
    for steps in (2, 8):
        draw(zit, host, steps=steps)
    few, many = (waits(lambda steps=steps: draw(zit, host, steps=steps)) for steps in (2, 8))
    assert few > 0, "the picture itself is waited for: the counter counts"
    assert many == few


@pytest.mark.skipif(not MULTIPLIES, reason="this card does not multiply in 8 bits")
def test_products_in_eight_bits_are_those_of_the_rounded_numbers():
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(70, 256, generator=generator) * torch.logspace(-3, 3, 70)[:, None]).bfloat16()
    weight = torch.randn(96, 256, generator=generator).bfloat16()
    scale = precision._row_scales(weight)
    narrow = (weight / scale[:, None]).to(precision.NARROW)
    came = precision.multiply(x.to(CUDA), narrow.to(CUDA), scale.to(CUDA)).cpu().double()
    token_scale = precision._row_scales(x)
    tokens = (x / token_scale[:, None]).to(precision.NARROW).double() * token_scale.double()[:, None]
    exact = functional.linear(tokens, narrow.double() * scale.double()[:, None])
    wide = functional.linear(x.double(), weight.double())
    assert ((came - exact).norm(dim=1) / wide.norm(dim=1)).max() < 0.01
    assert ((came - wide).norm(dim=1) / wide.norm(dim=1)).max() < 0.06


@pytest.mark.skipif(not MULTIPLIES, reason="this card does not multiply in 8 bits")
def test_a_picture_in_eight_bits_is_near_the_plain_one(zit: Zit, host: TorchHost):
    plain = draw(zit, host)
    near = np.abs(draw(with_options(zit, Options(precision="fp8 products"), host), host) - plain).mean()
    assert 0 < near < np.abs(draw(zit, host, seed=4) - plain).mean() / 2
    np.testing.assert_array_equal(draw(zit, host), plain)


@pytest.mark.skipif(MULTIPLIES, reason="this card multiplies in 8 bits")
def test_an_older_card_is_told_so(zit: Zit, host: TorchHost):
    with pytest.raises(InputError, match=torch.cuda.get_device_name()):
        draw(with_options(zit, Options(precision="fp8 products"), host), host)


@pytest.mark.parametrize("name", ATTENTIONS[1:])
def test_each_attention_is_near_the_plain_picture_or_refused(zit: Zit, host: TorchHost, name: str):
    plain = draw(zit, host)
    flags = torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.math_sdp_enabled()
    chosen = replace(zit, options=Options(attention=name))
    transformer = zit.components.transformer
    width = transformer.config.dim // transformer.config.n_heads
    if attention._runs(name, str(CUDA), width, transformer.dtype):
        assert np.abs(draw(chosen, host) - plain).mean() < 0.03
    else:
        with pytest.raises(InputError):
            draw(chosen, host)
    assert flags == (torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.math_sdp_enabled())
    np.testing.assert_array_equal(draw(zit, host), plain)


def test_channels_last_and_one_pass_are_near_the_plain_picture(zit: Zit, host: TorchHost):
    plain = draw(zit, host)
    other = with_options(zit, Options(channels_last=True, one_pass=True), host)
    assert np.abs(draw(other, host, batch=3) - plain).mean() < 0.03


def test_latents_are_drawn_over_as_their_picture_is(zit: Zit, host: TorchHost):
    drawn = text_to_image(zit, PROMPT, width=256, height=256, seed=3, host=host)
    options: dict[str, Any] = {"strength": 0.5, "seed": 7, "host": host}
    over = latent_to_image(zit, PROMPT, drawn.latents, **options).images[0]
    decoded = image_to_image(zit, PROMPT, drawn.images[0], **options).images[0]
    assert np.abs(over - decoded).mean() < 0.05
    assert np.abs(over - drawn.images[0]).mean() > 1e-3


def test_compiled_blocks_draw_other_sizes_prompts_and_styles_without_compiling_again(zit: Zit, host: TorchHost):
    from torch._dynamo.utils import counters

    plain = draw(zit, host)
    fast = replace(zit, options=Options(compiled=True))
    assert np.abs(draw(fast, host) - plain).mean() < 0.03
    text_to_image(fast, "a much longer prompt " * 10, width=320, height=192, seed=1, host=host)
    graphs = counters["stats"]["unique_graphs"]
    for width, height in ((192, 320), (384, 256), (256, 256)):
        draw(fast, host, width=width, height=height)
    adapters = sorted((checkpoint_path() / "loras").glob("*.safetensors"))
    for uses in ([LoraUse(adapters[0], 0.7)], [LoraUse(adapters[0], 0.3), LoraUse(adapters[1], 0.5)]):
        styled = draw(with_loras(fast, uses), host)
        assert np.abs(styled - draw(with_loras(zit, uses), host)).mean() < 0.03
    assert counters["stats"]["unique_graphs"] == graphs
    np.testing.assert_array_equal(draw(zit, host), plain)
