"""Every form of a checkpoint gives the picture of its diffusers folder: to the bit, or within its quantisation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import checkpoint_forms as forms
import numpy as np
import pytest
import torch

from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.forms import assembly
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Note

Writer = Callable[[Path, Path], Path]  # the folder, where to write -> the file to choose


@pytest.fixture(autouse=True, scope="module")
def one_tokenizer() -> Iterator[None]:
    """Qwen's tokenizer is the same for every form, and building it takes longer than loading such small weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "qwen_tokenizer", cache(assembly.qwen_tokenizer))
        yield


@pytest.fixture(scope="session")
def picture(typical: Path) -> np.ndarray:
    return draw(load(typical, TorchHost("cpu", model_dirs=[])))


@pytest.fixture(autouse=True)
def clean() -> Any:
    yield
    registry.forget()


def draw(zit: Zit) -> np.ndarray:
    host = TorchHost("cpu", model_dirs=[])
    return text_to_image(zit, "a red teapot, 봄 세일 🎉", width=64, height=64, seed=5, steps=2, host=host).images[0]


def whole(folder: Path, root: Path) -> Path:
    contents = forms.prefixed(forms.native(forms.tensors_of(folder, "transformer")), "model.diffusion_model.")
    contents |= forms.prefixed(forms.tensors_of(folder, "text_encoder"), "text_encoders.qwen3_4b.transformer.model.")
    contents |= forms.prefixed(forms.flux_vae(forms.tensors_of(folder, "vae")), "vae.")
    return forms.write(root / "checkpoints" / "all.safetensors", contents)


def transformer(prefix: str, change: Callable[[forms.Tensors], forms.Tensors]) -> Writer:
    return lambda folder, root: forms.write_split(
        folder, root, transformer=forms.prefixed(change(forms.tensors_of(folder, "transformer")), prefix)
    )


def encoder(change: Callable[[forms.Tensors], forms.Tensors]) -> Writer:
    return lambda folder, root: forms.write_split(
        folder, root, text_encoder=change(forms.tensors_of(folder, "text_encoder"))
    )


def with_head(tensors: forms.Tensors) -> forms.Tensors:
    return forms.prefixed(tensors, "model.") | {"lm_head.weight": tensors["embed_tokens.weight"].clone()}


def same(tensors: forms.Tensors) -> forms.Tensors:
    return tensors


EXACT: dict[str, Writer] = {
    "native keys": forms.write_split,
    "native keys after model.diffusion_model.": transformer("model.diffusion_model.", forms.native),
    "native keys after diffusion_model.": transformer("diffusion_model.", forms.native),
    "diffusers keys": transformer("", same),
    "diffusers keys after model.diffusion_model.": transformer("model.diffusion_model.", same),
    "diffusers keys after diffusion_model.": transformer("diffusion_model.", same),
    "an encoder without a prefix": encoder(same),
    "an encoder with the language model's head": encoder(with_head),
    "a VAE as diffusers names it": lambda folder, root: forms.write_split(
        folder, root, vae=forms.tensors_of(folder, "vae")
    ),
    "one file for all": whole,
}


@pytest.mark.parametrize("form", EXACT)
def test_a_form_draws_the_folders_picture_to_the_bit(form: str, typical: Path, picture: np.ndarray, tmp_path: Path):
    zit = load(EXACT[form](typical, tmp_path), TorchHost("cpu", model_dirs=[tmp_path]))
    assert np.array_equal(draw(zit), picture)


def error_of(found: torch.nn.Module, folder: Path, part: str) -> float:
    """The largest difference of a weight, as a share of the largest weight of its tensor."""
    wanted = forms.tensors_of(folder, part)
    errors = []
    for name, value in found.state_dict().items():
        original = wanted[name].float()
        errors.append(float((value.float() - original).abs().max() / original.abs().max()))
    return max(errors)


