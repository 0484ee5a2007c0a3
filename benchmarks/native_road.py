"""Run by speed.py in ComfyUI's Python: time core's KSampler and VAE Decode on our checkpoint, and ours beside them."""

from __future__ import annotations

import importlib
import importlib.util
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

facts = json.loads(sys.argv[1])
sys.argv = ["main.py"] if facts["cuda"] else ["main.py", "--cpu"]
sys.path.insert(0, facts["root"])

import torch  # noqa: E402

importlib.import_module("comfy.options").enable_args_parsing()
core: Any = importlib.import_module("nodes")  # ComfyUI's, found by the path above

spec = importlib.util.spec_from_file_location(
    "pack", f"{facts['pack']}/__init__.py", submodule_search_locations=[facts["pack"]]
)
assert spec is not None
assert spec.loader is not None
pack = importlib.util.module_from_spec(spec)
sys.modules["pack"] = pack
spec.loader.exec_module(pack)
engine = importlib.import_module("pack.adstudio.engine.drawing.sampling")
host = importlib.import_module("pack.nodes._host").host()
native_model = importlib.import_module("pack.nodes._native_model").native_model
SharedClip = importlib.import_module("pack.nodes._native_clip").SharedClip
SharedVae = importlib.import_module("pack.nodes._native_vae").SharedVae
zit = importlib.import_module("pack.adstudio.engine.memory.components").load(facts["checkpoint"], host)
side, steps = facts["side"], facts["steps"]
first_steps = facts["first_steps"] or steps


def ours(seed: int, steps: int = steps) -> Any:
    """The engine's own loop, through ComfyUI's model manager."""
    zit.components.embeddings.clear()
    samples = engine.text_to_image(zit, facts["prompt"], width=side, height=side, seed=seed, steps=steps, host=host)
    return torch.from_numpy(samples.images[0])


def theirs(seed: int, steps: int = steps) -> Any:
    """KSampler and VAE Decode behind ZIT to Native."""
    (model, _), clip, vae = native_model(zit), SharedClip(zit), SharedVae(zit)
    zit.components.embeddings.clear()
    (words,) = core.CLIPTextEncode().encode(clip, facts["prompt"])
    cells = side // 2 ** (len(zit.components.vae.config.block_out_channels) - 1)
    empty = {"samples": torch.zeros(1, zit.components.transformer.in_channels, cells, cells)}
    (latent,) = core.KSampler().sample(model, seed, steps, 1.0, "euler", "simple", words, words, empty)
    (image,) = core.VAEDecode().decode(vae, latent)
    return image[0].float().cpu()


def measure(draw: Callable[..., Any], seed: int) -> tuple[float, float]:
    """Seconds and processor seconds of one picture."""
    began, spent = time.perf_counter(), time.process_time()
    draw(seed)
    return time.perf_counter() - began, time.process_time() - spent


# A 24 GB card has no room for both: core's transformer is one of its own.
is_small = facts["cuda"] and torch.cuda.mem_get_info()[1] < 40 * 2**30
with torch.inference_mode():
    roads: dict[str, Callable[..., Any]] = {"ComfyUI's nodes": theirs, "ours, in ComfyUI": ours}
    firsts = {name: draw(1, first_steps) for name, draw in roads.items()}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in roads}
    for number in range(2, facts["rounds"] + 2):
        for name, draw in roads.items():
            if is_small:
                draw(number)  # brings back what the other has sent home
            times[name].append(measure(draw, number))
difference = float((firsts["ComfyUI's nodes"] - firsts["ours, in ComfyUI"]).abs().mean())
packages = " ".join(f"{name} {metadata.version(name)}" for name in ("torch", "diffusers", "transformers", "numpy"))
versions = f"python {platform.python_version()} {packages}"
answer = [
    {
        "what": name,
        "seconds": statistics.median(took for took, _ in found),
        "cpu": statistics.median(used for _, used in found),
        "difference": difference if name == "ComfyUI's nodes" else 0.0,
        "note": "in ComfyUI's Python; difference to ours beside it",
        "versions": versions,
    }
    for name, found in times.items()
]
print("ANSWER" + json.dumps(answer))
