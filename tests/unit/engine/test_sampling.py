"""Pictures equal those of diffusers' own pipelines, and every promise about seeds, strength and steps is kept."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.drawing import sampling
from adstudio.engine.drawing.latents import vae_activation_bytes
from adstudio.engine.drawing.options import Options
from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.drawing.schedule import full_schedule, make_scheduler
from adstudio.engine.drawing.stages import measure_sizes
from adstudio.engine.memory.components import Zit, load, registry
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError, ModelError
from adstudio.ports import Cancelled
from adstudio.types import Array

PROMPT = "a café table by a window, warm light"


def draw(zit: Zit, host: TorchHost, prompt: str | list[str] = PROMPT, **changes: int) -> sampling.Samples:
    return text_to_image(zit, prompt, host=host, **({"width": 64, "height": 48, "seed": 5} | changes))


@pytest.fixture
def photo() -> Array:
    rows, columns = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    return np.stack([rows, columns, 0.5 + 0.5 * np.sin(9 * rows * columns)], axis=2).astype(np.float32)


@pytest.fixture
def counted(zit: Zit) -> Iterator[list[int]]:
    """One entry per run of the transformer."""
    runs: list[int] = []
    handle = zit.components.transformer.register_forward_pre_hook(lambda *_: runs.append(1))
    yield runs
    handle.remove()


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


@pytest.mark.parametrize(
    ("strength", "evaluations"), [(0.01, 1), (0.125, 1), (0.3, 3), (0.5, 4), (0.6, 5), (0.875, 7), (0.9, 8), (1.0, 8)]
)
def test_strength_is_the_share_of_the_schedule(
    strength: float, evaluations: int, zit: Zit, host: TorchHost, photo: Array, counted: list[int]
):
    samples = image_to_image(zit, PROMPT, photo, strength=strength, seed=1, host=host)
    assert samples.evaluations == len(counted) == evaluations


def test_every_strength_starts_at_its_own_noise(zit_float: Zit, host: TorchHost, photo: Array):
    """Also between the steps of the schedule, where a whole number of steps could not tell two strengths apart."""
    levels: list[float] = []
    handle = zit_float.components.transformer.register_forward_pre_hook(
        lambda _, args: levels.append(1 - float(args[1]))
    )
    for strength in (0.1, 0.3, 0.6, 0.62, 0.95):
        levels.clear()
        image_to_image(zit_float, PROMPT, photo, strength=strength, seed=1, host=host)
        assert levels[0] == pytest.approx(3 * strength / (1 + 2 * strength), abs=1e-6)  # the checkpoint's shift is 3
        assert levels == sorted(levels, reverse=True)
    handle.remove()


def test_a_faint_redraw_is_the_photo_as_the_vae_sees_it(zit_float: Zit, host: TorchHost, photo: Array):
    faint = image_to_image(zit_float, PROMPT, photo, strength=1e-4, seed=1, host=host).images[0]
    vae, picture = zit_float.components.vae, torch.from_numpy(photo).permute(2, 0, 1)[None] * 2 - 1
    with torch.no_grad():
        seen = vae.decode(vae.encode(picture).latent_dist.mode()).sample[0].permute(1, 2, 0).numpy() / 2 + 0.5
    assert np.abs(faint - seen.clip(0, 1)).mean() < 1e-3
    strong = image_to_image(zit_float, PROMPT, photo, strength=1.0, seed=1, host=host).images[0]
    assert np.abs(strong - seen.clip(0, 1)).mean() > 0.05


@pytest.mark.parametrize("strength", [0.0, -0.1, 1.01, float("nan")])
def test_strength_out_of_range_is_one_sentence(strength: float, zit: Zit, host: TorchHost, photo: Array):
    with pytest.raises(InputError) as caught:
        image_to_image(zit, PROMPT, photo, strength=strength, seed=1, host=host)
    assert caught.value.code == "strength.out_of_range"


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


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (np.zeros((64, 64), np.float32), "image.wrong_shape"),
        (np.zeros((64, 64, 4), np.float32), "image.wrong_shape"),
        (np.zeros((1, 1, 3), np.float32), "image.too_small"),
        (np.full((64, 64, 3), np.nan, np.float32), "image.not_numbers"),
    ],
)
def test_photos_that_cannot_be_used(image: Array, code: str, zit: Zit, host: TorchHost):
    with pytest.raises(InputError) as caught:
        image_to_image(zit, PROMPT, image, strength=0.5, seed=1, host=host)
    assert caught.value.code == code


def test_a_mask_redraws_its_part_alone(zit: Zit, host: TorchHost, photo: Array):
    mask = np.zeros((64, 64), np.float32)
    mask[:, 40:] = 1
    drawn = image_to_image(zit, PROMPT, photo, strength=0.9, mask=mask, seed=3, host=host).images[0]
    assert np.abs(drawn[:, :40] - photo[:, :40]).max() < 1e-6
    assert np.abs(drawn[:, 40:] - photo[:, 40:]).mean() > 0.03
    everything = image_to_image(zit, PROMPT, photo, strength=0.9, mask=np.ones_like(mask), seed=3, host=host)
    assert np.array_equal(
        everything.images[0], image_to_image(zit, PROMPT, photo, strength=0.9, seed=3, host=host).images[0]
    )


def test_a_coarser_mask_of_the_same_aspect_is_taken(zit: Zit, host: TorchHost, photo: Array):
    coarse = np.zeros((16, 16), np.float32)
    coarse[:, 10:] = 1
    drawn = image_to_image(zit, PROMPT, photo, strength=0.9, mask=coarse, seed=3, host=host).images[0]
    assert np.abs(drawn[:, :32] - photo[:, :32]).max() < 1e-6
    assert np.abs(drawn[:, 48:] - photo[:, 48:]).mean() > 0.03


def test_what_a_mask_keeps_steers_what_it_redraws(zit: Zit, host: TorchHost, photo: Array):
    """Blending at every step: the same seed and mask over another photo gives another picture inside the mask."""
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    inside = [
        image_to_image(zit, PROMPT, picture, strength=1.0, mask=mask, seed=3, host=host).images[0][24:40, 24:40]
        for picture in (photo, 1 - photo)
    ]
    assert np.abs(inside[0] - inside[1]).mean() > 1e-4


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (np.zeros((64, 64), np.float32), "mask.empty"),
        (np.zeros((8, 4), np.float32), "mask.empty"),
        (np.ones((32, 64), np.float32), "mask.wrong_size"),
        (np.ones((64, 64, 1), np.float32), "mask.wrong_size"),
    ],
)
def test_masks_that_cannot_be_used(mask: Array, code: str, zit: Zit, host: TorchHost, photo: Array):
    with pytest.raises(InputError) as caught:
        image_to_image(zit, PROMPT, photo, strength=0.5, mask=mask, seed=1, host=host)
    assert caught.value.code == code


def test_progress_tells_every_step_with_a_preview(zit: Zit):
    seen: list[tuple[int, int, tuple[int, ...]]] = []
    host = TorchHost(
        "cpu", on_progress=lambda step, total, preview: seen.append((step, total, np.asarray(preview).shape))
    )
    draw(zit, host, batch=2, steps=4)
    assert [(step, total) for step, total, _ in seen] == [(n, 8) for n in range(1, 9)]
    assert {shape for *_, shape in seen} == {(6, 8, 3)}


def test_cancel_stops_at_the_next_step_and_leaves_no_trace(zit: Zit, counted: list[int]):
    host = TorchHost("cpu", on_progress=lambda step, *_: host.cancel() if step == 3 else None)
    with pytest.raises(Cancelled):
        draw(zit, host)
    assert len(counted) == 3
    plain = TorchHost("cpu")
    assert np.array_equal(draw(zit, plain).images[0], draw(zit, plain).images[0])
    assert not issubclass(Cancelled, Exception)


def test_values_that_are_not_numbers_are_never_shown(tiny: Path, copy_of: Callable[[Path], Path], host: TorchHost):
    broken = load(copy_of(tiny), host)
    broken.components.transformer.all_final_layer["2-1"].linear.bias.data = torch.full((64,), float("nan")).bfloat16()
    with pytest.raises(ModelError) as caught:
        draw(broken, host)
    assert caught.value.code == "sampling.not_finite"


def test_large_pictures_are_decoded_whole_where_memory_suffices_and_else_in_tiles(zit: Zit, host: TorchHost):
    vae, seen = zit.components.vae, []
    real = vae.tiled_decode
    vae.tiled_decode = lambda *args, **more: seen.append(1) or real(*args, **more)
    try:
        whole = draw(zit, host, width=128, height=96, steps=1)
        assert not seen
        free = measure_sizes(zit, (128, 96)).vae + vae_activation_bytes(vae, (128, 96)) - 1
        tiled = draw(zit, TorchHost("cpu", copying=True, free_bytes=lambda: free), width=128, height=96, steps=1)
    finally:
        del vae.tiled_decode
    assert seen
    assert tiled.images[0].shape == whole.images[0].shape == (96, 128, 3)
    assert torch.equal(tiled.latents, whole.latents)
    assert 0 < np.abs(tiled.images[0] - whole.images[0]).mean() < 0.1
    assert not vae.use_tiling
    assert not any("forward" in module.__dict__ for module in vae.modules())


def test_drawing_under_inference_mode_changes_nothing(zit: Zit, host: TorchHost):
    outside = draw(zit, host)
    with torch.inference_mode():
        inside = draw(zit, host)
    assert np.array_equal(outside.images[0], inside.images[0])


def test_garbage_is_collected_every_fifth_generation(zit: Zit, host: TorchHost, monkeypatch: pytest.MonkeyPatch):
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(1))
    for _ in range(10):
        draw(zit, host, steps=1)
    assert len(collected) == 2


def test_many_threads_draw_one_at_a_time_and_each_its_own(zit: Zit):
    expected = {seed: draw(zit, TorchHost("cpu"), seed=seed, steps=2).images[0] for seed in range(4)}
    busy, most, got = [], [], {}

    def watch(*_: object) -> None:
        busy.append(1)
        most.append(len(busy))

    before = zit.components.transformer.register_forward_pre_hook(watch)
    after = zit.components.transformer.register_forward_hook(lambda *_: busy.pop() and None)

    def work(seed: int) -> None:
        got[seed] = draw(zit, TorchHost("cpu"), seed=seed, steps=2).images[0]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before.remove()
    after.remove()
    assert max(most) == 1
    assert all(np.array_equal(got[seed], expected[seed]) for seed in expected)
    assert registry.drawing.acquire(blocking=False)
    registry.drawing.release()


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
