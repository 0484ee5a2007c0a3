"""Compiled blocks and adapters: the same graphs draw the base and every style, and each as it is drawn uncompiled."""

from __future__ import annotations

import copy
import gc
import importlib.util
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo
from lora_files import lokr, peft, random_pairs, save
from torch import nn
from torch._dynamo.testing import CompileCounterWithBackend

from adstudio.engine.drawing import compiling, precision, processor, stages
from adstudio.engine.drawing.compiling import compiled
from adstudio.engine.drawing.options import FP8_PRODUCTS, FP8_WEIGHTS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora import compiled_layers
from adstudio.engine.lora.adapters import Adapted, applied
from adstudio.engine.lora.compiled_layers import asking
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError
from adstudio.types import Array

BACKENDS = ("eager", "aot_eager")  # the second rewrites what a graph changes in place, as the real one does


@pytest.fixture(autouse=True)
def same_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have uncompiled layers multiply as compiled ones do, on a processor without bf16, too."""
    monkeypatch.setattr(stages, "wide_products", lambda *_: nullcontext())


def draw(zit: Zit, host: TorchHost, width: int = 64) -> Array:
    return text_to_image(zit, "a marble podium", width=width, height=64, seed=2, steps=2, host=host).images[0]


def low_rank(zit: Zit, folder: Path, rank: int, only: str = "") -> Path:
    pairs = {name: pair for name, pair in random_pairs(zit.components.linears).items() if only in name}
    wide = {name: (down.repeat(rank // 4, 1), up.repeat(1, rank // 4)) for name, (down, up) in pairs.items()}
    return save(folder, peft(wide), f"rank{rank}{only}")


def kronecker(zit: Zit, folder: Path) -> Path:
    factors = lokr(zit.components.linears)
    tensors = {f"diffusion_model.{n}.lokr_{role}": t * 0.3 for n, sides in factors.items() for role, t in sides.items()}
    return save(folder, tensors, "kronecker")


@pytest.fixture
def styles(zit: Zit, tmp_path: Path) -> list[list[LoraUse]]:
    """Every way in which adapters can differ: weight, rank, number, layers, kind; and none."""
    four, eight, attention, kron = (
        low_rank(zit, tmp_path, 4),
        low_rank(zit, tmp_path, 8),
        low_rank(zit, tmp_path, 16, "attention"),
        kronecker(zit, tmp_path),
    )
    ways = [[(four, 0.5)], [(four, 1.0)], [(eight, 0.4)], [(four, 0.3), (eight, 0.2)], [(attention, 0.7)]]
    ways += [[(kron, 0.6)], [(kron, 0.6), (four, 0.5)], []]
    return [[LoraUse(path, weight) for path, weight in way] for way in ways]


@pytest.fixture
def graphs(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Counts graphs, which start from none and are thrown away afterwards."""
    torch._dynamo.reset()
    counter = CompileCounterWithBackend(getattr(request, "param", "eager"))
    monkeypatch.setattr(compiling, "BACKEND", counter)
    yield counter
    torch._dynamo.reset()


@contextmanager
def nothing_compiled(graphs: Any) -> Iterator[None]:
    before = graphs.frame_count
    with torch._dynamo.config.patch(error_on_recompile=True):
        yield
    assert graphs.frame_count == before > 0


@pytest.mark.parametrize("graphs", BACKENDS, indirect=True)
@pytest.mark.parametrize("precision", ["bf16", FP8_WEIGHTS])
def test_after_the_base_no_style_compiles_anything(
    zit: Zit, host: TorchHost, styles: list[list[LoraUse]], precision: str, graphs: Any
) -> None:
    base = with_options(zit, Options(precision=precision), host)
    fast = replace(base, options=replace(base.options, compiled=True))
    expected = [draw(with_loras(base, uses), host) for uses in styles]
    assert np.array_equal(draw(fast, host), expected[-1])
    draw(fast, host, 96)
    with nothing_compiled(graphs):
        for uses, picture in zip(styles, expected, strict=True):
            assert np.array_equal(draw(with_loras(fast, uses), host), picture)
    assert np.array_equal(draw(base, host), expected[-1])
    assert all(np.abs(a - b).mean() > 1e-3 for a, b in itertools.combinations(expected, 2))


