"""Measure cut-outs: mattes against rendered truth, time and memory without weights, and a rembg session.

python benchmarks/cutout.py [--only mattes|photos|session] [--sheet FOLDER]

Seconds are processor seconds of one thread (OMP_NUM_THREADS=1). The networks hold random weights, written on the spot.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image  # noqa: E402
from scipy.ndimage import affine_transform, gaussian_filter  # noqa: E402

from adstudio.errors import AdStudioError  # noqa: E402
from adstudio.imaging.cutout.matting import cut_out, restore_frame  # noqa: E402
from adstudio.imaging.linear import to_linear, to_srgb  # noqa: E402
from adstudio.imaging.resample import resize  # noqa: E402
from adstudio.types import Array  # noqa: E402
from benchmarks.cutout_session import is_possible, measure  # noqa: E402
from benchmarks.gauges import anonymous, watched_peak  # noqa: E402
from benchmarks.still_life import PRODUCTS, render, render_room  # noqa: E402

SIDE = 1024
GROUNDS = ("white", "colour", "gradient", "texture", "soft shadow", "hard shadow", "room")
# What no colour tells apart, or hardly: the product, its ground, and how much of the ground shows through it.
HARD = (("white mug", "white", 0.0), ("white mug", "soft shadow", 0.0), ("white mug", "gradient", 0.0),
        ("jar", "white", 0.6), ("jar", "room", 0.6), ("mug", "gradient", 0.0))  # fmt: skip


# White on white, by how evenly it is lit: with more fill light less of the outline shows.
WHITE = (("white mug", 0.0), ("white mug", 0.6), ("white mug", 0.7), ("white mug", 0.8), ("white bottle", 0.5),
         ("white jar", 0.5), ("white shoe", 0.5), ("white box", 0.5))  # fmt: skip
# Before a mid-grey wall, and before white with a shadow as grey as the product.
GREY = ("grey mug", "grey box", "grey shoe", "pale mug", "pale box", "pale shoe", "white mug")
GREY_GROUNDS = ("soft shadow", "hard shadow", "grey, soft shadow", "grey, hard shadow")


def main() -> None:
    """Print every table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", choices=("", "mattes", "photos", "session"))
    parser.add_argument("--sheet", type=Path, help="save what was cut out here, to look at it")
    options = parser.parse_args()
    if options.only in ("", "mattes"):
        _say(f"### Geodesic matte against truth at {SIDE}x{SIDE}: wrong area in per cent of the product's")
        mattes(options.sheet)
        _say("### Hard cases")
        hard_cases(options.sheet)
        _say("### White on white, JPEG of quality 90: wrong area in per cent")
        white_on_white(options.sheet)
        _say("### In the ground's own tone, JPEG of quality 90: wrong area in per cent at 1024, 512 px")
        own_tone(options.sheet)
    if options.only in ("", "photos"):
        _say("### Time and memory of the weight-free method")
        photos(options.sheet)
    if options.only in ("", "session"):
        _say("### A rembg session: opened, run, released, six times in one process")
        sessions()


def white_on_white(sheet: Path | None = None) -> None:
    """Print what is wrong of white products on white, saved as a JPEG of quality 90."""
    grounds = ("white", "soft shadow", "hard shadow")
    _row("product", "fill light", *grounds)
    _row(*["---"] * 5)
    for name, fill in WHITE:
        _row(name, f"{fill:.1f}", *(_wrong_of_jpeg(name, ground, SIDE, sheet, fill=fill) for ground in grounds))


def own_tone(sheet: Path | None = None) -> None:
    """Print what is wrong of grey products before grey, and before white with shadows."""
    _row("product", *GREY_GROUNDS)
    _row(*["---"] * (len(GREY_GROUNDS) + 1))
    for name in GREY:
        _row(
            name,
            *(", ".join(_wrong_of_jpeg(name, ground, side, sheet) for side in (SIDE, 512)) for ground in GREY_GROUNDS),
        )


def _wrong_of_jpeg(name: str, ground: str, side: int, sheet: Path | None, *, fill: float = 0.0) -> str:
    photo, truth = scene(name, ground, side, fill=fill)
    photo = as_jpeg(photo)
    try:
        cut = cut_out(photo, method="geodesic")
    except AdStudioError:
        return "refused"
    found = restore_frame(cut)[..., 3]
    _keep(sheet, f"{name}-{fill:.1f}-{ground}-{side}".replace(" ", "-"), photo, found)
    return f"{float(np.abs(found - truth).sum() / truth.sum() * 100):.1f}"


def as_jpeg(photo: Array) -> Array:
    """What a JPEG of quality 90 leaves of a photo."""
    file = io.BytesIO()
    Image.fromarray((photo * 255 + 0.5).astype(np.uint8)).save(file, "JPEG", quality=90)
    return np.asarray(Image.open(file), np.float32) / np.float32(255)


