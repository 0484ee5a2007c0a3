"""Replay what drawing takes from a card's memory through a model of PyTorch's allocator, and write it as CSV.

python benchmarks/fragmentation.py [--csv FILE] [--only "bf16, 1024x1024" ...] [--rounds 3]

No card takes part. The engine's own code draws with Z-Image Turbo's full architecture on tensors without contents
(``allocation_trace``), and the pieces of memory that it took and gave back go, in order, through the rules of
PyTorch's allocator (``caching_allocator``) under each setting of ``PYTORCH_ALLOC_CONF``. What CUDA takes for itself,
some 0.5 GiB, comes on top; what a card's libraries take beside it is estimated. CUDA's own allocator
(``cudaMallocAsync``) belongs to its driver and cannot be replayed. ``benchmarks/allocator.py`` measures on a card.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from adstudio.engine.drawing.options import BF16, FP8_WEIGHTS, Options  # noqa: E402
from adstudio.engine.drawing.precision import hold_narrow, large_layers  # noqa: E402
from adstudio.engine.drawing.sampling import image_to_image, text_to_image  # noqa: E402
from adstudio.engine.drawing.strips import in_strips  # noqa: E402
from adstudio.engine.forms.language_model import WritersPart, reader_of  # noqa: E402
from adstudio.engine.forms.qwen_tokenizer import qwen_tokenizer  # noqa: E402
from adstudio.engine.lora.uses import LoraUse  # noqa: E402
from adstudio.engine.memory.components import Components, Zit  # noqa: E402
from adstudio.engine.memory.torch_host import _RESERVE_BYTES, TorchHost  # noqa: E402
from adstudio.engine.memory.work_room import WorkRoom  # noqa: E402
from benchmarks.allocation_trace import CARD, Event, Trace  # noqa: E402
from benchmarks.caching_allocator import GIB, MIB, CachingAllocator, OutOfMemory, Setting  # noqa: E402
from benchmarks.full_size import SCHEDULER, meta_modules, write_adapter  # noqa: E402
from benchmarks.surroundings import write_csv  # noqa: E402

CONTEXT_GIB = 0.5
PROMPT = "A cup of coffee on an oak table by a window, morning light, soft shadows. " * 6
EMPTIED = "emptied"
PLAIN, GROWING = "as it is", "expandable_segments:True"
SETTINGS = {
    PLAIN: Setting(),
    GROWING: Setting(expandable=True),
    "max_split_size_mb:128": Setting(max_split=128 * MIB),
    "max_split_size_mb:512": Setting(max_split=512 * MIB),
    "roundup_power2_divisions:8": Setting(divisions=8),
    "garbage_collection_threshold:0.8": Setting(collect_from=0.8),
}


def full_size(precision: str) -> Zit:
    """Z-Image Turbo with weights that are nowhere: memory that is asked for on the host, and never touched."""
    modules: dict[str, Any] = {name: module.bfloat16() for name, module in meta_modules().items()}
    if precision == FP8_WEIGHTS:
        for _, layer in list(large_layers(modules["transformer"])):
            matrix = torch.empty(layer.weight.shape, dtype=torch.float8_e4m3fn, device="meta")
            hold_narrow(layer, matrix, torch.empty(len(matrix), dtype=torch.bfloat16, device="meta"))
    for module in modules.values():
        module.to_empty(device="cpu").requires_grad_(False).eval()
    in_strips(modules["vae"])
    whole = modules.pop("text_encoder")
    read = len(whole.layers) - 1
    encoder = {"text_encoder": reader_of(whole, read), "writer": WritersPart(whole, read), "language_model": whole}
    linears = {
        name: (layer.out_features, layer.in_features)
        for name, layer in modules["transformer"].named_modules()
        if isinstance(layer, torch.nn.Linear)
    }
    parts = Components(**modules, **encoder, tokenizer=qwen_tokenizer(), scheduler_config=SCHEDULER, linears=linears)
    checkpoint = SimpleNamespace(prompt_tokens=512, base_px=1024, grid_px=16)
    return Zit(cast(Any, checkpoint), parts, options=Options(precision=precision))


class _RecordedRoom(WorkRoom):
    """The engine's own, on a card that is not there."""

    def __init__(self, trace: Trace) -> None:
        emptied = partial(trace.moment, EMPTIED)
        super().__init__(CARD, SimpleNamespace(get_allocator_backend=lambda: "native", empty_cache=emptied))
        self._trace = trace

    def prepare(self, size: int) -> None:
        with self._trace.spared():
            super().prepare(size)


