"""Does the model follow its caption? A small classifier of drawn pictures reads what it made of held-out captions."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from adstudio.prompt.sentence import vocabulary
from adstudio.types import Scene

from .looks import draw
from .pictures import held_out, training_scenes

SIDE = 96
AXES = ("places", "colours", "lights", "moods")
FIELDS = ("place", "colour", "light", "mood")


def names(axis: str) -> list[str]:
    """The answers an axis can have, in the order of the vocabulary."""
    return list(vocabulary()[axis])


class Reader(nn.Module):
    """Four answers from one small picture."""

    def __init__(self) -> None:
        super().__init__()
        widths, layers = (24, 48, 96, 128), []
        for before, after in zip((3, *widths), widths, strict=False):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
        self.trunk = nn.Sequential(*layers)
        self.hidden = nn.Sequential(nn.Linear(128 * 9, 256), nn.ReLU(), nn.Dropout(0.2))
        self.heads = nn.ModuleList(nn.Linear(256, len(names(axis))) for axis in AXES)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = nn.functional.adaptive_avg_pool2d(self.trunk(x), 3).flatten(1)
        hidden = self.hidden(features)
        return [head(hidden) for head in self.heads]


def small(picture: np.ndarray) -> np.ndarray:
    """Any ``[H,W,3] 0..1`` to ``[SIDE,SIDE,3] uint8``, squeezed to a square."""
    return np.asarray(
        Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BOX)
    )


def drawn_set(scenes: list[Scene], count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw ``count`` small pictures of ``scenes``: pixels ``[N,3,SIDE,SIDE] uint8`` and labels ``[N,4]``."""
    rng = random.Random(seed)
    chosen = [rng.choice(scenes) for _ in range(count)]
    shapes = ((192, 192), (192, 192), (168, 216), (144, 252), (252, 144))
    pictures = np.stack(
        [small(draw(scene, seed * 1_000_003 + k, *shapes[k % 5], free=True)) for k, scene in enumerate(chosen)]
    )
    labels = [
        [names(axis).index(getattr(scene, field)) for axis, field in zip(AXES, FIELDS, strict=True)] for scene in chosen
    ]
    return torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.tensor(labels)


def train_reader(path: Path, count: int = 6000, epochs: int = 10) -> dict[str, float]:
    """Train the classifier on drawn pictures; returns its accuracy on held-out drawn pictures per axis."""
    torch.manual_seed(3)
    torch.set_num_threads(1)
    x, y = drawn_set(training_scenes(), count, 77)
    reader = Reader().to(memory_format=torch.channels_last)
    optim = torch.optim.AdamW(reader.parameters(), 2e-3, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.OneCycleLR(optim, 3e-3, total_steps=epochs * (count // 64))
    for _ in range(epochs):
        order = torch.randperm(count)
        for k in range(count // 64):
            index = order[k * 64 : k * 64 + 64]
            pixels = blur(x[index].float() / 255) + torch.randn(64, 3, SIDE, SIDE) * 0.01
            answers = reader(pixels.contiguous(memory_format=torch.channels_last))
            loss = sum(nn.functional.cross_entropy(a, y[index, i]) for i, a in enumerate(answers))
            optim.zero_grad()
            loss.backward()
            optim.step()
            plan.step()
    torch.save(reader.state_dict(), path)
    reader.eval()
    x, y = drawn_set(sorted(held_out(), key=str), 1000, 78)
    return {axis: round(float((read(reader, x)[:, i] == y[:, i]).float().mean()), 3) for i, axis in enumerate(AXES)}


def blur(x: Tensor) -> Tensor:
    """Half of the batch loses its fine detail, so that sharpness alone decides nothing."""
    half = len(x) // 2
    soft = nn.functional.interpolate(nn.functional.avg_pool2d(x[:half], 3), size=x.shape[-2:], mode="bilinear")
    return torch.cat([soft, x[half:]])


@torch.no_grad()
def read(reader: Reader, pictures: Tensor) -> Tensor:
    """``[N,3,SIDE,SIDE] uint8`` to the four answers ``[N,4]``."""
    parts = [torch.stack([a.argmax(1) for a in reader(chunk.float() / 255)], 1) for chunk in pictures.split(100)]
    return torch.cat(parts)


def load_reader(path: Path) -> Reader:
    """A trained classifier, ready to read."""
    reader = Reader()
    reader.load_state_dict(torch.load(path))
    return reader.eval()


def follow(generate, reader_path: Path, count: int, seed: int, report: Path | None = None) -> dict[str, float]:
    """Judge ``generate(scene, seed) -> [H,W,3]`` on ``count`` held-out scenes; returns the share it reads right."""
    rng = random.Random(seed)
    scenes = rng.sample(sorted(held_out(), key=str), count)
    began = time.time()
    pictures = [generate(scene, seed + k) for k, scene in enumerate(scenes)]
    squeezed = torch.from_numpy(np.stack([small(picture) for picture in pictures])).permute(0, 3, 1, 2)
    answers = read(load_reader(reader_path), squeezed)
    table = {}
    for i, (axis, field) in enumerate(zip(AXES, FIELDS, strict=True)):
        right = [names(axis)[int(a)] == getattr(scene, field) for a, scene in zip(answers[:, i], scenes, strict=True)]
        table[axis] = round(sum(right) / count, 3)
    table["seconds_per_picture"] = round((time.time() - began) / count, 2)
    if report:
        report.write_text(json.dumps(table, indent=2))
    return table


def contact_sheet(pictures: list[np.ndarray], columns: int, path: Path) -> None:
    """Tile same-sized pictures ``[H,W,3]`` into one image file."""
    rows = [np.concatenate(pictures[k : k + columns], 1) for k in range(0, len(pictures) - columns + 1, columns)]
    Image.fromarray((np.concatenate(rows) * 255 + 0.5).clip(0, 255).astype(np.uint8)).save(path)
