"""Compose the fixed gallery: real and rendered products on drawn and real backdrops.

python benchmarks/gallery.py [--out docs/images] [--full output/gallery] [--only NAME]

Writes one small contact sheet, and with ``--full`` every picture in full size, to be looked at.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

from adstudio.imaging.composite.compose import compose  # noqa: E402
from adstudio.imaging.cutout.matting import cut_out  # noqa: E402
from adstudio.imaging.resample import resize  # noqa: E402
from adstudio.types import Array, CutOut, Placement  # noqa: E402
from benchmarks.still_life import render, render_room  # noqa: E402

# Drawn by hand round what no weight-free search finds: the rocket on its pad; the cat's photo as a print.
_OUTLINES = {
    "rocket": [
        (322, 127),
        (316, 136),
        (312, 150),
        (311, 177),
        (314, 182),
        (314, 405),
        (331, 405),
        (331, 182),
        (334, 177),
        (333, 150),
        (329, 136),
    ],
    "cat": [(2, 2), (448, 2), (448, 297), (2, 297)],
}
SIZE = 768
CELL = 256


@cache
def backdrop(name: str) -> Array:
    """A demo backdrop (``demo:<brief>``), a rendered room (``room:<angle>``), or a real photo's crop."""
    kind, _, what = name.partition(":")
    if kind == "room":
        return render_room(float(what), size=SIZE).picture
    if kind == "demo":
        return _drawn(what)
    if kind == "plain":
        shade = np.linspace(0.93, 0.80, SIZE, dtype=np.float32)[:, None, None]
        return np.broadcast_to(shade * np.array([1, 0.98, 0.95], np.float32), (SIZE, SIZE, 3)).copy()
    if kind == "table":
        return _table(what)
    photo = photograph(what)
    side = min(photo.shape[:2])
    left = 0 if what == "coffee" else (photo.shape[1] - side) // 2
    return resize(np.ascontiguousarray(photo[-side:, left : left + side]), SIZE, SIZE)


def _table(view: str) -> Array:
    """A photo far out of focus, behind a table whose wood is that of the coffee photo."""
    photo, wood = photograph(view), photograph("coffee")[310:400, 0:70]
    wide = resize(photo[: min(photo.shape[:2]), : min(photo.shape[:2])], SIZE, SIZE)
    far = np.stack([gaussian_filter(wide[..., band], 9) for band in range(3)], axis=-1)
    edge = round(0.6 * SIZE)
    near = resize(np.concatenate([wood, wood[:, ::-1], wood, wood[:, ::-1]], axis=1), SIZE, SIZE - edge)
    far[edge:] = np.clip(near * np.linspace(0.9, 1.25, SIZE - edge, dtype=np.float32)[:, None, None], 0, 1)
    noise = np.random.default_rng(0).normal(0, 0.012, (SIZE, SIZE, 1))
    return np.clip(far + noise, 0, 1).astype(np.float32)


@cache
def photograph(name: str) -> Array:
    """A real photo that comes with scikit-image or scikit-learn."""
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg").astype(np.float32) / np.float32(255)
    return getattr(skimage.data, "chelsea" if name == "cat" else name)().astype(np.float32) / np.float32(255)


@cache
def product(name: str, angle_deg: float = -40.0) -> CutOut:
    """A rendered product, or one cut out of a real photo."""
    if name in _OUTLINES:
        photo = photograph(name)
        drawn = Image.new("L", (photo.shape[1] * 4, photo.shape[0] * 4))
        ImageDraw.Draw(drawn).polygon([(x * 4, y * 4) for x, y in _OUTLINES[name]], fill=255)
        mask = np.asarray(drawn.resize(photo.shape[1::-1], Image.Resampling.BOX), np.float32) / np.float32(255)
        return cut_out(photo, mask=mask)
    if name in ("coffee", "flower", "astronaut"):
        return cut_out(photograph(name), method="geodesic")
    return render(name, 700, angle_deg)


@cache
def _drawn(brief: str) -> Array:
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost
    from adstudio.prompt.processor import write

    host = TorchHost()
    zit = load("demo", host)
    words = write(brief, provider="rules", backdrop_only=True).positive
    drawn = text_to_image(zit, words, width=512, height=512, seed=3, host=host)
    return resize(drawn.images[0], SIZE, SIZE)


@dataclass(frozen=True)
class Shot:
    """One picture: its backdrop, the products with their places, and what else is set."""

    name: str
    backdrop: str
    products: tuple[tuple[str, Placement], ...]
    settings: dict[str, Any] = field(default_factory=dict)
    lamp_deg: float = -40.0


