"""The bridge to core's nodes, in ComfyUI's own Python: core's sampler draws what the engine draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
CODE = """
import pathlib, shutil, sys, tempfile
sys.path.insert(0, {tests!r})
import torch
import comfy.lora, comfy.model_detection, comfy.model_management as manager, comfy.sd, comfy.utils
import nodes as core
from comfy_extras.nodes_model_advanced import ModelSamplingAuraFlow
from comfy_extras.nodes_sd3 import EmptySD3LatentImage
from safetensors.torch import load_file, save_file
from lora_files import fused_pairs, lokr, native, peft, save
from pack.adstudio import config
from pack.adstudio.engine.memory.components import load, registry
from pack.adstudio.engine.lora.uses import LoraUse, with_loras
from pack.adstudio.engine.drawing.options import Options
from pack.adstudio.engine.drawing.precision import with_options
from pack.adstudio.engine.tensors.native_names import native_config, native_tensors
from pack.adstudio.engine.drawing.sampling import text_to_image
from pack.adstudio.errors import AdStudioError
from pack.nodes import _host
from pack.nodes._native_clip import SharedClip
from pack.nodes._native_model import native_model
from pack.nodes._native_vae import SharedVae

WORDS = "realistic photograph of a cup of coffee on a marble podium"
work = pathlib.Path(tempfile.mkdtemp())
exact = work / "exact"
shutil.copytree(config.EMBEDDED_CHECKPOINT, exact)
for file in exact.glob("*/*.safetensors"):  # in float32 both roads compute the same numbers, not only nearly so
    if file.parent.name != "loras":
        save_file({{name: tensor.float() for name, tensor in load_file(file).items()}}, file)

def engine(zit, words=WORDS, seed=5):
    return torch.from_numpy(text_to_image(
        zit, words, width=128, height=160, seed=seed, steps=4, host=_host.host()
    ).images[0])

def road(zit, words=WORDS, seed=5, model=None, scheduler="simple"):
    model = model or native_model(zit)[0]
    clip, vae = SharedClip(zit), SharedVae(zit)
    (positive,) = core.CLIPTextEncode().encode(clip, words)
    (negative,) = core.CLIPTextEncode().encode(clip, "")
    latent = EmptySD3LatentImage.execute(128, 160, 1)[0]
    (drawn,) = core.KSampler().sample(model, seed, 4, 1.0, "euler", scheduler, positive, negative, latent)
    return core.VAEDecode().decode(vae, drawn)[0][0]

def apart(a, b):
    return float((a - b).abs().max())

answer = {{}}
with torch.inference_mode():  # as ComfyUI runs every node
    zit = load(exact, _host.host())
    linears = zit.components.linears
    plain = engine(zit)
    answer["plain"] = apart(plain, road(zit))
    answer["another seed"] = apart(plain, road(zit, seed=6))
    model, copied = native_model(zit)
    shifted = ModelSamplingAuraFlow().patch_aura(model, 3.0)[0]
    answer["shift 3"] = apart(plain, road(zit, model=shifted))
    answer["shift 1"] = apart(plain, road(zit, model=ModelSamplingAuraFlow().patch_aura(model, 1.0)[0]))

    pairs = fused_pairs(linears, every=True)
    pairs = {{name: (down * 0.3, up * 0.3) for name, (down, up) in pairs.items()}}
    split, joined = save(work, peft(pairs), "split"), save(work, peft(native(pairs), "diffusion_model."), "joined")
    kron = save(work, {{
        f"diffusion_model.{{name}}.lokr_{{role}}": tensor * 0.1
        for name, sides in lokr(linears).items() for role, tensor in sides.items()
    }}, "kron")
    whole = {{
        "diffusion_model.layers.1.attention.qkv.lokr_w1": torch.randn(4, 4, generator=torch.Generator().manual_seed(1)),
        "diffusion_model.layers.1.attention.qkv.lokr_w2": torch.randn(
            3 * zit.components.transformer.config.dim // 4, zit.components.transformer.config.dim // 4,
            generator=torch.Generator().manual_seed(2)) * 0.02,
    }}
    whole = save(work, whole, "whole")
    answer["styles"], answer["styled"] = {{}}, {{}}
    for name, uses in {{
        "lora": [LoraUse(split, 0.7)], "fused lora": [LoraUse(joined, 0.7)], "lokr": [LoraUse(kron, 0.5)],
        "fused lokr": [LoraUse(whole, 0.8)],
        "two": [LoraUse(split, 0.4), LoraUse(kron, -0.3)],
    }}.items():
        styled = with_loras(zit, uses)
        drawn = engine(styled)
        answer["styles"][name] = apart(drawn, road(styled))
        answer["styled"][name] = apart(drawn, plain)
    answer["after styles"] = apart(plain, road(zit))
    triggered = with_loras(zit, [LoraUse(split, 0.001, ("zx style",))])
    answer["triggers"] = apart(road(triggered), road(with_loras(zit, [LoraUse(split, 0.001)]), "zx style, " + WORDS))

    # core's own LoRA loader finds the names it knows
    file = comfy.utils.load_torch_file(str(joined))
    loaded, clip = comfy.sd.load_lora_for_models(model, SharedClip(zit), file, 0.7, 0.7)
    answer["core's lora"] = apart(engine(with_loras(zit, [LoraUse(joined, 0.7)])), road(zit, model=loaded))
    answer["clip kept its patcher"] = clip.patcher is SharedClip(zit).patcher

    # what a graph may ask of CLIP and VAE beside that
    clip, vae = SharedClip(zit), SharedVae(zit)
    (last,) = core.CLIPSetLastLayer().set_last_layer(clip, -1)
    one, other = (core.CLIPTextEncode().encode(each, WORDS)[0][0][0] for each in (clip, last))
    answer["another layer"] = apart(one, other) > 0.01 and clip.layer_idx is None
    picture = plain[None]
    coded = core.VAEEncode().encode(vae, picture)[0]
    answer["latent"] = list(coded["samples"].shape)
    answer["round trip"] = float((core.VAEDecode().decode(vae, coded)[0] - picture).abs().mean())
    tiled = core.VAEDecodeTiled().decode(vae, coded, 512, 64)[0]
    answer["tiled"] = float((tiled - core.VAEDecode().decode(vae, coded)[0]).abs().mean())
    try:
        clip.generate(clip.tokenize(WORDS))
        answer["generate"] = ""
    except AdStudioError as error:
        answer["generate"] = error.code

    # where its weights are
    tensors = dict(model.model.diffusion_model.named_parameters())
    expected = zit.components.transformer.state_dict()
    answer["copied"] = copied == sum(t.nbytes for name, t in tensors.items() if ".qkv." in name)
    answer["again"] = native_model(zit)[0].model is model.model
    narrow = with_options(zit, Options(precision="fp8 weights"), _host.host())
    answer["another precision"] = native_model(narrow)[0].model is model.model
    answer["latent format"] = [model.model.latent_format.latent_channels, model.model.latent_format.scale_factor]

    # nothing of it may keep the checkpoint alive
    import gc, weakref
    ghosts = [weakref.ref(zit.components.transformer), weakref.ref(model.model)]
    del narrow, model, shifted, loaded, clip, last, vae, zit, styled, triggered, tensors, expected
    registry.forget()
    manager.unload_all_models()
    gc.collect()
    answer["leak"] = [ghost() is not None for ghost in ghosts]

    zit = load("demo", _host.host())
    answer["as shipped"] = float((engine(zit) - road(zit)).abs().mean())

