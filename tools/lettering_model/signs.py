"""Pictures with lettering whose place is known: words on signs, cups and boards, or bare on the picture."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .backgrounds import Background, backgrounds, draw_background
from .textures import noise
from .words import PSEUDO, Face, draw_phrase, draw_pseudo, faces

F = NDArray[Any]  # float32 0..1; what Pillow and numpy declare is wider
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Sign:
    """One line of lettering on a picture: its box in pixels, its height as a share, its contrast (signed)."""

    box: tuple[float, float, float, float]
    share: float
    contrast: float
    font: str


@dataclass(frozen=True)
class Sample:
    """A picture and what is known about it; without signs it shows no lettering."""

    picture: F
    background: Background
    signs: list[Sign] = field(default_factory=list)


def draw_sample(seed: int, *, held_out: bool, with_signs: bool, cache_dir: Path) -> Sample:
    """Draw one picture; the same arguments give the same one."""
    rng = random.Random(f"{seed} {held_out} {with_signs}")
    choices = backgrounds(held_out)
    kind = rng.choice(
        ("demo", "drawn", "photo", "photo", "texture")
        if with_signs
        else ("drawn", "photo", "photo", "texture", "texture")
    )
    background = rng.choice([choice for choice in choices if choice.kind == kind])
    side = rng.choice((512, 640, 640, 768, 1024))
    height, width = rng.choice(((side, side), (side, side), (side * 3 // 4, side), (side, side * 3 // 4)))
    picture = draw_background(background, rng, height, width, cache_dir)
    signs: list[Sign] = []
    if with_signs:
        fonts = [face for face in faces() if face.is_held_out == held_out]
        by_family = {face.family: face for face in rng.sample(fonts, len(fonts))}
        for _ in range(rng.choice((1, 1, 2, 3))):
            face = None if rng.random() < 0.2 else by_family[rng.choice(sorted(by_family))]
            picture = _put(rng, picture, face, signs)
    return Sample(_finish(rng, picture), background, signs)


def draw_plain(background: Background, seed: int, cache_dir: Path) -> Sample:
    """Draw a background by itself, as large as the embedded model's pictures."""
    rng = random.Random(f"{seed} {background.kind} {background.name}")
    return Sample(_finish(rng, draw_background(background, rng, 640, 640, cache_dir)), background)


def _finish(rng: random.Random, picture: F) -> F:
    """Add what a camera and a file format add."""
    random_ = np.random.default_rng(rng.getrandbits(32))
    grain = rng.choice((0, 0.004, 0.015))
    if grain:
        picture = picture + np.float32(grain) * random_.standard_normal(picture.shape, dtype=np.float32)
    pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.5:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=rng.randint(60, 95))
        pixels = np.asarray(Image.open(stream))
    return pixels.astype(np.float32) / 255


def _put(rng: random.Random, picture: F, face: Face | None, signs: list[Sign]) -> F:
    """Put one to three lines on the picture where none stand yet; a word that does not fit is left out."""
    height, width = picture.shape[:2]
    share = math.exp(rng.uniform(math.log(0.02), math.log(0.2)))
    px = max(8, round(share * height * 1.35))  # a capital is about three quarters of a font's size
    tracking = rng.choice((0, 0, 0, 0.05, 0.2))
    lines = [
        draw_pseudo(rng, round(px * 0.75)) if face is None else draw_phrase(rng, face, px, tracking)
        for _ in range(rng.choice((1, 1, 2, 3)) if share < 0.08 else 1)
    ]
    gap = round(px * rng.uniform(0.3, 0.8))
    widest = max(line.shape[1] for line in lines)
    pad = round(px * rng.uniform(0.3, 1.0))
    block = np.zeros((sum(line.shape[0] + gap for line in lines) - gap + 2 * pad, widest + 2 * pad), np.float32)
    which, y = np.zeros(block.shape, np.uint8), pad
    for number, line in enumerate(lines, start=1):
        x = pad + (widest - line.shape[1]) // 2
        block[y : y + line.shape[0], x : x + line.shape[1]] = line
        which[y : y + line.shape[0], x : x + line.shape[1]] = number
        y += line.shape[0] + gap
    plate = np.ones_like(block)
    cover, plate, which = _bend(rng, block, plate, which, px)
    rows, columns = cover.shape
    if rows >= height - 4 or columns >= width - 4:
        return picture
    top, left = rng.randint(2, height - rows - 2), rng.randint(2, width - columns - 2)
    if any(
        left < sign.box[2] and sign.box[0] < left + columns and top < sign.box[3] and sign.box[1] < top + rows
        for sign in signs
    ):
        return picture
    here = (slice(top, top + rows), slice(left, left + columns))
    result = picture.copy()
    result[here], contrast = _paint(rng, picture[here], cover, plate)
    for number in range(1, len(lines) + 1):
        found = np.argwhere((which == number) & (cover > 0.3))
        if len(found):
            (y0, x0), (y1, x1) = found.min(0), found.max(0) + 1
            box = (left + x0, top + y0, left + x1, top + y1)
            signs.append(Sign(box, share, contrast, PSEUDO if face is None else face.family))
    return result


