"""The parts of card.py, each run in a process of its own: python benchmarks/card_parts.py PART --folder DIR [--tiny].

Every figure is printed as a line of its own as soon as it is known, so that a part that ends too early has not measured
for nothing.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from adstudio.engine.memory import ladder  # noqa: E402
from benchmarks import full_size, gauges  # noqa: E402
from benchmarks.card_gauges import GIB, PROMPT, Card, Work, say  # noqa: E402
from benchmarks.card_races import fast, speed  # noqa: E402

L4_GIB, FP8_GIB, STREAMED_GIB = 22.5, 12.5, 8.0


def write(options: argparse.Namespace) -> None:
    """The checkpoint, and three styles of rank 16 for it."""
    began = time.perf_counter()
    full_size.write_checkpoint(options.folder, small=options.tiny)
    module = full_size.meta_modules(full_size.part_configs(small=options.tiny))["transformer"]
    for number in range(3):
        path = options.folder / "loras" / f"style{number}.safetensors"
        path.parent.mkdir(exist_ok=True)
        if not path.is_file():
            full_size.write_adapter(path, module, rank=16, seed=number)
    size = sum(file.stat().st_size for file in options.folder.rglob("*.safetensors"))
    say("written", size / 1e9, "GB", f"in {time.perf_counter() - began:.0f} s, to {options.folder.parent}")


def resident(options: argparse.Namespace) -> None:
    """Everything on a card of an L4's size: memory, the ways to draw in turns, styles, leaving and coming back."""
    card = _woken(options, L4_GIB)
    before = gauges.anonymous()
    with gauges.watched_peak() as peak:
        zit = card.load()
        seconds, samples = card.time(lambda: card.draw(zit, 1))
    say("first picture, with loading", seconds, "s", samples.rung)
    say("peak anonymous memory while loading", (peak[0] - before) / GIB, "GiB", "and drawing one; CUDA is up before")
    warm = [card.time(lambda seed=seed: card.draw(zit, seed))[0] for seed in range(2, 2 + card.rounds)]
    say("warm picture", statistics.median(warm), "s", "; ".join((samples.rung, *samples.notes)))
    kept = samples.rung == ladder.RESIDENT  # else the figure would be small because something was missing
    say("peak VRAM, bf16, all resident" if kept else "peak VRAM, bf16", card.peak_gib(), "GiB", samples.rung)
    if card.is_cuda:
        say("peak VRAM, allocated alone", torch.cuda.max_memory_allocated() / GIB, "GiB")
    say("CUDA's own memory", card.context / GIB, "GiB", "counted in every peak")
    _switch_kinds(card, zit)
    _switch_styles(card, zit)
    card.host.evict_all()
    gc.collect()
    say("on the card after eviction", card.held_gib(), "GiB")
    say("anonymous memory after eviction, beside before", (gauges.anonymous() - before) / GIB, "GiB")
    parts = zit.components
    seconds, _ = card.time(lambda: _place(card, (parts.transformer, parts.text_encoder, parts.vae)))
    say("reload from the page cache", seconds, "s")


def growing(options: argparse.Namespace) -> None:
    """The most memory again, where the allocator's segments grow: plain ones are taken in steps of 2 MiB, and kept."""
    card = _woken(options, L4_GIB)
    zit = card.load()
    samples = [card.draw(zit, seed) for seed in (1, 2)][-1]
    say("peak VRAM, bf16, growing segments", card.peak_gib(), "GiB", samples.rung)
    say("warm picture", card.time(lambda: card.draw(zit, 3))[0], "s", samples.rung)
    if card.is_cuda:
        say("peak VRAM, allocated alone", torch.cuda.max_memory_allocated() / GIB, "GiB")


def _woken(options: argparse.Namespace, gib: float) -> Card:
    """A card of another size with everything imported and its libraries started.

    The memory that this takes is no part of loading, and what CUDA takes of the card for itself is known only then.
    """
    from adstudio.demo import checkpoint_path
    from adstudio.engine.memory.components import load, registry

    card = Card(options, gib)
    small = checkpoint_path() if card.is_cuda else card.folder  # some processors take minutes for the embedded model
    card.draw(load(small, card.host), 1, min(256, card.base))
    card.host.evict_all()
    registry.forget()
    card.peak_gib(reset=True)
    card.cap(gib)
    return card


def _place(card: Card, modules: Sequence[Any]) -> None:
    for module in modules:
        with card.host.on_device(module):
            pass


