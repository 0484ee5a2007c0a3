"""Adapters in every common layout give one and the same picture, and the base is untouched by all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from adstudio.engine.components import Zit, load
from adstudio.engine.lora import LoraUse, find_adapter, with_loras
from adstudio.engine.sampling import text_to_image
from adstudio.engine.torch_host import TorchHost
from adstudio.errors import InputError, ModelError
from adstudio.types import Array

Tensors = dict[str, torch.Tensor]
RANK = 4


def draw(zit: Zit, host: TorchHost) -> Array:
    return text_to_image(zit, "a marble podium", width=64, height=64, seed=2, steps=3, host=host).images[0]


def random_pairs(zit: Zit, seed: int = 0, extra: bool = False) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """``layer -> (down, up)`` for the attention and feed-forward layers of the main blocks."""
    generator = torch.Generator().manual_seed(seed)
    pairs = {}
    for layer, (height, width) in zit.components.linears.items():
        inner = layer.startswith("layers.") and ("attention" in layer or "feed_forward" in layer)
        outer = extra and (layer.startswith(("all_x_embedder", "all_final_layer")) or "context_refiner" in layer)
        if inner or outer:
            down = torch.randn(RANK, width, generator=generator) * 0.2
            up = torch.randn(height, RANK, generator=generator) * 0.2
            pairs[layer] = (down.bfloat16(), up.bfloat16())
    return pairs


def peft(pairs: dict, prefix: str = "transformer.", middle: str = "") -> Tensors:
    tensors = {}
    for layer, (down, up) in pairs.items():
        tensors[f"{prefix}{layer}.lora_A{middle}.weight"] = down
        tensors[f"{prefix}{layer}.lora_B{middle}.weight"] = up
    return tensors


def kohya(pairs: dict, alpha: float | None = float(RANK), prefix: str = "lora_unet_") -> Tensors:
    tensors = {}
    for layer, (down, up) in pairs.items():
        name = prefix + layer.replace(".", "_")
        tensors[f"{name}.lora_down.weight"], tensors[f"{name}.lora_up.weight"] = down, up
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    return tensors


def fused(pairs: dict, prefix: str, names: tuple[str, str]) -> Tensors:
    """ComfyUI's own names: one ``qkv`` whose down part is the three stacked, and ``out``."""
    tensors, stacks = {}, {}
    for layer, (down, up) in pairs.items():
        stem, _, part = layer.rpartition(".")
        if part in ("to_q", "to_k", "to_v"):
            stacks.setdefault(stem, {})[part] = (down, up)
            continue
        native = layer.replace("to_out.0", "out").replace("all_x_embedder.2-1", "x_embedder")
        native = native.replace("all_final_layer.2-1", "final_layer")
        tensors[f"{prefix}{native}.{names[0]}.weight"], tensors[f"{prefix}{native}.{names[1]}.weight"] = down, up
    for stem, parts in stacks.items():
        downs, ups = zip(*(parts[part] for part in ("to_q", "to_k", "to_v")), strict=True)
        tensors[f"{prefix}{stem}.qkv.{names[0]}.weight"] = torch.cat(downs)
        tensors[f"{prefix}{stem}.qkv.{names[1]}.weight"] = torch.block_diag(*ups)
    return tensors


LAYOUTS: dict[str, Callable[[dict], Tensors]] = {
    "diffusers": peft,
    "ai-toolkit": lambda pairs: peft(pairs, "diffusion_model."),
    "bare": lambda pairs: peft(pairs, ""),
    "peft": lambda pairs: peft(pairs, "base_model.model.", ".default"),
    "kohya": kohya,
    "kohya without alpha": lambda pairs: kohya(pairs, None),
    "kohya for transformers": lambda pairs: kohya(pairs, prefix="lora_transformer_"),
    "down and up": lambda pairs: {
        key.replace("lora_A", "lora_down").replace("lora_B", "lora_up"): value
        for key, value in peft(pairs, "diffusion_model.").items()
    },
    "with alphas": lambda pairs: peft(pairs) | {f"transformer.{p}.alpha": torch.tensor(float(RANK)) for p in pairs},
}


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def save(tensors: Tensors, name: str = "style", **metadata: str) -> Path:
        path = tmp_path / f"{name}.safetensors"
        save_file({key: value.contiguous() for key, value in tensors.items()}, path, metadata)
        return path

    return save


