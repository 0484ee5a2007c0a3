"""Measure drawing, ours against diffusers' own pipeline on the same checkpoint, and print the figures as Markdown.

python benchmarks/sampling.py [--checkpoint demo] [--side 512] [--steps 8] [--rounds 3] [--csv FILE]

Both draw the same prompt with the same seed. Memory is measured in a process of its own for each; time in turns within
one process, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[1]
PROMPT = (
    "Empty advertising backdrop, a polished marble counter, beige colour palette, light from the left, "
    "bright and fresh mood, clear space at the top, realistic photograph, plain surfaces without any lettering."
)
Draw = Callable[..., Any]  # a seed and, where not those given before, steps


def ours(checkpoint: str, side: int, steps: int) -> Draw:
    """Load through this library; the returned function draws one picture."""
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost()
    zit = load(checkpoint, host)

    def draw(seed: int) -> Any:
        zit.components.embeddings.clear()  # the pipeline encodes its prompt every time too
        return text_to_image(zit, PROMPT, width=side, height=side, seed=seed, steps=steps, host=host).images[0]

    return draw


def pipeline(checkpoint: str, side: int, steps: int, parts: Any = None) -> Draw:
    """Load diffusers' own pipeline from the same folder, in the dtype of its files.

    Its VAE is widened to float32 where ours works in that: on a processor without convolutions in bf16, which would
    take minutes for a picture and make any comparison a matter of that alone.

    Args:
        parts: the ``Components`` to draw with instead of loading; whoever gives them has them on the device.
    """
    import torch
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
    from transformers import AutoTokenizer, Qwen3Model

    from adstudio.engine.drawing.processor import is_quick
    from adstudio.engine.forms.checkpoint import find_checkpoint, open_checkpoint
    from adstudio.engine.memory.torch_host import TorchHost

    path = find_checkpoint(checkpoint, TorchHost())
    dtype = getattr(torch, open_checkpoint(path).dtype)
    if parts is not None:
        scheduler = FlowMatchEulerDiscreteScheduler.from_config(parts.scheduler_config)
        modules = {name: getattr(parts, name) for name in ("transformer", "tokenizer", "vae")}
        modules["text_encoder"] = parts.language_model  # the pipeline runs all of its layers
        return _drawn_by(ZImagePipeline(scheduler=cast(Any, scheduler), **modules), side, steps)
    # Part by part, because the index of a checkpoint may name classes that the installed packages have renamed since.
    is_slow = not torch.cuda.is_available() and not is_quick(dtype)
    pipe: Any = ZImagePipeline(
        scheduler=cast(Any, FlowMatchEulerDiscreteScheduler.from_pretrained(path, subfolder="scheduler")),
        vae=AutoencoderKL.from_pretrained(path, subfolder="vae", dtype=torch.float32 if is_slow else dtype),
        text_encoder=Qwen3Model.from_pretrained(path / "text_encoder", dtype=dtype),
        tokenizer=AutoTokenizer.from_pretrained(path / "tokenizer"),
        transformer=ZImageTransformer2DModel.from_pretrained(path, subfolder="transformer", dtype=dtype),
    )
    pipe.to("cuda" if torch.cuda.is_available() else "cpu")
    return _drawn_by(pipe, side, steps)


def _drawn_by(pipe: Any, side: int, steps: int) -> Draw:
    import numpy as np
    import torch

    pipe.set_progress_bar_config(disable=True)

    def draw(seed: int, steps: int = steps) -> Any:
        generator = torch.Generator("cpu").manual_seed(seed)
        with torch.inference_mode():
            drawn = pipe(
                PROMPT,
                height=side,
                width=side,
                sigmas=torch.linspace(1, 1 / steps, steps).tolist(),
                guidance_scale=0.0,
                generator=generator,
                output_type="np",
            )
        return np.asarray(drawn.images[0], np.float32)

    return draw


ROADS = {"Ad Studio": ours, "diffusers ZImagePipeline": pipeline}


def measure_alone(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Load and draw once in a fresh process; return its seconds and its memory peak."""
    command = [sys.executable, __file__, "--alone", name, "--checkpoint", options.checkpoint]
    command += ["--side", str(options.side), "--steps", str(options.steps)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if said.returncode:
        raise SystemExit(said.stderr)
    return json.loads(said.stdout.splitlines()[-1])


def run_alone(name: str, options: argparse.Namespace) -> None:
    """The child's part of ``measure_alone``."""
    from adstudio.run.report import peak_rss_bytes, peak_vram_bytes

    began = time.perf_counter()
    draw = ROADS[name](options.checkpoint, options.side, options.steps)
    loaded = time.perf_counter()
    draw(1)
    drawn = time.perf_counter()
    figures = {"load": loaded - began, "first": drawn - loaded, "rss": peak_rss_bytes(), "vram": peak_vram_bytes()}
    print(json.dumps(figures))


def measure_in_turns(options: argparse.Namespace) -> tuple[dict[str, list[float]], float]:
    """Draw with both in turns; return seconds per picture, and the largest difference between their first pictures."""
    import numpy as np

    draws = {name: road(options.checkpoint, options.side, options.steps) for name, road in ROADS.items()}
    first = [draw(1) for draw in draws.values()]
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    for seed in range(2, options.rounds + 2):
        for name, draw in draws.items():
            began = time.perf_counter()
            draw(seed)
            seconds[name].append(time.perf_counter() - began)
    return seconds, float(np.abs(first[0] - first[1]).max())


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", default="demo")
    parser.add_argument("--side", type=int, default=512, help="picture side in pixels")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", type=Path, help="write the rows here, each with device, versions and commit")
    parser.add_argument("--alone", choices=list(ROADS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.alone:
        run_alone(options.alone, options)
        return
    from benchmarks.surroundings import sentence, write_csv

    alone = {name: measure_alone(name, options) for name in ROADS}
    seconds, difference = measure_in_turns(options)
    print(
        f"Drawing {options.side}x{options.side} in {options.steps} evaluations with checkpoint '{options.checkpoint}', "
        f"median of {options.rounds}, both in turns.\n\n"
        f"| | seconds per picture | seconds per step | load, s | first picture, s | memory peak, MB | GPU peak, MB |\n"
        f"|---|---|---|---|---|---|---|"
    )
    for name, rounds in seconds.items():
        middle, own = statistics.median(rounds), alone[name]
        print(
            f"| {name} | {middle:.2f} | {middle / options.steps:.3f} | {own['load']:.1f} | {own['first']:.1f} "
            f"| {own['rss'] / 2**20:.0f} | {own['vram'] / 2**20:.0f} |"
        )
    print(
        f"\nSeconds per step are the whole picture's, with text encoder and VAE, over the evaluations. "
        f"Largest difference between the two pictures of one seed: {difference:.4f} of 1.\n\n{sentence()}"
    )
    if options.csv:
        asked = {name: getattr(options, name) for name in ("checkpoint", "side", "steps", "rounds")}
        rows = (
            {"road": name, "seconds": statistics.median(rounds), **alone[name], "difference": difference, **asked}
            for name, rounds in seconds.items()
        )
        write_csv(options.csv, rows)


if __name__ == "__main__":
    main()
