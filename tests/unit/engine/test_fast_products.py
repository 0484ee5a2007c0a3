"""Products in 8 bits and the choice of attention: the numbers are right, and nobody else is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo.source import ConstantSource
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv
from torch.nn import functional

from adstudio.engine.drawing import attention, precision
from adstudio.engine.drawing.options import ATTENTIONS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import Samples, text_to_image
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError

PROMPT = "a café table by a window"
PRODUCTS = Options(precision="fp8 products")
multiplies = pytest.mark.skipif(
    not precision._multiplies("cpu"), reason="this torch multiplies in 8 bits with a scale per row on cards alone"
)


def draw(zit: Zit, host: TorchHost, **changes: Any) -> Samples:
    prompt = changes.pop("prompt", PROMPT)
    return text_to_image(zit, prompt, host=host, **({"width": 64, "height": 64, "seed": 5, "steps": 2} | changes))


def switches() -> tuple[bool, ...]:
    cuda = torch.backends.cuda
    return (
        cuda.flash_sdp_enabled(),
        cuda.cudnn_sdp_enabled(),
        cuda.mem_efficient_sdp_enabled(),
        cuda.math_sdp_enabled(),
    )


def narrowed(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = precision._row_scales(weight)
    return (weight / scale[:, None]).to(precision.NARROW), scale


@multiplies
def test_a_product_is_the_one_of_the_rounded_numbers():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 64, generator=generator) * torch.tensor([1e-3, 1.0, 50.0])[:, None]  # tokens far apart
    weight = torch.randn(48, 64, generator=generator) * torch.logspace(-3, 1, 48)[:, None]
    narrow, row_scale = narrowed(weight.bfloat16())
    x = x.bfloat16()
    tokens, token_scale = narrowed(x.reshape(-1, 64))
    exact = (tokens.double() * token_scale.double()[:, None]) @ (narrow.double() * row_scale.double()[:, None]).T
    came = precision.multiply(x, narrow, row_scale)
    assert came.shape == (2, 3, 48) and came.dtype == torch.bfloat16
    error = (came.reshape(-1, 48).double() - exact).abs()
    assert (error <= exact.abs() / 128 + token_scale.double()[:, None] * row_scale.double()).all()


@multiplies
def test_a_product_is_as_near_to_the_wide_one_as_eight_bits_come():
    generator = torch.Generator().manual_seed(1)
    x = (torch.randn(40, 256, generator=generator) * torch.logspace(-3, 3, 40)[:, None]).bfloat16()
    weight = torch.randn(64, 256, generator=generator).bfloat16()
    wide = functional.linear(x.double(), weight.double())
    error = (precision.multiply(x, *narrowed(weight)).double() - wide).norm(dim=1) / wide.norm(dim=1)
    assert error.max() < 0.06  # the same for tokens a million times apart: each has a scale of its own


@multiplies
def test_tokens_of_nothing_but_zeros_stay_zeros():
    narrow, scale = narrowed(torch.randn(32, 64).bfloat16())
    came = precision.multiply(torch.zeros(3, 64, dtype=torch.bfloat16), narrow, scale)
    assert torch.equal(came, torch.zeros(3, 32, dtype=torch.bfloat16))


def test_on_a_card_a_product_asks_nothing_about_the_number_of_tokens():
    """So one graph serves every size and prompt; shapes and layouts are checked as for CUDA, with no card."""
    shapes = ShapeEnv()

    def any_number(name: str, now: int) -> Any:
        symbol = shapes.create_symbol(now, ConstantSource(name), dynamic_dim=DimDynamic.DYNAMIC)
        return shapes.create_symintnode(symbol, hint=now)

    with FakeTensorMode(shape_env=shapes):
        x = torch.empty(
            any_number("pictures", 2), any_number("tokens", 4160), 3840, device="cuda", dtype=torch.bfloat16
        )
        weight = torch.empty(10240, 3840, device="cuda", dtype=precision.NARROW)
        out = precision.multiply(x, weight, torch.empty(10240, device="cuda", dtype=torch.bfloat16))
    assert out.device.type == "cuda" and out.dtype == torch.bfloat16
    assert str(tuple(out.shape)).count("s") == 2 and out.shape[-1] == 10240
    assert not shapes.guards


@multiplies
def test_both_fp8_precisions_share_their_matrices_and_do_not_touch_each_other(zit: Zit, host: TorchHost):
    weights = with_options(zit, Options(precision="fp8 weights"), host)
    products = with_options(zit, PRODUCTS, host)
    assert products.components is weights.components
    before = draw(weights, host).images[0]
    asked: list[bool] = []
    layer = next(layer for _, layer in precision.large_layers(products.components.transformer))
    watch = layer.register_forward_pre_hook(lambda module, _: asked.append(module.multiplies))
    drawn = draw(products, host).images[0]
    watch.remove()
    assert asked and all(asked)
    assert np.array_equal(draw(weights, host).images[0], before)
    wide = draw(zit, host).images[0]
    assert 0 < np.abs(drawn - before).mean() < 0.05
    assert np.abs(drawn - wide).mean() < 0.05


@multiplies
def test_an_error_while_drawing_leaves_no_layer_multiplying(zit: Zit, host: TorchHost):
    products = with_options(zit, PRODUCTS, host)

    def stop(*_: Any) -> None:
        raise RuntimeError("stopped")

    failing = TorchHost("cpu", model_dirs=[], on_progress=stop)
    with pytest.raises(RuntimeError, match="stopped"):
        draw(products, failing)
    assert not any(getattr(layer, "multiplies", False) for layer in products.components.transformer.modules())


def test_a_device_that_cannot_multiply_in_eight_bits_is_told_so(
    zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("torch._scaled_mm is only supported on CUDA devices with compute capability >= 9.0 or 8.9")

    precision._multiplies.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(torch, "_scaled_mm", refuse)
        with pytest.raises(InputError) as caught:
            draw(with_options(zit, PRODUCTS, host), host)
    precision._multiplies.cache_clear()
    assert caught.value.code == "options.no_fp8_products"
    assert "cpu" in str(caught.value) and "fp8 weights" in caught.value.hint
    assert draw(with_options(zit, Options(precision="fp8 weights"), host), host).images


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, getattr(torch, "AcceleratorError", RuntimeError)])
def test_memory_that_runs_out_while_a_device_is_tried_is_no_answer(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
):
    """It is remembered for the life of the program: a card that was full for a moment would be refused for good."""

    def full(*_: Any, **__: Any) -> Any:
        raise kind("CUDA error: out of memory")

    precision._multiplies.cache_clear()
    attention._runs.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(torch, "_scaled_mm", full)
        patch.setattr(functional, "scaled_dot_product_attention", full)
        with pytest.raises(kind):
            precision._multiplies("cpu")
        with pytest.raises(kind):
            attention._runs("math", "cpu", 16, torch.float32)
    assert attention._runs("math", "cpu", 16, torch.float32)


@pytest.mark.parametrize("name", ["math", "flash"])
def test_another_attention_is_the_same_picture_and_leaves_no_switch(zit_float: Zit, host: TorchHost, name: str):
    before, seen = switches(), []
    watch = zit_float.components.transformer.register_forward_pre_hook(lambda *_: seen.append(switches()))
    expected = draw(zit_float, host).images[0]
    chosen = replace(zit_float, options=Options(attention=name))
    other = draw(chosen, host).images[0]
    watch.remove()
    assert np.abs(other - expected).max() < 1e-4
    assert seen[:2] == [before, before]
    wanted = {"flash": (True, False, False, False), "math": (False, False, False, True)}[name]
    assert seen[2:] == [wanted, wanted]
    assert switches() == before
    assert np.array_equal(draw(zit_float, host).images[0], expected)


def test_an_error_while_drawing_leaves_no_switch(zit: Zit):
    before = switches()

    def stop(*_: Any) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        draw(replace(zit, options=Options(attention="math")), TorchHost("cpu", model_dirs=[], on_progress=stop))
    assert switches() == before


def test_a_kernel_that_is_not_there_is_refused_by_name(zit: Zit, host: TorchHost):
    before = switches()
    with pytest.raises(InputError) as caught:
        draw(replace(zit, options=Options(attention="cudnn")), host)
    assert caught.value.code == "options.no_such_attention"
    assert "'cudnn'" in str(caught.value) and "auto" in caught.value.hint
    assert switches() == before
    with pytest.raises(InputError) as caught:
        Options(attention="sage")
    assert caught.value.code == "options.unknown_attention"
    assert all(name in caught.value.hint for name in ATTENTIONS)


def test_what_diffusers_is_told_elsewhere_does_not_reach_our_pictures(zit: Zit, host: TorchHost):
    from diffusers.models import attention_dispatch as dispatch

    expected = draw(zit, host).images[0]

    def broken(**_: Any) -> Any:
        raise AssertionError("the program's choice was taken")

    registry: Any = dispatch._AttentionBackendRegistry
    other = dispatch.AttentionBackendName.FLEX
    kept, active = registry._backends[other], registry._active_backend
    registry._backends[other], registry._active_backend = broken, other
    try:
        assert np.array_equal(draw(zit, host).images[0], expected)
        assert registry._active_backend is other  # nor do our pictures change theirs
    finally:
        registry._backends[other], registry._active_backend = kept, active


def test_prompts_of_other_lengths_share_no_pass_so_that_no_mask_is_needed(zit_float: Zit, host: TorchHost):
    passes: list[int] = []
    masks: list[Any] = []
    transformer = zit_float.components.transformer
    watches = [
        transformer.register_forward_pre_hook(lambda _, args: passes.append(len(args[0]))),
        transformer.layers[0].register_forward_pre_hook(lambda _, args: masks.append(args[1])),
    ]
    prompts = ["short", "a much longer prompt " * 8, "brief"]
    together = replace(zit_float, options=Options(one_pass=True, attention="flash"))
    drawn = draw(together, host, prompt=prompts, batch=3, steps=1)
    for watch in watches:
        watch.remove()
    assert sorted(passes) == [1, 2] and masks == [None, None]
    for index, image in enumerate(drawn.images):
        alone = draw(zit_float, host, prompt=prompts[index], seed=5 + index, steps=1).images[0]
        assert np.abs(image - alone).max() < 1e-4