def test_after_a_style_neither_the_base_nor_another_compiles_anything(
    zit: Zit, host: TorchHost, styles: list[list[LoraUse]], graphs: Any
) -> None:
    fast = replace(zit, options=Options(compiled=True))
    for width in (64, 96):
        draw(with_loras(fast, styles[0]), host, width)
    with nothing_compiled(graphs):
        for uses in styles:
            assert np.array_equal(draw(with_loras(fast, uses), host), draw(with_loras(zit, uses), host))


def test_inference_mode_neither_compiles_anew_for_styles_nor_leaves_its_tensors(
    zit: Zit, host: TorchHost, styles: list[list[LoraUse]], graphs: Any
) -> None:
    fast = replace(zit, options=Options(compiled=True))
    expected = [draw(with_loras(zit, uses), host) for uses in styles]
    with torch.inference_mode():
        for width in (64, 96):
            draw(fast, host, width)
        with nothing_compiled(graphs):
            for uses, picture in zip(styles, expected, strict=True):
                assert np.array_equal(draw(with_loras(fast, uses), host), picture)
    assert np.array_equal(draw(with_loras(fast, styles[0]), host), expected[0])
    numbers = [m.adapter_number for m in zit.components.transformer.modules() if "adapter_number" in m.__dict__]
    assert numbers
    assert not any(number.is_inference() for number in numbers)


class _Streaming(TorchHost):
    """Has every module on the device block by block."""

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        with super().on_device(component, activation_bytes, streamed=True) as device:
            yield device


def test_blocks_that_come_one_by_one_ask_for_their_own_adapters(
    zit: Zit, host: TorchHost, styles: list[list[LoraUse]], graphs: Any
) -> None:
    fast, streaming = replace(zit, options=Options(compiled=True)), _Streaming("cpu", model_dirs=[], copying=True)
    for width in (64, 96):
        draw(fast, streaming, width)
    with nothing_compiled(graphs):
        for uses in styles:
            assert np.array_equal(draw(with_loras(fast, uses), streaming), draw(with_loras(zit, uses), host))
    assert residence_of(zit.components.transformer).is_streamed
    streaming.release(zit.components.transformer)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, torch.OutOfMemoryError])
