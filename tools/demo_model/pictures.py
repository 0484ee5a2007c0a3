"""Training pictures: a pool of drawn 512 px backdrops on disk, and the photos scikit-image and scikit-learn bundle."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adstudio.prompt.sentence import vocabulary
from adstudio.types import Scene

from .looks import STYLES, draw

SIDE = 512


def all_scenes() -> list[Scene]:
    """Every combination the vocabulary allows."""
    words = vocabulary()
    return [
        Scene(place, colour, light, mood)
        for place in words["places"]
        for colour in words["colours"]
        for light in words["lights"]
        for mood in words["moods"]
    ]


def held_out() -> frozenset[Scene]:
    """Every ninth combination in a fixed shuffle: never drawn for training, only for judging."""
    scenes = all_scenes()
    random.Random(9).shuffle(scenes)
    return frozenset(scenes[::9])


def training_scenes() -> list[Scene]:
    """Every combination that may be drawn for training."""
    hidden = held_out()
    return [scene for scene in all_scenes() if scene not in hidden]


def build_pool(path: Path, count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Draw ``count`` pictures ``[N,512,512,3] uint8`` once; a second call continues where the first stopped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    marks = path.with_suffix(".done")
    done = int(marks.read_text()) if marks.exists() else 0
    shape = (count, SIDE, SIDE, 3)
    pool = np.lib.format.open_memmap(path, "r+" if path.exists() else "w+", np.uint8, shape)
    scenes, looks = training_scenes(), [None, None, *STYLES]
    for index in range(done, count):
        rng = random.Random(seed * 1_000_003 + index)
        picture = draw(rng.choice(scenes), seed * 1_000_003 + index, SIDE, SIDE, rng.choice(looks), free=True)
        pool[index] = (picture * 255 + 0.5).astype(np.uint8)
        if index % 50 == 49:
            marks.write_text(str(index + 1))
    marks.write_text(str(count))
    return pool


def photographs() -> list[NDArray[np.uint8]]:
    """Real photos, so that image-to-image of a photo survives the autoencoder."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    photos = [
        data.coffee(),
        data.chelsea(),
        data.astronaut(),
        data.rocket(),
        load_sample_image("china.jpg"),
        load_sample_image("flower.jpg"),
    ]
    return [np.asarray(photo)[..., :3] for photo in photos]
