"""Measure what loading, switching and evicting cost at full size, and write the figures as CSV.

python benchmarks/memory.py [--folder DIR] [--csv FILE] [--clean]

A checkpoint of Z-Image Turbo's size with random weights is written to the folder first, 20.5 GB; ``--clean`` removes it
afterwards. Each measurement runs in a process of its own. Nothing of full size is drawn: that is benchmarks/card.py's.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from gauges import anonymous, counted_copies, drop_cached_pages, timed, watched_peak

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

GIB = 2**30
PROMPT = "An empty café table by a window, morning light, soft shadows."
_PAGE = 4096
Figures = dict[str, tuple[float, str]]


def load(folder: Path) -> Figures:
    """Load, read every weight, place and evict; anonymous memory at each point, beside what the imports take."""
    import torch
    from diffusers import AutoencoderKL, ZImageTransformer2DModel  # noqa: F401
    from transformers import PreTrainedTokenizerFast, Qwen3Model  # noqa: F401

    from adstudio.engine.memory import components
    from adstudio.engine.memory.torch_host import TorchHost

    host, device = TorchHost("cpu", model_dirs=[]), TorchHost("meta")
    before = anonymous()
    with watched_peak() as peak, timed() as seconds:
        zit = components.load(folder, host)
    figures = {
        "load": (seconds[0], "s"),
        "load, processor time": (seconds[1], "s"),
        "load, peak anonymous": (peak[0] - before, "bytes"),
    }
    with timed() as seconds:
        components.load(folder, host)
    figures["load again, known"] = (seconds[0], "s")
    loaded = anonymous()
    modules = [zit.components.transformer, zit.components.text_encoder, zit.components.vae]
    with timed() as seconds:
        for module in modules:
            for tensor in module.parameters():
                tensor.view(-1).view(torch.uint8)[::_PAGE].sum()
    figures |= {
        "after loading, anonymous": (loaded - before, "bytes"),
        "read every page": (seconds[0], "s"),
        "read every page, processor time": (seconds[1], "s"),
        "after reading every page, anonymous": (anonymous() - before, "bytes"),
    }
    for module in modules:
        with device.on_device(module):
            pass
    device.evict_all()
    figures["after placing and evicting, anonymous, beside loaded"] = (anonymous() - loaded, "bytes")
    del zit, modules, module, tensor
    components.registry.forget()
    gc.collect()
    figures["after forgetting, anonymous"] = (anonymous() - before, "bytes")
    return figures


def switch(folder: Path) -> Figures:
    """Borrow as each kind of run does, one kind after another; bytes that move after the first run, and loads."""
    from adstudio.engine.memory import components
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost("meta")
    parts = components.load(folder, host).components
    orders = {
        "text to image": (parts.transformer, parts.text_encoder, parts.transformer, parts.vae),
        "image to image": (parts.vae, parts.text_encoder, parts.transformer, parts.vae),
        "inpaint": (parts.vae, parts.text_encoder, parts.transformer, parts.vae),
    }
    figures: Figures = {}
    with counted_copies() as moved:
        for number, kind in enumerate((*orders, *orders)):
            start = moved[0]
            again = components.load(folder, host)
            for module in orders[kind]:
                with host.on_device(module, activation_bytes=2 * GIB):
                    pass
            round_name = "first run" if number == 0 else f"switch {number} to {kind}"
            figures[f"{round_name}, bytes moved"] = (moved[0] - start, "bytes")
            figures[f"{round_name}, loads"] = (float(again.components is not parts), "")
    return figures


def switch_drawn(_: Path) -> Figures:
    """The same with pictures really drawn by the embedded model, on a host that copies."""
    import numpy as np

    from adstudio.demo import checkpoint_path
    from adstudio.engine.drawing.sampling import image_to_image, text_to_image
    from adstudio.engine.memory import components
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost("cpu", model_dirs=[], copying=True)
    zit = components.load(checkpoint_path(), host)
    photo, mask = np.full((256, 256, 3), 0.5, np.float32), np.zeros((256, 256), np.float32)
    mask[64:192, 64:192] = 1
    draws: dict[str, Callable[[], Any]] = {
        "text to image": lambda: text_to_image(zit, PROMPT, width=256, height=256, seed=1, host=host),
        "image to image": lambda: image_to_image(zit, PROMPT, photo, strength=0.6, seed=1, host=host),
        "inpaint": lambda: image_to_image(zit, PROMPT, photo, mask=mask, strength=0.6, seed=1, host=host),
    }
    figures: Figures = {}
    with counted_copies() as moved:
        for number, kind in enumerate((*draws, *draws)):
            start = moved[0]
            draws[kind]()
            name = "first run" if number == 0 else f"switch {number} to {kind}"
            figures[f"embedded model, drawn: {name}, bytes moved"] = (moved[0] - start, "bytes")
    return figures


def style(folder: Path) -> Figures:
    """Switch between two styles of rank 16 and none."""
    from full_size import write_adapter

    from adstudio.engine.lora.adapters import applied
    from adstudio.engine.lora.uses import LoraUse, with_loras
    from adstudio.engine.memory import components
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost("cpu", model_dirs=[])
    zit = components.load(folder, host)
    files = [folder / f"style-{number}.safetensors" for number in (1, 2)]
    for number, file in enumerate(files):
        if not file.is_file():
            write_adapter(file, zit.components.transformer, rank=16, seed=number)
    figures: Figures = {"style file": (files[0].stat().st_size, "bytes")}
    before = anonymous()
    for name, uses in (
        ("first use of one", [LoraUse(files[0], 0.8)]),
        ("first use of another", [LoraUse(files[1], 0.8)]),
        ("back to the first", [LoraUse(files[0], 0.8)]),
        ("both", [LoraUse(files[0], 0.5), LoraUse(files[1], 0.5)]),
        ("another weight", [LoraUse(files[0], 0.4), LoraUse(files[1], 0.6)]),
        ("none", []),
    ):
        with timed() as seconds, applied(zit.components, with_loras(zit, uses).loras):
            pass
        figures[f"style switch, {name}"] = (1000 * seconds[0], "ms")
        figures[f"style switch, {name}, processor time"] = (1000 * seconds[1], "ms")
    figures["styles kept ready, anonymous"] = (anonymous() - before, "bytes")
    return figures


def stream(folder: Path) -> Figures:
    """Bring every block of the transformer into a slot once, as a streamed evaluation does, and run none."""
    import torch

    from adstudio.engine.memory import components
    from adstudio.engine.memory.residence import residence_of
    from adstudio.engine.memory.streaming import BlockStream, find_blocks
    from adstudio.engine.memory.torch_host import TorchHost

    transformer = components.load(folder, TorchHost("cpu", model_dirs=[])).components.transformer
    blocks = find_blocks(transformer)
    before = anonymous()
    passing = BlockStream(blocks, torch.device("cpu"))
    passing.open()
    with watched_peak() as peak, timed() as seconds:
        for block in blocks:
            with passing.running(block):
                pass
    passing.close()
    return {
        "streamed, whole transformer": (residence_of(transformer).size_bytes(), "bytes"),
        "streamed, on the device": (residence_of(transformer).size_bytes(streamed=True), "bytes"),
        "streamed, copy of every block": (seconds[0], "s"),
        "streamed, copy of every block, processor time": (seconds[1], "s"),
        "streamed, anonymous while copying (the slots, on a CPU)": (peak[0] - before, "bytes"),
    }


PROBES: dict[str, Callable[[Path], Figures]] = {
    "load cold": load,
    "load warm": load,
    "switch": switch,
    "switch drawn": switch_drawn,
    "style": style,
    "stream cold": stream,
    "stream warm": stream,
}


def surroundings() -> dict[str, str]:
    """Device, versions and commit, as every line of the table names them."""
    from importlib.metadata import version

    import torch

    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    has_gpu = torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name(0) if has_gpu else f"CPU, {os.cpu_count()} cores, {platform.machine()}",
        "versions": " ".join(f"{name} {version(name)}" for name in ("torch", "diffusers", "transformers")),
        "commit": commit.stdout.strip(),
        "date": date.today().isoformat(),
    }


def measure(folder: Path, out: TextIO) -> None:
    """Run every probe in a process of its own and write its figures."""
    around = surroundings()
    table = csv.DictWriter(out, ["probe", "what", "value", "unit", *around])
    table.writeheader()
    for probe in PROBES:
        if probe.endswith("cold"):
            drop_cached_pages(folder)
        command = [sys.executable, __file__, "--folder", str(folder), "--probe", probe]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"'{probe}' failed:\n{run.stderr[-3000:]}")
        for what, (value, unit) in json.loads(run.stdout.splitlines()[-1]).items():
            table.writerow({"probe": probe, "what": what, "value": f"{value:.6g}", "unit": unit, **around})
        out.flush()


def main() -> None:
    """Write the checkpoint, measure, and remove it if told so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "adstudio" / "full-size")
    parser.add_argument("--csv", type=Path, help="write the table here instead of to the terminal")
    parser.add_argument("--clean", action="store_true", help="remove the checkpoint afterwards")
    parser.add_argument("--probe", choices=[*PROBES], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(PROBES[options.probe](options.folder)))
        return
    from full_size import write_checkpoint

    write_checkpoint(options.folder)
    if options.csv:
        with options.csv.open("w", encoding="utf-8", newline="") as out:
            measure(options.folder, out)
    else:
        measure(options.folder, sys.stdout)
    if options.clean:
        shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
