"""The twelve places of the scene vocabulary, drawn: each takes a canvas and a linear paint, returns linear light."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Canvas, F, linear, mix, smooth

OAK, WALNUT = linear((176, 124, 78)), linear((120, 76, 46))
CREAM, WHITE = linear((240, 232, 220)), linear((244, 243, 240))


def _planks(c: Canvas, light_wood: F, dark_wood: F) -> F:
    """A plank table in perspective, boards running away from the viewer."""
    fx, z, _ = c.ground()
    board = fx * c.uniform(2.6, 3.4) + c.uniform(0, 1)
    index = np.floor(board)
    grain = c.noise(2, fx * 0.9 + index * 0.37, z * 0.10) * 0.5 + c.noise(1, fx * 2.2 + index * 0.61, z * 0.18) * 0.5
    tone = np.sin(index * 12.9) * 0.10 + grain * 0.13 + 0.5
    joint = np.abs(board - index - 0.5)
    seam = 1 - 0.55 * smooth(0.475, 0.5, joint)
    return mix(dark_wood, light_wood, np.clip(tone, 0, 1)[..., None]) * seam[..., None]


def _contact(c: Canvas, picture: F, cx: float, y: float, rx: float, ry: float, strength: float = 0.55) -> F:
    """Darken the floor where something stands, longer away from the light."""
    dx = (c.x - cx + c.side * rx * 0.55) / (rx * (1.45 if c.side else 1.2))
    dy = (c.y - y) / (ry * 1.5)
    return picture * (1 - strength * np.exp(-((dx**2 + dy**2) ** 1.5)))[..., None]


def cafe_window(c: Canvas, paint: F) -> F:
    """A plank table, a wall and a window on the lit side, its light lying on the wood."""
    light = c.light()
    wall = c.paint(paint * 0.9) * light[..., None]
    w, h = c.uniform(0.17, 0.21), c.uniform(0.30, 0.38)
    cx = c.side * (c.half - w * 0.95) if c.side else 0.0
    bottom = -c.uniform(0.07, 0.11)
    panes = []
    for i in (-1, 0):
        for j in (0, 1):
            left, up = cx + i * w + 0.012, bottom - (j + 1) * h / 2 + 0.012
            panes.append(
                [(left, up), (left + w - 0.024, up), (left + w - 0.024, up + h / 2 - 0.024), (left, up + h / 2 - 0.024)]
            )
    frame = c.shape([[(cx - w, bottom), (cx + w, bottom), (cx + w, bottom - h), (cx - w, bottom - h)]])
    glass = c.shape(panes)
    outside = mix(CREAM * 1.5, linear((196, 222, 236)) * 1.4, smooth(bottom, bottom - h, c.y)[..., None])
    wall = c.over(c.over(wall, c.paint(WHITE * 0.75), frame), outside, glass)
    halo = np.exp(-((c.x - cx) ** 2 / 0.05 + (c.y - bottom + h / 2) ** 2 / 0.06))
    wall = wall + 0.30 * halo[..., None] * CREAM
    table = _planks(c, OAK * 1.15, WALNUT * 1.1)
    patch = []
    for i in (-1, 0):
        x0 = cx + i * w * 1.1
        lean = -c.side * 0.34
        patch.append(
            [
                (x0 * 0.8 + lean * 0.35, 0.07),
                (x0 * 0.8 + w + lean * 0.35, 0.07),
                (x0 + w * 1.5 + lean, 0.30),
                (x0 + lean, 0.30),
            ]
        )
    shine = c.shape(patch, 0.014)
    table = table * (light * 0.75 + 0.95 * shine)[..., None]
    return c.over(wall, table, c.ground()[2])


def marble(c: Canvas, paint: F) -> F:
    """A veined white counter before a painted wall."""
    light = c.light()
    wall = c.paint(paint) * (light * (1 + 0.05 * c.noise(0, c.x, c.y)))[..., None]
    fx, z, floor = c.ground()
    bend = c.noise(0, fx * 0.42, z * 0.38)
    vein = np.abs(np.sin((fx * 1.1 + z * 0.8) * 2.2 + bend * 2.6 + c.uniform(0, 6)))
    fine = np.abs(np.sin((fx * 1.9 - z * 1.2) * 2.0 + bend * 3.4))
    dark = 0.50 * (1 - smooth(0.0, 0.16, vein)) + 0.22 * (1 - smooth(0.0, 0.10, fine)) + 0.05 * c.noise(0, fx, z)
    stone = mix(WHITE, linear((112, 116, 126)), np.clip(dark, 0, 1)[..., None])
    mirror = np.exp(-np.maximum(c.y, 0) / 0.10)
    top = (stone * 0.88 + paint * 0.30 * mirror[..., None]) * (light * 0.80)[..., None]
    edge = np.exp(-((c.y - 0.004) ** 2) / 0.00003)
    return c.over(wall, top, floor) + (edge * 0.20 * light)[..., None]


def wood(c: Canvas, paint: F) -> F:
    """Dark planks before a painted wall."""
    light = c.light()
    blur = 0.10 * c.noise(0, c.x * 0.6, c.y * 0.6)
    wall = c.paint(paint) * (light * (0.95 + blur))[..., None]
    table = _planks(c, WALNUT * 1.35, WALNUT * 0.55) * (light * 0.95)[..., None]
    shade = 1 - 0.5 * np.exp(-np.maximum(c.y, 0) / 0.02)
    return c.over(wall, table * shade[..., None], c.ground()[2])


def linen(c: Canvas, paint: F) -> F:
    """A painted cloth in soft folds before a pale wall."""
    light = c.light()
    wall = c.paint(mix(paint, CREAM, 0.62)) * light[..., None]
    fx, z, floor = c.ground()
    sway = 0.9 * np.sin(z * 0.9 + c.uniform(0, 6)) + 0.6 * np.sin(fx * 1.7 + c.uniform(0, 6))
    phase = (fx * 2.4 + c.uniform(-0.5, 0.5) * z) * 2 + sway
    fold = np.sin(phase)
    lit = 0.80 + 0.26 * np.cos(phase) * (-c.side or 0.5) + 0.12 * fold
    weave = 1 + 0.035 * np.sin(c.x * c.short * 0.9) * np.sin(c.y * c.short * 0.9)
    cloth = c.paint(paint) * (light * lit * weave * 0.95)[..., None]
    hem = 1 - 0.35 * np.exp(-((c.y / 0.012) ** 2))
    return c.over(wall, cloth, floor) * hem[..., None]


def studio(c: Canvas, paint: F) -> F:
    """A paper sweep: wall and floor run into each other."""
    light = c.light(0.36)
    bend = smooth(-0.10, 0.22, c.y)
    floor_glow = 1 + 0.22 * bend - 0.20 * np.exp(-((c.y - 0.02) ** 2) / 0.012)
    return c.paint(paint) * (light * floor_glow)[..., None]


def _cylinder(c: Canvas, picture: F, paint: F, cx: float, top: float, rx: float, tall: float) -> F:
    """A round podium: lit mantle, brighter lid."""
    ry = rx * 0.26
    u = np.clip((c.x - cx) / rx, -1, 1)
    curve = ry * np.sqrt(1 - u**2)
    inside = smooth(rx + c.px, rx - c.px, np.abs(c.x - cx))
    mantle = inside * smooth(top - c.px, top + c.px, c.y) * smooth(top + tall + c.px, top + tall - c.px, c.y - curve)
    round_light = 0.52 + 0.40 * u * c.side + (0.25 * (1 - u**2) if not c.side else 0.08 * (1 - u**2))
    picture = c.over(picture, c.paint(paint) * round_light[..., None], mantle)
    lid = smooth(1 + 2 * c.px / ry, 1 - 2 * c.px / ry, ((c.x - cx) / rx) ** 2 + ((c.y - top) / ry) ** 2)
    sheen = 1.06 + 0.14 * u * c.side
    return c.over(picture, c.paint(mix(paint, WHITE, 0.20)) * sheen[..., None], lid)


def podium(c: Canvas, paint: F) -> F:
    """A round podium and its shadow in a painted studio."""
    light = c.light(0.36)
    wall = c.paint(paint * 0.92) * light[..., None]
    floor = c.paint(mix(paint, WHITE, 0.10)) * (light * 0.98)[..., None]
    picture = c.over(wall, floor, smooth(-0.02, 0.03, c.y))
    cx, rx = c.uniform(-0.04, 0.04), c.uniform(0.21, 0.26)
    top, tall = c.uniform(0.05, 0.09), c.uniform(0.11, 0.15)
    picture = _contact(c, picture, cx, top + tall + 0.02, rx * 1.15, 0.055, 0.6)
    return _cylinder(c, picture, mix(paint, WHITE, 0.28), cx, top, rx, tall)


def arch(c: Canvas, paint: F) -> F:
    """A niche in a plaster wall."""
    light = c.light(0.34)
    grain = 1 + 0.05 * c.noise(1, c.x * 1.4, c.y * 1.4)
    wall = c.paint(paint) * (light * grain)[..., None]
    cx, r, tall = c.uniform(-0.03, 0.03), c.uniform(0.20, 0.25), c.uniform(0.42, 0.48)
    dx, dy = c.x - cx, c.y + tall - r
    distance = np.where(dy < 0, np.hypot(dx, dy), np.abs(dx)) - r
    niche = smooth(c.px, -c.px, distance) * smooth(c.px, -c.px, c.y)
    across = dx / r * c.side
    inner = 0.60 - 0.22 * across + 0.12 * smooth(0.0, -0.3, dy) if c.side else 0.42 + 0.40 * smooth(-0.28, 0.12, dy)
    rim = np.exp(-((distance / 0.012) ** 2)) * (0.20 if not c.side else -0.22 * np.tanh(across * 3))
    picture = c.over(wall, c.paint(paint * 0.78) * (inner * grain)[..., None], niche) * (1 + rim)[..., None]
    floor = c.paint(mix(paint, CREAM, 0.35)) * (light * (0.95 + 0.03 * c.noise(1, c.x * 2, c.y * 4)))[..., None]
    corner = 1 - 0.35 * np.exp(-np.maximum(c.y, 0) / 0.025)
    return c.over(picture, floor * corner[..., None], c.ground()[2])


def _sway(c: Canvas, pace: float) -> F:
    """A smooth field of about -1..1: cloth has no grain that noise would give it."""
    field = np.zeros_like(c.x)
    for _ in range(3):
        turn, speed = c.uniform(0, 2 * np.pi), pace * c.uniform(0.5, 1.0)
        field = field + np.sin((c.x * np.cos(turn) + c.y * np.sin(turn)) * speed + c.uniform(0, 2 * np.pi))
    return field / 2


def silk(c: Canvas, paint: F) -> F:
    """Shining folds over the whole picture."""
    tilt = c.uniform(0.5, 0.9) * (1 if c.rng.random() < 0.5 else -1)
    a, b = _sway(c, 5.0), _sway(c, 8.0)
    phase = (c.x * np.cos(tilt) + c.y * np.sin(tilt)) * c.uniform(11, 15) + 1.5 * a
    folds = np.sin(phase) + 0.40 * np.sin(phase * 1.7 + 1.4 * b)
    slope = np.cos(phase) + 0.55 * np.cos(phase * 1.7 + 1.4 * b)
    shine = np.clip(folds * 0.5 + 0.5, 0, 1) ** 4
    shade = 0.62 + 0.20 * folds + 0.20 * slope * (c.side or 0.4)
    lit = c.light(0.14) ** 1.2
    return c.paint(paint) * (shade * lit)[..., None] + (0.32 * shine * lit)[..., None] * mix(paint, WHITE, 0.6)


def _leaf(x: float, y: float, size: float, angle: float) -> list[tuple[float, float]]:
    """A pointed leaf that grows from ``(x, y)``, as a polygon."""
    turn = np.linspace(0, np.pi, 9)
    along = np.concatenate([1 - np.cos(turn), 1 - np.cos(turn[::-1])]) * size / 2
    across = np.concatenate([np.sin(turn) ** 1.5, -(np.sin(turn[::-1]) ** 1.5)]) * size * 0.17
    u, v = np.cos(angle), np.sin(angle)
    return [(x + a * u - b * v, y + a * v + b * u) for a, b in zip(along, across, strict=True)]


def _branch(x: float, y: float, angle: float, length: float) -> list[list[tuple[float, float]]]:
    """A bending stem with broad leaves on both sides and one at its tip, as polygons."""
    polygons, step = [], length / 4
    for k in range(4):
        lean = angle + 0.14 * k
        u, v = np.cos(lean) * step, np.sin(lean) * step
        nx, ny = -v * 0.05, u * 0.05
        polygons.append([(x - nx, y - ny), (x + u - nx, y + v - ny), (x + u + nx, y + v + ny), (x + nx, y + ny)])
        x, y = x + u, y + v
        polygons += [_leaf(x, y, length * (0.40 - 0.04 * k), lean + turn) for turn in (-0.75, 0.75)]
    return [*polygons, _leaf(x, y, length * 0.34, angle + 0.56)]


def leaf_shadow(c: Canvas, paint: F) -> F:
    """The shadow of a leafy branch, reaching in from the lit side, on a painted wall."""
    light = c.light(0.46)
    side = c.side or -1
    leaves = _branch(-c.half - 0.06, c.top + 0.16, 0.05, 0.66)
    leaves = [[(-side * x, y) for x, y in polygon] for polygon in leaves]
    shade = c.shape(leaves, 0.011)
    wall = c.paint(paint) * (light * (1.12 - 0.62 * shade))[..., None]
    floor = c.paint(mix(paint, WHITE, 0.25)) * (light * (1 - 0.25 * shade))[..., None]
    corner = 1 - 0.22 * np.exp(-np.maximum(c.y, 0) / 0.03)
    return c.over(wall, floor * corner[..., None], c.ground()[2])


def night_bokeh(c: Canvas, paint: F) -> F:
    """Lamps out of focus behind a dark counter."""
    picture = c.paint(mix(paint * 0.10, linear((14, 14, 22)), 0.55))
    warm = linear((255, 190, 120))
    for _ in range(26):
        bias = c.side * c.half * 0.45
        bx = c.rng.normal(bias, c.half * (0.42 if c.side else 0.5)) if c.side else c.rng.normal(0, 0.20)
        by, r = c.uniform(c.top, -0.02), c.uniform(0.022, 0.062)
        disc = smooth(1.08, 0.90, np.hypot(c.x - bx, c.y - by) / r)
        picture = picture + (disc * c.uniform(0.25, 0.75))[..., None] * mix(
            paint, warm, 0.12 if c.rng.random() < 0.75 else 0.7
        )
    glow = np.exp(-((c.x - c.side * c.half * 0.75) ** 2) / 0.12 - (c.y + 0.2) ** 2 / 0.12)
    picture = picture + (0.35 * glow)[..., None] * paint
    counter = c.paint(WALNUT * 0.14 + paint * 0.05)
    reflect = np.exp(-((c.x - c.side * c.half * 0.6) ** 2) / 0.08) * np.exp(-np.maximum(c.y, 0) / 0.20)
    streak = 0.75 + 0.25 * c.noise(1, c.x * 1.5, c.y * 0.2)
    counter = counter + (0.60 * reflect * streak)[..., None] * mix(paint, warm, 0.15)
    edge = np.exp(-((c.y - 0.003) ** 2) / 0.00003)
    return c.over(picture, counter, c.ground()[2]) + (edge * 0.18)[..., None] * paint


def greenery(c: Canvas, paint: F) -> F:
    """Leaves out of focus behind a painted garden table."""
    light = c.light(0.28)
    a, b = c.noise(0, c.x * 0.9, c.y * 0.9), c.noise(1, c.x * 0.55, c.y * 0.55)
    deep, leaf, sun = linear((30, 62, 34)), linear((86, 134, 62)), linear((190, 210, 110))
    picture = mix(deep, leaf, smooth(-1.2, 1.2, a)[..., None])
    picture = mix(picture, sun, (smooth(0.4, 1.8, b) * 0.65)[..., None]) * (light * 1.15)[..., None]
    leaves, turn = [], np.linspace(0, np.pi, 9)
    for _ in range(10):
        x = c.uniform(0.5, 1.0) * c.half * (1 if c.rng.random() < 0.5 else -1)
        y, size, angle = c.uniform(c.top, -0.05), c.uniform(0.08, 0.15), c.uniform(0, 6.3)
        along = np.concatenate([np.cos(turn), np.cos(turn[::-1])]) * size
        across = np.concatenate([np.sin(turn), -np.sin(turn[::-1])]) ** 3 * size * 0.36
        leaves.append(
            [
                (x + u * np.cos(angle) - v * np.sin(angle), y + u * np.sin(angle) + v * np.cos(angle))
                for u, v in zip(along, across, strict=True)
            ]
        )
    picture = c.over(picture, c.paint(leaf * 1.25) * light[..., None], c.shape(leaves, 0.005))
    fx, z, floor = c.ground()
    board = fx * 2.4 + 0.5
    seam = 1 - 0.35 * smooth(0.465, 0.5, np.abs(board - np.floor(board) - 0.5))
    grain = 1 + 0.07 * c.noise(2, fx * 0.8, z * 0.12)
    table = c.paint(paint) * (light * seam * grain)[..., None]
    return c.over(picture, table, floor)


def seaside(c: Canvas, paint: F) -> F:
    """Sky, sea and sand."""
    lift = smooth(c.top, 0.0, c.y)
    sky = mix(paint, mix(paint, WHITE, 0.72), lift[..., None])
    glow = np.exp(-((c.x - c.side * c.half * 0.8) ** 2) / 0.10 - (c.y + 0.10) ** 2 / 0.05) * (1.0 if c.side else 0.6)
    sky = (sky + (0.55 * glow)[..., None] * CREAM) * (0.70 + 0.42 * c.light(0.25))[..., None]
    depth = smooth(0.0, 0.16, c.y)
    ripple = 1 + 0.10 * c.noise(2, c.x * 0.5, c.y * 3.0) + 0.30 * glow
    sea = mix(mix(paint, linear((40, 96, 130)), 0.35) * 0.72, mix(paint, WHITE, 0.45), depth[..., None])
    sea = sea * (ripple * (0.55 + 0.5 * c.light(0.25)))[..., None]
    shore = 0.145 + 0.022 * np.sin(c.x * c.uniform(3, 5) + c.uniform(0, 6)) + 0.006 * c.noise(1, c.x, c.x * 0.1)
    wet = smooth(0.0, 0.10, c.y - shore)
    sand = mix(linear((168, 142, 110)), linear((230, 208, 172)), wet[..., None])
    sand = sand * (c.light(0.34) * (0.95 + 0.05 * c.noise(2, c.x * 1.2, c.y * 2.4)))[..., None]
    foam = np.exp(-(((c.y - shore + 0.004) / 0.007) ** 2))
    picture = c.over(sky, sea, smooth(-c.px, c.px, c.y))
    picture = c.over(picture, sand, smooth(-c.px * 2, c.px * 2, c.y - shore))
    return picture + (0.45 * foam)[..., None]


PLACES: dict[str, Callable[[Canvas, F], F]] = {
    place.__name__: place
    for place in (
        cafe_window,
        marble,
        wood,
        linen,
        studio,
        podium,
        arch,
        silk,
        leaf_shadow,
        night_bokeh,
        greenery,
        seaside,
    )
}
HORIZON = {"seaside": (0.46, 0.52), "studio": (0.58, 0.66), "silk": (0.48, 0.52)}
