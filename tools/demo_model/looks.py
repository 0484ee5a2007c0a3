"""Moods (colour grades) and art styles laid over a drawn place."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from adstudio.types import Scene

from .canvas import PAINTS, Canvas, F, linear, smooth
from .places import HORIZON, PLACES

ARRANGEMENT = 1  # the one that looked best in all places
SIDES = {"left": -1, "above": 0, "right": 1}
# exposure, tint, saturation, contrast, vignette
MOODS = {
    "fresh": (1.28, (0.99, 1.01, 1.03), 1.08, 1.00, 0.00),
    "calm": (1.00, (1.00, 1.00, 1.00), 0.78, 0.78, 0.05),
    "cosy": (0.92, (1.10, 0.98, 0.82), 1.05, 1.06, 0.35),
    "luxury": (0.46, (1.00, 0.98, 0.97), 0.92, 1.18, 0.55),
}


def grade(c: Canvas, light: F, mood: str) -> F:
    """Linear light to sRGB 0..1 in the given mood."""
    exposure, tint, saturation, contrast, vignette = MOODS[mood]
    corner = (c.x / c.half) ** 2 + (c.y - (c.top + c.bottom) / 2) ** 2 * 4 * (c.short / c.height) ** 2
    light = light * (exposure * (1 - vignette * smooth(0.5, 2.0, corner)))[..., None] * np.asarray(tint, np.float32)
    light = light / (1 + np.maximum(light - 0.55, 0) * 0.55)  # a soft shoulder keeps highlights from clipping hard
    grey = light.mean(-1, keepdims=True)
    light = np.maximum(grey + (light - grey) * saturation, 1e-4)
    picture = light ** (1 / 2.2)
    return np.clip((picture - 0.5) * contrast + (0.5 if contrast <= 1 else 0.5 - 0.02), 0, 1)


def watercolor(picture: F, c: Canvas) -> F:
    """Pigment that pools and pales on white paper, with a ragged dry edge."""
    soft = _blur(picture, 3.0 * c.short / 512)
    pool = 0.5 + 0.5 * np.tanh(c.noise(0, c.x * 0.7, c.y * 0.7) + 0.6 * c.noise(1, c.x * 1.2, c.y * 1.2))
    wash = 1 - (1 - soft) * (0.55 + 0.50 * pool)[..., None]
    wash = 1 - (1 - wash) * 0.92
    edge = np.maximum(np.abs(c.x) / c.half, np.abs(c.y - (c.top + c.bottom) / 2) * 2 / (c.bottom - c.top))
    paper = smooth(0.99, 0.86, edge + 0.045 * c.noise(1, c.x * 1.5, c.y * 1.5))
    sheet = np.asarray((0.985, 0.975, 0.955), np.float32)
    return sheet + (wash - sheet) * paper[..., None]


def illustration(picture: F, c: Canvas) -> F:
    """Flat shapes in a few tones of strong colour."""
    soft = _blur(picture, 4.0 * c.short / 512)
    value = soft.max(-1, keepdims=True)
    levels = 4.0
    step = value * levels
    flat = (np.floor(step) + smooth(0.42, 0.58, step - np.floor(step))) / levels
    ratio = soft / np.maximum(value, 1e-3)
    ratio = 1 - (1 - ratio) * 1.35
    return np.clip(ratio * (0.10 + 0.92 * flat), 0, 1)


STYLES = {"watercolor": watercolor, "illustration": illustration}


def _blur(picture: F, radius: float) -> F:
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


def draw(
    scene: Scene, seed: int, width: int = 512, height: int = 512, style: str | None = None, free: bool = False
) -> F:
    """Draw one backdrop ``[H,W,3] float32 sRGB 0..1``; the same arguments give the same picture.

    The things of a place stand where they always stand; the seed decides the shade of the paint and where the lamp
    hangs. A small transformer draws sharply what its caption settles; of outlines left to chance it draws the blurred
    average, so what is left to chance here is soft by nature.

    Args:
        free: arrange by the seed instead, for an autoencoder and a classifier that must know more.
    """
    arrangement = np.random.default_rng((seed if free else ARRANGEMENT, 5))
    chance = np.random.default_rng((seed, width, height))
    horizon = arrangement.uniform(*HORIZON.get(scene.place, (0.60, 0.66)))
    lamp = (chance.uniform(-0.25, 0.25), chance.uniform(-0.15, 0.15), chance.uniform(-0.08, 0.08))
    canvas = Canvas(width, height, horizon, SIDES[scene.light], arrangement, lamp)
    tone = linear(PAINTS[scene.colour]) * chance.uniform(0.84, 1.12) * chance.uniform(0.92, 1.08, 3).astype(np.float32)
    picture = grade(canvas, PLACES[scene.place](canvas, tone), scene.mood)
    return (STYLES[style](picture, canvas) if style else picture).astype(np.float32)