# at the real width our words for the transformer are the ones core reads out of a file of that width
meta = {{"device": "meta"}}
import diffusers
with torch.device("meta"):
    real = diffusers.ZImageTransformer2DModel(axes_lens=[1536, 512, 512])
tensors, _ = native_tensors(real.state_dict())
ours, theirs = native_config(real.config, tensors), comfy.model_detection.detect_unet_config(tensors, "")
answer["differs"] = {{
    key: [ours.get(key), value] for key, value in theirs.items()
    if key not in ("ffn_dim_multiplier", "allow_fp16") and ours.get(key) != value
}}
answer["inner width"] = [int(each["ffn_dim_multiplier"] * each["dim"]) for each in (ours, theirs)]
"""
ROUNDING = 2e-5


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(CODE.format(tests=str(TESTS)))


def test_core_draws_what_the_engine_draws(seen: dict[str, Any]):
    assert seen["plain"] < ROUNDING
    assert seen["another seed"] > 0.05


def test_the_schedules_shift_is_the_checkpoints(seen: dict[str, Any]):
    assert seen["shift 3"] < ROUNDING
    assert seen["shift 1"] > 0.02


def test_styles_come_along_whole(seen: dict[str, Any]):
    assert all(difference < ROUNDING for difference in seen["styles"].values()), seen["styles"]
    assert all(difference > 100 * ROUNDING for difference in seen["styled"].values()), seen["styled"]
    assert seen["after styles"] < ROUNDING


def test_trigger_words_come_along(seen: dict[str, Any]):
    assert seen["triggers"] < ROUNDING


def test_cores_lora_loader_works_on_it(seen: dict[str, Any]):
    assert seen["core's lora"] < ROUNDING
    assert seen["clip kept its patcher"]


def test_clip_and_vae_do_what_core_asks(seen: dict[str, Any]):
    assert seen["another layer"]
    assert seen["generate"] == "native.no_language_model"
    channels = seen["latent format"][0]
    assert seen["latent"][:2] == [1, channels]
    assert seen["round trip"] < 0.06
    assert seen["tiled"] < ROUNDING


def test_memory_is_shared_and_nothing_is_kept_alive(seen: dict[str, Any]):
    assert seen["copied"]
    assert seen["again"]
    assert seen["another precision"], "core has its own ways to narrow weights: one MODEL serves all"
    assert seen["leak"] == [False, False]


def test_the_shipped_model_agrees_within_its_precision(seen: dict[str, Any]):
    """The engine computes in bf16, core on a CPU in float32."""
    assert seen["as shipped"] < 0.01


def test_the_real_widths_are_described_as_core_detects_them(seen: dict[str, Any]):
    assert seen["differs"] == {}
    assert seen["inner width"][0] == seen["inner width"][1] == 10240