def merged(path: Path, pairs_and_weights: list[tuple[dict, float]], host: TorchHost) -> Array:
    """What the picture must be: the adapter added to the weights themselves, in float32."""
    zit = load(path, host)
    parameters = zit.components.transformer.named_parameters()
    state = {name.replace(".base_layer.", "."): parameter for name, parameter in parameters}
    homes = {}
    for pairs, weight in pairs_and_weights:
        for layer, (down, up) in pairs.items():
            parameter = state[f"{layer}.weight"]
            homes.setdefault(layer, parameter.data)
            parameter.data = parameter.data + weight * up.float() @ down.float()
    picture = draw(zit, host)
    for layer, home in homes.items():
        state[f"{layer}.weight"].data = home
    return picture


def base_weights(zit: Zit) -> list[int]:
    """Where each of the base's own tensors lies."""
    named = zit.components.transformer.named_parameters()
    return [parameter.data_ptr() for name, parameter in named if "lora_" not in name]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_same_picture(layout: str, zit: Zit, host: TorchHost, save: Callable[..., Path]):
    pairs = random_pairs(zit, extra=layout in ("diffusers", "kohya"))
    base = draw(zit, host)
    expected = draw(with_loras(zit, [LoraUse(save(peft(pairs), "plain"))]), host)
    styled = draw(with_loras(zit, [LoraUse(save(LAYOUTS[layout](pairs)))]), host)
    assert np.array_equal(styled, expected)
    assert np.abs(styled - base).mean() > 0.005
    assert np.array_equal(draw(zit, host), base)


@pytest.mark.parametrize("names", [("lora_A", "lora_B"), ("lora_down", "lora_up")])
def test_fused_names_of_comfyui_reach_every_layer(
    names: tuple[str, str], tiny_float: Path, host: TorchHost, save: Callable[..., Path]
):
    zit = load(tiny_float, host)
    pairs = random_pairs(zit, extra=True)
    styled = draw(with_loras(zit, [LoraUse(save(fused(pairs, "diffusion_model.", names)))]), host)
    fresh = with_loras(zit, [LoraUse(save(peft(pairs), "plain"))])
    assert np.abs(styled - draw(fresh, host)).max() < 1e-5


def test_an_adapter_adds_exactly_its_product_to_the_weights(
    tiny_float: Path, host: TorchHost, save: Callable[..., Path]
):
    zit = load(tiny_float, host)
    first, second = random_pairs(zit, 1), random_pairs(zit, 2)
    one = merged(tiny_float, [(first, 0.7)], host)
    both = merged(tiny_float, [(first, 0.7), (second, -0.4)], host)
    uses = [LoraUse(save(peft(first), "first"), 0.7), LoraUse(save(kohya(second), "second"), -0.4)]
    assert np.abs(draw(with_loras(zit, uses[:1]), host) - one).max() < 2e-5
    assert np.abs(draw(with_loras(with_loras(zit, uses[:1]), uses[1:]), host) - both).max() < 2e-5
    assert np.abs(one - both).mean() > 0.003


def test_alpha_and_metadata_scale_the_adapter(tiny_float: Path, host: TorchHost, save: Callable[..., Path]):
    zit = load(tiny_float, host)
    pairs = random_pairs(zit)
    half = merged(tiny_float, [(pairs, 0.5)], host)
    by_alpha = with_loras(zit, [LoraUse(save(kohya(pairs, RANK / 2), "alpha"))])
    facts = json.dumps({"transformer.r": RANK, "transformer.lora_alpha": RANK / 2})
    by_metadata = with_loras(zit, [LoraUse(save(peft(pairs), "facts", lora_adapter_metadata=facts))])
    assert np.abs(draw(by_alpha, host) - half).max() < 2e-5
    assert np.abs(draw(by_metadata, host) - half).max() < 2e-5