def test_every_layer_is_bare_after_a_graph_broke_off(
    zit: Zit,
    host: TorchHost,
    styles: list[list[LoraUse]],
    stop: type[BaseException],
    graphs: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, fast = draw(zit, host), replace(zit, options=Options(compiled=True))
    kinds = [type(module) for module in zit.components.transformer.modules()]
    expected = draw(with_loras(fast, styles[0]), host)

    def break_off(*_: object) -> None:
        raise stop

    with monkeypatch.context() as patch, pytest.raises(BaseException) as caught:
        patch.setattr(Adapted, "add_to", break_off)
        draw(with_loras(fast, styles[0]), host)
    causes = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert any(isinstance(cause, stop) for cause in causes)
    assert [type(module) for module in zit.components.transformer.modules()] == kinds
    assert all(block._compiled_call_impl is None for block in zit.components.transformer.layers)
    assert np.array_equal(draw(zit, host), base)
    assert np.array_equal(draw(with_loras(fast, styles[0]), host), expected)


def test_adapters_are_what_they_were_where_blocks_stop_being_compiled(zit: Zit, styles: list[list[LoraUse]]) -> None:
    layer = zit.components.transformer.get_submodule("layers.0.attention.to_q")
    bare, x = type(layer), torch.randn(3, layer.in_features).bfloat16()
    with applied(zit.components, styles[0]):
        kind, expected = type(layer), layer(x)
        with compiled(zit.components.transformer, True, torch.device("cpu")):
            assert type(layer) not in (bare, kind)
            assert torch.equal(layer(x), expected)
        assert type(layer) is kind
    assert type(layer) is bare


def test_a_copied_layer_asks_for_itself(zit: Zit, styles: list[list[LoraUse]]) -> None:
    """It comes with its original's number, and would add its original's adapters."""
    name = "layers.0.attention.to_q"
    layer = zit.components.transformer.get_submodule(name)
    x = torch.randn(3, layer.in_features).bfloat16()
    with asking([layer]):
        bare = layer(x)
    twin = copy.deepcopy(layer)
    with applied(zit.components, styles[0]), asking([layer, twin]):
        assert not torch.equal(layer(x), bare)
        assert torch.equal(twin(x), bare)


def test_numbers_hold_no_layer() -> None:
    layer = nn.Linear(4, 4)
    with asking([layer]):
        layer(torch.zeros(1, 4))
    number = int(layer.adapter_number)
    assert compiled_layers._layers[number] is layer
    del layer
    gc.collect()
    assert number not in compiled_layers._layers


def test_another_copy_of_the_package_has_layers_of_its_own() -> None:
    """Two packs in one ComfyUI, or a pack beside the installed library."""
    spec = importlib.util.spec_from_file_location("adstudio.engine.lora.another_copy", compiled_layers.__file__)
    assert spec is not None
    assert spec.loader is not None
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    ours, theirs, x = nn.Linear(4, 4), nn.Linear(4, 4), torch.ones(2, 4)
    expected = ours(x), theirs(x)
    with asking([ours]), other.asking([theirs]):
        assert torch.equal(ours(x), expected[0])
        assert torch.equal(theirs(x), expected[1])
    assert other._NAME != compiled_layers._NAME


@pytest.mark.parametrize("error", [AssertionError, torch.OutOfMemoryError])
def test_blocks_that_cannot_be_compiled_are_told_so(
    zit: Zit, host: TorchHost, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiler(*_: Any) -> Any:
        raise error("at 1:0:\ndef kernel(a):\n^\ntype fp8e4nv not supported in this architecture")

    torch._dynamo.reset()
    monkeypatch.setattr(compiling, "BACKEND", compiler)
    fast = replace(zit, options=Options(compiled=True))
    if error is torch.OutOfMemoryError:  # which the ladder knows what to do about
        with pytest.raises(torch.OutOfMemoryError):
            draw(fast, host)
    else:
        with pytest.raises(InputError, match="not supported in this architecture") as caught:
            draw(fast, host)
        assert caught.value.code == "options.not_compiled"
        assert "kernel" not in str(caught.value)
    assert all(block._compiled_call_impl is None for block in zit.components.transformer.layers)


@pytest.mark.parametrize("kind", ["bf16", FP8_WEIGHTS])
def test_compiled_products_are_wide_where_plain_ones_are(
    zit: Zit, host: TorchHost, styles: list[list[LoraUse]], kind: str, graphs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bits, and one graph for each form of block: the mode that widens plain ones would tear them."""
    monkeypatch.setattr(stages, "wide_products", processor.wide_products)
    plain = with_options(zit, Options(precision=kind), host)
    narrow = draw(plain, host)
    monkeypatch.setattr(processor, "is_quick", lambda _: False)
    fast = replace(plain, options=replace(plain.options, compiled=True))
    for uses in (styles[0], styles[-1]):
        assert np.array_equal(draw(with_loras(fast, uses), host), draw(with_loras(plain, uses), host))
    assert graphs.frame_count == 2
    assert not np.array_equal(draw(plain, host), narrow)


def test_every_form_of_block_is_compiled_in_one_process(zit: Zit, host: TorchHost, graphs: Any) -> None:
    """Torch keeps eight graphs of a function, and runs whatever comes after them uncompiled."""
    streaming = _Streaming("cpu", model_dirs=[], copying=True)
    kinds = ["bf16", FP8_WEIGHTS, *[FP8_PRODUCTS] * precision._multiplies("cpu")]
    with torch._dynamo.config.patch(fail_on_recompile_limit_hit=True):
        for kind in kinds:
            plain = with_options(zit, Options(precision=kind), host)
            fast = with_options(zit, Options(precision=kind, compiled=True), host)
            for where in (host, streaming):
                for width in (64, 96):
                    assert np.array_equal(draw(fast, where, width), draw(plain, host, width))
            streaming.release(plain.components.transformer)
        before = graphs.frame_count
        for kind in kinds:
            for where in (host, streaming):
                fast = with_options(zit, Options(precision=kind, compiled=True), host)
                draw(fast, where, 128)
            streaming.release(fast.components.transformer)
    assert graphs.frame_count == before == 2 * 2 * len(kinds), "blocks with and without modulation"
