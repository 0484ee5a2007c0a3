"""Measure lettering: the copy of a whole ad on a photo, by size and by kind of dress, and as ComfyUI's core draws text.

python benchmarks/dress.py [--sides 512 1024 2048] [--rounds 9] [--csv dress.csv]

``core``: what the node Draw Text Overlay does for each text, a clear sheet of the picture's size drawn on and blended
over it, here with the bundled font. Times are those of the processor, so that other programs do not stretch them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from adstudio.text.faces.fonts import find_font, open_font  # noqa: E402
from adstudio.text.lettering import draw, letter, set_copy  # noqa: E402
from adstudio.types import Array, Box, LayoutPlan, Mark, TextBlock, TextStyle  # noqa: E402
from benchmarks.surroundings import sentence, write_csv  # noqa: E402

COPY = LayoutPlan((
    TextBlock("headline", "따뜻한 커피 한 잔의 여유", Box(0.06, 0.06, 0.8, 0.3), "left", anchor="bottom"),
    TextBlock("sub", "가을 한정 메뉴 50% 할인", Box(0.06, 0.32, 0.8, 0.4), "left", anchor="top"),
    TextBlock("price", "3,900원", Box(0.06, 0.7, 0.6, 0.83), "left", was="5,500원"),
    TextBlock("cta", "지금 주문하기", Box(0.06, 0.86, 0.5, 0.95), "left"),
))  # fmt: skip
FULL = LayoutPlan(
    (*COPY.texts, TextBlock("badge", "1+1", Box(0.74, 0.06, 0.95, 0.27))),
    marks=(Mark("qr", Box(0.7, 0.66, 0.97, 0.97), "https://pf.kakao.com/_adstudio"),),
)


@dataclass(frozen=True)
class Row:
    """One line of the table; ``of_core`` is the share of the core's time for the same words."""

    what: str
    side: int
    median_ms: float
    worst_ms: float
    of_core: float


def main() -> None:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--csv", type=Path, help="write the rows here, each with device, versions and commit")
    options = parser.parse_args()
    rows = [row for side in options.sides for row in _measure(side, options.rounds)]
    sys.stdout.write("| what | side | median ms | worst ms | of core's |\n|---|---|---|---|---|\n")
    for row in rows:
        sys.stdout.write(
            f"| {row.what} | {row.side} | {row.median_ms:.1f} | {row.worst_ms:.1f} | {row.of_core:.2f} |\n"
        )
    sys.stdout.write(f"{sentence()}\n")
    if options.csv:
        write_csv(options.csv, map(asdict, rows))


def _measure(side: int, rounds: int) -> list[Row]:
    photo = np.asarray(Image.fromarray(skimage.data.astronaut()).resize((side, side)), np.float32) / np.float32(255)
    bold = TextStyle(weight=800)
    ways: dict[str, Callable[[], Any]] = {
        "core: four texts": lambda: _core(photo, COPY),
        "headline, sub, price, button": lambda: draw(photo, COPY, bold),
        "the same, set only": lambda: set_copy(COPY, bold, (side, side)),
        "the same on panels": lambda: draw(photo, COPY, TextStyle(weight=800, plate="always")),
        "the same outlined": lambda: draw(photo, COPY, TextStyle(weight=800, outline=True)),
        "with badge and QR code": lambda: draw(photo, FULL, bold),
        "its plate, too": lambda: letter(photo, FULL, bold).plate,
        "its layers, too": lambda: letter(photo, FULL, bold).layers,
    }
    times = {what: _times(way, rounds) for what, way in ways.items()}
    core = statistics.median(times["core: four texts"])
    return [
        Row(what, side, 1e3 * statistics.median(each), 1e3 * max(each), statistics.median(each) / core)
        for what, each in times.items()
    ]


def _times(way: Callable[[], Any], rounds: int) -> list[float]:
    way()  # fonts are opened and letters measured once
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        way()
        seconds.append(time.process_time() - start)
    return seconds


def _core(photo: Array, plan: LayoutPlan) -> Array:
    height, width = photo.shape[:2]
    out = photo
    for block in plan.texts:
        sheet = Image.new("RGBA", (width, height))
        brush = ImageDraw.Draw(sheet)
        font = open_font(find_font(), round(0.05 * height), 700)
        stroke = max(1, round(0.002 * height))
        corner = (block.box.x0 * width, block.box.y0 * height)
        brush.multiline_text(corner, block.text, font=font, fill="white", stroke_width=stroke, stroke_fill="black")
        drawn = np.asarray(sheet, np.float32) / np.float32(255)
        out = np.asarray(out * (1 - drawn[..., 3:]) + drawn[..., :3] * drawn[..., 3:], np.float32)
    return out


if __name__ == "__main__":
    main()