def _bend(rng: random.Random, cover: F, plate: F, which: NDArray[np.uint8], px: int) -> tuple[F, F, NDArray[np.uint8]]:
    """Turn, tilt and round the block as signs and cups do; a part of the words also melts, as models draw them."""
    from scipy.ndimage import map_coordinates

    rows, columns = cover.shape
    angle = math.radians(rng.choice((0, 0, rng.uniform(-10, 10))))
    margin_y, margin_x = round(0.1 * rows + 0.5 * columns * abs(math.sin(angle))) + 2, round(0.1 * columns) + 2
    y, x = np.mgrid[-margin_y : rows + margin_y, -margin_x : columns + margin_x].astype(np.float32)
    cy, cx = (rows - 1) / 2, (columns - 1) / 2
    u, v = (x - cx) / (columns / 2), (y - cy) / (rows / 2)
    if rng.random() < 0.4:  # seen from the side
        depth = 1 + rng.uniform(-0.12, 0.12) * u + rng.uniform(-0.12, 0.12) * v
        u, v = u * depth, v * depth
    if rng.random() < 0.25:  # round a cup
        bow = rng.uniform(0.3, 0.8)
        u = np.arcsin(np.clip(u * math.sin(bow), -1, 1)) / bow
        v = v + rng.uniform(-0.3, 0.3) * (u * u - 0.5) * px / rows
    dx, dy = u * columns / 2, v * rows / 2
    from_x = cx + dx * math.cos(angle) + dy * math.sin(angle)
    from_y = cy - dx * math.sin(angle) + dy * math.cos(angle)
    if rng.random() < 0.4:
        cell, amount = px * rng.uniform(0.2, 0.5), px * rng.uniform(0.01, 0.05)
        from_x = from_x + amount * noise(rng, x.shape[0], x.shape[1], cell)
        from_y = from_y + amount * noise(rng, x.shape[0], x.shape[1], cell)
    at = np.stack([from_y, from_x])
    bent = map_coordinates(cover, at, order=1, cval=0.0)
    return (
        np.asarray(bent, np.float32),
        np.asarray(map_coordinates(plate, at, order=1, cval=0.0), np.float32),
        np.asarray(map_coordinates(which, at, order=0, cval=0), np.uint8),
    )


def _paint(rng: random.Random, ground: F, cover: F, plate: F) -> tuple[F, float]:
    """Lay plate and words over the picture. Returns: the pixels, and how much lighter (+) or darker the words are."""
    colour = np.array([rng.random() for _ in range(3)], np.float32)
    if rng.random() < 0.55:
        shape = Image.fromarray((plate * 255).astype(np.uint8))
        if rng.random() < 0.4:
            rounded = Image.new("L", shape.size)
            ImageDraw.Draw(rounded).rounded_rectangle(
                [0, 0, shape.width - 1, shape.height - 1], shape.height // 3, fill=255
            )
            shape = Image.composite(shape, rounded, rounded)
        weight = np.asarray(shape, np.float32)[..., None] / 255 * rng.choice((1.0, 1.0, 0.6))
        shade = 1 + 0.05 * noise(rng, plate.shape[0], plate.shape[1], max(plate.shape) * 0.7)[..., None]
        ground = ground * (1 - weight) + np.clip(colour * shade, 0, 1) * weight
    under = float((ground @ _GREY)[cover > 0.5].mean()) if (cover > 0.5).any() else 0.5
    contrast = rng.choice((0.12, 0.2, 0.35, 0.55, 0.8)) * rng.uniform(0.8, 1.2)
    lighter = rng.random() < (0.5 if contrast < min(under, 1 - under) else float(under < 0.5))
    target = np.clip(under + (contrast if lighter else -contrast), 0, 1)
    ink = np.clip(np.array([rng.gauss(0, 0.06) for _ in range(3)], np.float32) + target, 0, 1)
    soft = Image.fromarray((cover * 255).astype(np.uint8))
    # As a model's own: from crisp to as soft as a tenth of a stroke-rich letter allows.
    soft = soft.filter(ImageFilter.GaussianBlur(rng.choice((0, 0.5, 1.0, 0.0015 * max(cover.shape)))))
    alpha = np.asarray(soft, np.float32)[..., None] / 255
    painted = ground * (1 - alpha) + ink * alpha
    return painted, float(ink @ _GREY) - under