ROWS = {"shape": lambda value: value.abs().amax(dim=1, keepdim=True).float()}
FORMAT = {"format": "float8_e4m3fn"}
# form -> (component, how it is written, the largest error of a weight: half a step of the format at its largest value)
QUANTISED: dict[str, tuple[str, Callable[[forms.Tensors], forms.Tensors], float]] = {
    "plain fp8": ("transformer", lambda t: forms.fp8(forms.native(t), forms.is_matrix), 0.0626),
    "plain e5m2": (
        "transformer",
        lambda t: forms.fp8(forms.native(t), forms.is_matrix, torch.float8_e5m2),
        0.126,
    ),
    "fp8_scaled": (
        "transformer",
        lambda t: (
            forms.fp8_scaled(forms.native(t), forms.is_matrix)
            | {"scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn)}
        ),
        0.04,
    ),
    "fp8 with a scale per row": (
        "transformer",
        lambda t: forms.fp8_scaled(t, forms.is_matrix, scale_name="weight_scale", **ROWS),
        0.04,
    ),
    "fp8 with ComfyUI's notes": (
        "transformer",
        lambda t: forms.fp8_scaled(forms.native(t), forms.is_matrix, scale_name="weight_scale", note=FORMAT),
        0.04,
    ),
    "an encoder in plain fp8": ("text_encoder", lambda t: forms.fp8(t, forms.is_encoder_matrix), 0.0626),
    "an encoder in mixed fp8": (
        "text_encoder",
        lambda t: forms.prefixed(
            forms.fp8_scaled(t, forms.is_encoder_matrix, scale_name="weight_scale", note=FORMAT), "model."
        ),
        0.04,
    ),
    "an encoder in fp8 blocks": (
        "text_encoder",
        lambda t: forms.fp8_scaled(
            t,
            forms.is_encoder_matrix,
            scale_name="weight_scale_inv",
            shape=lambda value: value.abs().amax().float().reshape(1, 1),
        ),
        0.04,
    ),
}


@pytest.mark.parametrize("form", QUANTISED)
def test_fp8_becomes_the_weights_it_was_made_of(form: str, typical: Path, picture: np.ndarray, tmp_path: Path):
    part, change, limit = QUANTISED[form]
    file = forms.write_split(typical, tmp_path, **{part: change(forms.tensors_of(typical, part))})
    zit = load(file, TorchHost("cpu", model_dirs=[tmp_path]))
    error = error_of(getattr(zit.components, part), typical, part)
    assert 0 < error < limit
    assert 0 < np.abs(draw(zit) - picture).max() < 0.25
    assert "fp8" in " ".join(zit.checkpoint.notes)
    assert {note.code for note in zit.checkpoint.notes if isinstance(note, Note)} == {"checkpoint.converted"}


@pytest.mark.parametrize(("kind", "limit"), [("Q8_0", 0.006), ("Q4_0", 0.13), ("BF16", 0.0), ("F16", 0.001)])
def test_gguf_becomes_the_weights_it_was_made_of(
    kind: str, limit: float, typical: Path, picture: np.ndarray, tmp_path: Path
):
    pytest.importorskip("gguf", reason="an optional package")
    forms.write_split(typical, tmp_path)
    shutil.rmtree(tmp_path / "diffusion_models")
    weights = forms.native(forms.tensors_of(typical, "transformer"))
    file = forms.write_gguf(tmp_path / "unet" / "zimage.gguf", weights, kind, forms.is_matrix)
    zit = load(file.name, TorchHost("cpu", model_dirs=[tmp_path]))
    error = error_of(zit.components.transformer, typical, "transformer")
    assert error <= limit
    if kind in ("BF16", "F16"):  # such weights have as many digits in both
        assert np.array_equal(draw(zit), picture)
    else:
        assert 0 < np.abs(draw(zit) - picture).max() < 0.5


def test_an_encoder_in_gguf(typical: Path, picture: np.ndarray, tmp_path: Path):
    pytest.importorskip("gguf", reason="an optional package")
    file = forms.write_split(typical, tmp_path)
    (tmp_path / "text_encoders" / "one.safetensors").unlink()
    weights = forms.llama_names(forms.tensors_of(typical, "text_encoder"))
    forms.write_gguf(
        tmp_path / "text_encoders" / "qwen.gguf", weights, "BF16", lambda name: not name.endswith("norm.weight")
    )
    assert np.array_equal(draw(load(file, TorchHost("cpu", model_dirs=[tmp_path]))), picture)