def _switch_kinds(card: Card, zit: Any) -> None:
    from adstudio.engine.drawing.sampling import image_to_image

    side = card.base
    photo, mask = np.full((side, side, 3), 0.5, np.float32), np.zeros((side, side), np.float32)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = 1
    kinds: dict[str, Work] = {
        "image": lambda: image_to_image(zit, PROMPT, photo, strength=0.6, seed=1, host=card.host),
        "inpaint": lambda: image_to_image(zit, PROMPT, photo, mask=mask, strength=0.6, seed=1, host=card.host),
        "text": lambda: card.draw(zit, 9),
    }
    held = card.held_gib()
    with gauges.counted_copies() as moved:
        for name, work in kinds.items():
            seconds, _ = card.time(work)
            say(f"{name}, after another kind", seconds, "s")
    say("bytes moved by switches of text, image and inpaint", moved[0], "bytes")
    say("more on the card after them", card.held_gib() - held, "GiB")


def _switch_styles(card: Card, zit: Any) -> None:
    from adstudio.engine.lora.adapters import applied
    from adstudio.engine.lora.uses import LoraUse, with_loras

    one, two = (card.folder / "loras" / f"style{number}.safetensors" for number in (0, 1))
    plain = card.draw(zit, 5).images[0]
    for name, uses in {
        "style switch, first use": [LoraUse(one)],
        "style switch, to another one": [LoraUse(two)],
        "style switch, back": [LoraUse(one)],
        "style switch, another weight": [LoraUse(one, 0.5)],
        "style switch, two at once": [LoraUse(one, 0.5), LoraUse(two, 0.5)],
        "style switch, none": [],
    }.items():
        styled = with_loras(zit, uses)

        def work(styled: Any = styled) -> None:
            with applied(styled.components, styled.loras), card.host.on_device(styled.components.transformer):
                card.wait()

        say(name, 1000 * card.time(work)[0], "ms")
    styled = with_loras(zit, [LoraUse(one)])
    card.draw(styled, 5)
    times = [card.time(lambda seed=seed: card.draw(styled, seed))[0] for seed in range(card.rounds)]
    say("warm picture with a style", statistics.median(times), "s")
    again = card.draw(zit, 5).images[0]
    say("the base after styles, largest difference", float(np.abs(plain - again).max()), "of 1")


def fp8(options: argparse.Namespace) -> None:
    """fp8 weights: on an L4 with everything resident, then with 12.5 GiB."""
    from adstudio.engine.drawing.options import Options
    from adstudio.engine.drawing.precision import with_options

    card = _woken(options, L4_GIB)
    seconds, zit = card.time(lambda: with_options(card.load(), Options(precision="fp8 weights"), card.host))
    say("narrowing the matrices", seconds, "s")
    for gib, name in ((L4_GIB, "peak VRAM, fp8, all resident"), (FP8_GIB, "peak VRAM, fp8")):
        card.host.evict_all()
        card.cap(gib)
        card.peak_gib(reset=True)
        samples = card.draw(zit, 1)
        say(name, card.peak_gib(), "GiB", f"{samples.rung}, with {gib:g} GiB")
        say(f"warm picture, fp8, with {gib:g} GiB", card.time(lambda: card.draw(zit, 2))[0], "s", samples.rung)


def streamed(options: argparse.Namespace) -> None:
    """So little memory that the transformer comes block by block."""
    card = _woken(options, STREAMED_GIB)
    zit = card.load()
    seconds, samples = card.time(lambda: card.draw(zit, 1))
    say("first picture", seconds, "s", samples.rung)
    say("warm picture", card.time(lambda: card.draw(zit, 2))[0], "s", "; ".join((samples.rung, *samples.notes)))
    say("peak VRAM, streamed", card.peak_gib(), "GiB", samples.rung)


