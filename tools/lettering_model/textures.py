"""Surfaces that fool a detector of lettering: rows of like things, strokes of one width, and none of it letters."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

F = NDArray[Any]  # float32 0..1; what Pillow and numpy declare is wider
HELD_OUT_TEXTURES = ("tiles", "dots", "bars", "bokeh", "twigs")


def noise(rng: random.Random, height: int, width: int, cell: float, stretch: float = 1.0) -> F:
    """Smooth noise, mean 0 and deviation 1; ``cell`` is the size of a blob in pixels."""
    random_ = np.random.default_rng(rng.getrandbits(32))
    small = random_.normal(size=(max(2, int(height / cell) + 2), max(2, int(width / (cell * stretch)) + 2)))
    image = Image.fromarray(small.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    plane = np.asarray(image, np.float32)
    return (plane - plane.mean()) / (plane.std() + 1e-6)


def _canvas(rng: random.Random, height: int, width: int, low: float, high: float) -> tuple[Image.Image, int, int]:
    ground, ink = rng.uniform(low, high), rng.uniform(low, high)
    while abs(ground - ink) < 0.12:
        ink = rng.uniform(low, high)
    return Image.new("L", (width, height), int(ground * 255)), int(ground * 255), int(ink * 255)


def _bricks(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.15, 0.9)
    pen = ImageDraw.Draw(image)
    tall, joint = rng.uniform(0.03, 0.12) * height, rng.randint(2, 6)
    wide = tall * rng.uniform(1.8, 3.5)
    for row in range(int(height / tall) + 1):
        for column in range(-1, int(width / wide) + 1):
            x, y = (column + 0.5 * (row % 2)) * wide, row * tall
            shade = int(np.clip(ink + rng.gauss(0, 12), 0, 255))
            pen.rectangle([x, y, x + wide - joint, y + tall - joint], fill=shade)
    return np.asarray(image, np.float32) / 255


def _tiles(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.15, 0.95)
    pen, side = ImageDraw.Draw(image), rng.uniform(0.03, 0.15) * height
    for row in range(int(height / side) + 1):
        for column in range(int(width / side) + 1):
            shade = int(np.clip(ink + rng.gauss(0, 18), 0, 255))
            pen.rectangle([column * side, row * side, (column + 0.92) * side, (row + 0.92) * side], fill=shade)
    return np.asarray(image, np.float32) / 255


def _bars(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.1, 0.95)
    pen, step = ImageDraw.Draw(image), rng.uniform(0.03, 0.2)
    thick = max(2, int(step * height * rng.uniform(0.08, 0.3)))
    for x in np.arange(rng.uniform(0, step), width / height, step) * height:
        pen.line([(x, 0), (x, height)], fill=ink, width=thick)
    for y in np.arange(rng.uniform(0, 1), 1, step * rng.uniform(1, 4)) * height:
        pen.line([(0, y), (width, y)], fill=ink, width=thick)
    return np.asarray(image, np.float32) / 255


def _stripes(rng: random.Random, height: int, width: int) -> F:
    angle, period = rng.uniform(0, math.pi), rng.uniform(0.015, 0.12) * height
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin((x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / period)
    return np.clip(0.5 + rng.uniform(0.1, 0.5) * np.tanh(wave * rng.uniform(1, 8)), 0, 1)


def _scattered(rng: random.Random, height: int, width: int, share: float, aspect: float, shine: bool) -> F:
    image, _, ink = _canvas(rng, height, width, 0.08, 0.9)
    size = share * height
    count = int(width * height / size**2 * rng.uniform(0.3, 2.0))
    for _ in range(min(count, 2500)):
        side = int(size * rng.uniform(0.8, 1.3)) + 3
        bean = Image.new("L", (side * 2, side * 2))
        pen, half = ImageDraw.Draw(bean), side * aspect / 2
        shade = int(np.clip(ink + rng.gauss(0, 20), 1, 255))
        pen.ellipse([side / 2, side - half, side * 1.5, side + half], fill=shade)
        if shine:
            pen.line([(side * 0.6, side), (side * 1.4, side)], fill=max(1, shade - 50), width=max(1, side // 12))
        bean = bean.rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR)
        place = (rng.randint(-side, width), rng.randint(-side, height))
        image.paste(bean, place, bean.point(lambda value: 255 if value else 0))
    return np.asarray(image, np.float32) / 255


def _beans(rng: random.Random, height: int, width: int) -> F:
    return _scattered(rng, height, width, rng.uniform(0.025, 0.12), rng.uniform(0.55, 0.9), shine=True)


def _sesame(rng: random.Random, height: int, width: int) -> F:
    return _scattered(rng, height, width, rng.uniform(0.012, 0.035), rng.uniform(0.4, 0.6), shine=False)


def _weave(rng: random.Random, height: int, width: int) -> F:
    period = rng.uniform(4, 22)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = x + noise(rng, height, width, 60) * period * 0.1
    thread = np.sin(x * 2 * math.pi / period) * np.sin(y * 2 * math.pi / period)
    slub = noise(rng, height, width, 3, 12) + noise(rng, height, width, 12, 0.3)
    return np.clip(0.6 + rng.uniform(0.05, 0.25) * thread + 0.03 * slub, 0, 1)


def _grain(rng: random.Random, height: int, width: int) -> F:
    plane = noise(rng, height, width, rng.uniform(2, 6), rng.uniform(10, 60)) * 0.06
    plane += noise(rng, height, width, rng.uniform(10, 40), rng.uniform(4, 12)) * 0.08
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(rng.randint(0, 4)):
        cx, cy, spread = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.02, 0.1) * height
        away = np.hypot((x - cx) / 2.5, y - cy)
        plane += 0.15 * np.sin(away / spread * 6) * np.exp(-away / spread)
    plank = (y // (height * rng.uniform(0.1, 0.3))) * 12.9898
    return np.clip(0.5 + plane + 0.05 * np.sin(plank), 0, 1)


def _gravel(rng: random.Random, height: int, width: int) -> F:
    plane = noise(rng, height, width, rng.uniform(2, 10)) + noise(rng, height, width, rng.uniform(10, 40))
    return np.clip(0.5 + 0.15 * plane, 0, 1)


def _bokeh(rng: random.Random, height: int, width: int) -> F:
    plane = np.full((height, width), rng.uniform(0.02, 0.2), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    row = rng.uniform(0.2, 0.7) * height
    for index in range(rng.randint(8, 50)):
        radius, in_row = rng.uniform(0.01, 0.06) * height, rng.random() < 0.5
        cx = index * 2.4 * radius if in_row else rng.uniform(0, width)
        away = np.hypot(x - cx, y - (row if in_row else rng.uniform(0, height)))
        plane += rng.uniform(0.1, 0.6) * np.clip((radius - away) / (0.08 * radius + 1) + 0.5, 0, 1)
    return np.clip(plane, 0, 1)


def _leaves(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.2, 0.95)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(10, 80)):
        x, y, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 2 * math.pi)
        long = rng.uniform(0.04, 0.25) * height
        for leaf in range(rng.randint(1, 9)):
            way = turn + (leaf - 4) * 0.25
            tip = (x + long * math.cos(way), y + long * math.sin(way))
            side = (0.12 * long * math.sin(way), -0.12 * long * math.cos(way))
            middle = ((x + tip[0]) / 2, (y + tip[1]) / 2)
            pen.polygon(
                [(x, y), (middle[0] + side[0], middle[1] + side[1]), tip, (middle[0] - side[0], middle[1] - side[1])],
                fill=int(np.clip(ink + rng.gauss(0, 15), 0, 255)),
            )
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 8)))
    return np.asarray(image, np.float32) / 255


def _twigs(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.1, 0.95)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(20, 200)):
        x, y, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 2 * math.pi)
        points = [(x, y)]
        for _ in range(rng.randint(2, 8)):
            turn += rng.gauss(0, 0.5)
            x, y = x + 0.03 * height * math.cos(turn), y + 0.03 * height * math.sin(turn)
            points.append((x, y))
        pen.line(points, fill=ink, width=rng.randint(1, 6), joint="curve")
    return np.asarray(image, np.float32) / 255


def _shelf(rng: random.Random, height: int, width: int) -> F:
    """Bottles, books or boxes of like size side by side, in rows."""
    image, ground, _ = _canvas(rng, height, width, 0.1, 0.9)
    pen, y = ImageDraw.Draw(image), rng.uniform(0, 0.1) * height
    while y < height:
        tall = rng.uniform(0.04, 0.2) * height
        x, shade = rng.uniform(0, 0.1) * width, rng.randint(20, 240)
        wide = tall * rng.uniform(0.15, 0.9)
        round_ = rng.random() < 0.5
        while x < width:
            top = y + rng.uniform(0, 0.25) * tall
            fill = int(np.clip(shade + rng.gauss(0, 25), 0, 255))
            box = [x, top, x + wide * rng.uniform(0.6, 0.95), y + tall]
            (pen.rounded_rectangle(box, wide * 0.3, fill=fill) if round_ else pen.rectangle(box, fill=fill))
            if rng.random() < 0.3:
                pen.rectangle([x, y + tall * 0.5, x + wide * 0.5, y + tall * 0.7], fill=ground)
            x += wide * rng.uniform(1.0, 1.3)
        y += tall * rng.uniform(1.1, 1.8)
    return np.asarray(image, np.float32) / 255


def _dots(rng: random.Random, height: int, width: int) -> F:
    image, _, ink = _canvas(rng, height, width, 0.1, 0.95)
    pen, step = ImageDraw.Draw(image), rng.uniform(0.03, 0.12) * height
    radius, hollow, odd = step * rng.uniform(0.15, 0.42), rng.random() < 0.4, rng.random() < 0.5
    for row in range(int(height / step) + 1):
        for column in range(int(width / step) + 1):
            x, y = (column + 0.5 * (row % 2) * odd) * step, row * step
            box = [x - radius, y - radius, x + radius, y + radius]
            if hollow:
                pen.ellipse(box, outline=ink, width=max(1, int(radius * 0.3)))
            else:
                pen.ellipse(box, fill=ink)
    return np.asarray(image, np.float32) / 255


def _beads(rng: random.Random, height: int, width: int) -> F:
    """Chains: beads or links of one make along a line that sags."""
    image, _, ink = _canvas(rng, height, width, 0.05, 0.95)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(1, 8)):
        radius, x = rng.uniform(0.008, 0.04) * height, rng.uniform(-0.1, 0.5) * width
        y, sag, reach = rng.uniform(0, 1) * height, rng.uniform(-1, 1) * height, rng.uniform(0.3, 1.0) * width
        count, hollow = int(reach / (2.2 * radius)), rng.random() < 0.3
        for index in range(count):
            t, size = index / max(count - 1, 1), radius * rng.uniform(0.85, 1.1)
            cx, cy = x + t * reach, y + sag * t * (1 - t)
            box, shade = [cx - size, cy - size, cx + size, cy + size], int(np.clip(ink + rng.gauss(0, 15), 0, 255))
            if hollow:
                pen.ellipse(box, outline=shade, width=max(1, int(size * 0.35)))
                continue
            pen.ellipse(box, fill=shade)
            glint = [cx - 0.5 * size, cy - 0.6 * size, cx, cy - 0.1 * size]
            pen.ellipse(glint, fill=min(255, shade + 60))
    return np.asarray(image, np.float32) / 255


def _clutter(rng: random.Random, height: int, width: int) -> F:
    """Things and parts of things: shaded shapes of all sizes over each other."""
    plane = np.full((height, width), rng.uniform(0.1, 0.9), np.float32)
    for _ in range(rng.randint(30, 250)):
        size = math.exp(rng.uniform(math.log(0.008), math.log(0.3))) * height
        wide, tall = int(size * rng.uniform(0.5, 2.5)) + 3, int(size) + 3
        stamp = Image.new("L", (wide, tall))
        pen, shape = ImageDraw.Draw(stamp), rng.random()
        if shape < 0.35:
            pen.ellipse([0, 0, wide - 1, tall - 1], fill=255)
        elif shape < 0.6:
            pen.polygon([(rng.uniform(0, wide), rng.uniform(0, tall)) for _ in range(rng.randint(3, 7))], fill=255)
        elif shape < 0.8:
            pen.arc([0, 0, wide - 1, tall - 1], *sorted(rng.sample(range(360), 2)), fill=255, width=max(1, tall // 6))
        else:
            pen.rounded_rectangle([0, 0, wide - 1, tall - 1], tall / 4, fill=255)
        stamp = stamp.rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR, expand=True)
        if rng.random() < 0.5:
            stamp = stamp.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
        y, x = rng.randint(0, height - 1), rng.randint(0, width - 1)
        part = plane[y : y + stamp.height, x : x + stamp.width]
        alpha = np.asarray(stamp, np.float32)[: part.shape[0], : part.shape[1]] / 255
        fall = np.linspace(rng.uniform(0.6, 1.4), rng.uniform(0.6, 1.4), part.shape[0], dtype=np.float32)[:, None]
        part += alpha * (np.clip(rng.uniform(0, 1) * fall, 0, 1) - part)
    return plane


def _hair(rng: random.Random, height: int, width: int) -> F:
    """Strands that run together, with light on some."""
    image, _, ink = _canvas(rng, height, width, 0.05, 0.8)
    pen = ImageDraw.Draw(image)
    turn, bow, wave = rng.uniform(0, math.pi), rng.uniform(-1, 1), rng.uniform(0, 0.04) * height
    for _ in range(rng.randint(60, 400)):
        x, y, way, shade = (
            rng.uniform(0, width),
            rng.uniform(0, height),
            turn + rng.gauss(0, 0.1),
            ink + rng.gauss(0, 40),
        )
        points = []
        for step in range(rng.randint(4, 14)):
            points.append((x + wave * math.sin(step), y + wave * math.cos(step)))
            way += bow * 0.08
            x, y = x + 0.03 * height * math.cos(way), y + 0.03 * height * math.sin(way)
        pen.line(points, fill=int(np.clip(shade, 0, 255)), width=rng.choice((1, 1, 2, 3, 5)), joint="curve")
    return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.5))), np.float32) / 255


TEXTURES: dict[str, Callable[[random.Random, int, int], F]] = {
    "bricks": _bricks,
    "tiles": _tiles,
    "bars": _bars,
    "stripes": _stripes,
    "beans": _beans,
    "sesame": _sesame,
    "weave": _weave,
    "grain": _grain,
    "gravel": _gravel,
    "bokeh": _bokeh,
    "leaves": _leaves,
    "twigs": _twigs,
    "shelf": _shelf,
    "dots": _dots,
    "beads": _beads,
    "clutter": _clutter,
    "hair": _hair,
}


def draw_texture(rng: random.Random, name: str, height: int, width: int) -> F:
    """Draw a surface ``[H,W,3]``, tinted, unevenly lit and not quite sharp."""
    plane = TEXTURES[name](rng, height, width)
    light = 1 + 0.15 * noise(rng, height, width, 0.5 * height)
    tint = np.array([rng.uniform(0.7, 1.0) for _ in range(3)], np.float32)
    tint /= tint.max()
    picture = np.clip((plane * light)[..., None] * tint, 0, 1)
    turned = Image.fromarray((picture * 255).astype(np.uint8))
    if rng.random() < 0.4:
        turned = turned.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2.5)))
    return np.asarray(turned, np.float32) / 255
