"""Drawing over latents: ComfyUI's convention in and out, without a way through pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from adstudio.engine.drawing.inpaint import Edit
from adstudio.engine.drawing.sampling import Samples, image_to_image, latent_to_image, text_to_image
from adstudio.engine.memory.components import Zit
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.errors import InputError

PROMPT = "a café table by a window"


@pytest.fixture
def drawn(zit_float: Zit, host: TorchHost) -> Samples:
    return text_to_image(zit_float, PROMPT, width=64, height=48, seed=3, steps=2, host=host)


def over(zit: Zit, cells: torch.Tensor, host: TorchHost, **changes: Any) -> Samples:
    given: dict[str, Any] = {"strength": 0.5, "seed": 7, "steps": 4, "host": host} | changes
    return latent_to_image(zit, PROMPT, cells, **given)


@pytest.mark.usefixtures("drawn")  # whatever is drawn first has the previews' factors fitted, which encodes
def test_the_latents_of_a_picture_are_drawn_over_as_the_picture_is(zit_float: Zit, host: TorchHost):
    photo = np.random.default_rng(0).random((64, 64, 3), np.float32)
    vae = zit_float.components.vae
    with torch.no_grad():
        pixels = torch.from_numpy(photo).permute(2, 0, 1)[None] * 2 - 1
        raw = vae.encode(pixels).latent_dist.mode()
    watched: list[int] = []
    watch = vae.encoder.register_forward_pre_hook(lambda *_: watched.append(1))
    ours = over(zit_float, raw, host)
    watch.remove()
    assert not watched, "nothing is encoded on the way"
    expected = image_to_image(zit_float, PROMPT, photo, strength=0.5, seed=7, steps=4, host=host)
    assert expected.size == ours.size == (64, 64)
    assert ours.evaluations == expected.evaluations == 2
    assert np.abs(ours.images[0] - expected.images[0]).max() < 1e-5


def test_a_breath_of_strength_leaves_nearly_what_came(zit_float: Zit, host: TorchHost, drawn: Samples):
    given = drawn.latents.clone()
    again = over(zit_float, given, host, strength=0.001, steps=1)
    assert again.size == (64, 48) and again.latents.shape == drawn.latents.shape
    assert (again.latents - drawn.latents).abs().max() < 0.02 * drawn.latents.abs().max()
    assert torch.equal(given, drawn.latents), "what another node holds too is not written to"


def test_a_mask_leaves_the_other_cells_exactly(zit_float: Zit, host: TorchHost, drawn: Samples):
    mask = np.zeros((48, 64), np.float32)
    mask[:, :16] = 1
    some = over(zit_float, drawn.latents, host, strength=1.0, mask=mask)
    assert (some.latents[..., 2:] - drawn.latents[..., 2:]).abs().max() < 1e-5
    assert (some.latents[..., :2] - drawn.latents[..., :2]).abs().mean() > 0.05
    wider = over(zit_float, drawn.latents, host, strength=1.0, mask=mask, edit=Edit(grow_px=16))
    assert (wider.latents[..., 4:] - drawn.latents[..., 4:]).abs().max() < 1e-5
    assert (wider.latents[..., 2:4] - drawn.latents[..., 2:4]).abs().mean() > 0.05


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ((1, 4, 8, 8), "latent.wrong_shape"),
        ((2, 16, 8, 8), "latent.wrong_shape"),
        ((1, 16, 1, 8, 8), "latent.wrong_shape"),
        ((1, 16, 7, 8), "size.off_grid"),
        ((1, 16, 900, 900), "size.too_large"),
    ],
)
def test_latents_of_another_kind_are_refused(zit: Zit, host: TorchHost, shape: tuple[int, ...], code: str):
    with pytest.raises(InputError) as caught:
        over(zit, torch.zeros(shape), host)
    assert caught.value.code == code


def test_what_latents_cannot_do_is_refused(zit: Zit, host: TorchHost):
    with pytest.raises(InputError) as caught:
        over(zit, torch.full((1, 16, 8, 8), float("nan")), host)
    assert caught.value.code == "latent.not_numbers"
    with pytest.raises(InputError) as caught:
        over(zit, torch.zeros(1, 16, 8, 8), host, edit=Edit(crop=True))
    assert caught.value.code == "latent.no_photo"
    with pytest.raises(InputError) as caught:
        over(zit, torch.zeros(1, 16, 8, 8), host, mask=np.ones((8, 30), np.float32))
    assert caught.value.code == "mask.wrong_size"
