"""Measure what putting a style on, switching it and taking it off costs at the real model's structure.

And what it costs that compiled blocks ask each layer for adapters while there are none, per evaluation.

python benchmarks/lora.py [--dim 256] [--rank 16] [--rounds 20] [--csv lora.csv]

The transformer has the real one's layers (30 blocks and 4 refiners, 238 layers that a LoRA changes) with random
weights; ``--dim 3840`` has its widths too, 12 GB. On CUDA every figure includes the copy to the card.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from adstudio.engine.forms.assembly import diffusers_class  # noqa: E402
from adstudio.engine.lora.adapters import applied  # noqa: E402
from adstudio.engine.lora.compiled_layers import add_adapters, asking  # noqa: E402
from adstudio.engine.lora.uses import LoraUse  # noqa: E402
from adstudio.engine.memory.components import Components  # noqa: E402
from adstudio.engine.memory.torch_host import TorchHost  # noqa: E402
from benchmarks.surroundings import sentence, write_csv  # noqa: E402


def build(dim: int) -> Components:
    """A transformer with the real structure, and the names of its layers; the other components stay empty."""
    heads, widths = (30, [32, 48, 48]) if dim == 3840 else (4, [dim // 16, 3 * dim // 32, 3 * dim // 32])
    with torch.device("meta"):
        transformer = diffusers_class("ZImageTransformer2DModel")(
            dim=dim, n_heads=heads, n_kv_heads=heads, cap_feat_dim=64, axes_dims=widths, axes_lens=[1536, 512, 512]
        )
    transformer = transformer.to(torch.bfloat16).to_empty(device="cpu").requires_grad_(False)
    linears = {
        name: (module.out_features, module.in_features)
        for name, module in transformer.named_modules()
        if isinstance(module, torch.nn.Linear)
    }
    nothing: Any = None
    return Components(transformer, nothing, nothing, nothing, nothing, nothing, {}, linears)


def write_styles(folder: Path, linears: dict[str, tuple[int, int]], rank: int) -> Iterator[Path]:
    """Three adapters on the attention and feed-forward layers of every block."""
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        tensors = {}
        for name, (height, width) in linears.items():
            if ".attention." in name or ".feed_forward." in name:
                tensors[f"transformer.{name}.lora_A.weight"] = torch.randn(rank, width, generator=generator).bfloat16()
                tensors[f"transformer.{name}.lora_B.weight"] = torch.randn(height, rank, generator=generator).bfloat16()
        path = folder / f"style{seed}.safetensors"
        save_file(tensors, path)
        yield path


def ask(parts: Components, rounds: int) -> dict[str, float]:
    """Ask every layer of the repeated blocks once, with no adapters on, as an evaluation with compiled blocks does."""
    transformer: Any = parts.transformer
    blocks = [module for module in transformer.modules() if type(module).__name__ in transformer._repeated_blocks]
    layers: list[Any] = [layer for block in blocks for layer in block.modules() if isinstance(layer, torch.nn.Linear)]
    seconds, work, x = [], [], torch.zeros(1, 8)
    with asking(layers), torch.no_grad():
        for _ in range(rounds):
            began, worked = time.perf_counter(), time.process_time()
            for layer in layers:
                add_adapters(x, x, layer.adapter_number)
            seconds.append(1000 * (time.perf_counter() - began))
            work.append(1000 * (time.process_time() - worked))
    return _figures(seconds, work)


def _figures(seconds: list[float], work: list[float]) -> dict[str, float]:
    figures = {"median_ms": statistics.median(seconds), "most_ms": max(seconds), "cpu_ms": statistics.median(work)}
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args()
    parts, host = build(given.dim), TorchHost()
    rows: list[dict[str, Any]] = []

    def measure(what: str, uses: Callable[[int], list[LoraUse]], rounds: int) -> None:
        seconds, work = [], []  # processor time too, which other programs on the machine do not stretch
        for number in range(rounds):
            if host.device.type == "cuda":
                torch.cuda.synchronize()
            began, worked = time.perf_counter(), time.process_time()
            with ExitStack() as stack:
                stack.enter_context(applied(parts, uses(number)))
                stack.enter_context(host.on_device(parts.transformer))
                if host.device.type == "cuda":
                    torch.cuda.synchronize()
                seconds.append(1000 * (time.perf_counter() - began))
                work.append(1000 * (time.process_time() - worked))
        rows.append({"what": what} | _figures(seconds, work))

    with tempfile.TemporaryDirectory() as folder:
        styles = list(write_styles(Path(folder), parts.linears, given.rank))
        changed = sum(".attention." in name or ".feed_forward." in name for name in parts.linears)
        with host.on_device(parts.transformer):
            pass
        measure("first use of a file", lambda number: [LoraUse(styles[number])], len(styles))
        measure("switch to another style", lambda number: [LoraUse(styles[number % 3])], given.rounds)
        measure(
            "switch to a mix of two", lambda n: [LoraUse(styles[n % 3]), LoraUse(styles[(n + 1) % 3])], given.rounds
        )
        measure("another weight", lambda number: [LoraUse(styles[0], 0.5 + number / 100)], given.rounds)
        measure("the same style again", lambda _: [LoraUse(styles[0])], given.rounds)
        measure("back to the base", lambda _: [], given.rounds)
        rows.append({"what": "an evaluation's asking"} | ask(parts, given.rounds))
    about = {"dim": given.dim, "rank": given.rank, "layers": changed}
    print(", ".join(f"{key} {value}" for key, value in about.items()), sentence(), sep="; ")
    for row in rows:
        print(f"{row['what']:28} {row['median_ms']:8.1f} ms (most {row['most_ms']:.1f}; processor {row['cpu_ms']:.1f})")
    if given.csv:
        write_csv(given.csv, (row | about for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
