"""Pictures without lettering: what signs are drawn on, and what the detector must stay silent about.

Every background has a name, and a share of the names is never trained on.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .textures import HELD_OUT_TEXTURES, TEXTURES, draw_texture

F = NDArray[Any]  # float32 0..1; what Pillow and numpy declare is wider
# Bundled photos that show no letters. Left out: coins, clock, page and text (they show some), astronaut and rocket
# (badges and markings), chessboards and phantoms (no photos).
PHOTOS = ("brick", "camera", "cell", "chelsea", "coffee", "grass", "gravel", "hubble_deep_field", "moon", "retina")
MORE_PHOTOS = ("ihc.png", "motorcycle_left.png", "flower.jpg", "china.jpg", "coffee_cup")
HELD_OUT_PHOTOS = ("coffee", "chelsea", "grass", "flower.jpg", "moon", "coffee_cup")
HELD_OUT_PLACES = ("cafe_window", "leaf_shadow", "linen")
KINDS = ("demo", "drawn", "photo", "texture")


@dataclass(frozen=True)
class Background:
    """A picture without lettering, by name; ``kind`` is one of ``KINDS``."""

    kind: str
    name: str
    is_held_out: bool


def backgrounds(held_out: bool) -> list[Background]:
    """Name the backgrounds of one side of the split."""
    from adstudio.prompt.sentence import vocabulary

    words = vocabulary()
    found = [Background("texture", name, name in HELD_OUT_TEXTURES) for name in TEXTURES]
    found += [Background("photo", name, name in HELD_OUT_PHOTOS) for name in (*PHOTOS, *MORE_PHOTOS)]
    for place in words["places"]:
        hidden = place in HELD_OUT_PLACES
        found += [Background("drawn", f"{place}-{colour}", hidden) for colour in words["colours"]]
        found += [Background("demo", f"{place}-{colour}", hidden) for colour in words["colours"]]
    return [background for background in found if background.is_held_out == held_out]


def draw_background(background: Background, rng: random.Random, height: int, width: int, cache_dir: Path) -> F:
    """Draw or crop a background ``[height,width,3]``.

    Args:
        cache_dir: where the embedded model's pictures are kept between runs.
    """
    if background.kind == "texture":
        return draw_texture(rng, background.name, height, width)
    if background.kind == "drawn":
        picture = _kept(_drawn, background.name, cache_dir / "drawn")
    elif background.kind == "demo":
        picture = _kept(_demo, background.name, cache_dir / "demo")
    else:
        picture = _photo(background.name)
    return _crop(picture, rng, height, width, least=0.35 if background.kind == "photo" else 0.7)


def _crop(picture: F, rng: random.Random, height: int, width: int, least: float) -> F:
    rows, columns = picture.shape[:2]
    scale = min(rows / height, columns / width) * rng.uniform(least, 1.0)
    tall, wide = int(scale * height), int(scale * width)
    top, left = rng.randint(0, rows - tall), rng.randint(0, columns - wide)
    piece = picture[top : top + tall, left : left + wide]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    image = Image.fromarray((piece * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255


@cache
def _photo(name: str) -> F:
    import skimage.data
    from sklearn.datasets import load_sample_image

    if name == "coffee_cup":
        return _composite()
    if name in ("flower.jpg", "china.jpg"):
        pixels = load_sample_image(name)
    elif "." in name:
        pixels = np.asarray(Image.open(Path(skimage.data.__file__).parent / name).convert("RGB"))
    else:
        pixels = getattr(skimage.data, name)()
    pixels = np.asarray(pixels)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return pixels[..., :3].astype(np.float32) / 255


def _composite() -> F:
    """A product of ours: the bundled cup, cut out and put on a drawn backdrop."""
    from adstudio.imaging.composite.compose import compose
    from adstudio.imaging.cutout.matting import cut_out
    from adstudio.types import Placement

    cup = cut_out(_photo("coffee"), method="geodesic")
    return compose(_drawn("marble-beige"), [cup], [Placement(x=0.5, base_y=0.9, height=0.5)]).image


def _kept(make: Callable[[str], F], name: str, folder: Path) -> F:
    """Make a picture once and keep it on disk: the embedded model takes its time."""
    path = folder / f"{name}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(f".{os.getpid()}.png")
        Image.fromarray((make(name) * 255 + 0.5).astype(np.uint8)).save(whole)
        whole.replace(path)
    return np.asarray(Image.open(path), np.float32) / 255


def _drawn(name: str) -> F:
    """Draw a place as the embedded model's training pictures are drawn, which are sharper than the model's own."""
    from adstudio.prompt.sentence import vocabulary
    from adstudio.types import Scene
    from tools.demo_model.looks import draw

    words = vocabulary()
    place, colour = name.split("-")
    rng = random.Random(name)
    scene = Scene(place, colour, rng.choice(list(words["lights"])), rng.choice(list(words["moods"])))
    style = rng.choice((None, None, "illustration"))
    return draw(scene, rng.randrange(1000), 640, 640, style, free=True).astype(np.float32)


@cache
def _model() -> tuple[Any, Any]:
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost("cpu")
    return load("demo", host), host


def _demo(name: str) -> F:
    """Let the embedded model draw a place in a colour."""
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.prompt.picture.assembler import scene_sentence
    from adstudio.prompt.sentence import vocabulary
    from adstudio.types import Scene

    words = vocabulary()
    place, colour = name.split("-")
    places, colours = list(words["places"]), list(words["colours"])
    number = places.index(place) + colours.index(colour)
    lights, moods = list(words["lights"]), list(words["moods"])
    scene = Scene(place, colour, lights[number % len(lights)], moods[(number + places.index(place)) % len(moods)])
    zit, host = _model()
    seed = places.index(place) + len(places) * colours.index(colour)
    drawn = text_to_image(zit, scene_sentence(scene, "top"), width=512, height=512, seed=seed, steps=8, host=host)
    return drawn.images[0]
