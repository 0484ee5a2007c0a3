"""Which files belong together is found by what they hold; what cannot be told is asked in one sentence."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import checkpoint_forms as forms
import pytest
import torch
from safetensors.torch import load_file

from adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
from adstudio.engine.forms.model_files import files_holding
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import MissingDependency, ModelError

ENCODER, VAE = "text_encoders/one.safetensors", "vae/two.safetensors"


@pytest.fixture
def models(typical: Path, tmp_path: Path) -> Path:
    forms.write_split(typical, tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
def file(models: Path) -> Path:
    return models / "diffusion_models" / "three.safetensors"


@pytest.fixture
def host(models: Path) -> TorchHost:
    return TorchHost("cpu", model_dirs=[models])


def refusal(file: Path, host: TorchHost | None = None, **choices: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        open_checkpoint(file, host, **choices)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_a_file_is_found_by_name_in_every_folder_of_transformers(models: Path, file: Path, host: TorchHost):
    assert find_checkpoint("three.safetensors", host) == file
    assert find_checkpoint(file, TorchHost("cpu", model_dirs=[])) == file
    (models / "checkpoints" / "sub").mkdir(parents=True)
    file.rename(models / "checkpoints" / "sub" / "else.safetensors")
    assert find_checkpoint("sub/else.safetensors", host).parent.name == "sub"


def test_the_other_files_are_found_next_to_the_transformer_without_any_host(file: Path, models: Path):
    found = open_checkpoint(file)
    assert [part.files[0] for part in found.sources.parts] == [file, models / ENCODER, models / VAE]
    assert "one.safetensors" in found.summary and "two.safetensors" in found.summary


def test_the_hosts_folders_are_searched_last(file: Path, models: Path, host: TorchHost, tmp_path: Path):
    far = tmp_path / "elsewhere" / file.name
    far.parent.mkdir()
    file.rename(far)
    (far.parent / "deeper").mkdir()
    shutil.copy(models / VAE, far.parent / "deeper" / "vae.safetensors")
    shutil.copy(models / ENCODER, far.parent)
    assert "No VAE" in refusal(far).message, "what lies around the file is not searched through and through"
    (far.parent / "one.safetensors").unlink()
    assert open_checkpoint(far, host).sources.vae.files == (models / VAE,)
    shutil.copy(models / VAE, far.parent / "nearer.safetensors")
    assert open_checkpoint(far, host).sources.vae.files[0].name == "nearer.safetensors"


def test_two_that_fit_are_named_and_one_can_be_chosen(file: Path, models: Path, host: TorchHost):
    shutil.copy(models / VAE, models / "vae" / "same.safetensors")
    error = refusal(file, host)
    assert error.code == "checkpoint.ambiguous"
    assert "same.safetensors" in error.message and "two.safetensors" in error.message
    assert open_checkpoint(file, host, vae="same.safetensors").sources.vae.files[0].name == "same.safetensors"
    linked = models / "vae" / "linked"
    linked.mkdir()
    (models / "vae" / "same.safetensors").unlink()
    (linked / "two.safetensors").symlink_to(models / VAE)
    assert open_checkpoint(file, host).sources.vae.files[0].resolve() == models / VAE  # the same file twice is one


def test_another_vae_is_another_checkpoint(typical: Path, file: Path, models: Path, host: TorchHost):
    changed = forms.tensors_of(typical, "vae")
    changed["decoder.conv_out.bias"] += 1
    forms.write(models / "vae" / "other.safetensors", changed)
    first, second = (load(file, host, vae=name) for name in ("two.safetensors", "other.safetensors"))
    assert first.components is not second.components
    assert first.checkpoint.key != second.checkpoint.key
    assert first.checkpoint.stamp != second.checkpoint.stamp
    biases = [zit.components.vae.decoder.conv_out.bias.float().mean() for zit in (first, second)]
    assert biases[1] - biases[0] == pytest.approx(1, abs=0.02)
    assert load(file, host, vae="two.safetensors").components is first.components


def test_a_folders_component_can_be_replaced_by_a_file(typical: Path, models: Path, host: TorchHost):
    plain, mixed = open_checkpoint(typical), open_checkpoint(typical, host, vae="two.safetensors")
    assert mixed.sources.vae.files == (models / VAE,)
    assert mixed.sources.text_encoder.files == plain.sources.text_encoder.files
    assert mixed.key != plain.key


def test_what_is_missing_is_said_with_what_was_seen(file: Path, models: Path, host: TorchHost):
    (models / VAE).unlink()
    assert "No VAE for three.safetensors" in refusal(file, host).message
    (models / "vae" / "ae.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "git-lfs pointer" in refusal(file, host).message
    small = {"decoder.conv_in.weight": torch.zeros(8, 4, 3, 3), "encoder.conv_out.weight": torch.zeros(8, 8, 3, 3)}
    forms.write(models / "vae" / "sd.safetensors", small | {"decoder.up.0.block.0.conv1.weight": torch.zeros(1)})
    assert "4 latent channels" in refusal(file, host).message


def test_a_wrong_choice_is_refused(file: Path, models: Path, host: TorchHost):
    assert refusal(file, host, vae="nowhere.safetensors").code == "checkpoint.file_missing"
    error = refusal(file, host, text_encoder=str(models / VAE))
    assert error.code == "checkpoint.wrong_class"
    assert "holds a VAE, not a text encoder" in error.message


FAMILIES = {
    "FLUX": ["double_blocks.0.img_attn.qkv.weight"],
    "FLUX.2": ["double_stream_modulation_img.lin.weight", "double_blocks.0.img_attn.qkv.weight"],
    "SDXL": ["model.diffusion_model.input_blocks.0.0.weight", "model.diffusion_model.label_emb.0.0.weight"],
    "Stable Diffusion 3": ["model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight"],
    "Lumina 2": ["cap_embedder.1.weight", "layers.0.adaLN_modulation.1.weight", "noise_refiner.0.attention.qkv.weight"],
    "Qwen-Image": ["transformer_blocks.0.img_mod.1.weight"],
    "Wan": ["blocks.0.cross_attn.norm_k.weight"],
    "a ControlNet for Z-Image": ["control_layers.0.adaLN_modulation.0.weight"],
    "a T5 text encoder": ["encoder.block.0.layer.0.SelfAttention.q.weight"],
    "a CLIP text encoder": ["text_model.encoder.layers.0.mlp.fc1.weight"],
    "a Gemma language model": [
        "model.embed_tokens.weight",
        "model.layers.0.self_attn.q_norm.weight",
        "model.layers.0.mlp.gate_proj.weight",
        "model.layers.0.pre_feedforward_layernorm.weight",
    ],
    "a Qwen2 language model": ["model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.q_proj.weight"],
    "a language model that is not Qwen3": ["model.layers.0.self_attn.q_proj.weight"],
    "a language model with vision": [
        "visual.patch_embed.proj.weight",
        "model.embed_tokens.weight",
        "model.layers.0.self_attn.q_norm.weight",
        "model.layers.0.mlp.gate_proj.weight",
    ],
    "a video VAE": ["decoder.middle.0.residual.0.gamma"],
    "a LoRA adapter": ["diffusion_model.layers.0.attention.qkv.lora_A.weight"],
    "another model": ["something.weight"],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_other_families_are_named(family: str, file: Path, models: Path, host: TorchHost):
    other = forms.write(models / "unet" / "other.safetensors", {name: torch.zeros(2, 2) for name in FAMILIES[family]})
    error = refusal(other, host)
    assert error.code == "checkpoint.wrong_class"
    assert f"holds {family}, not a Z-Image transformer" in error.message
    assert f"holds {family}, not a text encoder" in refusal(file, host, text_encoder=str(other)).message
    assert not files_holding("transformer", [other.parent])


def test_an_encoder_given_as_the_checkpoint_is_named(models: Path, host: TorchHost):
    assert "holds a Qwen3 text encoder, not a Z-Image transformer" in refusal(models / ENCODER, host).message


def change(file: Path, how: Callable[[forms.Tensors], forms.Tensors], metadata: dict[str, str] | None = None) -> None:
    tensors = how({name: value.clone() for name, value in load_file(file).items()})
    forms.write(file, tensors, metadata)


LAYER = "layers.0.attention.out"


def noted(note: dict[str, object], dtype: torch.dtype = torch.int8) -> Callable[[forms.Tensors], forms.Tensors]:
    code = torch.tensor(list(json.dumps(note).encode()), dtype=torch.uint8)
    return lambda t: (
        t
        | {
            f"{LAYER}.weight": t[f"{LAYER}.weight"].to(dtype),
            f"{LAYER}.weight_scale": torch.ones(()),
            f"{LAYER}.comfy_quant": code,
        }
    )


STRANGE: dict[str, tuple[str, Callable[[forms.Tensors], forms.Tensors]]] = {
    "int8": ("int8", noted({"format": "int8_tensorwise"})),
    "nvfp4": ("two scales", lambda t: t | {f"{LAYER}.weight_scale_2": torch.ones(())}),
    "rotated": ("rotated", noted({"format": "float8_e4m3fn", "convrot": True}, torch.float8_e4m3fn)),
    "mxfp8": ("'mxfp8'", noted({"format": "mxfp8"}, torch.float8_e4m3fn)),
    "scales of another kind": (
        "scales of U8",
        lambda t: t | {f"{LAYER}.weight_scale": torch.ones(4, dtype=torch.uint8)},
    ),
}


@pytest.mark.parametrize("scheme", STRANGE)
def test_a_scheme_that_is_not_understood_is_refused_by_name(scheme: str, file: Path, host: TorchHost):
    word, how = STRANGE[scheme]
    change(file, how)
    error = refusal(file, host)
    assert error.code == "checkpoint.unsupported_dtype"
    assert word in error.message


def test_a_scheme_in_the_header_is_refused_too(file: Path, host: TorchHost):
    layers = {"layers": {LAYER: {"format": "convrot_w4a4"}}}
    change(file, lambda tensors: tensors, {"_quantization_metadata": json.dumps(layers)})
    assert "'convrot_w4a4'" in refusal(file, host).message


def test_notes_in_the_header_that_make_no_sense_are_passed_over(file: Path, host: TorchHost):
    for notes in (json.dumps({"layers": []}), "[" * 200_000):
        change(file, lambda tensors: tensors, {"_quantization_metadata": notes})
        assert load(file, host)


def test_a_scale_that_does_not_fit_is_refused(file: Path, host: TorchHost):
    change(file, lambda t: t | {f"{LAYER}.scale_weight": torch.ones(7)})
    with pytest.raises(ModelError) as caught:
        load(file, host)
    assert caught.value.code == "checkpoint.bad_scale"


@pytest.mark.parametrize("name", ["diffusion_models/three.safetensors", ENCODER, VAE])
def test_a_file_cut_short_is_named(name: str, file: Path, models: Path, host: TorchHost):
    content = (models / name).read_bytes()
    (models / name).write_bytes(content[: len(content) * 2 // 3])
    error = refusal(file, host)
    assert error.code == "checkpoint.truncated"
    assert str(models / name) in error.message
    assert files_holding("transformer", [file.parent]), "choosing it tells what is wrong"


def test_files_that_are_no_weights_are_refused(file: Path, host: TorchHost):
    for content, code in (
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "checkpoint.lfs_pointer"),
        (b"", "checkpoint.empty_file"),
        (b"<html>" + b"x" * 500, "checkpoint.not_safetensors"),
    ):
        file.write_bytes(content)
        assert refusal(file, host).code == code
    pickled = file.with_suffix(".ckpt")
    pickled.write_bytes(b"\x80\x02}q\x00.")
    assert refusal(pickled, host).code == "checkpoint.not_safetensors"


def test_a_gguf_that_is_not_whole_is_refused(typical: Path, models: Path, host: TorchHost):
    pytest.importorskip("gguf", reason="an optional package")
    weights = forms.native(forms.tensors_of(typical, "transformer"))
    file = forms.write_gguf(models / "unet" / "z.gguf", weights, "Q8_0", forms.is_matrix)
    open_checkpoint(file, host)
    whole = file.read_bytes()
    for kept in (len(whole) * 2 // 3, 200, 30):
        file.write_bytes(whole[:kept])
        assert refusal(file, host).code == "checkpoint.truncated"
    for content, code in (
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "checkpoint.lfs_pointer"),
        (b"", "checkpoint.empty_file"),
        (b"<html>" + b"x" * 500, "checkpoint.not_gguf"),
    ):
        file.write_bytes(content)
        assert refusal(file, host).code == code


def test_gguf_without_its_package_says_how_to_install_it(
    typical: Path, models: Path, host: TorchHost, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("gguf", reason="an optional package")
    weights = forms.native(forms.tensors_of(typical, "transformer"))
    file = forms.write_gguf(models / "unet" / "z.gguf", weights, "Q8_0", forms.is_matrix)
    monkeypatch.setitem(sys.modules, "gguf", None)
    error = refusal(file, host)
    assert isinstance(error, MissingDependency)
    assert "pip install" in error.hint and "gguf" in error.hint
    assert files_holding("transformer", [file.parent]), "it is offered all the same"


def test_an_encoder_of_few_words_needs_its_folder(typical: Path, tiny: Path, tmp_path: Path):
    file = forms.write_split(typical, tmp_path, text_encoder=forms.tensors_of(tiny, "text_encoder"))
    assert refusal(file).code == "checkpoint.bad_tokenizer"


def test_what_float32_costs_is_said(tiny_float: Path, tiny: Path, file: Path, host: TorchHost):
    assert any("float32" in note and "adstudio convert" in note for note in open_checkpoint(tiny_float).notes)
    assert not any("float32" in note for note in open_checkpoint(tiny).notes)
    assert [note for note in open_checkpoint(file, host).notes if "VAE is stored in float32" in note]
    encoder = file.parents[1] / ENCODER
    forms.write(encoder, {name: value.float() for name, value in load_file(encoder).items()})
    (note,) = [note for note in open_checkpoint(file, host).notes if "text encoder is stored in float32" in note]
    assert "adstudio convert" not in note, "it makes folders only"
