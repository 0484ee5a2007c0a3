"""The embedded checkpoint, loaded once, and a way to draw with it. Slow: whether it follows takes many pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from adstudio.demo import checkpoint_path
from adstudio.engine.drawing.sampling import text_to_image
from adstudio.engine.lora.uses import LoraUse, find_adapter, with_loras
from adstudio.engine.memory.components import Zit, load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.prompt.picture.assembler import scene_sentence
from adstudio.prompt.styles import get_style
from adstudio.types import Array, Scene

Draw = Callable[..., Array]


@pytest.fixture(scope="session")
def host() -> TorchHost:
    return TorchHost(device="cpu")


@pytest.fixture(scope="session")
def zit(host: TorchHost) -> Zit:
    return load(checkpoint_path(), host)


@pytest.fixture(scope="session")
def draw(zit: Zit, host: TorchHost) -> Draw:
    """``draw(place, colour, light, mood, seed=, style=)``: one 512 px picture; each is drawn once for all tests."""

    @cache
    def picture(place: str, colour: str, light: str, mood: str, seed: int = 1, style: str = "realistic") -> Array:
        named, handle = get_style(style), zit
        if named.lora:
            adapter = find_adapter(zit.checkpoint, named.lora, host)
            assert adapter is not None, f"the embedded checkpoint has no adapter '{named.lora}'"
            handle = with_loras(zit, [LoraUse(adapter, named.weight)])
        words = scene_sentence(Scene(place, colour, light, mood), "top", style_phrase=named.phrase)  # type: ignore[arg-type]
        image = text_to_image(handle, words, width=512, height=512, seed=seed, host=host).images[0]
        assert image.shape == (512, 512, 3) and image.dtype == np.float32
        return image

    return picture