def hard_cases(sheet: Path | None = None) -> None:
    """Print what is wrong where the photo itself hardly shows the product, and whether the notes say so."""
    _row("product", "ground", "wrong area, %", "said")
    _row(*["---"] * 4)
    for name, ground, clear in HARD:
        photo, truth = scene(name, ground, clear=clear)
        kind = f"{name} of glass" if clear else name
        try:
            cut = cut_out(photo, method="geodesic")
        except AdStudioError as error:
            _row(kind, ground, "–", error.message)
            continue
        found = restore_frame(cut)[..., 3]
        # Glass is opaque in the truth: a cut-out that keeps it whole keeps what shows through it too.
        wrong = float(np.abs(found - (truth > 0)).sum() / (truth > 0).sum() * 100)
        _row(kind, ground, f"{wrong:.1f}", " ".join(note for note in cut.notes[1:] if "rim" not in note) or "–")
        _keep(sheet, f"hard-{kind}-{ground}".replace(" ", "-"), photo, found)


def scene(name: str, ground: str, side: int = SIDE, *, clear: float = 0.0, fill: float = 0.0) -> tuple[Array, Array]:
    """Stand a rendered product on a ground.

    Args:
        clear: how much of the ground shows through it, as through glass.
        fill: how much of the light comes from all around.
    Returns: the photo and the product's true alpha.
    """
    cut = render(name, round(side * 0.58), fill=fill)
    alpha = np.zeros((side, side), np.float32)
    colour = np.zeros((side, side, 3), np.float32)
    high, wide = cut.rgba.shape[:2]
    scale = min(1.0, 0.8 * side / wide)
    if scale < 1:
        high, wide = round(high * scale), round(wide * scale)
        piece = resize(np.concatenate([cut.rgba[..., :3] * cut.rgba[..., 3:], cut.rgba[..., 3:]], -1), wide, high)
        piece[..., :3] /= np.maximum(piece[..., 3:], 1e-4)
    else:
        piece = cut.rgba
    top, left = round(side * 0.84) - high, (side - wide) // 2
    alpha[top : top + high, left : left + wide] = piece[..., 3]
    colour[top : top + high, left : left + wide] = np.clip(piece[..., :3], 0, 1)
    back = to_linear(_ground(ground, side)) * _shade(alpha, ground)[..., None]
    alpha = alpha * np.float32(1 - clear)
    mixed = to_linear(colour) * alpha[..., None] + back * (1 - alpha[..., None])
    noise = np.random.default_rng(1).normal(0, 0.008, (side, side, 3))
    return np.clip(to_srgb(mixed.astype(np.float32)) + noise, 0, 1).astype(np.float32), alpha


def _ground(name: str, side: int) -> Array:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / side
    if name == "colour":
        return np.broadcast_to(np.array([0.62, 0.72, 0.80], np.float32), (side, side, 3)).copy()
    if name == "gradient":
        return (np.array([0.86, 0.84, 0.80]) * (1.05 - 0.45 * y - 0.15 * x)[..., None]).astype(np.float32)
    if name == "texture":
        grain = gaussian_filter(rng.standard_normal((side, side)), (1.5, 14)) * 3 + np.sin(60 * y + 2 * np.sin(5 * x))
        return np.clip(np.array([0.62, 0.45, 0.30]) * (1 + 0.10 * grain)[..., None], 0, 1).astype(np.float32)
    if name == "room":
        return render_room(-40.0, size=side).picture
    return np.full((side, side, 3), 0.62 if name.startswith("grey") else 0.93, np.float32)


def _shade(alpha: Array, ground: str) -> Array:
    """What a lamp from the left leaves of the light behind a product."""
    if ground in ("white", "colour"):
        return np.ones_like(alpha)
    kind = ground.rpartition(", ")[2]
    foot = int(np.flatnonzero(alpha.max(1) > 0.5)[-1])
    # Output row y shows the product's row foot - (foot - y) / 0.3, moved right as it rises.
    offset: Any = [foot - foot / 0.3, -1.6 * foot]
    flat = affine_transform(alpha, [[1 / 0.3, 0], [1.6, 1]], offset=offset, order=1)
    cast = gaussian_filter(np.clip(flat, 0, 1), 2.0 if kind == "hard shadow" else 22.0)
    strength = {"hard shadow": 0.55, "soft shadow": 0.45}.get(kind, 0.3)
    contact = gaussian_filter(alpha * (np.arange(len(alpha)) > foot - 12)[:, None], 8)
    return np.clip((1 - strength * cast) * (1 - 0.4 * np.clip(contact, 0, 1)), 0.1, 1).astype(np.float32)


