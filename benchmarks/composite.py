"""Measure cut-out edges, composites, shadows and tone against rendered truth, beside other ways of doing it.

python benchmarks/composite.py [--fast] [--comfyui FOLDER --comfyui-python PYTHON]
python benchmarks/composite.py --device cuda

Every way runs in this one run: naive paste, ComfyUI's ImageCompositeMasked (the node itself where ComfyUI's folder is
given, else its formula), and, where pymatting is installed, rembg's ``decontaminate`` (its ``estimate_foreground_ml``).
Seconds are processor seconds of one thread. With ``--device`` only composites on that torch device are
measured, beside numpy's.
"""

from __future__ import annotations

import argparse
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
from scipy.ndimage import gaussian_filter  # noqa: E402

from adstudio.imaging.composite.compose import compose  # noqa: E402
from adstudio.imaging.composite.light import estimate_light, find_lamp  # noqa: E402
from adstudio.imaging.composite.placement import find_spot  # noqa: E402
from adstudio.imaging.cutout.edges import refine_matte  # noqa: E402
from adstudio.imaging.cutout.foreground import clean_colours, halo  # noqa: E402
from adstudio.imaging.linear import delta_e2000, to_linear, to_srgb  # noqa: E402
from adstudio.imaging.resample import resize  # noqa: E402
from adstudio.types import Array, CutOut, Placement  # noqa: E402
from benchmarks.core_paste import paste  # noqa: E402
from benchmarks.gauges import anonymous, watched_peak  # noqa: E402
from benchmarks.still_life import PRODUCTS, render, render_room  # noqa: E402

H, W = 700, 1000


def main() -> None:
    """Print every table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fast", action="store_true", help="without the memory of 4,000 x 4,000")
    parser.add_argument("--comfyui", type=Path, help="ComfyUI's folder, to paste by its own node")
    parser.add_argument("--comfyui-python", default=sys.executable, help="the Python that ComfyUI runs in")
    parser.add_argument("--device", help="measure composites on this torch device (cpu, cuda) and nothing else")
    options = parser.parse_args()
    if options.device:
        from benchmarks.composite_devices import main as measure

        measure(options.device)
        return
    _say("### Rim colours against truth, mean error of what is seen, 1/255")
    _edges()
    _say("### Matte refined from a quarter of its size, mean error in the band, 1/255")
    _mattes()
    _say("### Composite of a cut-out photo in linear light against truth: rim, mean delta E 2000")
    _pastes(options.comfyui, options.comfyui_python)
    _say("### Direction of the shadow in the picture, against the lamp of a rendered room")
    _shadows()
    _say("### Products: shadow on the product itself, change of colour")
    _products()
    _say("### Time at 1024x1024")
    _times()
    if not options.fast:
        _say("### Memory of a 4,000 x 4,000 product on a 4,000 x 4,000 backdrop")
        _memory()


def photo_pair() -> tuple[Array, dict[str, Array]]:
    """A real photo as the product's surface, and three backgrounds to cut it from."""
    product = resize(_unit(skimage.data.coffee()), W, H)
    green = np.broadcast_to(np.array([0.1, 0.8, 0.2], np.float32), product.shape)
    white = np.full_like(product, 0.97)
    return product, {"green": green, "white": white, "busy": resize(_unit(skimage.data.chelsea()), W, H)[:, ::-1]}


def outline(soft_px: float) -> Array:
    """An ellipse whose edge is ``soft_px`` wide."""
    y, x = np.mgrid[0:H, 0:W]
    inside = 1 - np.sqrt(((y - H / 2) / 250) ** 2 + ((x - W / 2) / 350) ** 2)
    return np.clip(inside * 250 / soft_px + 0.5, 0, 1).astype(np.float32)


def strands() -> Array:
    """A head of hair: a disc with 600 strands of one to three pixels."""
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(0)
    drawn = Image.new("L", (W * 3, H * 3))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse([900, 700, 2100, 1950], fill=255)
    for _ in range(600):
        angle = rng.uniform(0, 2 * np.pi)
        x, y = 1500 + 600 * np.cos(angle), 1325 + 625 * np.sin(angle)
        line = [(x, y)]
        for _ in range(8):
            angle += rng.normal(0, 0.25)
            x, y = x + np.cos(angle) * 18, y + np.sin(angle) * 18
            line.append((x, y))
        pen.line(line, fill=255, width=int(rng.choice([1, 2, 3])))
    return np.asarray(drawn.resize((W, H), Image.Resampling.BOX), np.float32) / np.float32(255)


