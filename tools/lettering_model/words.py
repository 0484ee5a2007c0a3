"""What the drawn signs say, and in which fonts; pseudo-letters of random strokes stand in for a model's own."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

F = NDArray[Any]  # float32 0..1; what Pillow and numpy declare is wider
PRETENDARD = Path(__file__).resolve().parents[2] / "adstudio" / "text" / "data" / "PretendardVariable.woff2"
# Whole families that training never sees.
HELD_OUT_FONTS = ("Pretendard", "NanumSquareRound", "NanumMyeongjo", "Liberation Serif", "DejaVu Sans Mono")
PSEUDO = "pseudo-letters"


@dataclass(frozen=True)
class Face:
    """A font file's face; ``korean`` = it has Hangul."""

    family: str
    path: str
    index: int
    korean: bool

    @property
    def is_held_out(self) -> bool:
        """Whether training must not see it."""
        return any(self.family.startswith(name) for name in HELD_OUT_FONTS)


@cache
def faces() -> tuple[Face, ...]:
    """The bundled font and those that fontconfig knows, in a fixed order."""
    found = {Face("Pretendard", str(PRETENDARD), 0, korean=True)}
    if shutil.which("fc-list"):
        for korean in (True, False):
            wanted = ":lang=ko" if korean else ":lang=en"
            listing = subprocess.run(
                ["fc-list", wanted, "file", "family", "index"], capture_output=True, text=True, check=True
            ).stdout
            for line in listing.splitlines():
                path, _, rest = line.partition(": ")
                family, _, index = rest.partition(":index=")
                name = family.split(",")[0]
                is_cjk = "CJK" in name
                if path.endswith((".ttf", ".otf", ".ttc")) and "TeX" not in name and (not is_cjk or "KR" in name):
                    found.add(Face(name, path, int(index or 0) & 0xFFFF, korean))
    # A face with Hangul is listed once more for its Latin; it stays one face.
    best = {(face.path, face.index): face for face in sorted(found, key=lambda face: face.korean)}
    return tuple(sorted(best.values(), key=lambda face: (face.family, Path(face.path).name, face.index)))


@cache
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index)


@cache
def _words() -> dict[str, list[str]]:
    return yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))


def phrase(rng: random.Random, korean: bool) -> str:
    """A few words as they stand on signs."""
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(("4,500", "12,000", "3.5", "₩9,900", "50%", "02-555-0199", "10:00-22:00"))
    stock = _words()["korean" if korean else "latin"]
    words = [rng.choice(stock) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    text = " ".join(words)
    if len(text) < 3:
        text += " " + rng.choice(stock)
    return text.upper() if rng.random() < 0.25 else text


def draw_phrase(rng: random.Random, face: Face, px: int, tracking: float) -> F:
    """Draw a phrase as coverage ``[h,w]`` 0..1; ``px`` is the font's size."""
    text = phrase(rng, face.korean and rng.random() < 0.7)
    font = _font(face.path, face.index, px)
    if face.path == str(PRETENDARD):
        font.set_variation_by_axes([rng.choice((300, 400, 500, 700, 900))])
    width = int(sum(font.getlength(letter) + tracking * px for letter in text)) + 2 * px
    canvas = Image.new("L", (max(width, 1), 2 * px))
    pen, x = ImageDraw.Draw(canvas), px * 0.5
    if tracking:
        for letter in text:
            pen.text((x, px * 0.3), letter, fill=255, font=font)
            x += font.getlength(letter) + tracking * px
    else:
        pen.text((x, px * 0.3), text, fill=255, font=font)
    return _trim(np.asarray(canvas, np.float32) / 255)


def draw_pseudo(rng: random.Random, px: int) -> F:
    """Draw letters that no script has: a few strokes and bows in a cell, one brush for all."""
    count, weight = rng.randint(3, 10), rng.uniform(0.07, 0.18)
    cell = rng.uniform(0.55, 1.0)
    canvas = Image.new("L", (int((count + 1) * px * (cell + 0.25)) + px, 2 * px))
    pen, x = ImageDraw.Draw(canvas), px * 0.4
    thick = max(1, round(weight * px))
    for _ in range(count):
        wide, top = cell * px * rng.uniform(0.6, 1.0), px * 0.4
        points = [(x + wide * fx, top + px * fy) for fx in (0, 0.5, 1) for fy in (0, 0.5, 1)]
        for _ in range(rng.randint(2, 4)):
            a, b = rng.sample(points, 2)
            if rng.random() < 0.65:
                straight = rng.random() < 0.7
                b = ((b[0], a[1]) if abs(b[0] - a[0]) > abs(b[1] - a[1]) else (a[0], b[1])) if straight else b
                pen.line([a, b], fill=255, width=thick)
            else:
                box = [min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) + thick, max(a[1], b[1]) + thick]
                start = rng.choice((0, 90, 180, 270))
                pen.arc(box, start, start + rng.choice((180, 270, 360)), fill=255, width=thick)
        x += wide + px * rng.uniform(0.15, 0.3)
    return _trim(np.asarray(canvas, np.float32) / 255)


def _trim(mask: F) -> F:
    rows, columns = np.flatnonzero(mask.max(1) > 0.1), np.flatnonzero(mask.max(0) > 0.1)
    if len(rows) == 0:
        return np.zeros((1, 1), np.float32)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
