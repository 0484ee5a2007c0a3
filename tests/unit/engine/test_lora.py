"""Adapters in every common layout give one and the same picture, and the base is untouched by all of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from lora_files import RANK, Pairs, Tensors, alphas, fused_pairs, kohya, native, peft, random_pairs
from lora_files import save as save_file_of

from adstudio.engine.drawing.encoding import encode_prompt
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora.keys import plan_patches
from adstudio.engine.lora.names import LayerNames
from adstudio.engine.lora.uses import LoraUse, find_adapter, join_triggers, offered_triggers, with_loras
from adstudio.engine.memory.components import Zit, load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.engine.tensors.safetensors_header import read_header
from adstudio.errors import InputError, ModelError
from adstudio.types import Array


def draw(zit: Zit, host: TorchHost) -> Array:
    return text_to_image(zit, "a marble podium", width=64, height=64, seed=2, steps=3, host=host).images[0]


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    return functools.partial(save_file_of, tmp_path)


# Every layout in which a LoRA for Z-Image is met. Most reach a loader that matches names loosely only in part, or not
# at all, and without a word.
SPLIT: dict[str, Callable[[Pairs], Tensors]] = {
    "diffusers": peft,
    "ai-toolkit": lambda pairs: peft(pairs, "diffusion_model."),
    "ai-toolkit, down and up": lambda pairs: peft(pairs, "diffusion_model.", kinds="down up"),
    "ai-toolkit, down, up and alpha": lambda pairs: (
        peft(pairs, "diffusion_model.", kinds="down up") | alphas(pairs, "diffusion_model.")
    ),
    "diffusers, with alphas": lambda pairs: peft(pairs) | alphas(pairs, "transformer."),
    "diffusers, down and up": lambda pairs: peft(pairs, kinds="down up"),
    "bare": lambda pairs: peft(pairs, ""),
    "peft": lambda pairs: peft(pairs, "base_model.model."),
    "peft, named": lambda pairs: peft(pairs, "base_model.model.", ".default"),
    "diffusers, named": lambda pairs: peft(pairs, "transformer.", ".default"),
    "checkpoint": lambda pairs: peft(pairs, "model.diffusion_model."),
    "kohya": kohya,
    "kohya, without alpha": lambda pairs: kohya(pairs, None),
    "kohya, for transformers": lambda pairs: kohya(pairs, prefix="lora_transformer_"),
    "lycoris": lambda pairs: kohya(pairs, prefix="lycoris_"),
}
FUSED: dict[str, Callable[[Pairs], Tensors]] = {
    "native": lambda pairs: peft(native(pairs), "diffusion_model."),
    "native, down, up and alpha": lambda pairs: (
        peft(native(pairs), "diffusion_model.", kinds="down up") | alphas(native(pairs), "diffusion_model.")
    ),
    "native, under diffusers' prefix": lambda pairs: peft(native(pairs)),
    "native, bare": lambda pairs: peft(native(pairs), ""),
    "native, kohya": lambda pairs: kohya(native(pairs)),
}


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


@pytest.mark.parametrize("layout", [*SPLIT, *FUSED])
def test_each_layout_gives_the_same_picture(layout: str, zit: Zit, host: TorchHost, save: Callable[..., Path]):
    pairs = fused_pairs(zit.components.linears, every=True)
    write = (SPLIT | FUSED)[layout]
    base = draw(zit, host)
    expected = draw(with_loras(zit, [LoraUse(save(peft(pairs), "plain"))]), host)
    path = save(write(pairs))
    styled = draw(with_loras(zit, [LoraUse(path)]), host)
    assert np.array_equal(styled, expected)
    assert np.abs(styled - base).mean() > 0.005
    assert np.array_equal(draw(zit, host), base)
    patches = plan_patches(read_header(path), zit.components.linears, path.name)
    assert {patch.layer for patch in patches} == set(zit.components.linears), "an entry was left out"


def test_an_adapter_adds_exactly_its_product_to_the_weights(
    tiny_float: Path, host: TorchHost, save: Callable[..., Path]
):
    zit = load(tiny_float, host)
    first, second = random_pairs(zit.components.linears, 1), random_pairs(zit.components.linears, 2)
    one = merged(tiny_float, [(first, 0.7)], host)
    both = merged(tiny_float, [(first, 0.7), (second, -0.4)], host)
    uses = [LoraUse(save(peft(first), "first"), 0.7), LoraUse(save(kohya(second), "second"), -0.4)]
    assert np.abs(draw(with_loras(zit, uses[:1]), host) - one).max() < 2e-5
    assert np.abs(draw(with_loras(with_loras(zit, uses[:1]), uses[1:]), host) - both).max() < 2e-5
    assert np.abs(one - both).mean() > 0.003


def test_alpha_and_metadata_scale_the_adapter(tiny_float: Path, host: TorchHost, save: Callable[..., Path]):
    zit = load(tiny_float, host)
    pairs = random_pairs(zit.components.linears)
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
        styled = with_loras(zit, [LoraUse(save(peft(random_pairs(zit.components.linears, number)), f"style{number}"))])
        assert not np.array_equal(draw(styled, host), base)
        assert np.array_equal(draw(zit, host), base)

    assert styled.components is zit.components
    assert base_weights(zit) == homes
    assert not any(parameter.requires_grad for parameter in zit.components.transformer.parameters())


def test_switching_back_to_a_style_gives_its_picture_again(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    styles = [
        with_loras(zit, [LoraUse(save(peft(random_pairs(zit.components.linears, n)), f"s{n}"), 0.5 + n / 10)])
        for n in range(5)
    ]
    first = [draw(style, host) for style in styles]
    assert all(np.array_equal(draw(style, host), picture) for style, picture in zip(styles, first, strict=True))


def test_weight_zero_is_the_base_and_weights_add_up(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    path = save(peft(random_pairs(zit.components.linears)))
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
    styles = [
        with_loras(zit, [LoraUse(save(peft(random_pairs(zit.components.linears, n)), f"s{n}"))]) for n in (11, 12)
    ]
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
        "lora.text_encoder",
    ),
    "a text encoder alone": (
        lambda _: {f"lora_te1_layers_0_mlp_fc1.lora_{side}.weight": torch.zeros(4, 4) for side in ("down", "up")},
        "lora.text_encoder",
    ),
    "integers that stand for other numbers": (
        lambda pairs: {key: (value * 9).to(torch.int8) for key, value in peft(pairs).items()},
        "lora.unsupported_kind",
    ),
    "an alpha that is no number": (
        lambda pairs: kohya(pairs) | {"lora_unet_layers_0_attention_to_q.alpha": torch.ones(2)},
        "lora.incomplete",
    ),
    "an alpha of no layer": (
        lambda pairs: kohya(pairs) | {"lora_unet_layers_9_attention_to_q.alpha": torch.ones(())},
        "lora.incomplete",
    ),
    "an entry of no layer": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention_norm1.weight": torch.zeros(48)},
        "lora.incomplete",
    ),
    "fused and split at once": (
        lambda pairs: peft(pairs) | peft({"layers.0.attention.qkv": (torch.zeros(4, 48), torch.zeros(144, 4))}),
        "lora.incomplete",
    ),
    "three of the sides of a Kronecker product": (
        lambda pairs: peft(pairs) | {"diffusion_model.layers.0.adaLN_modulation.0.lokr_w1": torch.zeros(4, 4)},
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
    "one layer of another rank": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.lora_A.weight": torch.zeros(RANK + 1, 48)},
        "lora.incomplete",
    ),
    "one layer of a convolution": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.lora_A.weight": torch.zeros(RANK, 48, 1, 1)},
        "lora.incomplete",
    ),
    "DoRA": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.dora_scale": torch.zeros(48)},
        "lora.unsupported_kind",
    ),
    "DoRA of PEFT": (
        lambda pairs: peft(pairs) | {"transformer.layers.0.attention.to_q.lora_magnitude_vector": torch.zeros(48)},
        "lora.unsupported_kind",
    ),
    "LoHa": (lambda _: {"lora_unet_layers_0_attention_to_q.hada_w1_a": torch.zeros(4, 4)}, "lora.unsupported_kind"),
    "LoKr in Tucker's form": (
        lambda pairs: peft(pairs) | {"diffusion_model.layers.0.attention.to_q.lokr_t2": torch.zeros(4, 4, 1, 1)},
        "lora.unsupported_kind",
    ),
    "OFT": (lambda _: {"lora_unet_layers_0_attention_to_q.oft_blocks": torch.zeros(4, 4)}, "lora.unsupported_kind"),
    "LoCon": (
        lambda pairs: kohya(pairs) | {"lora_unet_layers_0_attention_to_q.lora_mid.weight": torch.zeros(4, 4, 1, 1)},
        "lora.unsupported_kind",
    ),
    "full weights": (
        lambda _: {"diffusion_model.layers.0.attention.to_q.diff": torch.zeros(48, 48)},
        "lora.unsupported_kind",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_adapter_that_does_not_fit_completely_is_refused(
    case: str, zit: Zit, host: TorchHost, save: Callable[..., Path]
):
    make, code = REFUSED[case]
    base = draw(zit, host)
    with pytest.raises(ModelError) as caught:
        with_loras(zit, [LoraUse(save(make(random_pairs(zit.components.linears))))])
    assert caught.value.code == code
    assert "style" in caught.value.message
    assert np.array_equal(draw(zit, host), base)


def test_broken_adapter_files(zit: Zit, tmp_path: Path, save: Callable[..., Path]):
    cut = save(peft(random_pairs(zit.components.linears)), "cut")
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
    assert find_adapter(zit.checkpoint, "anime", host) == path.resolve() / "loras" / "anime.safetensors"
    assert find_adapter(zit.checkpoint, "anime.safetensors", host) == path.resolve() / "loras" / "anime.safetensors"
    assert find_adapter(zit.checkpoint, "mine", host) == models / "loras" / "mine.safetensors"
    assert find_adapter(zit.checkpoint, "nothing", host) is None
    assert find_adapter(zit.checkpoint, "../../mine", host) is None


def test_trigger_words_join_the_prompt_once_and_only_with_their_adapter():
    style = LoraUse(Path("a"), 0.8, ("zx style", "Pastel"))
    assert join_triggers("a cup", [style]) == "zx style, Pastel, a cup"
    assert join_triggers("a pastel cup in ZX Style", [style]) == "a pastel cup in ZX Style"
    assert join_triggers("zx styles", [style]) == "zx style, Pastel, zx styles"
    assert join_triggers("a cup", [style, LoraUse(Path("b"), 1.0, ("zx style",))]) == "zx style, Pastel, a cup"
    for weight in (0.0, -0.5):
        assert join_triggers("a cup", [LoraUse(Path("a"), weight, ("zx style",))]) == "a cup"
    assert join_triggers("a cup", []) == "a cup"


def test_a_picture_is_drawn_with_its_adapters_trigger_words(zit: Zit, host: TorchHost, save: Callable[..., Path]):
    path = save(peft(random_pairs(zit.components.linears)))
    triggered = with_loras(zit, [LoraUse(path, 0.5, ("zx style",))])
    assert torch.equal(encode_prompt(triggered, "a cup", host), encode_prompt(zit, "zx style, a cup", host))
    twice = with_loras(triggered, [LoraUse(path, 0.2, ("zx style", "soft"))])
    assert twice.loras == (LoraUse(path, 0.7, ("zx style", "soft")),)


def test_the_files_own_trigger_words_are_offered(zit: Zit, save: Callable[..., Path]):
    pairs = random_pairs(zit.components.linears)
    tags = json.dumps({"10_zx": {"zx style": 30, "cup": 20, "a tree": 3}, "5_more": {"zx style": 10}})
    named = save(peft(pairs), "named", **{"modelspec.trigger_phrase": "ohwx, zx style", "ss_tag_frequency": tags})
    assert offered_triggers(named) == ("ohwx", "zx style", "cup")
    assert offered_triggers(save(peft(pairs), "silent")) == ()
    for broken in ("[" * 200_000, "[1]", "{", '{"a": 3}', '{"a": {"b": "x"}}', "null"):
        assert offered_triggers(save(peft(pairs), "broken", ss_tag_frequency=broken)) == ()


def test_a_name_may_begin_with_any_number_of_prefixes() -> None:
    """Cut anew for each of them, a name of this length would keep the loader busy for minutes."""
    names = LayerNames({"layers.0.attention.to_q": (8, 8)})
    for prefixes in ("base_model.model.", "transformer.model.", "lora_unet_", "model.diffusion_model." * 200_000):
        assert names.find(f"{prefixes}layers.0.attention.to_q") == ("layers.0.attention.to_q",)
