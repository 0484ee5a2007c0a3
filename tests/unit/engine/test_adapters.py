"""What adapters leave behind on a transformer: nothing, whatever happened; and what they cost while they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lora_files import Pairs, lokr, native, peft, random_pairs, save
from torch import nn

from adstudio.engine.drawing.options import FP8_WEIGHTS, Options
from adstudio.engine.drawing.precision import with_options
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora import adapters
from adstudio.engine.lora.adapters import Rack, applied
from adstudio.engine.lora.uses import LoraUse, with_loras
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.residence import residence_of
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import ModelError
from adstudio.types import Array


def draw(zit: Zit, host: TorchHost) -> Array:
    return text_to_image(zit, "a marble podium", width=64, height=64, seed=2, steps=2, host=host).images[0]


def use(zit: Zit, folder: Path, seed: int, weight: float = 1.0) -> LoraUse:
    return LoraUse(save(folder, peft(random_pairs(zit.components.linears, seed)), f"s{seed}"), weight)


def layer_of(zit: Zit) -> nn.Linear:
    return zit.components.transformer.get_submodule("layers.0.attention.to_q")


def product(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    left, right = (tensors[s] if s in tensors else tensors[f"{s}_a"] @ tensors[f"{s}_b"] for s in ("w1", "w2"))
    return torch.kron(left, right)


@pytest.mark.parametrize("prefix", ["diffusion_model.", "lycoris_"])
@pytest.mark.parametrize(
    ("left", "right"), [("full", "full"), ("full", "factored"), ("factored", "full"), ("factored", "factored")]
)
def test_lokr_adds_exactly_the_kronecker_product(
    zit_float: Zit, tmp_path: Path, prefix: str, left: str, right: str
) -> None:
    factors = lokr(zit_float.components.linears, left=left, right=right)
    scale = 1.0 if (left, right) == ("full", "full") else 3.0 / 2  # alpha / rank; without a rank alpha says nothing
    tensors = {}
    for layer, sides in factors.items():
        name = prefix + (layer.replace(".", "_") if prefix == "lycoris_" else layer)
        tensors |= {f"{name}.lokr_{role}": tensor for role, tensor in sides.items()}
        tensors[f"{name}.alpha"] = torch.tensor(3.0)
    path = save(tmp_path, tensors)
    generator = torch.Generator().manual_seed(1)
    with applied(zit_float.components, with_loras(zit_float, [LoraUse(path, 0.5)]).loras):
        for layer, sides in factors.items():
            module = zit_float.components.transformer.get_submodule(layer)
            x = torch.randn(2, 5, module.in_features, generator=generator)
            weight = module.weight + 0.5 * scale * product(sides)
            expected = nn.functional.linear(x, weight, module.bias)
            assert torch.allclose(module(x), expected, atol=1e-4), layer


def test_lokr_of_a_fused_layer_gives_each_part_its_rows(zit_float: Zit, tmp_path: Path) -> None:
    """Where the left factor has no multiple of three rows, a part begins inside a block of the product."""
    generator = torch.Generator().manual_seed(1)
    left, right = torch.randn(4, 4, generator=generator), torch.randn(36, 12, generator=generator) * 0.2
    stem = "layers.1.attention"
    path = save(tmp_path, {f"diffusion_model.{stem}.qkv.lokr_w1": left, f"diffusion_model.{stem}.qkv.lokr_w2": right})
    parts, weight = zit_float.components, torch.kron(left, right)
    with applied(parts, with_loras(zit_float, [LoraUse(path)]).loras):
        for number, part in enumerate(("to_q", "to_k", "to_v")):
            module, x = parts.transformer.get_submodule(f"{stem}.{part}"), torch.randn(3, 48, generator=generator)
            expected = x @ (module.weight + weight[number * 48 : (number + 1) * 48]).T
            assert torch.allclose(module(x), expected, atol=1e-5), part


def test_lokr_and_lora_are_mixed_and_leave_the_base_alone(zit: Zit, host: TorchHost, tmp_path: Path) -> None:
    base = draw(zit, host)
    factors = lokr(zit.components.linears)
    tensors = {f"diffusion_model.{n}.lokr_{role}": t * 0.3 for n, sides in factors.items() for role, t in sides.items()}
    first, second = LoraUse(save(tmp_path, tensors, "kron"), 0.6), use(zit, tmp_path, 1, 0.7)
    pictures = [draw(with_loras(zit, uses), host) for uses in ([first], [second], [first, second])]
    assert all(np.abs(a - b).mean() > 0.003 for a in pictures for b in (base, *pictures) if a is not b)
    assert np.array_equal(draw(zit, host), base)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError, torch.OutOfMemoryError])
def test_every_layer_is_bare_after_an_error(zit: Zit, tmp_path: Path, stop: type[BaseException]) -> None:
    layer = layer_of(zit)
    kind, homes = type(layer), [p.data_ptr() for p in zit.components.transformer.parameters()]
    x = torch.randn(3, layer.in_features).bfloat16()
    before = layer(x)
    with pytest.raises(stop), applied(zit.components, [use(zit, tmp_path, 1)]):
        assert not torch.equal(layer(x), before)
        raise stop
    assert type(layer) is kind
    assert torch.equal(layer(x), before)
    assert [p.data_ptr() for p in zit.components.transformer.parameters()] == homes
    assert not any("adapter" in name for name in zit.components.transformer.state_dict())


def test_a_break_while_adapters_are_put_on_is_made_good(
    zit: Zit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rack that believed its half-weighed layers would draw every later picture of the style wrong."""
    layer, x = layer_of(zit), torch.randn(3, layer_of(zit).in_features).bfloat16()
    styles = [use(zit, tmp_path, 1, weight) for weight in (0.5, 1.0)]
    with applied(zit.components, styles[1:]):
        expected = layer(x)
    with applied(zit.components, styles[:1]):
        pass
    weigh, calls = adapters._weigh, iter(range(100))

    def break_off(*args: object) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        weigh(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(adapters, "_weigh", break_off)
    with pytest.raises(KeyboardInterrupt), applied(zit.components, styles[1:]):
        pass
    monkeypatch.undo()
    for wanted in styles[1:]:
        with applied(zit.components, [wanted]):
            assert torch.equal(layer(x), expected)


def test_what_is_on_the_layers_moves_and_leaves_with_the_transformer(zit: Zit, tmp_path: Path) -> None:
    """Style A is on a device, style B replaces it there, everything goes home: what comes home is B's."""
    transformer, layer = zit.components.transformer, layer_of(zit)
    residence, meta = residence_of(transformer), torch.device("meta")
    with applied(zit.components, [use(zit, tmp_path, 1)]):
        residence.move_in(meta)
        assert layer.get_buffer("adapter_down").is_meta
    with applied(zit.components, [use(zit, tmp_path, 2)]):
        home = layer.get_buffer("adapter_down")
        residence.move_in(meta)
        assert layer.get_buffer("adapter_down").is_meta
    residence.move_out()
    assert layer.get_buffer("adapter_down") is home
    expected = random_pairs(zit.components.linears, 2)["layers.0.attention.to_q"][0]
    assert torch.equal(layer.get_buffer("adapter_down"), expected)


def test_the_same_style_again_copies_nothing(zit: Zit, tmp_path: Path) -> None:
    layer, style = layer_of(zit), use(zit, tmp_path, 1)
    with applied(zit.components, [style]):
        there = layer.get_buffer("adapter_down"), layer.get_buffer("adapter_scales")
    with applied(zit.components, [style]):
        assert all(
            a is b
            for a, b in zip(there, (layer.get_buffer("adapter_down"), layer.get_buffer("adapter_scales")), strict=True)
        )
    with applied(zit.components, [LoraUse(style.path, 0.3)]):  # another weight copies no factors
        assert layer.get_buffer("adapter_down") is there[0]
        assert layer.get_buffer("adapter_scales") is not there[1]


def test_adapters_kept_ready_are_bounded_by_their_bytes(
    zit: Zit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rack, transformer = Rack(zit.components.linears), zit.components.transformer
    uses = [use(zit, tmp_path, seed) for seed in range(4)]

    def put(index: int) -> list[int]:
        rack.put_on(transformer, [uses[index]])
        rack.take_off()
        return list(rack.kept.values())

    (one,) = put(0)
    assert one == sum(t.nbytes for pair in random_pairs(zit.components.linears).values() for t in pair)
    monkeypatch.setattr(adapters, "_KEPT_BYTES", 2 * one)
    assert [len(put(index)) for index in (1, 2, 3)] == [2, 2, 2]
    oldest = next(iter(rack.kept))
    put([adapters._name(each.path) for each in uses].index(oldest))  # used again: no longer the oldest
    assert next(iter(rack.kept)) != oldest
    monkeypatch.setattr(adapters, "_KEPT_BYTES", 0)
    assert put(0) == [one], "what is drawn with is kept whatever it weighs"


def test_one_file_under_two_names_counts_twice(zit_float: Zit, tmp_path: Path) -> None:
    first = use(zit_float, tmp_path, 1, 0.25)
    link = tmp_path / "link.safetensors"
    link.symlink_to(first.path)
    layer = layer_of(zit_float)
    x = torch.randn(3, layer.in_features)
    with applied(zit_float.components, [LoraUse(first.path, 0.5)]):
        expected = layer(x)
    with applied(zit_float.components, [first, LoraUse(link, 0.25)]):
        assert torch.equal(layer(x), expected)


def test_adapters_on_weights_stored_in_eight_bits(zit: Zit, host: TorchHost, tmp_path: Path) -> None:
    """An adapter that took over the weights' dtype could neither be kept exactly nor multiplied."""
    narrow = with_options(zit, Options(precision=FP8_WEIGHTS), host)
    layer, kind = layer_of(narrow), type(layer_of(narrow))
    assert layer.weight.dtype == torch.float8_e4m3fn
    base, style = draw(narrow, host), use(zit, tmp_path, 1)
    assert not np.array_equal(base, draw(zit, host))
    x = torch.randn(3, layer.in_features).bfloat16()
    before = layer(x)
    down, up = random_pairs(zit.components.linears, 1)["layers.0.attention.to_q"]
    with applied(narrow.components, [style]):
        assert layer.get_buffer("adapter_down").dtype == torch.bfloat16
        assert torch.allclose(layer(x), before + (x @ down.T) @ up.T, atol=0.03)
    assert np.abs(draw(with_loras(narrow, [style]), host) - base).mean() > 0.005
    assert type(layer) is kind
    assert np.array_equal(draw(narrow, host), base)


class _Streaming(TorchHost):
    """Has every module on the device block by block."""

    @contextmanager
    def on_device(self, component: Any, activation_bytes: int = 0, *, streamed: bool = False) -> Iterator[torch.device]:
        with super().on_device(component, activation_bytes, streamed=True) as device:
            yield device


def test_adapters_on_a_transformer_that_comes_block_by_block(zit: Zit, host: TorchHost, tmp_path: Path) -> None:
    styles = [[use(zit, tmp_path, 1)], [use(zit, tmp_path, 2, 0.5)], []]
    expected = [draw(with_loras(zit, style), host) for style in styles]
    streaming = _Streaming("cpu", model_dirs=[], copying=True)
    for style, picture in zip([*styles, styles[0]], [*expected, expected[0]], strict=True):
        assert np.array_equal(draw(with_loras(zit, style), streaming), picture)
    assert residence_of(zit.components.transformer).is_streamed
    streaming.release(zit.components.transformer)
    assert type(layer_of(zit)) is nn.Linear


def test_a_file_that_changed_since_it_was_chosen_is_checked_again(zit: Zit, host: TorchHost, tmp_path: Path) -> None:
    styled = with_loras(zit, [use(zit, tmp_path, 1)])
    draw(styled, host)
    pairs: Pairs = native({"layers.0.attention.to_q": (torch.zeros(4, 7), torch.zeros(7, 4))})
    save(tmp_path, peft(pairs), "s1")
    with pytest.raises(ModelError) as caught:
        draw(styled, host)
    assert caught.value.code == "lora.other_model"


def test_a_file_that_is_gone_since_it_was_chosen_is_told(zit: Zit, host: TorchHost, tmp_path: Path) -> None:
    base, first, second = draw(zit, host), use(zit, tmp_path, 1), use(zit, tmp_path, 2)
    styled = with_loras(zit, [first, second])
    second.path.unlink()
    with pytest.raises(ModelError) as caught:
        draw(styled, host)
    assert caught.value.code == "lora.missing" and second.path.name in caught.value.message
    assert np.array_equal(draw(zit, host), base)
