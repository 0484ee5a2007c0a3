"""Compute what the fallback ladder plans for Z-Image Turbo at full size on cards of several sizes, and write it as CSV.

python benchmarks/planned.py [--side 1024] [--csv FILE]

Nothing is drawn and nothing is measured: weights are counted on modules without storage, and the work beside them is
the ladder's own estimate. Each row is one precision on one card: the rung that is chosen, and the bytes that must be
there in each of its stages; what does not have to leave may lie beside them. What CUDA takes for itself, some 0.5 GiB,
is in the last column but one, what PyTorch's own allocator takes in steps in the last, where all weights stay: segments
that grow do without. Measured figures are benchmarks/card.py's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from adstudio.engine.drawing.options import BF16, FP8_WEIGHTS  # noqa: E402
from adstudio.engine.drawing.precision import large_layers  # noqa: E402
from adstudio.engine.drawing.stages import measure_sizes  # noqa: E402
from adstudio.engine.forms.language_model import WritersPart, reader_of  # noqa: E402
from adstudio.engine.memory import ladder  # noqa: E402
from adstudio.engine.memory.components import Components, Zit  # noqa: E402
from adstudio.engine.memory.residence import residence_of  # noqa: E402
from adstudio.engine.memory.rooms import rooms_for  # noqa: E402
from adstudio.engine.memory.torch_host import _RESERVE_BYTES  # noqa: E402
from benchmarks.caching_allocator import GIB, CachingAllocator  # noqa: E402
from benchmarks.full_size import meta_modules  # noqa: E402
from benchmarks.surroundings import write_csv  # noqa: E402

CONTEXT_GIB = 0.5  # of the card, for CUDA itself: an estimate
PROMPT_TOKENS = 512
ROADS = (  # what was promised: precision, GiB of the card, the most GiB that may be used
    (BF16, 22.5, 21.0),
    (FP8_WEIGHTS, 22.5, None),
    (FP8_WEIGHTS, 12.5, 12.5),
    (BF16, 12.5, None),
    (BF16, 8.0, 8.0),
)


def full_size_sizes(side: int) -> tuple[ladder.Sizes, int, int, dict[str, int]]:
    """The ladder's sizes in bf16, the encoder's bytes when it is streamed, and what the 8-bit matrices save.

    Last, for each precision, what an allocator that takes memory in steps takes for all weights beyond their size.
    """
    modules: dict[str, Any] = meta_modules()
    for module in modules.values():
        module.bfloat16()
    whole = modules.pop("text_encoder")
    read = len(whole.layers) - 1  # the last one is for writing alone
    encoder = {"text_encoder": reader_of(whole, read), "writer": WritersPart(whole, read), "language_model": whole}
    parts = Components(**modules, **encoder, tokenizer=None, scheduler_config={}, linears={})
    checkpoint = SimpleNamespace(prompt_tokens=PROMPT_TOKENS, base_px=1024)
    sizes = measure_sizes(Zit(cast(Any, checkpoint), parts), (side, side))
    encoder_streamed = residence_of(parts.text_encoder).size_bytes(streamed=True)
    # Each of the large matrices is half as long, and every row of it has a scale of two bytes.
    saved = sum(layer.weight.numel() - 2 * layer.out_features for _, layer in large_layers(parts.transformer))
    resident: list[Any] = [parts.transformer, parts.text_encoder, parts.vae]
    narrow = {id(layer.weight): layer.out_features for _, layer in large_layers(parts.transformer)}
    kinds = {BF16: allocations(resident, {}), FP8_WEIGHTS: allocations(resident, narrow)}
    return sizes, encoder_streamed, saved, {kind: taken_in_steps(each) - sum(each) for kind, each in kinds.items()}


def allocations(modules: Iterable[Any], narrow: dict[int, int]) -> list[int]:
    """The bytes of every piece of memory that modules' weights are put in.

    Args:
        narrow: the rows of each matrix that is kept in 8 bits, by its identity.
    """
    found: list[int] = []
    for module in modules:
        slots = list(residence_of(module)._slots(streamed=False))
        rooms = rooms_for(module, slots, torch.device("meta"))
        sizes: dict[int, int] = {}
        for tensor in {id(tensor): tensor for _, _, tensor in slots}.values():
            place = id(rooms.get(id(tensor), tensor))
            sizes[place] = sizes.get(place, 0) + tensor.nbytes // (2 if id(tensor) in narrow else 1)
        found += sizes.values()
    return found + [2 * rows for rows in narrow.values()]


def taken_in_steps(sizes: Iterable[int]) -> int:
    """What PyTorch's own allocator takes from CUDA for tensors of these bytes, without segments that grow."""
    allocator = CachingAllocator()
    for size in sizes:
        allocator.take(size)
    return allocator.reserved


def planned_bytes(plan: ladder.Plan, sizes: ladder.Sizes, encoder_streamed: int) -> dict[str, int]:
    """Weights and work of each stage under a plan: what must be there while the stage works."""
    kept = sizes.encoder + sizes.transformer + sizes.vae if plan.keep_encoder else 0
    encoder = encoder_streamed if plan.stream_encoder else sizes.encoder
    transformer = sizes.transformer_streamed if plan.stream_transformer else sizes.transformer
    return {
        "encode": (kept or encoder) + sizes.encode_work,
        "denoise": (kept or transformer) + plan.at_once * sizes.denoise_work,
        "vae": (kept or sizes.vae) + sizes.tiles[plan.tile].work,
    }


def measure(side: int) -> Iterator[dict[str, Any]]:
    """A row for each road."""
    wide, encoder_streamed, saved, steps = full_size_sizes(side)
    narrow = replace(wide, transformer=wide.transformer - saved)
    for precision, card_gib, promised in ROADS:
        sizes = narrow if precision == FP8_WEIGHTS else wide
        plan = ladder.choose_plan(sizes, int((card_gib - CONTEXT_GIB) * GIB) - _RESERVE_BYTES)
        stages = planned_bytes(plan, sizes, encoder_streamed)
        most = max(stages.values()) / GIB
        yield {
            "precision": precision,
            "card, GiB": card_gib,
            "promised, GiB": promised or "",
            "rung": plan.rung,
            **{f"{name}, GiB": f"{size / GIB:.2f}" for name, size in stages.items()},
            "planned, GiB": f"{most:.2f}",
            "with CUDA's own, GiB": f"{most + CONTEXT_GIB:.2f}",
            "and in steps, GiB": f"{most + CONTEXT_GIB + steps[precision] / GIB:.2f}" if plan.keep_encoder else "",
        }


def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=1024, help="of the square picture, in pixels (1024)")
    parser.add_argument("--csv", type=Path, help="write the table here instead of to the terminal")
    options = parser.parse_args()
    write_csv(options.csv or sys.stdout, measure(options.side))


if __name__ == "__main__":
    main()