def _stand(name: str, x: float, base_y: float, height: float, **more: Any) -> tuple[str, Placement]:
    return name, Placement(x, base_y, height, **more)


_LYING: dict[str, Any] = {"anchor": "center", "stance": "flat_lay"}
SHOTS = (
    Shot("bottle-left", "room:-60", (_stand("bottle", 0.42, 0.78, 0.55),), lamp_deg=-60.0),
    Shot("box-right", "room:60", (_stand("box", 0.55, 0.80, 0.42),), lamp_deg=60.0),
    Shot("mug-front", "room:0", (_stand("mug", 0.5, 0.80, 0.34),), lamp_deg=0.0),
    Shot("jar-gloss", "room:-45", (_stand("jar", 0.5, 0.76, 0.38),), {"reflection": 0.45}, -45.0),
    Shot(
        "shoe-back", "room:30", (_stand("shoe", 0.5, 0.82, 0.30),), {"light_angle": 150.0, "light_height": 40.0}, 30.0
    ),
    Shot(
        "group",
        "room:-50",
        (
            _stand("bottle", 0.36, 0.76, 0.52),
            _stand("jar", 0.60, 0.80, 0.30),
            _stand("mug", 0.45, 0.88, 0.22),
            _stand("box", 0.74, 0.74, 0.36),
        ),
        lamp_deg=-50.0,
    ),
    Shot("cafe", "demo:아침 햇살이 드는 원목 카페 테이블", (_stand("coffee", 0.5, 0.86, 0.40),)),
    Shot("marble", "demo:고급스러운 대리석 위 화장품", (_stand("bottle", 0.5, 0.88, 0.62),), {"reflection": 0.3}),
    Shot("dark", "demo:어두운 밤 분위기의 바 테이블", (_stand("jar", 0.45, 0.88, 0.42),)),
    Shot("photo-behind", "table:china", (_stand("coffee", 0.5, 0.88, 0.36),)),
    Shot("mug-beside-coffee", "photo:coffee", (_stand("mug", 0.14, 0.60, 0.34),)),
    Shot("cat-print", "photo:coffee", (_stand("cat", 0.26, 0.26, 0.30, rotation=-14.0, **_LYING),)),
    Shot(
        "flower-hanging", "plain:", (_stand("flower", 0.5, 0.5, 0.62, anchor="center", stance="hanging"),),
        {"light": "left"},
    ),
    Shot(
        "flat-lay",
        "plain:",
        (
            _stand("shoe", 0.34, 0.28, 0.24, rotation=-18.0, **_LYING),
            _stand("box", 0.74, 0.40, 0.32, rotation=12.0, **_LYING),
            _stand("coffee", 0.40, 0.72, 0.34, **_LYING),
        ),
        {"light": "left"},
    ),
    Shot("rocket", "room:45", (_stand("rocket", 0.45, 0.84, 0.62),)),
    Shot("astronaut", "demo:파란 벽 스튜디오", (_stand("astronaut", 0.5, 0.99, 0.75),)),
)  # fmt: skip


def main() -> None:
    """Compose, save and say what the receipts say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--full", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    cells: list[Image.Image] = []
    for shot in SHOTS:
        if options.only not in shot.name:
            continue
        cutouts = [product(name, shot.lamp_deg) for name, _ in shot.products]
        places = [place for _, place in shot.products]
        done = compose(backdrop(shot.backdrop), cutouts, places, **shot.settings)
        picture = Image.fromarray((done.image * 255 + 0.5).astype(np.uint8))
        if options.full:
            options.full.mkdir(parents=True, exist_ok=True)
            picture.save(options.full / f"{shot.name}.png")
        cells.append(picture.resize((CELL, CELL), Image.Resampling.LANCZOS))
        receipt = done.receipt
        sys.stdout.write(
            f"{shot.name:18} light {receipt['light_angle']:+4.0f}  mean dE {receipt['mean_delta_e']:.2f}  "
            f"max {receipt['max_delta_e']:.2f}  grain {receipt['grain'] * 255:.1f}  blur {receipt['blur_px']:.2f}\n"
        )
    if options.only:
        return
    columns = 4
    sheet = Image.new("RGB", (columns * CELL, -(-len(cells) // columns) * CELL), "white")
    for index, cell in enumerate(cells):
        sheet.paste(cell, (index % columns * CELL, index // columns * CELL))
    options.out.mkdir(parents=True, exist_ok=True)
    sheet.save(options.out / "composite-gallery.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    main()
