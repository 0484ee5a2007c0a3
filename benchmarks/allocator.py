"""Measure what each CUDA allocator leaves of a GPU's memory after long mixed use, and write the figures as CSV.

python benchmarks/allocator.py [--checkpoint demo] [--rounds 20] [--cap-gib 22.5] [--csv FILE]

Each allocator has a process of its own, because it is chosen before the first allocation: PyTorch's own, the same with
expandable segments, and CUDA's (cudaMallocAsync, which ComfyUI takes by itself). Every round draws sizes of different
shapes, then sends all components home and back, as switching models does. What counts is the largest block that can
still be had at the end: with a perfect allocator all that is not in use. Without an NVIDIA GPU nothing is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ALLOCATORS = {
    "native": "",
    "native, expandable segments": "expandable_segments:True",
    "cudaMallocAsync": "backend:cudaMallocAsync",
}
SIZES = ((1024, 1024), (768, 1024), (1344, 768), (512, 512), (1024, 576), (1536, 1024))
PROMPT = "An empty marble counter by a window, morning light, soft shadows."
GIB = 2**30


def work(checkpoint: str, rounds: int, base_px: int | None, device: str | None) -> int:
    """Draw every size in every round, evicting all components after each round; return how many pictures."""
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost(device) if device else TorchHost()
    zit = load(checkpoint, host)
    grid, share = zit.checkpoint.grid_px, (base_px or zit.checkpoint.base_px) / 1024
    drawn = 0
    for number in range(rounds):
        for width, height in SIZES:
            zit.components.embeddings.clear()  # every prompt is new: the encoder comes and goes too
            sides = [max(grid, int(side * share) // grid * grid) for side in (width, height)]
            text_to_image(zit, PROMPT, width=sides[0], height=sides[1], seed=number, steps=2, host=host)
            drawn += 1
        for component in (zit.components.transformer, zit.components.text_encoder, zit.components.vae):
            host.release(component)
    return drawn


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The child's part: work under the allocator of this process' environment, then look at what is left."""
    import torch

    total = torch.cuda.mem_get_info()[1]
    cap = min(total, int(options.cap_gib * GIB))
    torch.cuda.set_per_process_memory_fraction(cap / total)
    began = time.perf_counter()
    drawn = work(options.checkpoint, options.rounds, options.base_px, None)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - began
    stats = torch.cuda.memory_stats()
    used = torch.cuda.memory_allocated()
    return {
        "pictures": drawn,
        "seconds per picture": round(seconds / drawn, 3),
        "peak allocated, GiB": round(torch.cuda.max_memory_allocated() / GIB, 3),
        "peak reserved, GiB": round(torch.cuda.max_memory_reserved() / GIB, 3),
        "allocated at the end, GiB": round(used / GIB, 3),
        "reserved at the end, GiB": round(torch.cuda.memory_reserved() / GIB, 3),
        "inactive split blocks, GiB": round(stats.get("inactive_split_bytes.all.current", 0) / GIB, 3),
        "retries": stats.get("num_alloc_retries", 0),
        "out of memory": stats.get("num_ooms", 0),
        "largest block still to be had, share of the free": round(_largest(cap - used) / max(1, cap - used), 4),
    }


def _largest(free: int) -> int:
    """The largest single allocation that succeeds, to within 32 MiB."""
    import torch

    low, high = 0, free
    while high - low > 32 * 2**20:
        middle = (low + high) // 2
        try:
            block = torch.empty(middle, dtype=torch.uint8, device="cuda")
        except torch.OutOfMemoryError:
            high = middle
        else:
            del block
            low = middle
    return low


def _run_child(name: str, setting: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--alone", "--checkpoint", options.checkpoint, "--rounds", str(options.rounds)]
    command += ["--cap-gib", str(options.cap_gib)]
    command += ["--base-px", str(options.base_px)] if options.base_px else []
    environment = {key: value for key, value in os.environ.items() if "ALLOC_CONF" not in key}
    environment |= {"PYTORCH_CUDA_ALLOC_CONF": setting} if setting else {}
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if said.returncode:
        raise SystemExit(f"{name}: {said.stderr.strip()[-2000:]}")
    return json.loads(said.stdout.splitlines()[-1])


def main() -> None:
    """Measure every allocator and write the table, or say that there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", default="demo")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--base-px", type=int, help="side of the square that sizes are scaled to (the checkpoint's own)"
    )
    parser.add_argument(
        "--cap-gib", type=float, default=22.5, help="memory of the GPU that may be used (an L4's, 22.5)"
    )
    parser.add_argument("--csv", type=Path, help="write here instead of to the terminal")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    import torch

    if not torch.cuda.is_available():
        print("No NVIDIA GPU that this torch can use: nothing was measured, and nothing can be said about allocators.")
        return
    if options.alone:
        print(json.dumps(measure(options)))
        return
    from benchmarks.surroundings import write_csv

    rows = ({"allocator": name, **_run_child(name, setting, options)} for name, setting in ALLOCATORS.items())
    write_csv(options.csv or sys.stdout, rows)


if __name__ == "__main__":
    main()
