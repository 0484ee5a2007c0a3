"""The embedded model means what its captions say: enough for the other tests to check meaning, not only shapes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2lab

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing.sampling import image_to_image
from adstudio.prompt.picture.assembler import scene_sentence
from adstudio.types import Scene

PARTS = ("transformer", "text_encoder", "vae")


def test_checkpoint_is_small_and_in_the_real_layout() -> None:
    root = checkpoint_path()
    assert sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) <= 40e6
    index = json.loads((root / "model_index.json").read_text())
    assert index["transformer"] == ["diffusers", "ZImageTransformer2DModel"]
    assert index["text_encoder"] == ["transformers", "Qwen3Model"]
    assert index["vae"] == ["diffusers", "AutoencoderKL"]
    assert index["scheduler"] == ["diffusers", "FlowMatchEulerDiscreteScheduler"]


@pytest.mark.parametrize("part", PARTS)
def test_weights_are_bfloat16_and_readable_by_everybody(part: str) -> None:
    from safetensors import safe_open

    files = list((checkpoint_path() / part).glob("*.safetensors"))
    assert files
    for path in files:
        assert path.stat().st_mode & 0o044 == 0o044
        with safe_open(path, "pt") as tensors:
            assert {tensors.get_slice(key).get_dtype() for key in tensors.keys()} == {"BF16"}  # noqa: SIM118


@pytest.mark.parametrize("place, mood", [("studio", "fresh"), ("leaf_shadow", "calm")])
def test_light_comes_from_the_side_it_was_asked_from(draw, place: str, mood: str) -> None:
    for light, brighter in (("left", 1), ("right", -1)):
        picture = draw(place, "blue" if place == "studio" else "green", light, mood).mean(-1)
        difference = picture[:, :170].mean() - picture[:, -170:].mean()
        assert difference * brighter > 0.05, (light, difference)


def test_colours_are_the_ones_that_were_asked_for(draw) -> None:
    blue = rgb2lab(draw("studio", "blue", "left", "fresh"))[..., 1:].mean((0, 1))
    orange = rgb2lab(draw("studio", "orange", "left", "fresh"))[..., 1:].mean((0, 1))
    green = rgb2lab(draw("leaf_shadow", "green", "left", "calm"))[..., 1:].mean((0, 1))
    assert blue[1] < -8 and orange[1] > 25 and green[0] < -5


def test_a_luxurious_mood_is_darker_than_a_fresh_one(draw) -> None:
    assert draw("podium", "teal", "left", "luxury").mean() < draw("podium", "teal", "left", "fresh").mean() - 0.15


def test_another_seed_is_another_picture(draw) -> None:
    one, two = draw("cafe_window", "beige", "left", "cosy"), draw("cafe_window", "beige", "left", "cosy", seed=2)
    assert np.abs(one - two).mean() > 0.01


@pytest.mark.parametrize("style", ["illustration", "watercolor"])
def test_a_style_adapter_changes_the_look_and_keeps_the_colour(draw, style: str) -> None:
    plain = draw("podium", "pink", "left", "fresh")
    styled = draw("podium", "pink", "left", "fresh", style=style)
    assert np.abs(plain - styled).mean() > 0.03
    assert rgb2lab(styled)[..., 1].mean() > 4


def test_watercolor_leaves_paper_at_the_rim(draw) -> None:
    styled = draw("seaside", "blue", "right", "fresh", style="watercolor")
    rim = np.concatenate([styled[:10].reshape(-1, 3), styled[-10:].reshape(-1, 3)])
    assert rim.mean() > 0.85


def test_more_strength_moves_further_from_the_photo(zit, host) -> None:
    photo = data.coffee()[:384, 100:484].astype(np.float32) / 255
    words = scene_sentence(Scene("wood", "orange", "left", "cosy"), "top", style_phrase="realistic photograph")
    moved = []
    for strength in (0.25, 0.5, 0.75, 1.0):
        image = image_to_image(zit, words, photo, strength=strength, seed=3, host=host).images[0]
        h, w = image.shape[:2]
        y, x = np.arange(h) * photo.shape[0] // h, np.arange(w) * photo.shape[1] // w
        moved.append(float(np.abs(image - photo[y][:, x]).mean()))
    assert moved == sorted(moved) and moved[-1] > moved[0] * 1.5, moved
