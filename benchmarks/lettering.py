"""Measure the detector of lettering: how much it finds, how often it cries wolf, how long it takes.

python benchmarks/lettering.py [--pictures 200] [--templates FOLDER] [--cache FOLDER] [--sheet FOLDER]

Drawn pictures use fonts and backgrounds that the scorer was not trained on, and other seeds than those that set its
threshold. ``--templates``: the site-packages that hold ComfyUI's workflow templates; their thumbnails, sorted by eye in
``lettering_pictures.yaml``, are the test on what picture models really draw. ``--sheet`` saves what it got wrong.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import yaml  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from adstudio.imaging.letters.detection import Lettering, find_lettering  # noqa: E402
from adstudio.types import Array  # noqa: E402
from benchmarks.surroundings import sentence  # noqa: E402
from tools.lettering_model.backgrounds import backgrounds, draw_background  # noqa: E402
from tools.lettering_model.signs import Sample, draw_plain, draw_sample  # noqa: E402

FIRST_SEED = 10_000  # far from the seeds of training and threshold
_SHARES = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2)
_CONTRASTS = (0.0, 0.15, 0.3, 0.5)


@dataclass(frozen=True)
class Judged:
    """A picture and what was found on it; ``kinds`` are the rows of the table that it counts in."""

    picture: Array
    found: Lettering
    is_lettered: bool
    kinds: tuple[str, ...]


def drawn(count: int, cache_dir: Path) -> Iterator[Judged]:
    """Held-out words on held-out backgrounds, and the backgrounds alone."""
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        for with_signs in (True, False):
            sample = draw_sample(seed, held_out=True, with_signs=with_signs, cache_dir=cache_dir)
            yield Judged(sample.picture, find_lettering(sample.picture), bool(sample.signs), _kinds(sample))


def plain(cache_dir: Path) -> Iterator[Judged]:
    """Every backdrop of the embedded model, in all places and colours; the false friends; bundled photos, whole."""
    import random

    for background in (*backgrounds(held_out=False), *backgrounds(held_out=True)):
        side = "held out" if background.is_held_out else "trained on"
        kind = {"demo": "embedded model", "texture": f"texture {background.name}"}.get(background.kind)
        if kind is not None:
            for seed in range(1 if background.kind == "demo" else 10):
                picture = draw_plain(background, FIRST_SEED + seed, cache_dir).picture
                yield Judged(picture, find_lettering(picture), False, (f"{kind}, {side}",))
        elif background.kind == "photo":
            whole = draw_background(background, random.Random(0), 768, 768, cache_dir)
            yield Judged(whole, find_lettering(whole), False, (f"bundled photos, {side}",))


def templates(folder: Path) -> Iterator[Judged]:
    """What picture models drew: thumbnails sorted by eye."""
    names = yaml.safe_load((Path(__file__).parent / "lettering_pictures.yaml").read_text(encoding="utf-8"))
    files = {path.stem: path for path in sorted(folder.glob("comfyui_workflow_templates_media_*/templates/*.webp"))}
    for kind, is_lettered in (("lettered", True), ("clean", False)):
        for name in names[kind]:
            if name in files:
                picture = np.asarray(Image.open(files[name]).convert("RGB"), np.float32) / np.float32(255)
                yield Judged(picture, find_lettering(picture), is_lettered, ("model-drawn thumbnails",))


def pace(rounds: int = 7) -> list[tuple[str, float, float]]:
    """Processor and wall milliseconds at 1024x1024, middle of the rounds."""
    import skimage.data

    rows = []
    for name in ("coffee", "grass", "hubble_deep_field"):
        pixels = Image.fromarray(np.asarray(getattr(skimage.data, name)())).convert("RGB").resize((1024, 1024))
        picture = np.asarray(pixels, np.float32) / np.float32(255)
        find_lettering(picture)
        spent, took = [], []
        for _ in range(rounds):
            wall, work = time.perf_counter(), time.process_time()
            find_lettering(picture)
            took.append(1000 * (time.perf_counter() - wall))
            spent.append(1000 * (time.process_time() - work))
        rows.append((name, statistics.median(spent), statistics.median(took)))
    return rows


def table(judged: list[Judged]) -> Iterator[str]:
    """One line per kind of picture: recall where it shows lettering, false alarms where it does not."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        for kind in each.kinds:
            groups[kind].append(each)
    yield f"{'kind':<38}{'lettered':>9}{'recall':>8}{'clean':>7}{'alarms':>8}{'precision':>11}{'AUC':>7}"
    own = [kind for kind in groups if not kind.startswith(" ")]
    for kind in (own[0], *sorted(kind for kind in groups if kind.startswith(" ")), *own[1:]):
        members = groups[kind]
        scores = [
            np.array([each.found.score for each in members if each.is_lettered == side]) for side in (True, False)
        ]
        limit = members[0].found.threshold
        hits, alarms = int((scores[0] >= limit).sum()), int((scores[1] >= limit).sum())
        recall = f"{hits / len(scores[0]):8.1%}" if len(scores[0]) else " " * 8
        alarm = f"{alarms / len(scores[1]):8.1%}" if len(scores[1]) else " " * 8
        both = len(scores[0]) and len(scores[1])
        precision = f"{hits / max(hits + alarms, 1):11.1%}" if both else " " * 11
        yield f"{kind:<38}{len(scores[0]):>9}{recall}{len(scores[1]):>7}{alarm}{precision}" + (
            f"{_auc(*scores):7.3f}" if both else ""
        )


