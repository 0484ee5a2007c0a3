"""Rendered products and rooms whose truth is known: outline, colour, and where the lamp stands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402
from scipy.ndimage import distance_transform_edt, gaussian_filter  # noqa: E402

from adstudio.imaging.linear import to_srgb  # noqa: E402
from adstudio.types import Array, CutOut  # noqa: E402

PRODUCTS = ("bottle", "box", "mug", "jar", "shoe")
_FILL_LIGHT = 0.85
_FINE = 3  # samples per pixel and direction
_COLOURS = {
    "bottle": (0.05, 0.22, 0.12),
    "box": (0.75, 0.30, 0.10),
    "mug": (0.80, 0.78, 0.72),
    "white mug": (0.92, 0.92, 0.91),
    "white bottle": (0.92, 0.92, 0.91),
    "white box": (0.92, 0.92, 0.91),
    "white jar": (0.92, 0.92, 0.91),
    "white shoe": (0.92, 0.92, 0.91),
    "grey mug": (0.35, 0.347, 0.343),
    "grey box": (0.35, 0.347, 0.343),
    "grey shoe": (0.35, 0.347, 0.343),
    "pale mug": (0.60, 0.595, 0.588),
    "pale box": (0.60, 0.595, 0.588),
    "pale shoe": (0.60, 0.595, 0.588),
    "jar": (0.55, 0.08, 0.10),
    "shoe": (0.12, 0.20, 0.50),
}
# Half widths over the height, from the top down, of what was turned on a wheel.
_PROFILES = {
    "bottle": ((0.0, 0.075), (0.05, 0.08), (0.06, 0.065), (0.28, 0.065), (0.42, 0.16), (0.97, 0.16), (1.0, 0.15)),
    "jar": ((0.0, 0.30), (0.14, 0.30), (0.15, 0.27), (0.20, 0.27), (0.27, 0.34), (0.95, 0.34), (1.0, 0.31)),
    "mug": ((0.0, 0.36), (0.94, 0.33), (1.0, 0.30)),
}
_SHOE = (
    (0.02, 0.55), (0.05, 0.30), (0.10, 0.22), (0.22, 0.20), (0.34, 0.28), (0.46, 0.42), (0.60, 0.52), (0.76, 0.60),
    (0.90, 0.66), (0.97, 0.74), (0.985, 0.86), (0.95, 0.93), (0.80, 0.965), (0.60, 0.97), (0.40, 0.96), (0.20, 0.97),
    (0.06, 0.965), (0.02, 0.90),
)  # fmt: skip


@dataclass(frozen=True)
class Room:
    """A wall and a table under one lamp. ``angle_deg`` is where the lamp stands, seen from above."""

    picture: Array
    angle_deg: float
    shadow_deg: float  # of the shadow's direction in the picture: 0 = right, 90 = up


def render(name: str, height: int = 600, angle_deg: float = -40.0, *, fill: float = 0.0) -> CutOut:
    """Render one product with its true alpha, lit from ``angle_deg``; a ``fill`` of 1 lights it evenly all around."""
    tall = height * _FINE
    mask, colour = _draw(name, tall)
    name = name.rpartition(" ")[2]  # the shape; before it stands a colour of its own
    soft = np.asarray(mask, np.float32) / 255
    solid = soft > 0.5
    normal = _turned(name, solid) if name in _PROFILES else _pillow(solid, 0.06 if name == "shoe" else 0.0)
    lamp = np.array([np.sin(np.radians(angle_deg)), -0.5, np.cos(np.radians(angle_deg))])
    lamp /= np.linalg.norm(lamp)
    lambert = np.clip((normal * lamp).sum(-1), 0, 1)
    half = lamp + np.array([0, 0, 1.0])
    gloss = np.clip((normal * half / np.linalg.norm(half)).sum(-1), 0, 1) ** 40
    lit = np.clip(colour * (0.22 + 0.85 * lambert)[..., None] + 0.35 * gloss[..., None], 0, 1)
    weight = solid[..., None].astype(np.float32)
    rows, columns = tall // _FINE, soft.shape[1] // _FINE
    cells = (rows, _FINE, columns, _FINE)
    cut = slice(0, rows * _FINE), slice(0, columns * _FINE)
    alpha = weight[cut].reshape(*cells, 1).mean(axis=(1, 3))
    lit = lit * (1 - fill) + _FILL_LIGHT * fill
    mean = (lit * weight)[cut].reshape(*cells, 3).mean(axis=(1, 3)) / np.maximum(alpha, 1e-4)
    rgba = np.concatenate([to_srgb(mean.astype(np.float32)), alpha], axis=-1).astype(np.float32)
    seen_rows, seen = np.flatnonzero(alpha[..., 0].max(1) > 0), np.flatnonzero(alpha[..., 0].max(0) > 0)
    rgba = rgba[seen_rows[0] : seen_rows[-1] + 1, seen[0] : seen[-1] + 1]
    return CutOut(rgba=np.ascontiguousarray(rgba), method="rendered")


def _draw(name: str, tall: int) -> tuple[Image.Image, Array]:
    wide = tall if name != "shoe" else tall * 2
    mask = Image.new("L", (wide, tall))
    pen = ImageDraw.Draw(mask)
    colour = np.broadcast_to(np.array(_COLOURS[name]), (tall, wide, 3)).copy()
    name = name.rpartition(" ")[2]
    y, x = np.mgrid[0:tall, 0:wide]
    if name in _PROFILES:
        half = _half_width(name, tall)
        foot = half[-1] * 0.22  # the ellipse of the foot, seen from a little above
        across = np.clip(1 - ((x - wide / 2) / np.maximum(half[:, None], 1)) ** 2, 0, 1)
        solid = (np.abs(x - wide / 2) <= half[:, None]) & (y <= tall - 1 - foot * (1 - np.sqrt(across)))
        if name == "mug":
            ring = ((x - wide * 0.83) / (tall * 0.17)) ** 2 + ((y - tall * 0.47) / (tall * 0.25)) ** 2
            solid |= (ring < 1) & (ring > 0.52) & (x > wide / 2)
        mask = Image.fromarray((solid * 255).astype(np.uint8))
        bent = np.sqrt(np.clip(across, 0, 1)) * foot
        if name in ("bottle", "jar"):
            label = (y > tall * 0.52 - foot + bent) & (y < tall * 0.80 - foot + bent)
            colour[label] = (0.85, 0.82, 0.70)
            stripe = (y > tall * 0.63 - foot + bent) & (y < tall * 0.67 - foot + bent)
            colour[stripe] = (0.60, 0.10, 0.08)
        if name == "jar":
            colour[y < tall * 0.145] = (0.65, 0.60, 0.45)
    elif name == "box":
        corners = [(0.10, 0.10), (0.62, 0.02), (0.90, 0.12), (0.90, 0.90), (0.40, 1.0), (0.10, 0.88)]
        pen.polygon([(a * wide, b * tall) for a, b in corners], fill=255)
        front = Image.new("L", (wide, tall))
        ImageDraw.Draw(front).polygon(
            [(a * wide, b * tall) for a, b in [(0.40, 0.22), (0.90, 0.12), (0.90, 0.90), (0.40, 1.0)]], fill=255
        )
        top = Image.new("L", (wide, tall))
        ImageDraw.Draw(top).polygon([(a * wide, b * tall) for a, b in [*corners[:3], (0.40, 0.22)]], fill=255)
        colour *= 0.55
        colour[np.asarray(front) > 0] /= 0.55
        colour[np.asarray(top) > 0] = np.array(_COLOURS[name]) * 1.15
        band = (np.asarray(front) > 0) & (np.abs(y / tall + 0.2 * x / wide - 0.75) < 0.08)
        colour[band] = (0.85, 0.80, 0.60)
    else:
        pen.polygon([(a * wide * 0.98, b * tall) for a, b in _SHOE], fill=255)
        colour[y > tall * 0.86] = (0.82, 0.80, 0.76)
    return mask, colour


def _half_width(name: str, tall: int) -> Array:
    down, half = np.array(_PROFILES[name]).T
    smooth = np.interp(np.linspace(0, 1, tall), down, half)
    return (gaussian_filter(smooth, tall * 0.012, mode="nearest") * tall).astype(np.float32)


def _turned(name: str, solid: np.ndarray) -> Array:
    tall, wide = solid.shape
    half = _half_width(name, tall)
    x = (np.arange(wide)[None, :] - wide / 2) / np.maximum(half[:, None], 1)
    x = np.clip(x, -1, 1)
    slope = np.gradient(half)[:, None] * np.ones_like(x)
    normal = np.stack([x, -slope, np.sqrt(1 - x * x)], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def _pillow(solid: np.ndarray, round_share: float) -> Array:
    if round_share == 0:
        return np.broadcast_to(np.array([0, 0, 1.0]), (*solid.shape, 3))
    depth = np.asarray(distance_transform_edt(solid))
    reach = round_share * 2 * len(solid)
    high = gaussian_filter(
        np.sqrt(np.clip(2 * reach * depth - depth**2, 0, None) * (depth < reach) + reach**2 * (depth >= reach)), 6
    )
    down, across = np.gradient(high)
    normal = np.stack([-across, -down, np.ones_like(high)], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def render_room(angle_deg: float, *, distance: float = 1.3, size: int = 512, seed: int = 0) -> Room:
    """Render a wall and a table under a lamp at ``angle_deg`` round the middle of the table, in true perspective.

    Args:
        distance: of the lamp from that middle, in widths of what the camera sees there.
    """
    rng = np.random.default_rng(seed)
    eye, pitch, focal = np.array([0.0, 0.75, 2.2]), np.radians(14.0), 1.9
    v, u = (np.mgrid[0:size, 0:size] / (size - 1) - 0.5).astype(np.float64)
    ray = np.stack(
        [u, -v * np.cos(pitch) - focal * np.sin(pitch) * np.ones_like(u), v * np.sin(pitch) - focal * np.cos(pitch)],
        axis=-1,
    )
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    wall_z = -0.9
    with np.errstate(divide="ignore", invalid="ignore"):
        to_floor = np.where(ray[..., 1] < -1e-6, -eye[1] / ray[..., 1], np.inf)
    to_wall = (wall_z - eye[2]) / ray[..., 2]
    on_floor = to_floor < to_wall
    spot = eye + ray * np.minimum(to_floor, to_wall)[..., None]
    turn = np.radians(angle_deg)
    lamp = np.array([np.sin(turn) * distance, 1.25, np.cos(turn) * distance])
    way = lamp - spot
    far = np.linalg.norm(way, axis=-1)
    facing = np.where(on_floor, way[..., 1], way[..., 2]) / far
    light = 0.12 + 1.1 * np.clip(facing, 0, 1) / far**2
    albedo = np.where(on_floor[..., None], rng.uniform(0.35, 0.7, 3), rng.uniform(0.45, 0.85, 3))
    grain = gaussian_filter(rng.standard_normal((size, size)), (1, 6)) * on_floor * 0.5
    linear = albedo * (light * (1 + 0.25 * grain))[..., None]
    picture = to_srgb((linear / np.percentile(linear, 97)).astype(np.float32))
    # The shadow of a thing in the middle of the table: where its top's shadow falls, seen by the camera.
    foot, top = np.zeros(3), np.array([0, 0.3, 0])
    fall = top + (top - lamp) * top[1] / (lamp[1] - top[1])
    (fx, fy), (tx, ty) = (_seen(point, eye, pitch, focal) for point in (foot, fall))
    return Room(picture, angle_deg, float(np.degrees(np.arctan2(-(ty - fy), tx - fx))))


def _seen(point: np.ndarray, eye: np.ndarray, pitch: float, focal: float) -> tuple[float, float]:
    x, y, z = point - eye
    deep = -(z * np.cos(pitch)) - y * np.sin(pitch)
    down = -(y * np.cos(pitch) - z * np.sin(pitch))
    return focal * x / deep, focal * down / deep