class Studio:
    """What a course of work draws with, and the record of what that took from a card of ``card_gib``."""

    def __init__(self, precision: str, card_gib: float, *, convolutions_copy: bool = False, rounds: int = 3) -> None:
        self.trace = Trace(convolutions_copy=convolutions_copy)
        self.limit = int((card_gib - CONTEXT_GIB) * GIB)
        room = self.limit - _RESERVE_BYTES
        self.host = TorchHost(str(CARD), model_dirs=(), free_bytes=lambda: room - self.trace.live)
        self.host._work_room = _RecordedRoom(self.trace)
        self.zit = full_size(precision)
        self.rounds = rounds
        self.rungs: list[str] = []

    def words(self, width: int, height: int, **how: Any) -> None:
        """Draw from words."""
        self._draw(
            lambda zit, rest: text_to_image(zit, PROMPT, width=width, height=height, host=self.host, **rest), how
        )

    def photo(self, width: int, height: int, *, masked: bool = False, **how: Any) -> None:
        """Draw over a photo, or inside a mask."""
        photo = np.zeros((height, width, 3), np.float32)
        mask = np.zeros((height, width), np.float32)
        mask[height // 4 : height // 2, width // 4 : width // 2] = 1
        over = {"strength": 0.6, "mask": mask if masked else None}
        self._draw(lambda zit, rest: image_to_image(zit, PROMPT, photo, host=self.host, **over, **rest), how)

    def _draw(self, draw: Callable[[Zit, dict[str, Any]], Any], how: dict[str, Any]) -> None:
        loras, together = how.pop("loras", ()), how.get("batch", 1) > 1
        zit = replace(self.zit, loras=loras, options=replace(self.zit.options, one_pass=together))
        zit.components.embeddings.clear()  # every prompt is new
        with self.trace:
            drawn = draw(zit, {"seed": 0, "steps": 2, **how})
        self.rungs.append(drawn.rung)

    def leave(self) -> None:
        """Send all components home, as another model on the card makes them go."""
        with self.trace:
            self.host.evict_all()


def one(width: int, height: int, **how: Any) -> Callable[[Studio], None]:
    """A course of one picture, and the same once more."""

    def work(studio: Studio) -> None:
        for _ in range(2):
            studio.words(width, height, **how)
            studio.trace.moment("round")

    return work


def mixed(studio: Studio) -> None:
    """Sizes, modes, styles and batches in turns, ten draws a round; another model wants the card between the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        transformer = studio.zit.components.transformer
        styles = [
            LoraUse(write_adapter(Path(folder) / f"{rank}.safetensors", transformer, rank=rank, seed=rank), 0.8)
            for rank in (16, 32)
        ]
        for _ in range(studio.rounds):
            for width, height in ((1024, 1024), (768, 1024), (1344, 768), (512, 512), (1024, 576)):
                studio.words(width, height)
            studio.words(1536, 1024)
            studio.photo(1200, 900, loras=(styles[0],))
            studio.photo(900, 1200, masked=True, loras=tuple(styles))
            studio.words(1024, 1024, batch=4)
            studio.words(1024, 1024, loras=(styles[1],))
            studio.leave()
            studio.trace.moment("round")
        studio.words(1024, 1024)
        studio.trace.moment("round")


COURSES: dict[str, tuple[str, float, float | None, Callable[[Studio], None]]] = {
    # precision, GiB of the card, the most GiB that were promised, the work
    "bf16, 1024x1024": (BF16, 22.5, 21.0, one(1024, 1024)),
    "bf16, 1536x1536": (BF16, 22.5, None, one(1536, 1536)),
    "bf16, 2048x2048": (BF16, 22.5, None, one(2048, 2048)),
    "bf16, four in one pass": (BF16, 22.5, None, one(1024, 1024, batch=4)),
    "8-bit weights, 1024x1024": (FP8_WEIGHTS, 22.5, None, one(1024, 1024)),
    "8-bit weights, 1024x1024, small card": (FP8_WEIGHTS, 12.5, 12.5, one(1024, 1024)),
    "bf16, streamed, 1024x1024": (BF16, 8.0, 8.0, one(1024, 1024)),
    "bf16, mixed": (BF16, 22.5, None, mixed),
    "8-bit weights, mixed": (FP8_WEIGHTS, 22.5, None, mixed),
    "bf16, mixed, small card": (BF16, 12.5, None, mixed),
}


def replay(events: list[Event], setting: Setting, limit: int) -> dict[str, Any]:
    """What the allocator took for a recorded course."""
    allocator = CachingAllocator(setting, limit)
    blocks: dict[int, Any] = {}
    rounds: list[int] = []
    for number, event in enumerate(events):
        if event.moment == EMPTIED:
            allocator.empty_cache()
        elif event.moment:
            rounds.append(allocator.peak_reserved)
        elif event.size:
            try:
                blocks[event.piece] = allocator.take(event.size)
            except OutOfMemory as error:
                if not event.is_spare:
                    return {"out of memory": f"{error} at {number / len(events):.0%}"}
        elif event.piece in blocks:
            allocator.give_back(blocks.pop(event.piece))
    return {
        "peak allocated, GiB": f"{allocator.peak_allocated / GIB:.2f}",
        "peak reserved, GiB": f"{allocator.peak_reserved / GIB:.2f}",
        "with CUDA's own, GiB": f"{allocator.peak_reserved / GIB + CONTEXT_GIB:.2f}",
        "unused at the end, GiB": f"{(allocator.reserved - allocator.allocated) / GIB:.2f}",
        "grown after the first round, GiB": f"{(rounds[-1] - rounds[0]) / GIB:.2f}",
        "waited to give back": allocator.returns,
        "out of memory": "",
    }


def measure(names: Iterable[str], *, convolutions_copy: bool, rounds: int = 3) -> Iterator[dict[str, Any]]:
    """A row for each course and setting."""
    for name in names:
        gc.collect()  # the last course's modules and their residences hold each other, and 20 GB of addresses
        precision, card_gib, promised, work = COURSES[name]
        studio = Studio(precision, card_gib, convolutions_copy=convolutions_copy, rounds=rounds)
        work(studio)
        rungs = ", ".join(dict.fromkeys(studio.rungs))
        for told, setting in SETTINGS.items():
            found = replay(studio.trace.events, setting, studio.limit)
            begun = {"course": name, "card, GiB": card_gib, "rungs": rungs, "promised, GiB": promised or ""}
            yield dict.fromkeys(FIELDS, "") | begun | {"setting": told} | found


FIELDS = (
    "course",
    "card, GiB",
    "rungs",
    "promised, GiB",
    "setting",
    "peak allocated, GiB",
    "peak reserved, GiB",
    "with CUDA's own, GiB",
    "unused at the end, GiB",
    "grown after the first round, GiB",
    "waited to give back",
    "out of memory",
)


def main() -> None:
    """Record, replay and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(COURSES), default=list(COURSES), metavar="COURSE")
    parser.add_argument("--convolutions-copy", action="store_true", help="reckon with cuDNN's largest workspaces")
    parser.add_argument("--rounds", type=int, default=3, help="of each mixed course (3)")
    parser.add_argument("--csv", type=Path, help="write the table here instead of to the terminal")
    options = parser.parse_args()
    rows = measure(options.only, convolutions_copy=options.convolutions_copy, rounds=options.rounds)
    write_csv(options.csv or sys.stdout, rows)


if __name__ == "__main__":
    main()
