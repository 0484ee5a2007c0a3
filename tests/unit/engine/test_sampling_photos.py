"""Photos are redrawn by strength and inside masks; what cannot be used is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from adstudio.engine.drawing.sampling import image_to_image
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError
from adstudio.types import Array

PROMPT = "a café table by a window, warm light"


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
