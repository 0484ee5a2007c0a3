"""Measure drawing with each option beside plain diffusers and ComfyUI's own nodes; print a table and write a CSV.

python benchmarks/speed.py [roads|sizes|vae|curve|endurance …] [--checkpoint demo] [--side 512] [--csv speed.csv]

``roads``: every way to the same picture, in turns within one process, so that whatever else the machine does falls on
all alike; ComfyUI's nodes in ComfyUI's own Python, where ours are timed beside them. ``sizes``: what the transformer of
Z-Image Turbo's size takes on a device, counted. ``vae``: decoding whole, in tiles and with the channels last.
``curve``: seconds over size and batch. ``endurance``: a hundred pictures of mixed styles, sizes and modes; memory must
stay flat, and the first picture must come again. On CUDA ``--cap-gib`` plays a smaller card. The checkpoint may be the
full-size folder with random weights that benchmarks/memory.py writes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from adstudio.engine.drawing import latents, precision, preview  # noqa: E402
from adstudio.engine.drawing.options import ATTENTIONS, AUTO_ATTENTION, Options  # noqa: E402
from adstudio.engine.drawing.precision import with_options  # noqa: E402
from adstudio.engine.drawing.sampling import Samples, image_to_image, text_to_image  # noqa: E402
from adstudio.engine.forms.assembly import build_vae  # noqa: E402
from adstudio.engine.lora.uses import LoraUse, with_loras  # noqa: E402
from adstudio.engine.memory.components import Zit, load  # noqa: E402
from adstudio.engine.memory.residence import residence_of  # noqa: E402
from adstudio.engine.memory.torch_host import TorchHost  # noqa: E402
from adstudio.errors import InputError  # noqa: E402
from adstudio.run.report import peak_vram_bytes  # noqa: E402
from benchmarks import full_size  # noqa: E402
from benchmarks.sampling import PROMPT, Draw, pipeline  # noqa: E402
from benchmarks.surroundings import comfyui_version, sentence, versions, write_csv  # noqa: E402

PARTS = ("roads", "sizes", "vae", "curve", "endurance")
TOGETHER = 4  # pictures of one pass
_OURS = {
    "ours": Options(),
    "ours, compiled": Options(compiled=True),
    "ours, channels last": Options(channels_last=True),
    "ours, fp8 weights": Options(precision="fp8 weights"),
    "ours, fp8 products": Options(precision="fp8 products"),
    **{f"ours, {name} attention": Options(attention=name) for name in ATTENTIONS if name != AUTO_ATTENTION},
}


@dataclass(frozen=True)
class Row:
    """One line of the table. ``cpu`` is processor time, which other programs on the machine do not stretch."""

    part: str
    what: str
    side: int
    batch: int
    seconds: float
    cpu: float
    ratio: float = 0.0  # of plain diffusers' seconds per picture, by processor time on a CPU
    difference: float = 0.0  # mean, 0..1, to plain diffusers' picture
    memory_mib: float = 0.0
    note: str = ""
    versions: str = ""  # of another Python's packages, where that drew


class Bench:
    """The checkpoint under test, and how it is drawn with."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.on_cuda = torch.cuda.is_available()
        if self.on_cuda and options.cap_gib:
            share = options.cap_gib * 2**30 / torch.cuda.mem_get_info()[1]
            torch.cuda.set_per_process_memory_fraction(min(1.0, share))
        self.host = TorchHost()  # which keeps to that share
        self.zit = load(options.checkpoint, self.host)

    def draw(self, zit: Zit, seed: int, side: int, **more: Any) -> Samples:
        """Draw with a new prompt embedding each time, as the pipeline does."""
        zit.components.embeddings.clear()
        own = {"steps": self.options.steps, "host": self.host, **more}
        return text_to_image(zit, PROMPT, width=side, height=side, seed=seed, **own)

    def memory_mib(self) -> float:
        """What is held now: on CUDA what torch has allocated, else the program's memory that is not a mapped file."""
        if self.on_cuda:
            return torch.cuda.memory_allocated() / 2**20
        status = Path("/proc/self/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) / 1024

    def time(self, work: Callable[[], Any]) -> tuple[float, float, Any]:
        """Seconds, processor seconds and result of a call."""
        if self.on_cuda:
            torch.cuda.synchronize()
        began, spent = time.perf_counter(), time.process_time()
        result = work()
        if self.on_cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - began, time.process_time() - spent, result


def roads(bench: Bench) -> Iterator[Row]:
    """Every way to the same picture."""
    side, steps = bench.options.side, bench.options.steps
    first = bench.options.first_steps or steps
    draws: dict[str, tuple[int, Draw]] = {"diffusers": (1, pipeline(bench.options.checkpoint, side, steps))}
    for name, options in _OURS.items():
        if bench.options.roads is None or name == "ours" or name in bench.options.roads:
            zit = with_options(bench.zit, options, bench.host)
            draws[name] = (1, lambda seed, steps, zit=zit: bench.draw(zit, seed, side, steps=steps).images[0])
    together = replace(bench.zit, options=Options(one_pass=True))
    if bench.options.roads is None or "batch" in bench.options.roads:
        for name, zit in {"one by one": bench.zit, "in one pass": together}.items():
            many = {"zit": zit, "side": side, "batch": TOGETHER}
            draw = lambda seed, steps, many=many: bench.draw(seed=seed, steps=steps, **many).images[0]  # noqa: E731
            draws[f"ours, {TOGETHER} {name}"] = (TOGETHER, draw)
    firsts, warm, seconds, spent = {}, {}, {name: [] for name in draws}, {name: [] for name in draws}
    for name, (_, draw) in list(draws.items()):
        try:
            warm[name], _, firsts[name] = bench.time(lambda draw=draw: draw(1, first))
        except InputError as error:  # a kernel that this device lacks
            yield Row("roads", name, side, draws.pop(name)[0], 0, 0, note=str(error))
    peaks = dict.fromkeys(draws, 0)
    for seed in range(2, bench.options.rounds + 2):
        for name, (_, draw) in draws.items():
            peak_vram_bytes(reset=True)
            took, used, _ = bench.time(lambda draw=draw, seed=seed: draw(seed, steps))
            seconds[name].append(took)
            spent[name].append(used)
            peaks[name] = max(peaks[name], peak_vram_bytes())
    costs = {name: statistics.median((seconds if bench.on_cuda else spent)[name]) / draws[name][0] for name in draws}
    for name, (batch, _) in draws.items():
        yield Row(
            "roads",
            name,
            side,
            batch,
            statistics.median(seconds[name]),
            statistics.median(spent[name]),
            costs[name] / costs["diffusers"],
            float(np.abs(firsts[name] - firsts["diffusers"]).mean()),
            peaks[name] / 2**20,
            f"first picture {warm[name]:.1f} s",
        )
    yield previews(bench, costs["ours"])
    if bench.options.roads is None or "comfyui" in bench.options.roads:
        yield from native(bench)


def previews(bench: Bench, picture: float) -> Row:
    """What the previews of one picture cost, as a share of it."""
    zit, steps = bench.zit, bench.options.steps
    with bench.host.on_device(zit.components.transformer) as device, torch.inference_mode():
        cells = latents.from_raw(zit.components.vae, bench.draw(zit, 1, bench.options.side, steps=1).latents).to(device)
        drawer = preview.Previews(zit.components.preview_factors, device)
        took, spent, _ = bench.time(lambda: [drawer.draw(cells) for _ in range(100 * steps)])
    share = (took if bench.on_cuda else spent) / 100 / picture
    return Row(
        "roads", "the previews alone", bench.options.side, 1, took / 100, spent / 100, note=f"{share:.2%} of ours"
    )


def native(bench: Bench) -> Iterator[Row]:
    """ComfyUI's own sampler on the same weights, and ours beside it, in ComfyUI's Python."""
    from tools import comfyui

    root = comfyui.find()
    python = comfyui.python(root) if root else None
    if root is None or python is None:
        yield Row("roads", "ComfyUI's nodes", bench.options.side, 1, 0, 0, note="no ComfyUI at COMFYUI_PATH")
        return
    options = {key: getattr(bench.options, key) for key in ("checkpoint", "side", "steps", "first_steps", "rounds")}
    script = (ROOT / "benchmarks" / "native_road.py").read_text("utf-8")
    facts = {"root": str(root), "pack": str(ROOT), "cuda": bench.on_cuda, "prompt": PROMPT, **options}
    said = subprocess.run(
        [python, "-c", script, json.dumps(facts)], capture_output=True, text=True, cwd=root, check=False
    )
    if said.returncode:
        why = said.stderr.strip().rpartition("\n")[2] or f"ended with {said.returncode}"  # a signal says nothing
        yield Row("roads", "ComfyUI's nodes", bench.options.side, 1, 0, 0, note=why)
        return
    for row in json.loads(said.stdout.rsplit("ANSWER", 1)[1]):
        row["versions"] += f" ComfyUI {comfyui_version(root)}"
        yield Row("roads", side=bench.options.side, batch=1, **row)


def sizes(_: Bench) -> Iterator[Row]:
    """What the transformer of Z-Image Turbo's size takes on a device, counted from its structure."""
    module: Any = full_size.meta_modules()["transformer"].to(torch.bfloat16)
    wide = residence_of(module).size_bytes()
    matrices = [layer.weight for _, layer in precision.large_layers(module)]
    rows = sum(len(weight) for weight in matrices)
    narrow = wide - sum(weight.nbytes for weight in matrices) // 2 + rows * module.dtype.itemsize
    for name, held in {"transformer, bf16": wide, "transformer, fp8 weights": narrow}.items():
        yield Row("sizes", name, 0, 0, 0, 0, memory_mib=held / 2**20, note=f"{held:,} bytes")


def vae(bench: Bench) -> Iterator[Row]:
    """Decoding alone: in one piece, in tiles, and with the channels last in memory."""
    side, module = bench.options.side, bench.zit.components.vae
    cells = latents.from_raw(module, bench.draw(bench.zit, 1, side).latents)
    last: Any = build_vae(bench.zit.checkpoint.sources.vae)
    last.to(memory_format=torch.channels_last)
    ways = {"VAE, whole": (module, 0), "VAE, channels last": (last, 0)}
    ways |= {f"VAE, tiles of {side // part} px": (module, side // part) for part in (2, 4)}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    pictures: dict[str, Any] = {}
    for _ in range(bench.options.rounds + 1):
        for name, (used, tile_px) in ways.items():
            with bench.host.on_device(used) as device, torch.inference_mode():
                work = lambda used=used, tile=tile_px: latents.decode_latents(used, cells, device, tile)  # noqa: E731
                took, spent, picture = bench.time(work)
            costs[name].append((took, spent))
            pictures[name] = latents.from_picture(picture)
    for name in ways:
        took, spent = (statistics.median(values) for values in zip(*costs[name][1:], strict=True))
        difference = float(np.abs(pictures[name] - pictures["VAE, whole"]).mean())
        most = float(np.abs(pictures[name] - pictures["VAE, whole"]).max())
        yield Row("vae", name, side, 1, took, spent, difference=difference, note=f"largest difference {most:.4f}")


def curve(bench: Bench) -> Iterator[Row]:
    """Seconds over size and over batch."""
    base = bench.zit.checkpoint.base_px
    grid = bench.zit.checkpoint.grid_px
    shapes = [(int(base * share) // grid * grid, 1) for share in (0.5, 0.75, 1.0, 1.5, 2.0)]
    shapes += [(base // 2, batch) for batch in (2, 4, 8)]
    for side, batch in shapes:
        peak_vram_bytes(reset=True)
        took, used, samples = bench.time(lambda side=side, batch=batch: bench.draw(bench.zit, 1, side, batch=batch))
        note = "; ".join((samples.rung, *samples.notes))
        yield Row("curve", "ours", side, batch, took, used, memory_mib=peak_vram_bytes() / 2**20, note=note)


def endurance(bench: Bench) -> Iterator[Row]:
    """A hundred pictures in a row, and the first once more."""
    checkpoint = bench.zit.checkpoint
    plain = replace(bench.zit, checkpoint=replace(checkpoint, base_px=bench.options.photo_px or checkpoint.base_px))
    with tempfile.TemporaryDirectory() as folder:
        own = sorted(checkpoint.adapters.glob("*.safetensors")) if checkpoint.adapters else []
        styles = [plain, *(with_loras(plain, [LoraUse(path)]) for path in own or _adapters(bench, Path(folder)))]
        yield _in_a_row(bench, styles)


def _adapters(bench: Bench, folder: Path) -> list[Path]:
    """Two random adapters of unlike ranks, for a checkpoint that has none of its own."""
    module = bench.zit.components.transformer
    return [full_size.write_adapter(folder / f"{rank}.safetensors", module, rank=rank, seed=rank) for rank in (4, 16)]


def _in_a_row(bench: Bench, styles: list[Zit]) -> Row:
    """Each style in every mode, from words in every size; the largest first, so that what grows later has leaked."""
    count, side, grid = bench.options.pictures, bench.options.side // 2, bench.zit.checkpoint.grid_px
    first = bench.draw(bench.zit, 1, side).images[0]
    mask = np.zeros(first.shape[:2], np.float32)
    mask[: len(mask) // 2] = 1
    more: dict[str, Any] = {"strength": 0.6, "steps": bench.options.steps, "host": bench.host}
    held, began = [], time.perf_counter()
    for number in range(count):
        zit, mode = styles[(number + number // 3) % len(styles)], number % 3
        if mode == 0:
            bench.draw(zit, number, side + grid * (2 - number // 9 % 3) * 2)
        else:
            image_to_image(zit, PROMPT, first, mask=mask if mode == 2 else None, seed=number, **more)
        held.append(bench.memory_mib())
    again = bench.draw(bench.zit, 1, side).images[0]
    tenth = max(1, count // 10)
    early, late = statistics.median(held[tenth : 2 * tenth]), statistics.median(held[-tenth:])
    same = "the first picture again, bit for bit" if np.array_equal(first, again) else "ANOTHER FIRST PICTURE"
    return Row(
        "endurance",
        f"{count} pictures, {len(styles)} styles, 3 sizes, 3 modes",
        side,
        1,
        time.perf_counter() - began,
        0,
        difference=float(np.abs(first - again).mean()),
        memory_mib=late,
        note=f"memory {100 * (late / early - 1):+.2f} % from the second tenth to the last; {same}",
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--checkpoint", default="demo")
    parser.add_argument("--side", type=int, default=512, help="picture side in pixels")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument(
        "--first-steps", type=int, help="of the picture that warms each road up, where one takes too long"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=100, help="of the endurance run")
    parser.add_argument(
        "--photo-px", type=int, help="work on its photos at about this side, where the checkpoint's own takes too long"
    )
    parser.add_argument("--cap-gib", type=float, default=0.0, help="play a CUDA card with so much memory")
    parser.add_argument("--csv", type=Path, help="write the rows here, each with device, versions and commit")
    choices = [*_OURS, "batch", "comfyui"]
    parser.add_argument("--roads", nargs="*", choices=choices, help="only these, beside plain diffusers and ours")
    options = parser.parse_args()
    bench, rows = Bench(options), []
    print("| part | what | side | batch | seconds | CPU seconds | x diffusers | difference | MiB | note |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for part in options.parts or PARTS:
        for row in globals()[part](bench):
            rows.append(row)
            print(
                f"| {row.part} | {row.what} | {row.side} | {row.batch} | {row.seconds:.2f} | {row.cpu:.2f} "
                f"| {row.ratio:.2f} | {row.difference:.5f} | {row.memory_mib:.0f} | {row.note} |",
                flush=True,
            )
    print(f"\n{sentence()}")
    if options.csv:
        write_csv(options.csv, ({**asdict(row), "versions": row.versions or versions()} for row in rows))


if __name__ == "__main__":
    main()