def save_sheets(judged: list[Judged], folder: Path) -> None:
    """Save the worst misses and false alarms, with what was found drawn in."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, side in (("missed", True), ("alarms", False)):
        members = [each for each in judged if each.is_lettered == side]
        members.sort(key=lambda each: each.found.score if side else -each.found.score)
        sheet = Image.new("RGB", (8 * 300, 5 * 300))
        for index, each in enumerate(members[:40]):
            image = Image.fromarray((each.picture * 255 + 0.5).astype(np.uint8))
            image.thumbnail((296, 296))
            pen = ImageDraw.Draw(image)
            for box in each.found.boxes:
                pen.rectangle(box.pixels(image.width - 1, image.height - 1), outline=(255, 0, 0))
            pen.text((4, 4), f"{each.found.score:.2f}", fill=(255, 0, 255), stroke_width=1, stroke_fill="white")
            sheet.paste(image, (index % 8 * 300, index // 8 * 300))
        sheet.save(folder / f"{name}.png")


def _kinds(sample: Sample) -> tuple[str, ...]:
    if not sample.signs:
        return ("drawn, all held out",)
    largest = max(sample.signs, key=lambda sign: sign.share)
    share = max(limit for limit in _SHARES if largest.share >= limit * 0.999)
    contrast = max(limit for limit in _CONTRASTS if max(abs(sign.contrast) for sign in sample.signs) >= limit)
    fonts = {sign.font for sign in sample.signs}
    kinds = ("drawn, all held out", f"  letters from {share:3.0%} of the height", f"  contrast from {contrast:g}")
    return (*kinds, f"  {next(iter(fonts))}") if len(fonts) == 1 else kinds


def _auc(positive: np.ndarray, negative: np.ndarray) -> float:
    return float(np.mean((positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=200, help="drawn with lettering; as many without")
    parser.add_argument("--templates", type=Path, help="site-packages with ComfyUI's workflow templates")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "lettering_model")
    parser.add_argument("--sheet", type=Path, help="folder for pictures of misses and false alarms")
    options = parser.parse_args()
    print(sentence())
    judged = [*drawn(options.pictures, options.cache), *plain(options.cache)]
    if options.templates:
        judged += templates(options.templates)
    print(f"threshold {judged[0].found.threshold}")
    print("\n".join(table(judged)))
    for name, spent, took in pace():
        print(f"1024x1024 {name}: {spent:.0f} ms of one core, {took:.0f} ms by the clock")
    if options.sheet:
        save_sheets(judged, options.sheet)


if __name__ == "__main__":
    main()
