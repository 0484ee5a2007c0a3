"""Measure what loading, switching and evicting cost at full size, and write the figures as CSV.

python benchmarks/memory.py [--folder DIR] [--csv FILE] [--clean] [--fitting] [--only PROBE …]

A checkpoint of Z-Image Turbo's size with random weights is written to the folder first, 20.5 GB; ``--clean`` removes it
afterwards. Each measurement runs in a process of its own. Nothing of full size is drawn here: small_host.py and card.py
do that. What a warm load takes can only be seen where all files stay in memory: ``--fitting`` writes a text encoder of
two layers beside transformer and VAE, 13.7 GB in all, and the bytes that came from the disk tell whether they did stay.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.gauges import (  # noqa: E402
    anonymous,
    counted_copies,
    disk_reads,
    drop_cached_pages,
    timed,
    watched_peak,
)
from benchmarks.surroundings import write_csv  # noqa: E402

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
    before, read = anonymous(), disk_reads()
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
    parts = zit.components
    with timed() as seconds:
        for module in (parts.transformer, parts.language_model, parts.vae):
            for tensor in module.parameters():
                tensor.view(-1).view(torch.uint8)[::_PAGE].sum()
    figures |= {
        "from the disk until then": (disk_reads() - read, "bytes"),
        "after loading, anonymous": (loaded - before, "bytes"),
        "read every page": (seconds[0], "s"),
        "read every page, processor time": (seconds[1], "s"),
        "after reading every page, anonymous": (anonymous() - before, "bytes"),
    }
    for module in (parts.transformer, parts.text_encoder, parts.vae):
        with device.on_device(module):
            pass
    device.evict_all()
    figures["after placing and evicting, anonymous, beside loaded"] = (anonymous() - loaded, "bytes")
    del zit, parts, module, tensor
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
    from adstudio.engine.lora.adapters import applied
    from adstudio.engine.lora.uses import LoraUse, with_loras
    from adstudio.engine.memory import components
    from adstudio.engine.memory.torch_host import TorchHost
    from benchmarks.full_size import write_adapter

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
    before, read = anonymous(), disk_reads()
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
        "streamed, from the disk": (disk_reads() - read, "bytes"),
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


def measure(folder: Path, probes: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run every probe in a process of its own; a row for each of its figures."""
    for probe in probes:
        if probe.endswith("cold"):
            drop_cached_pages(folder)
        command = [sys.executable, __file__, "--folder", str(folder), "--probe", probe]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"'{probe}' failed:\n{run.stderr[-3000:]}")
        for what, (value, unit) in json.loads(run.stdout.splitlines()[-1]).items():
            yield {"probe": probe, "what": what, "value": f"{value:.6g}", "unit": unit}


def main() -> None:
    """Write the checkpoint, measure, and remove it if told so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="for the checkpoint; ~/.cache/adstudio/full-size or fitting-size")
    parser.add_argument("--fitting", action="store_true", help="with a text encoder of two layers, 13.7 GB in all")
    parser.add_argument("--tiny", action="store_true", help="with a checkpoint of megabytes: does it run?")
    parser.add_argument("--only", nargs="+", choices=[*PROBES], default=[*PROBES], help="only these probes")
    parser.add_argument("--csv", type=Path, help="write the table here instead of to the terminal")
    parser.add_argument("--clean", action="store_true", help="remove the checkpoint afterwards")
    parser.add_argument("--probe", choices=[*PROBES], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(PROBES[options.probe](options.folder)))
        return
    from benchmarks.full_size import write_checkpoint

    size = "tiny" if options.tiny else "fitting" if options.fitting else "full"
    folder = options.folder or Path.home() / ".cache" / "adstudio" / f"{size}-size"
    write_checkpoint(folder, small=options.tiny, encoder_layers=2 if options.fitting else None)
    write_csv(options.csv or sys.stdout, measure(folder, options.only))
    if options.clean:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