def _edges() -> None:
    product, backs = photo_pair()
    mattes = {"hard, 3 px": outline(3), "soft, 25 px": outline(25), "hair": strands()}
    _row("edge", "background", "untouched", "ours", "pymatting", "halo: untouched, ours", "s: ours, pymatting")
    _row(*["---"] * 7)
    for kind, alpha in mattes.items():
        for name, back in backs.items():
            photo = _mix(product, alpha, back)
            ours, seconds = _timed(lambda p=photo, a=alpha: clean_colours(p, a))
            theirs, their_seconds = _pymatting(photo, alpha)
            cells = [_rim(photo, product, alpha), _rim(ours, product, alpha)]
            their = "–" if theirs is None else f"{_rim(theirs, product, alpha):.2f}"
            halos = f"{halo(photo, alpha, photo):.2f}, {halo(ours, alpha, photo):.2f}"
            _row(kind, name, *(f"{c:.2f}" for c in cells), their, halos, f"{seconds:.2f}, {their_seconds:.2f}")
    wrong = outline(3)
    _row("", "", "", "", "", "", "")
    for shift in (-1.0, 0.5):
        y, x = np.mgrid[0:H, 0:W]
        inside = 1 - np.sqrt(((y - H / 2) / 250) ** 2 + ((x - W / 2) / 350) ** 2)
        off = np.clip((inside * 250 + shift) / 3 + 0.5, 0, 1).astype(np.float32)
        photo = _mix(product, wrong, backs["green"])
        theirs, _ = _pymatting(photo, off)
        their = "–" if theirs is None else f"{_rim(theirs, product, off):.2f}"
        ours = _rim(clean_colours(photo, off), product, off)
        _row(
            f"hard, matte {shift:+g} px off", "green", f"{_rim(photo, product, off):.2f}", f"{ours:.2f}", their, "", ""
        )