def mattes(sheet: Path | None = None) -> None:
    """Print what share of each product is wrong, on each ground."""
    _row("product", *GROUNDS)
    _row(*["---"] * (len(GROUNDS) + 1))
    errors: list[float] = []
    spent: list[float] = []
    for name in PRODUCTS:
        cells = []
        for ground in GROUNDS:
            photo, truth = scene(name, ground)
            found, seconds = _timed(lambda p=photo: _found(p))
            spent.append(seconds)
            errors.append(float(np.abs(found - truth).sum() / truth.sum() * 100))
            cells.append(f"{errors[-1]:.1f}")
            _keep(sheet, f"{name}-{ground.replace(' ', '-')}", photo, found)
        _row(name, *cells)
    _say(
        f"mean {statistics.mean(errors):.1f}, median {statistics.median(errors):.1f}, {statistics.median(spent):.2f} s"
    )


def photos(sheet: Path | None = None) -> None:
    """Print seconds for real photos at 1024 and for a large one, with its memory."""
    _row("photo", "size", "processor s, least of 5", "s by the clock, least of 5", "peak above the photo, MB")
    _row(*["---"] * 5)
    for name in ("coffee", "chelsea", "rocket", "astronaut", "flower"):
        own = _photo(name)
        scale = 1024 / max(own.shape[:2])
        photo = resize(own, round(own.shape[1] * scale), round(own.shape[0] * scale))
        _measure(name, photo, 5)
        _keep(sheet, name, photo, _found(photo))
    _measure("mug on wood", scene("mug", "texture")[0], 5)
    large = np.repeat(np.repeat(scene("jar", "gradient", 1000)[0], 4, 0), 4, 1)
    _measure("jar", large, 1)


def sessions() -> None:
    """Print what a session costs, on the CPU and, where there is one, on a GPU."""
    if not is_possible():
        _say("rembg, onnxruntime or onnx is not installed.")
        return
    _row("network of the size of", "file, MB", "on", "s: first, then", "processor s: first, then",
         "memory, MB: before, peak, after 1, after 6", "on the card, MB: before, after 1, after 6")  # fmt: skip
    _row(*["---"] * 7)
    for name in ("u2netp", "u2net"):
        for device in ("cpu", "gpu"):
            found = measure(name, device)
            where = found["notes"][-1].partition(": ")[2].rstrip(".")
            if device == "gpu" and where.startswith("CPU"):
                continue
            first, *later = found["seconds"]
            worked, *again = found["worked"]
            levels, cards = found["levels_mb"], found["card_mb"]
            _row(
                name, f"{found['file_mb']:.1f}", where, f"{first:.2f}, {statistics.median(later):.2f}",
                f"{worked:.2f}, {statistics.median(again):.2f}",
                f"{levels[0]:.0f}, {found['peak_mb']:.0f}, {levels[1]:.1f}, {levels[-1]:.1f}",
                "–" if cards is None else f"{cards[0]:.0f}, {cards[1]:.0f}, {cards[-1]:.0f}",
            )  # fmt: skip


def _measure(name: str, photo: Array, times: int) -> None:
    before = anonymous()
    with watched_peak() as peak:  # apart from the timing: watching takes time of its own
        _found(photo)
    worked: list[float] = []
    clocked: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        worked.append(_timed(lambda: _found(photo))[1])
        clocked.append(time.perf_counter() - start)
    size = f"{photo.shape[1]}x{photo.shape[0]}"
    _row(name, size, f"{min(worked):.2f}", f"{min(clocked):.2f}", f"{(peak[0] - before) / 2**20:.0f}")


def _photo(name: str) -> Array:
    if name == "flower":
        from sklearn.datasets import load_sample_image

        return load_sample_image("flower.jpg").astype(np.float32) / np.float32(255)
    return getattr(skimage.data, name)().astype(np.float32) / np.float32(255)


def _found(photo: Array) -> Array:
    try:
        return restore_frame(cut_out(photo, method="geodesic"))[..., 3]
    except AdStudioError:
        return np.zeros(photo.shape[:2], np.float32)


def _keep(sheet: Path | None, name: str, photo: Array, alpha: Array) -> None:
    if sheet is None:
        return
    sheet.mkdir(parents=True, exist_ok=True)
    red = np.array([0.9, 0.1, 0.5], np.float32)
    both = np.concatenate([photo, photo * alpha[..., None] + red * (1 - alpha[..., None])], axis=1)
    picture = Image.fromarray((both * 255 + 0.5).astype(np.uint8))
    picture.thumbnail((900, 900))
    picture.save(sheet / f"{name}.jpg", quality=88)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def _row(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")
    sys.stdout.flush()


def _say(title: str) -> None:
    sys.stdout.write(f"\n{title}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
