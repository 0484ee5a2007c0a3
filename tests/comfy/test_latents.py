"""LATENT leaves our nodes in ComfyUI's own convention: the VAE's scale, which core's samplers and decoders expect."""

from __future__ import annotations

from typing import Any

import pytest

SCRIPT = """
import tempfile, pathlib
import numpy as np, torch
sys.path.insert(0, place + "/tests")
import comfy.latent_formats
import nodes as core
from pack.adstudio.engine.memory.components import load
from pack.adstudio.engine.memory.torch_host import TorchHost
from pack.nodes import _io, generate
from pack.nodes._native_vae import SharedVae
from tiny_checkpoint import build_checkpoint

class Quiet:
    unique_id = None

folder = build_checkpoint(pathlib.Path(tempfile.mkdtemp()) / "tiny", dtype=torch.float32)
zit = load(folder, TorchHost("cpu", model_dirs=[]))
seen = []
zit.components.vae.decoder.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))

def run(node, **inputs):
    node.hidden = Quiet()
    return node.execute(zit=zit, seed=3, steps=2, text="a cup", **inputs).result

with torch.inference_mode():
    image, latent = run(generate.Text2Image, aspect="1:1", batch=2, width=64, height=48)
    given = torch.cat(seen)
    (decoded,) = core.VAEDecode().decode(SharedVae(zit), latent)
    redrawn, _, second = run(generate.Image2Image, image=image, strength=0.5, size="photo")
    photo = torch.rand(1, 100, 150, 3)
    mask = torch.zeros(1, 100, 150); mask[:, 40:60, 50:70] = 1
    own, _, third = run(generate.Image2Image, image=photo, mask=mask, strength=0.9, size="photo", feather_px=4)
    two = torch.rand(2, 400, 600, 3)
    masks = torch.zeros(2, 400, 600); masks[0, 10:20, 10:20] = 1; masks[1, 100:200, 100:300] = 1
    detailed, _, none = run(generate.Image2Image, image=two, mask=masks, strength=0.9, size="photo, detailed")
flux = comfy.latent_formats.Flux()
config = zit.components.vae.config
answer = {
    "shape": list(latent["samples"].shape),
    "what the decoder got": float((given - latent["samples"]).abs().max()),
    "core's decode": float((decoded - image).abs().max()),
    "core's scale": [flux.scale_factor, flux.shift_factor, config.scaling_factor, config.shift_factor],
    "normalised as core does": float(
        (flux.process_in(latent["samples"]) - (given - config.shift_factor) * config.scaling_factor).abs().max()
    ),
    "spread": [float(latent["samples"].std()), float(flux.process_in(latent["samples"]).std())],
    "redrawn": [list(redrawn.shape), list(second["samples"].shape)],
    "own": [list(own.shape), bool(torch.equal(own[:, :30], photo[:, :30]))],
    "detailed": [list(detailed.shape), type(none).__name__, getattr(none, "message", "")],
}
"""


@pytest.fixture(scope="module")
def seen(inside: Any) -> dict[str, Any]:
    return inside(SCRIPT)


def test_latents_are_what_the_vae_reads(seen: dict[str, Any]):
    assert seen["shape"] == [2, 16, 6, 8]
    assert seen["what the decoder got"] < 1e-5
    scale, shift, ours_scale, ours_shift = seen["core's scale"]
    assert (ours_scale, ours_shift) == (scale, shift)
    assert seen["normalised as core does"] < 1e-5
    raw, normalised = seen["spread"]
    assert raw > 2 * normalised > 0  # the two conventions could not be taken for each other


def test_cores_vae_decode_gives_our_picture(seen: dict[str, Any]):
    assert seen["core's decode"] < 1e-4


def test_a_photo_comes_back_in_its_own_size(seen: dict[str, Any]):
    assert seen["redrawn"][0] == [2, 48, 64, 3]
    assert seen["own"] == [[1, 100, 150, 3], True]


def test_latents_of_several_sizes_are_refused_only_where_they_are_read(seen: dict[str, Any]):
    shape, stands_in, message = seen["detailed"]
    assert shape == [2, 400, 600, 3]
    assert stands_in == "ExecutionBlocker"
    assert "one by one" in message


OVER = """
import tempfile, pathlib
import torch
sys.path.insert(0, place + "/tests")
import nodes as core
from pack.adstudio.engine.memory.components import load
from pack.adstudio.engine.memory.torch_host import TorchHost
from pack.adstudio.errors import InputError
from pack.nodes import generate
from pack.nodes._native_vae import SharedVae
from tiny_checkpoint import build_checkpoint

class Quiet:
    unique_id = None

folder = build_checkpoint(pathlib.Path(tempfile.mkdtemp()) / "tiny", dtype=torch.float32)
zit = load(folder, TorchHost("cpu", model_dirs=[]))
generate.Image2Image.hidden = Quiet()

def over(**inputs):
    return generate.Image2Image.execute(zit=zit, seed=3, steps=4, strength=0.5, text="a cup", **inputs).result

def code(**inputs):
    try:
        over(**inputs)
    except InputError as error:
        return error.code
    return ""

with torch.inference_mode():
    photo = torch.rand(2, 64, 64, 3)
    (coded,) = core.VAEEncode().encode(SharedVae(zit), photo)
    image, evaluations, latent = over(from_latent=coded)
    expected, _, _ = over(image=photo)
    mask = torch.zeros(1, 64, 64); mask[:, :, :16] = 1
    (masked,) = core.SetLatentNoiseMask().set_mask(coded, mask)
    _, _, part = over(from_latent=masked)
    both = code(image=photo, from_latent=coded)
    none = code()
    other = code(from_latent={"samples": torch.zeros(1, 4, 8, 8)})
    video = code(from_latent={"samples": torch.zeros(1, 16, 1, 8, 8)})
    detailed = code(from_latent=coded, size="photo, detailed")
answer = {
    "shapes": [list(image.shape), list(latent["samples"].shape), evaluations],
    "apart": float((image - expected).abs().max()),
    "kept": float((part["samples"][..., 2:] - coded["samples"][..., 2:]).abs().max()),
    "changed": float((part["samples"][..., :2] - coded["samples"][..., :2]).abs().mean()),
    "refused": [both, none, other, video, detailed],
}
"""


@pytest.fixture(scope="module")
def over(inside: Any) -> dict[str, Any]:
    return inside(OVER)


def test_cores_latents_are_drawn_over_as_their_picture_is(over: dict[str, Any]):
    assert over["shapes"] == [[2, 64, 64, 3], [2, 16, 8, 8], 2]
    assert over["apart"] < 1e-4


def test_cores_noise_mask_is_kept_to(over: dict[str, Any]):
    assert over["kept"] < 1e-5
    assert over["changed"] > 0.01


def test_what_cannot_be_drawn_over_is_refused_by_name(over: dict[str, Any]):
    assert over["refused"] == [
        "image.two_sources",
        "image.missing",
        "latent.wrong_shape",
        "latent.wrong_shape",
        "latent.no_photo",
    ]
