"""Draw pictures and encode them to latents, shard by shard, while the transformer already trains on the first ones."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from adstudio.types import Scene

from .looks import draw
from .pictures import training_scenes

# width, height, share: about the same number of transformer tokens each, in the shapes of the channels
BUCKETS = ((512, 512, 0.55), (448, 576, 0.20), (384, 672, 0.125), (672, 384, 0.125))
SHARD = 128
# things with an outline whose place varies from picture to picture take longest to learn
FOCUS = {"podium": 3.0, "arch": 3.0, "leaf_shadow": 3.0}


def make_shards(folder: Path, vae: AutoencoderKL, count: int, seed: int, style: str | None = None) -> None:
    """Write shards 0..count-1 that are not there yet; each holds ``SHARD`` latents of one bucket and their scenes."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        if not (folder / f"{index:04d}.npz").exists():
            make_shard(folder, vae, index, seed, style)


def make_shard(folder: Path, vae: AutoencoderKL, index: int, seed: int, style: str | None = None) -> None:
    """Write one shard; its content depends on ``seed`` and ``index`` alone, so shards can be made in any order."""
    rng, scenes, first = random.Random(seed * 100_003 + index), training_scenes(), (seed * 100_003 + index) * SHARD
    width, height, _ = rng.choices(BUCKETS, [bucket[2] for bucket in BUCKETS])[0] if index > 3 else BUCKETS[0]
    chosen = [rng.choice(scenes) for _ in range(SHARD)]
    latents = [encode(vae, draw(scene, first + k, width, height, style)) for k, scene in enumerate(chosen)]
    temporary = folder / f"{index:04d}.tmp.npz"
    np.savez(
        temporary,
        latents=np.stack(latents),
        scenes=np.array([[scene.place, scene.colour, scene.light, scene.mood] for scene in chosen]),
    )
    temporary.rename(folder / f"{index:04d}.npz")


@torch.no_grad()
def encode(vae: AutoencoderKL, picture: np.ndarray) -> np.ndarray:
    """``[H,W,3] 0..1`` to the posterior mean ``[C,h,w] float16``, before scaling."""
    x = torch.from_numpy(picture * 2 - 1).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        return vae.encoder(x).float().chunk(2, 1)[0][0].half().numpy()


class Shelf:
    """The shards read so far, grouped by latent shape."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seen, self.latents, self.scenes = folder, set(), {}, {}

    def refresh(self) -> int:
        """Read shards that appeared since the last call; returns how many pictures there are."""
        for path in sorted(self.folder.glob("[0-9]*.npz")):
            if path.name in self.seen or ".tmp" in path.name:
                continue
            self.seen.add(path.name)
            with np.load(path) as shard:
                latents, names = shard["latents"], shard["scenes"]
            shape = latents.shape[1:]
            self.latents.setdefault(shape, []).extend(latents)
            self.scenes.setdefault(shape, []).extend(Scene(*map(str, row)) for row in names)
        return sum(map(len, self.latents.values()))

    def batch(self, size: int, rng: random.Random) -> tuple[torch.Tensor, list[Scene]]:
        """``[B,C,h,w] float32`` of one shape, chosen by how many pictures have it."""
        shapes = list(self.latents)
        shape = rng.choices(shapes, [len(self.latents[s]) for s in shapes])[0]
        weights = [FOCUS.get(scene.place, 1.0) for scene in self.scenes[shape]]
        picks = rng.choices(range(len(weights)), weights, k=size)
        stack = torch.from_numpy(np.stack([self.latents[shape][i] for i in picks])).float()
        return stack, [self.scenes[shape][i] for i in picks]
