"""Values that load without a word and draw another picture: shown with diffusers' own pipeline, and mended bit for bit.

The tiny checkpoint's right values are made known for the length of this file, as those of Z-Image are to the product.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_checkpoint import build_checkpoint

from adstudio.engine.doctor import examine_folder, known, write_mended
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.memory.components import load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.types import Array

PROMPT = "a red cup on a table by the window"
TINY = known.KnownModel(
    name="the tiny model",
    shapes={
        "transformer": {"dim": 48, "n_layers": 2, "cap_feat_dim": 32},
        "text_encoder": {"model_type": "qwen3", "hidden_size": 32, "num_hidden_layers": 3},
        "vae": {"latent_channels": 16, "block_out_channels": [8, 8, 16, 16]},
    },
    values={
        "transformer": {"axes_dims": [8, 8, 8], "axes_lens": [1536, 128, 128], "rope_theta": 256.0, "t_scale": 1000.0},
        "text_encoder": {"rope_theta": 1_000_000.0, "rms_norm_eps": 1e-6, "hidden_act": "silu"},
        "vae": {"scaling_factor": 0.3611, "shift_factor": 0.1159, "norm_num_groups": 4, "act_fn": "silu"},
        "scheduler": {"shift": 3.0, "use_dynamic_shifting": False},
    },
)
THETA = {"rope_type": "default", "rope_theta": 1_000_000.0}

Damage = tuple[str, dict[str, Any], str]
SILENT: dict[str, Damage] = {
    "encoder read as Qwen2": ("text_encoder", {"model_type": "qwen2"}, "text_encoder.model_type"),
    "no rope theta": ("text_encoder", {"rope_parameters": None}, "text_encoder.rope_theta"),
    "default rope theta": (
        "text_encoder",
        {"rope_parameters": {**THETA, "rope_theta": 10_000.0}},
        "text_encoder.rope_theta",
    ),
    "default rope theta, old style": (
        "text_encoder",
        {"rope_parameters": None, "rope_theta": 10_000.0},
        "text_encoder.rope_theta",
    ),
    "stretched positions": (
        "text_encoder",
        {"rope_parameters": {**THETA, "rope_type": "linear", "factor": 4.0}},
        "text_encoder.rope_type",
    ),
    "no scaling factor": ("vae", {"scaling_factor": None}, "vae.scaling_factor"),
    "Stable Diffusion's scaling factor": ("vae", {"scaling_factor": 0.13025}, "vae.scaling_factor"),
    "SD3's shift factor": ("vae", {"shift_factor": 0.0609}, "vae.shift_factor"),
    "no post_quant_conv flag": ("vae", {"use_post_quant_conv": None}, "vae.use_post_quant_conv"),
    "a function of another VAE": ("vae", {"act_fn": "relu"}, "vae.act_fn"),
    "no noise shift": ("scheduler", {"shift": None}, "scheduler.shift"),
    "dynamic shifting": ("scheduler", {"use_dynamic_shifting": True}, "scheduler.use_dynamic_shifting"),
    "karras levels": ("scheduler", {"use_karras_sigmas": True}, "scheduler.use_karras_sigmas"),
    "other time unit": ("scheduler", {"num_train_timesteps": 500}, "scheduler.num_train_timesteps"),
    "no norms in the transformer": ("transformer", {"qk_norm": False}, "transformer.qk_norm"),
    "another split of the head": ("transformer", {"axes_dims": [4, 4, 16]}, "transformer.axes_dims"),
    "a language model's theta": ("transformer", {"rope_theta": 10_000.0}, "transformer.rope_theta"),
    "another time scale": ("transformer", {"t_scale": 1.0}, "transformer.t_scale"),
}
FILES = {
    "scheduler": "scheduler/scheduler_config.json",
    **{part: f"{part}/config.json" for part in ("transformer", "text_encoder", "vae")},
}


@pytest.fixture(autouse=True)
def tiny_is_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(known, "KNOWN_MODELS", (TINY,))
    registry.forget()
    yield
    registry.forget()


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose encoder turns with the theta of the real one's, which is not the library's default."""
    path = build_checkpoint(tmp_path_factory.mktemp("known") / "healthy")
    change(path / FILES["text_encoder"], {"rope_parameters": THETA, "rope_theta": None})
    return path