def curve(options: argparse.Namespace) -> None:
    """Seconds over size and over pictures in one pass, on a card of an L4's size."""
    from adstudio.engine.drawing.options import Options

    card = Card(options, L4_GIB)
    zit = replace(card.load(), options=Options(one_pass=True))
    card.draw(zit, 1, card.base // 2)
    shapes = [(card.base * part // 4, 1) for part in (2, 3, 4, 6, 8)]
    shapes += [(card.base, batch) for batch in (2, 4, 8)] + [(card.base // 2, batch) for batch in (2, 4, 8)]
    for side, batch in shapes:
        if batch == 1 or side == card.base // 2:
            card.draw(zit, 1, side, batch=batch)  # the first of a size also looks for its kernels
        card.peak_gib(reset=True)
        seconds, samples = card.time(lambda side=side, batch=batch: card.draw(zit, 2, side, batch=batch))
        note = "; ".join((samples.rung, *samples.notes, f"peak {card.peak_gib():.2f} GiB"))
        say(f"{side}x{side}, {batch} at once", seconds / batch, "s each", note)


def endurance(options: argparse.Namespace) -> None:
    """A hundred pictures of mixed styles, sizes and kinds: memory stays flat, and the first one comes again."""
    from benchmarks import speed as bench

    given = argparse.Namespace(
        checkpoint=str(options.folder),
        side=128 if options.tiny else 1024,
        steps=8,
        pictures=12 if options.tiny else 100,
        photo_px=None,
        cap_gib=L4_GIB if torch.cuda.is_available() else 0.0,
    )
    (row,) = bench.endurance(bench.Bench(given))
    drift = re.search(r"([-+][0-9.]+) %", row.note)
    say("pictures", given.pictures, "", row.what)
    say("all of them", row.seconds, "s", f"sides about {given.side // 2}")
    say("memory drift", abs(float(drift[1])) if drift else float("nan"), "%", row.note)
    say("picture 1 again, largest difference", row.difference, "of 1")
    say("memory at the end", row.memory_mib / 1024, "GiB", "on the card; without one the program's own")


def native(options: argparse.Namespace) -> None:
    """ComfyUI's own sampler on the same weights and ours beside it, in ComfyUI's Python."""
    from benchmarks import speed as bench

    side = 64 if options.tiny else 1024
    given = argparse.Namespace(
        checkpoint=str(options.folder), side=side, steps=8, rounds=1 if options.tiny else 5, cap_gib=0.0
    )
    rows = {row.what: row for row in bench.native(bench.Bench(given))}
    for name, row in rows.items():
        if row.seconds:
            say(f"{name}, warm", row.seconds, "s", row.note)
        else:
            say(f"{name}, not measured", 0, "", row.note)
    theirs, ours = rows.get("ComfyUI's nodes"), rows.get("ours, in ComfyUI")
    if theirs and ours and theirs.seconds:
        say("ours, x ComfyUI's nodes", ours.seconds / theirs.seconds, "x")
        say("mean difference", theirs.difference, "of 1")


def tests(_: argparse.Namespace) -> None:
    """The tests that need a card; each that fails is told at once, in case the time ends before the others have run."""
    run_tests([ROOT / "tests" / "gpu"])


def run_tests(paths: Sequence[Path]) -> None:
    """Run tests, and hand on what became of them."""
    # Not strict about the configuration: a machine with a card need not have every plugin of pytest that it names.
    kind = ["-o", "addopts=--import-mode=importlib --tb=short"]
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *kind, *map(str, paths)]
    counts: dict[str, int] = dict.fromkeys(("passed", "failed", "error", "skipped"), 0)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as child:
        for line in child.stdout or ():
            sys.stderr.write(line)
            if ended := re.match(r"(\S+::.+?) (PASSED|FAILED|ERROR|SKIPPED)\b", line):
                name, how = ended[1], ended[2].lower()
                counts[how] += 1
                if how in ("failed", "error"):
                    say(name[-160:], 1, "", how)
    for how, count in counts.items():
        say(f"tests {how}", count)
    # A file that cannot be imported, a signal that ended it, or no pytest at all.
    if child.returncode not in (0, 1) or (child.returncode and not any(counts.values())):
        say("tests not all run, pytest's exit", child.returncode, "", "see card.log")


def allocator(options: argparse.Namespace) -> None:
    """What each allocator leaves whole after mixed use; few rounds, because each loads all of it again."""
    if not torch.cuda.is_available():
        return
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "allocator.csv"
        command = [sys.executable, str(ROOT / "benchmarks" / "allocator.py"), "--checkpoint", str(options.folder)]
        command += ["--rounds", "3", "--cap-gib", str(L4_GIB), "--csv", str(table)]
        subprocess.run(command, check=True, stdout=sys.stderr, env=dict(os.environ))
        header, *lines = [line.split(",") for line in table.read_text("utf-8").splitlines()]
        print(header, *lines, sep="\n", file=sys.stderr)
        with table.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                for name in ("seconds per picture", "peak reserved, GiB", "reserved at the end, GiB"):
                    say(f"{row['allocator']}: {name}", float(row[name]))
                whole = "largest block still to be had, share of the free"
                say(f"{row['allocator']}: {whole}", float(row[whole]))


def composites(options: argparse.Namespace) -> None:
    """Products on a backdrop, on the card and by numpy."""
    from benchmarks.composite_devices import measure

    device = "cuda" if torch.cuda.is_available() else "cpu"
    for found in measure(device, (192,) if options.tiny else (1024, 2048)):
        say(f"{found.name}", found.device_s, "s", f"numpy {found.numpy_s:.2f} s, apart {found.apart:.3f} of 255")
        say(f"{found.name}: peak of its tensors", found.peak_mib, "MiB", f"asked for: {found.asked_mib:.0f}")


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    part.__name__: part
    for part in (
        write,
        resident,
        growing,
        speed,
        tests,
        fast,
        fp8,
        streamed,
        curve,
        endurance,
        composites,
        native,
        allocator,
    )
}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    PARTS[options.part](options)


if __name__ == "__main__":
    main()
