"""What a rembg session costs: opened, run and released, with networks of random weights."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.gauges import anonymous, watched_peak  # noqa: E402

# Channels of each stage of the way down and up; u2net has 44 million weights and takes 320 x 320.
SIZES = {"u2netp": (8, 16, 16), "u2net": (64, 192, 384, 768, 768)}
RUNS = 6


def measure(name: str, device: str = "cpu") -> dict[str, Any]:
    """Cut out ``RUNS`` times in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ADSTUDIO_MODELS": folder, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        # Writing the network takes memory too: a process of its own does that.
        for step in ("write", "run"):
            done = subprocess.run(
                [sys.executable, str(Path(__file__)), step, name, device, folder],
                env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
        return json.loads(done.stdout.splitlines()[-1])


def is_possible() -> bool:
    """Tell whether the packages are installed."""
    return all(importlib.util.find_spec(name) for name in ("rembg", "onnxruntime", "onnx"))


def write(name: str, path: Path) -> None:
    """Write a network of the named model's size and place: convolutions down and up again, weights at random."""
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(0)
    nodes: list[Any] = []
    weights: list[Any] = []
    channels, last = 3, "picture"

    def convolve(out: int, stride: int, *, up: bool = False) -> None:
        nonlocal channels, last
        number = len(nodes)
        if up:
            nodes.append(helper.make_node("Resize", [last, "", "twice"], [f"u{number}"], mode="nearest"))
            last = f"u{number}"
        kernel = rng.standard_normal((out, channels, 3, 3), dtype=np.float32) * np.float32((channels * 9) ** -0.5)
        weights.append(numpy_helper.from_array(kernel, f"w{number}"))
        nodes.append(helper.make_node("Conv", [last, f"w{number}"], [f"c{number}"], pads=[1] * 4, strides=[stride] * 2))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [f"r{number}"]))
        channels, last = out, f"r{number}"

    sizes = SIZES[name]
    for size in sizes:
        convolve(size, 1)
        convolve(size, 2)
    if name == "u2net":
        for _ in range(4):
            convolve(sizes[-1], 1)
    for size in reversed(sizes):
        convolve(size // 2, 1, up=True)
    weights.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice"))
    kernel = rng.standard_normal((1, channels, 1, 1), dtype=np.float32)
    weights.append(numpy_helper.from_array(kernel, "last"))
    nodes += [
        helper.make_node("Conv", [last, "last"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["matte"]),
    ]
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 320, 320])],
        [helper.make_tensor_value_info("matte", TensorProto.FLOAT, [1, 1, 320, 320])],
        weights,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def run(name: str, device: str, path: Path) -> dict[str, Any]:
    """Open, run and release, several times."""
    from adstudio.imaging.cutout.rembg_models import MODELS
    from adstudio.imaging.cutout.rembg_session import RembgMatting

    photo = np.random.default_rng(0).random((1024, 1024, 3), dtype=np.float32)
    matting = RembgMatting(MODELS[name], device="gpu" if device == "gpu" else "cpu")
    levels, peaks, seconds, worked = [anonymous()], [], [], []
    cards = [_card_bytes()]
    for _ in range(RUNS):
        clock, processor = time.perf_counter(), time.process_time()
        with watched_peak() as peak:
            matting.matte(photo)
        seconds.append(time.perf_counter() - clock)
        worked.append(time.process_time() - processor)
        peaks.append(peak[0])
        levels.append(anonymous())
        cards.append(_card_bytes())
    return {
        "file_mb": path.stat().st_size / 2**20,
        "levels_mb": [level / 2**20 for level in levels],
        "peak_mb": max(peaks) / 2**20,
        "seconds": seconds,
        "worked": worked,
        "card_mb": None if cards[0] is None else [(card or 0) / 2**20 for card in cards],
        "notes": matting.notes,
    }


def _card_bytes() -> int | None:
    """What is in use on the first card, by whoever; None without one."""
    try:
        out = subprocess.run(
            ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return int(out.stdout.split()[0]) * 2**20


if __name__ == "__main__":
    job, model, where, folder = sys.argv[1:]
    file = Path(folder) / "rembg" / f"{model}.onnx"
    if job == "write":
        write(model, file)
    else:
        sys.stdout.write(json.dumps(run(model, where, file)) + "\n")
