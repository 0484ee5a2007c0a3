"""Pictures equal those of diffusers' own pipelines, and every promise about seeds, strength and steps is kept."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.drawing import sampling
from adstudio.engine.drawing.options import Options
from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.drawing.schedule import full_schedule, make_scheduler
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError
from adstudio.types import Array

PROMPT = "a café table by a window, warm light"


def draw(zit: Zit, host: TorchHost, prompt: str | list[str] = PROMPT, **changes: int) -> sampling.Samples:
    return text_to_image(zit, prompt, host=host, **({"width": 64, "height": 48, "seed": 5} | changes))


def pipeline(kind: str, path: Path, dtype: torch.dtype):
    """The pipeline built from the components as diffusers and transformers load them, none of ours."""
    from transformers import AutoTokenizer, Qwen3Model

    diffusers: Any = importlib.import_module("diffusers")
    pipe = getattr(diffusers, kind)(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler.from_pretrained(path, subfolder="scheduler"),
        vae=diffusers.AutoencoderKL.from_pretrained(path, subfolder="vae", torch_dtype=dtype),
        text_encoder=Qwen3Model.from_pretrained(path / "text_encoder", dtype=dtype).eval(),
        tokenizer=AutoTokenizer.from_pretrained(path / "tokenizer"),
        transformer=diffusers.ZImageTransformer2DModel.from_pretrained(
            path, subfolder="transformer", torch_dtype=dtype
        ),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run_pipeline(kind: str, path: Path, dtype: torch.dtype, **inputs: object) -> Array:
    pipe = pipeline(kind, path, dtype)
    with torch.no_grad():
        return pipe(
            [PROMPT],
            num_inference_steps=8,
            guidance_scale=0.0,
            generator=torch.Generator("cpu").manual_seed(5),
            output_type="np",
            **inputs,
        ).images[0]


def test_text_to_image_equals_diffusers(tiny_float: Path, zit_float: Zit, host: TorchHost):
    theirs = run_pipeline("ZImagePipeline", tiny_float, torch.float32, width=64, height=48)
    ours = draw(zit_float, host).images[0]
    assert ours.shape == theirs.shape == (48, 64, 3)
    assert np.abs(ours - theirs).max() < 1e-5
    assert theirs.std() > 0.05  # or equality would say nothing


def test_text_to_image_equals_diffusers_in_bf16(tiny: Path, zit: Zit, host: TorchHost):
    theirs = run_pipeline("ZImagePipeline", tiny, torch.bfloat16, width=64, height=48)
    assert np.abs(draw(zit, host).images[0] - theirs).max() < 0.03  # prompts are padded there and not here: rounding


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75, 1.0])
def test_image_to_image_equals_diffusers_where_its_schedule_has_that_step(
    strength: float, tiny_float: Path, zit_float: Zit, host: TorchHost, photo: Array, monkeypatch: pytest.MonkeyPatch
):
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    # theirs draws at random around the photo's latents, ours takes the middle
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    image = torch.from_numpy(photo).permute(2, 0, 1)[None]
    theirs = run_pipeline(
        "ZImageImg2ImgPipeline", tiny_float, torch.float32, image=image, strength=strength, width=64, height=64
    )
    ours = image_to_image(zit_float, PROMPT, photo, strength=strength, seed=5, host=host)
    assert np.abs(ours.images[0] - theirs).max() < 1e-5


def test_eight_evaluations_without_guidance(zit: Zit, host: TorchHost, counted: list[int]):
    assert draw(zit, host).evaluations == 8
    assert len(counted) == 8
    assert draw(zit, host, batch=2, steps=3).evaluations == 3
    assert len(counted) == 8 + 6


def test_a_seed_gives_its_picture_again_alone_and_in_a_batch(zit: Zit, host: TorchHost):
    batch = draw(zit, host, seed=7, batch=3)
    assert batch.seeds == (7, 8, 9)
    for image, seed in zip(batch.images, batch.seeds, strict=True):
        assert np.array_equal(draw(zit, host, seed=seed).images[0], image)
    assert not np.array_equal(batch.images[0], batch.images[1])
    largest = draw(zit, host, seed=2**64 - 1, batch=2)
    assert largest.seeds == (2**64 - 1, 0)


def test_prompts_matter_and_a_known_prompt_needs_no_encoder(zit: Zit, host: TorchHost):
    first = draw(zit, host, "one thing")
    runs: list[int] = []
    handle = zit.components.text_encoder.register_forward_pre_hook(lambda *_: runs.append(1))
    assert not np.array_equal(first.images[0], draw(zit, host, "another thing").images[0])
    assert np.array_equal(first.images[0], draw(zit, host, " one thing ").images[0])
    handle.remove()
    assert len(runs) == 1


@pytest.mark.parametrize("one_pass", [False, True])
def test_every_picture_of_a_batch_may_have_a_prompt_of_its_own(zit: Zit, host: TorchHost, one_pass: bool):
    words = ["one thing", "quite another thing, and more of it", "one thing"]
    single = [draw(zit, host, prompt, seed=5 + index).images[0] for index, prompt in enumerate(words)]
    handle = replace(zit, options=Options(one_pass=one_pass))
    together = draw(handle, host, words, batch=3)
    for alone, image in zip(single, together.images, strict=True):
        assert np.abs(alone - image).max() < (0.03 if one_pass else 1e-6)  # prompts are padded to one length there
    assert np.abs(single[0] - single[1]).max() > 0.1


def test_prompts_of_a_batch_are_counted(zit: Zit, host: TorchHost):
    with pytest.raises(InputError, match="2 came") as caught:
        draw(zit, host, ["one", "two"], batch=3)
    assert caught.value.code == "prompt.count"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "  "}, "prompt.empty"),
        ({"width": 60}, "size.off_grid"),
        ({"width": 4096}, "size.too_large"),
        ({"seed": -1}, "seed.out_of_range"),
        ({"seed": 2**64}, "seed.out_of_range"),
        ({"steps": 0}, "steps.out_of_range"),
        ({"batch": 0}, "batch.out_of_range"),
    ],
)
def test_bad_input_is_refused_and_the_next_run_is_fine(
    changes: dict, code: str, zit: Zit, host: TorchHost, counted: list[int]
):
    with pytest.raises(InputError) as caught:
        draw(zit, host, **changes)
    assert caught.value.code == code
    assert caught.value.hint
    assert not counted
    draw(zit, host, steps=1)


def test_the_longest_prompt_is_read_to_its_end(zit: Zit, host: TorchHost):
    long = "x" * (
        512 - len(zit.components.tokenizer("<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n").input_ids)
    )
    whole = draw(zit, host, long, steps=1)
    assert not np.array_equal(whole.images[0], draw(zit, host, long[:-1] + "y", steps=1).images[0])
    assert np.array_equal(whole.images[0], draw(zit, host, long + "y", steps=1).images[0])


def test_a_checkpoint_that_asks_for_resolution_shift_gets_it():
    from diffusers.pipelines.z_image.pipeline_z_image import calculate_shift

    config = {"use_dynamic_shifting": True, "base_shift": 0.4, "max_shift": 1.2, "_class_name": "anything"}
    scheduler: Any = importlib.import_module("diffusers").FlowMatchEulerDiscreteScheduler.from_config(config)
    found = {}
    for tokens in (256, 1024):
        found[tokens] = make_scheduler(config, full_schedule(8), tokens, torch.device("cpu")).sigmas
        scheduler.set_timesteps(sigmas=full_schedule(8), mu=calculate_shift(tokens, 256, 4096, 0.4, 1.2))
        assert torch.allclose(found[tokens], scheduler.sigmas)
    assert not torch.allclose(found[256], found[1024])
