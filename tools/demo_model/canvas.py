"""Coordinates, noise and light for the procedural backdrops. Everything is linear light until :func:`looks.grade`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

F = NDArray[np.floating]  # float32 throughout; numpy's stubs widen it at every Python number

# sRGB 0..255, as a paint shop would name them; far enough apart that every mood keeps them nameable
PAINTS = {
    "pink": (240, 160, 180),
    "red": (200, 45, 45),
    "orange": (238, 130, 45),
    "yellow": (246, 205, 65),
    "green": (105, 160, 80),
    "teal": (40, 150, 145),
    "blue": (75, 130, 215),
    "purple": (145, 95, 190),
    "beige": (228, 204, 164),
    "grey": (160, 164, 170),
}


def linear(rgb: tuple[float, float, float]) -> F:
    """sRGB bytes to linear light (gamma 2.2)."""
    return (np.asarray(rgb, np.float32) / 255) ** 2.2


def mix(a: F, b: F, t: float | F) -> F:
    """Blend from ``a`` (t = 0) to ``b`` (t = 1)."""
    return a + (b - a) * t


def smooth(edge0: float, edge1: float, value: F) -> F:
    """Smoothstep; also falls when ``edge0 > edge1``."""
    t = np.clip((value - edge0) / (edge1 - edge0), 0, 1)
    return t * t * (3 - 2 * t)


@cache
def noise_bank() -> tuple[F, ...]:
    """Four tileable 1024² noises, mean 0, deviation 1, from cloudy (index 0) to grainy (index 3)."""
    size, bank = 1024, []
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size))) * size
    for slope, low in ((3.4, 2), (2.6, 2), (2.0, 3), (1.4, 8)):
        rng = np.random.default_rng(int(slope * 10))
        amplitude = np.where(radius < low, 0, 1 / np.maximum(radius, 1) ** (slope / 2 + 0.5))
        field = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) * amplitude).real
        bank.append(((field - field.mean()) / field.std()).astype(np.float32))
    return tuple(bank)


@dataclass
class Canvas:
    """A picture in the making.

    ``x`` runs from the middle in units of the short side, ``y`` from the horizon downwards. ``side`` is -1, 0 or +1:
    where the light comes from. ``toward`` is +1 at the lit edge of the picture and -1 at the other. ``lamp`` moves the
    light: along the wall, up or down, and in strength.
    """

    width: int
    height: int
    horizon: float
    side: int
    rng: np.random.Generator
    lamp: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self.short = min(self.width, self.height)
        px = (np.arange(self.width, dtype=np.float32) + 0.5 - self.width / 2) / self.short
        py = (np.arange(self.height, dtype=np.float32) + 0.5 - self.height * self.horizon) / self.short
        self.x, self.y = (
            np.broadcast_to(px, (self.height, self.width)),
            np.broadcast_to(py[:, None], (self.height, self.width)),
        )
        self.half = self.width / self.short / 2
        self.top, self.bottom = float(py[0]), float(py[-1])
        self.toward = (self.x * self.side / self.half).astype(np.float32)
        self.px = 1.0 / self.short

    def noise(self, kind: int, x: F, y: F) -> F:
        """Sample noise ``kind`` at texture coordinates (one unit = 256 texels), at a random offset, bilinearly."""
        bank = noise_bank()[kind].ravel()
        ox, oy = self.rng.integers(0, 1024, 2)
        tx, ty = x * 256 + ox + 1024, y * 256 + oy + 1024
        ix, iy = np.floor(tx).astype(np.int32), np.floor(ty).astype(np.int32)
        fx, fy = tx - ix, ty - iy
        left, right, up, down = ix & 1023, (ix + 1) & 1023, (iy & 1023) << 10, ((iy + 1) & 1023) << 10
        above = bank[up + left] * (1 - fx) + bank[up + right] * fx
        below = bank[down + left] * (1 - fx) + bank[down + right] * fx
        return (above * (1 - fy) + below * fy).astype(np.float32)

    def light(self, floor: float = 0.30) -> F:
        """Illumination of walls and tables: bright at the lit side, or a pool under the lamp for light from above."""
        along, down, strength = self.lamp
        floor = floor + strength
        if self.side:
            ramp = smooth(-1.25, 1.15, self.toward)
            glow = np.exp(-((self.toward - 0.75 - along) ** 2) / 0.35 - (self.y + 0.25 - down) ** 2 / 0.22)
            return floor + 0.85 * ramp + 0.30 * glow
        pool = np.exp(-((self.x - along / 2) ** 2) / 0.13 - (self.y + 0.12 - down) ** 2 / 0.38)
        return floor + 0.10 + 0.95 * pool

    def ground(self) -> tuple[F, F, F]:
        """Perspective floor below the horizon: floor x, depth z (1 near, larger far) and the mask of the floor."""
        near = np.maximum(self.y, 0) + 0.10
        z = 0.62 / near
        return self.x * z, z, smooth(-self.px, self.px, self.y)

    def shape(self, polygons: list[list[tuple[float, float]]], blur: float = 0.0) -> F:
        """Rasterise polygons given in canvas coordinates to a soft mask ``[H,W] 0..1``; ``blur`` in canvas units."""
        scale = 1 if blur < 0.006 else 2
        picture = Image.new("L", (self.width // scale, self.height // scale))
        draw = ImageDraw.Draw(picture)
        for polygon in polygons:
            draw.polygon([self._pixel(x, y, scale) for x, y in polygon], fill=255)
        picture = picture.filter(ImageFilter.GaussianBlur(max(0.7, blur * self.short / scale)))
        if scale > 1:
            picture = picture.resize((self.width, self.height), Image.Resampling.BILINEAR)
        return np.asarray(picture, np.float32) / 255

    def _pixel(self, x: float, y: float, scale: int) -> tuple[float, float]:
        return (x * self.short + self.width / 2) / scale, (y * self.short + self.height * self.horizon) / scale

    def paint(self, color: F) -> F:
        """A canvas full of one linear colour."""
        return np.broadcast_to(color, (self.height, self.width, 3)).astype(np.float32)

    def over(self, below: F, above: F, mask: F) -> F:
        return below + (above - below) * mask[..., None]

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))