@pytest.fixture(scope="module")
def right(healthy: Path) -> Array:
    return draw_with_diffusers(healthy)


def change(file: Path, values: dict[str, Any]) -> None:
    content = {**json.loads(file.read_text()), **values}
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def draw_with_diffusers(path: Path) -> Array:
    """Draw as anybody would, with diffusers alone; encoder and weights by what the configurations say."""
    import diffusers
    from transformers import AutoModel

    torch.manual_seed(0)  # tensors that a wrong configuration asks for and no file has are random
    encoder = AutoModel.from_pretrained(path / "text_encoder", dtype=torch.bfloat16)
    kind: Any = diffusers.DiffusionPipeline
    pipe = kind.from_pretrained(path, text_encoder=encoder, torch_dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)
    generator = torch.Generator("cpu").manual_seed(7)
    drawn = pipe(
        PROMPT,
        height=64,
        width=64,
        num_inference_steps=3,
        guidance_scale=0.0,
        generator=generator,
        output_type="np",
    )
    return np.asarray(drawn.images[0], np.float32)


def draw_with_ours(path: Path, host: TorchHost) -> Array:
    return text_to_image(load(path, host), PROMPT, width=64, height=64, seed=7, steps=3, host=host).images[0]


@pytest.mark.parametrize("damage", SILENT)
def test_a_silently_wrong_value_draws_another_picture_until_it_is_mended(
    damage: str, healthy: Path, right: Array, copy_of: Callable[[Path], Path], host: TorchHost
) -> None:
    part, values, rule = SILENT[damage]
    path = copy_of(healthy)
    change(path / FILES[part], values)
    wrong = draw_with_diffusers(path)
    assert not np.allclose(wrong, right, atol=1e-3), "this value does not matter: take it out of the list"

    # in memory, by our own loader
    assert np.array_equal(draw_with_ours(path, host), draw_with_ours(healthy, host))

    # in the files, for everybody else
    diagnosis = examine_folder(path)
    assert [(finding.rule, finding.mended) for finding in diagnosis.findings] == [(rule, True)]
    assert write_mended(diagnosis) == (path / FILES[part],)
    assert np.array_equal(draw_with_diffusers(path), right)
    assert examine_folder(path).findings == ()


def test_the_healthy_one_gives_no_finding(healthy: Path) -> None:
    assert examine_folder(healthy).findings == ()


def test_a_wrong_dtype_draws_another_picture(healthy: Path, copy_of: Callable[[Path], Path], host: TorchHost) -> None:
    from transformers import Qwen3Model

    def embed(path: Path) -> torch.Tensor:
        encoder = Qwen3Model.from_pretrained(path / "text_encoder")  # nobody says a dtype, so the configuration does
        with torch.no_grad():
            states = encoder(input_ids=torch.arange(8)[None], output_hidden_states=True)
        return states.hidden_states[-2].float()

    path = copy_of(healthy)
    change(path / FILES["text_encoder"], {"dtype": "float16"})
    assert not torch.equal(embed(path), embed(healthy))
    assert np.array_equal(draw_with_ours(path, host), draw_with_ours(healthy, host))
    diagnosis = examine_folder(path)
    assert [finding.rule for finding in diagnosis.findings] == ["text_encoder.dtype"]
    write_mended(diagnosis)
    assert torch.equal(embed(path), embed(healthy))


def test_everything_at_once_is_named_and_mended(healthy: Path, right: Array, copy_of: Callable[[Path], Path]) -> None:
    path = copy_of(healthy)
    chosen = {rule: (part, values) for part, values, rule in SILENT.values() if rule != "text_encoder.rope_type"}
    for part, values in chosen.values():
        change(path / FILES[part], values)
    diagnosis = examine_folder(path)
    assert {finding.rule for finding in diagnosis.findings} == chosen.keys()
    assert all(finding.mended for finding in diagnosis.findings)
    write_mended(diagnosis)
    assert np.array_equal(draw_with_diffusers(path), right)