def _mattes() -> None:
    product, backs = photo_pair()
    _row("background", "enlarged", "refined")
    _row(*["---"] * 3)
    alpha = outline(2)
    coarse = resize(alpha, W // 4, H // 4)
    for name, back in backs.items():
        smooth = np.stack([gaussian_filter(product[..., i], 12) for i in range(3)], axis=-1, dtype=np.float32)
        photo = _mix(smooth, alpha, back)
        band = (resize(coarse, W, H) > 0.01) & (resize(coarse, W, H) < 0.99)
        plain, fitted = resize(coarse, W, H), refine_matte(photo, coarse)
        _row(name, *(f"{float(np.abs(each - alpha)[band].mean() * 255):.1f}" for each in (plain, fitted)))


def _pastes(comfyui: Path | None, python: str) -> None:
    product, backs = photo_pair()
    scene = np.full_like(product, 0.05)
    alpha = outline(3)
    place = Placement(0.5, 0.9, 0.5)
    spot = find_spot(place, W / H, W, H)
    # The product is drawn at half size by all: the truth is reduced the same way.
    whole = np.concatenate([product, alpha[..., None]], axis=-1)
    right = compose(scene, [CutOut(whole, "mask")], [place], shadow=0, harmonize=0)
    mask = (right.mask > 0.02) & (right.mask < 0.98)
    jobs: list[tuple[Array, Array, Array, int, int]] = []
    drawn: dict[str, tuple[Array, int]] = {}
    for name, back in backs.items():
        photo = to_srgb(_mix(to_linear(product), alpha, to_linear(back)))
        cut = np.concatenate([clean_colours(photo, alpha), alpha[..., None]], axis=-1)
        ours = compose(scene, [CutOut(cut, "mask")], [place], shadow=0, harmonize=0).image
        theirs, _ = _pymatting(photo, alpha)
        ways = [
            (photo, (alpha > 0.5).astype(np.float32)),
            (photo, alpha),
            *([] if theirs is None else [(theirs, alpha)]),
        ]
        for colour, cover in ways:
            source, mask_of_it = (resize(each, spot.width, spot.height) for each in (colour, cover))
            jobs.append((scene, source, mask_of_it, spot.left, spot.top))
        drawn[name] = (ours, len(ways))
    pasted = paste(comfyui, python, jobs) if comfyui else [_formula(*job) for job in jobs]
    _row("cut from", "hard paste", "ImageCompositeMasked", "the same after rembg's decontaminate", "ours")
    _row(*["---"] * 5)
    for name, (ours, count) in drawn.items():
        found = [f"{_difference(each, right.image, mask):.2f}" for each in pasted[:count]]
        del pasted[:count]
        _row(name, *found, *["–"] * (3 - count), f"{_difference(ours, right.image, mask):.2f}")
    _say(f"Pasted by {'the node of ' + str(comfyui) if comfyui else 'the formula of the node'}.")


def _difference(one: Array, other: Array, where: Any) -> float:
    return float(delta_e2000(to_linear(one), to_linear(other))[where].mean())


def _formula(scene: Array, source: Array, mask: Array, left: int, top: int) -> Array:
    """ComfyUI's ImageCompositeMasked: ``mask * source + (1 - mask) * destination``, in sRGB."""
    out = scene.copy()
    here, cover = np.s_[top : top + source.shape[0], left : left + source.shape[1]], mask[..., None]
    out[here] = source * cover + out[here] * (1 - cover)
    return out


def _shadows() -> None:
    _row("lamp's distance", "mean error, degrees", "90 % within", "largest", "right side")
    _row(*["---"] * 5)
    for distance in (1.0, 1.5, 2.0):
        errors: list[float] = []
        sides = 0
        angles = list(range(-75, 76, 10))
        for number, angle in enumerate(angles):
            room = render_room(float(angle), distance=distance, size=192, seed=number)
            lamp = find_lamp("auto", estimate_light(room.picture))
            drawn = np.degrees(np.arctan2(lamp.rise, lamp.lean))
            errors.append(float(abs((drawn - room.shadow_deg + 180) % 360 - 180)))
            sides += abs(angle) < 10 or np.sign(lamp.angle_deg) == np.sign(angle)
        row = (f"{statistics.mean(errors):.1f}", f"{np.percentile(errors, 90):.1f}", f"{max(errors):.1f}")
        _row(distance, *row, f"{sides} of {len(angles)}")


def _products() -> None:
    _row("product", "shadow energy inside", "darkest beside", "dE mean, max at harmonize 0", "at 0.3", "at 1")
    _row(*["---"] * 6)
    room = render_room(-50.0, size=512).picture
    place = Placement(0.5, 0.8, 0.45)
    for name in PRODUCTS:
        cut = render(name, 400, -50.0)
        lit, plain = (compose(room, [cut], [place], harmonize=0, shadow=strength) for strength in (2.0, 0.0))
        inside = plain.mask == 1.0
        energy = float(np.abs(lit.image - plain.image)[inside].sum())
        beside = float((plain.image - lit.image)[plain.mask == 0].max())
        receipts = [compose(room, [cut], [place], harmonize=value).receipt for value in (0.0, 0.3, 1.0)]
        changes = [f"{each['mean_delta_e']:.2f}, {each['max_delta_e']:.2f}" for each in receipts]
        _row(name, f"{energy:g}", f"{beside:.2f}", *changes)


def _times() -> None:
    room, group, places = group_of_three(1024)
    cut = group[0]
    ways: dict[str, Callable[[], Any]] = {
        "ImageCompositeMasked's formula": lambda: _formula(
            room, resize(cut.rgba[..., :3], 300, 614), resize(cut.rgba[..., 3], 300, 614), 300, 200
        ),
        "ours: no shadow, no tone": lambda: compose(room, [cut], places[:1], shadow=0, harmonize=0),
        "ours: shadow and tone": lambda: compose(room, [cut], places[:1]),
        "ours: with reflection, layers and plate": lambda: compose(
            room, [cut], places[:1], reflection=0.4, layers=True
        ),
        "ours: three products": lambda: compose(room, group, places),
    }
    _row("way", "processor s, median of 5")
    _row("---", "---")
    for name, way in ways.items():
        way()
        _row(name, f"{statistics.median(_timed(way)[1] for _ in range(5)):.3f}")


def group_of_three(side: int) -> tuple[Array, list[CutOut], list[Placement]]:
    """A square room of that size, three products, each larger than it is drawn, and their places."""
    heights = {"bottle": 1.17, "jar": 0.88, "mug": 0.68}
    places = [Placement(0.3, 0.8, 0.6), Placement(0.55, 0.82, 0.4), Placement(0.75, 0.85, 0.3)]
    room = render_room(-50.0, size=side).picture
    return room, [render(name, round(share * side)) for name, share in heights.items()], places


def _memory() -> None:
    rng = np.random.default_rng(0)
    scene = np.repeat(np.repeat(rng.random((40, 40, 3), dtype=np.float32), 100, 0), 100, 1)
    rgba = np.ones((4000, 4000, 4), np.float32)
    rgba[..., :3] = scene[::-1]
    rgba[:200, :, 3] = 0
    inputs = (scene.nbytes + rgba.nbytes) / 2**20
    _row("product's height", "inputs, MB", "peak above them, MB", "processor s")
    _row(*["---"] * 4)
    for height in (0.3, 0.9):
        before = anonymous()
        with watched_peak() as peak:
            made, seconds = _timed(lambda h=height: compose(scene, [CutOut(rgba, "mask")], [Placement(0.5, 0.95, h)]))
        assert made.image.shape == scene.shape
        _row(height, f"{inputs:.0f}", f"{(peak[0] - before) / 2**20:.0f}", f"{seconds:.1f}")
        del made


def _pymatting(photo: Array, alpha: Array) -> tuple[Array | None, float]:
    try:
        from pymatting import estimate_foreground_ml
    except ImportError:
        return None, float("nan")
    return _timed(lambda: estimate_foreground_ml(photo.astype(np.float64), alpha.astype(np.float64)))


def _mix(front: Array, alpha: Array, back: Array) -> Array:
    return (front * alpha[..., None] + back * (1 - alpha[..., None])).astype(np.float32)


def _rim(found: Array, truth: Array, alpha: Array) -> float:
    rim = (alpha > 0.02) & (alpha < 0.98)
    return float((np.abs(found - truth) * alpha[..., None])[rim].mean() * 255)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def _unit(picture: Any) -> Array:
    return picture.astype(np.float32) / np.float32(255)


def _row(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")


def _say(title: str) -> None:
    sys.stdout.write(f"\n{title}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
