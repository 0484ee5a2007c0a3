"""ComfyUI's own ImageCompositeMasked, run by ComfyUI's own Python: what the benchmark of composites is held against."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


def paste(comfyui: Path, python: str, jobs: Sequence[tuple[Any, Any, Any, int, int]]) -> list[Any]:
    """Paste by ComfyUI's node.

    Args:
        comfyui: its folder. python: an interpreter that can import it.
        jobs: destination ``[H,W,3]``, source ``[h,w,3]``, mask ``[h,w]``, and the source's left and top pixel.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npz", Path(folder) / "out.npz"
        names = ("destination", "source", "mask", "x", "y")
        parts: dict[str, Any] = {
            f"{i}{name}": part for i, job in enumerate(jobs) for name, part in zip(names, job, strict=True)
        }
        np.savez(given, **parts)
        command = [python, str(Path(__file__)), str(comfyui.resolve()), str(given), str(made), str(len(jobs))]
        done = subprocess.run(command, cwd=comfyui, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"ComfyUI in '{comfyui}' could not paste:\n{done.stderr[-2000:]}")
        with np.load(made) as found:
            return [found[str(number)] for number in range(len(jobs))]


def _serve(comfyui: str, given: str, made: str, count: int) -> None:
    sys.argv = ["main.py", "--cpu"]
    sys.path.insert(0, comfyui)
    import comfy.options  # pyright: ignore[reportMissingImports]
    import torch

    comfy.options.enable_args_parsing()  # else it takes no notice of --cpu
    from comfy_extras.nodes_mask import ImageCompositeMasked  # pyright: ignore[reportMissingImports]

    out = {}
    with np.load(given) as jobs:
        for number in range(count):
            destination, source, mask = (
                torch.from_numpy(jobs[f"{number}{name}"])[None] for name in ("destination", "source", "mask")
            )
            x, y = int(jobs[f"{number}x"]), int(jobs[f"{number}y"])
            pasted = ImageCompositeMasked.execute(destination, source, x, y, False, mask)
            out[str(number)] = pasted.args[0][0].numpy()
    np.savez(made, **out)


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
