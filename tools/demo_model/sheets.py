"""Judge an exported checkpoint through the product's own engine: following, seeds, strength, styles; sheets to see."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from adstudio.engine.drawing.sampling import image_to_image, text_to_image
from adstudio.engine.lora.uses import LoraUse, find_adapter, with_loras
from adstudio.engine.memory.components import load
from adstudio.engine.memory.torch_host import TorchHost
from adstudio.prompt.picture.assembler import scene_sentence
from adstudio.prompt.sentence import vocabulary
from adstudio.prompt.styles import get_style
from adstudio.types import Array, Scene

from . import judge

BASE = "realistic photograph"


def judge_checkpoint(checkpoint: Path, work: Path, count: int = 120) -> dict:
    """Write ``follow.json`` and contact sheets into ``work``; returns the table."""
    host = TorchHost(device="cpu")
    zit = load(checkpoint, host)

    def generate(scene: Scene, seed: int, style: str = "realistic", width: int = 512, height: int = 512) -> Array:
        named = get_style(style)
        handle = zit
        if named.lora:
            path = find_adapter(zit.checkpoint, named.lora, host)
            handle = with_loras(zit, [LoraUse(path, named.weight)])
        text = scene_sentence(scene, "top", style_phrase=named.phrase)
        return text_to_image(handle, text, width=width, height=height, seed=seed, host=host).images[0]

    table: dict = {"following": judge.follow(generate, work / "reader.pt", count, seed=1)}
    scenes = _one_per_place(random.Random(2))
    judge.contact_sheet([generate(scene, 40 + k) for k, scene in enumerate(scenes)], 4, work / "sheet-places.png")
    twins = [generate(scenes[5], seed) for seed in range(4)]
    table["seed_difference"] = round(float(np.mean([np.abs(twins[0] - t).mean() for t in twins[1:]])), 4)
    judge.contact_sheet(twins, 4, work / "sheet-seeds.png")
    shapes = [generate(scenes[k], 7, width=w, height=h) for k, (w, h) in enumerate([(448, 576), (384, 672)])]
    judge.contact_sheet([shapes[0], generate(scenes[2], 8, width=448, height=576)], 2, work / "sheet-portrait.png")
    table["strength"] = _strength(zit, host, work)
    for style in ("illustration", "watercolor"):
        if (checkpoint / "loras" / f"{style}.safetensors").exists():
            judge.contact_sheet(
                [generate(scene, 40 + k, style) for k, scene in enumerate(scenes[:8])], 4, work / f"sheet-{style}.png"
            )
    (work / "follow.json").write_text(json.dumps(table, indent=2))
    print(json.dumps(table, indent=2))
    return table


def _strength(zit, host, work: Path) -> dict[str, float]:
    """Mean change of a real photo per strength; must only grow."""
    from skimage import data

    photo = data.coffee()[:, 60:460].astype(np.float32) / 255
    text = scene_sentence(Scene("wood", "orange", "left", "cosy"), "top", style_phrase=BASE)
    results = {
        s: image_to_image(zit, text, photo, strength=s, seed=3, host=host).images[0] for s in (0.2, 0.4, 0.6, 0.8, 1.0)
    }
    first = results[0.2]
    from PIL import Image

    h, w = first.shape[:2]
    small = np.asarray(Image.fromarray((photo * 255).astype(np.uint8)).resize((w, h)), np.float32) / 255
    judge.contact_sheet([small, *results.values()], 3, work / "sheet-strength.png")
    return {str(s): round(float(np.abs(image - small).mean()), 4) for s, image in results.items()}


def _one_per_place(rng: random.Random) -> list[Scene]:
    hidden = sorted(judge.held_out(), key=str)
    return [rng.choice([s for s in hidden if s.place == place]) for place in vocabulary()["places"]]