def test_the_base_is_bit_exact_after_any_number_of_styles(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    base = draw(zit, host)
    homes = base_weights(zit)
    for number in range(6):
        styled = with_loras(zit, [LoraUse(save(peft(random_pairs(zit, number)), f"style{number}"))])
        assert not np.array_equal(draw(styled, host), base)
        assert np.array_equal(draw(zit, host), base)
    assert len(zit.components.transformer.peft_config) <= 4  # older ones leave
    assert styled.components is zit.components
    assert base_weights(zit) == homes
    assert not any(parameter.requires_grad for parameter in zit.components.transformer.parameters())


def test_switching_back_to_a_style_gives_its_picture_again(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    styles = [with_loras(zit, [LoraUse(save(peft(random_pairs(zit, n)), f"s{n}"), 0.5 + n / 10)]) for n in range(5)]
    first = [draw(style, host) for style in styles]
    assert all(np.array_equal(draw(style, host), picture) for style, picture in zip(styles, first, strict=True))


def test_weight_zero_is_the_base_and_weights_add_up(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    path = save(peft(random_pairs(zit)))
    assert np.array_equal(draw(with_loras(zit, [LoraUse(path, 0.0)]), host), draw(zit, host))
    twice = with_loras(with_loras(zit, [LoraUse(path, 0.25)]), [LoraUse(path, 0.5)])
    assert twice.loras == (LoraUse(path, 0.75),)
    assert zit.loras == ()
    with pytest.raises(InputError) as caught:
        with_loras(zit, [LoraUse(path, 9.0)])
    assert caught.value.code == "lora.weight_out_of_range"


def test_a_style_drawn_under_inference_mode_can_be_switched_outside(
    zit: Zit, host: TorchHost, save: Callable[..., Path]
):
    styles = [with_loras(zit, [LoraUse(save(peft(random_pairs(zit, n)), f"s{n}"))]) for n in (11, 12)]
    with torch.inference_mode():
        inside = [draw(style, host) for style in styles]
    outside = [draw(style, host) for style in styles]
    assert all(np.array_equal(a, b) for a, b in zip(inside, outside, strict=True))


def other_model(_: dict) -> Tensors:
    return {
        "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight": torch.zeros(4, 320),
        "lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight": torch.zeros(320, 4),
    }


def wider_model(pairs: dict) -> Tensors:
    return peft({layer: (torch.zeros(4, 3840), torch.zeros(3840, 4)) for layer in pairs})


def without_one(pairs: dict) -> Tensors:
    tensors = peft(pairs)
    del tensors[sorted(tensors)[0]]
    return tensors


REFUSED: dict[str, tuple[Callable[[dict], Tensors], str]] = {
    "another model": (other_model, "lora.other_model"),
    "a wider model of the same kind": (wider_model, "lora.other_model"),
    "half a pair": (without_one, "lora.incomplete"),
    "a text encoder beside it": (
        lambda pairs: kohya(pairs) | {"lora_te1_layers_0_mlp_fc1.lora_down.weight": torch.zeros(4, 8)},
        "lora.incomplete",
    ),
    "one layer of another width": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.lora_A.weight": torch.zeros(RANK, 7)},
        "lora.incomplete",
    ),
    "one layer of another height": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.lora_B.weight": torch.zeros(7, RANK)},
        "lora.incomplete",
    ),
    "DoRA": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.dora_scale": torch.zeros(48)},
        "lora.unsupported_kind",
    ),
    "LoHa": (lambda _: {"lora_unet_layers_0_attention_to_q.hada_w1_a": torch.zeros(4, 4)}, "lora.unsupported_kind"),
    "LoKr": (lambda _: {"diffusion_model.layers.0.attention.to_q.lokr_w1": torch.zeros(4, 4)}, "lora.unsupported_kind"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_adapter_that_does_not_fit_completely_is_refused(
    case: str, zit: Zit, host: TorchHost, save: Callable[..., Path]
):
    make, code = REFUSED[case]
    base = draw(zit, host)
    with pytest.raises(ModelError) as caught:
        with_loras(zit, [LoraUse(save(make(random_pairs(zit))))])
    assert caught.value.code == code
    assert "style" in caught.value.message
    assert np.array_equal(draw(zit, host), base)


def test_broken_adapter_files(zit: Zit, tmp_path: Path, save: Callable[..., Path]):
    cut = save(peft(random_pairs(zit)), "cut")
    cut.write_bytes(cut.read_bytes()[:-100])
    (tmp_path / "old.pt").write_bytes(b"x")
    cases = {
        cut: "checkpoint.truncated",
        tmp_path / "gone.safetensors": "lora.missing",
        tmp_path / "old.pt": "lora.not_safetensors",
    }
    for path, code in cases.items():
        with pytest.raises(ModelError) as caught:
            with_loras(zit, [LoraUse(path)])
        assert caught.value.code == code


def test_a_checkpoints_own_adapter_comes_before_the_folders(
    tiny: Path, copy_of: Callable[[Path], Path], tmp_path: Path, save: Callable[..., Path]
):
    path, models = copy_of(tiny), tmp_path / "models"
    (models / "loras").mkdir(parents=True)
    host = TorchHost("cpu", model_dirs=[models])
    for folder in (path / "loras", models / "loras"):
        folder.mkdir(exist_ok=True)
        (folder / "anime.safetensors").write_bytes(b"x")
    (models / "loras" / "mine.safetensors").write_bytes(b"x")
    zit = load(path, host)
    assert find_adapter(zit, "anime", host) == path.resolve() / "loras" / "anime.safetensors"
    assert find_adapter(zit, "anime.safetensors", host) == path.resolve() / "loras" / "anime.safetensors"
    assert find_adapter(zit, "mine", host) == models / "loras" / "mine.safetensors"
    assert find_adapter(zit, "nothing", host) is None
    assert find_adapter(zit, "../../mine", host) is None
