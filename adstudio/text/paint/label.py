"""The small words that say a picture comes from artificial intelligence, in a corner that nothing needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from ...errors import InputError
from ...types import Array, Box
from ..faces.coverage import require_glyphs
from ..faces.fonts import BUNDLED, find_font
from ..faces.typeface import Typeface
from ..lines.characters import normalise
from .ink import BLACK, ENOUGH_SMALL, WHITE, Colour, contrast

LABELS = ("AI로 생성된 이미지", "AI 생성 이미지", "AI-generated image")
_WEIGHT = 500
_SIZE = 0.024  # em, of the short side: 9 px on a phone 390 px wide
_LEAST_PX = 12.0
_EDGE, _PAD = 0.9, 0.5  # em: from the picture's edge, and of the plate around the words
_PLACES = ((1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (0.5, 1.0), (0.5, 0.0))  # the first free one is taken
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_STRENGTHS = np.arange(0.0, 1.0, 0.08)

Rect = tuple[int, int, int, int]


def draw_label(
    image: Array,
    text: str,
    *,
    boxes: Sequence[Box] = (),
    keep_clear: Array | None = None,
    font: str = BUNDLED,
    within: Box = WHOLE,
) -> Array:
    """Draw a label, at 4.5 to 1 or more against what lies behind it; a plate is laid only where that takes one.

    Shapes: ``[H,W,3] float32 sRGB 0..1`` in and out; pixels away from the label stay bit-exact.

    Args:
        boxes: where copy and marks stand.
        keep_clear: ``[H,W]``, 1 = the product.
        within: where the label may stand, such as a channel's safe zone.

    Raises:
        InputError: ``text.does_not_fit``, ``text.missing_glyph``, ``text.unknown_font``
    """
    words = normalise(text).strip()
    if not words:
        return image
    face = Typeface((find_font(font, _WEIGHT),), _WEIGHT)
    require_glyphs(words, *face.files)
    height, width = image.shape[:2]
    x0, y0, x1, y1 = within.pixels(width, height)
    top, bottom = face.top(words), face.bottom(words)
    em = (face.measure(words) + 2 * (_EDGE + _PAD), top + bottom + 2 * (_EDGE + _PAD))  # with all its margins
    size = max(_SIZE * min(width, height), _LEAST_PX)
    size = min(size, max((x1 - x0) / em[0], _LEAST_PX))
    if em[0] * size > x1 - x0 or em[1] * size > y1 - y0:
        raise InputError(
            "text.does_not_fit",
            f"The label '{words[:40]}' does not fit on a picture of {x1 - x0}x{y1 - y0} pixels.",
            "Use a shorter label or a larger picture.",
            words=words[:40],
            width=round(x1 - x0),
            height=round(y1 - y0),
            min_px=_LEAST_PX,
        )
    area = _free_place(image, (em[0] * size, em[1] * size), boxes, keep_clear, (x0, y0, x1, y1))
    left, upper = area[0] + (_EDGE + _PAD) * size, area[1] + (_EDGE + _PAD) * size
    plate = tuple(round(v) for v in (area[0] + _EDGE * size, area[1] + _EDGE * size))
    plate = (*plate, round(area[2] - _EDGE * size), round(area[3] - _EDGE * size))
    out = np.array(image[..., :3], np.float32)
    ink, cover, strength = _colours(out[plate[1] : plate[3], plate[0] : plate[2]])
    if strength:
        _blend(out, _rounded(plate, 0.45 * size) * strength, plate[0], plate[1], cover)
    baseline = upper + top * size
    x, y = int(np.floor(left)), int(np.floor(baseline))
    coverage, start, base = face.draw_line(words, size, (left - x, baseline - y))
    _blend(out, coverage, x - start, y - base, ink)
    return out


def _free_place(
    image: Array, size: tuple[float, float], boxes: Sequence[Box], keep_clear: Array | None, within: Rect
) -> tuple[float, float, float, float]:
    height, width = image.shape[:2]
    taken = np.zeros((height, width), np.float32)
    if keep_clear is not None:
        taken = np.clip(keep_clear, 0, 1) * 0.5  # rather on the product than on the copy
    for box in boxes:
        left, top, right, bottom = box.pixels(width, height)
        taken[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 1.0

    def place(at: tuple[float, float]) -> tuple[float, float, float, float]:
        left = within[0] + at[0] * (within[2] - within[0] - size[0])
        top = within[1] + at[1] * (within[3] - within[1] - size[1])
        return (left, top, left + size[0], top + size[1])

    def cost(at: tuple[float, float]) -> float:
        left, top, right, bottom = (int(value) for value in place(at))
        return round(float(taken[top:bottom, left:right].mean()), 2)

    return place(min(_PLACES, key=cost))


def _colours(ground: Array) -> tuple[Colour, Colour, float]:
    """Ink, plate and the plate's strength: whichever of white on dark and dark on white changes the picture less."""
    cells = ground.reshape(1, -1, 3)

    def needed(ink: Colour, cover: Colour) -> float:
        shade = np.asarray(cover, np.float32)
        under = (
            float(s)
            for s in _STRENGTHS
            if contrast(ink, (cells * (1 - s) + shade * s).astype(np.float32)) >= ENOUGH_SMALL
        )
        return next(under, float(_STRENGTHS[-1]))

    options = [(ink, cover, needed(ink, cover)) for ink, cover in ((WHITE, BLACK), (BLACK, WHITE))]
    return min(options, key=lambda option: (option[2], -contrast(option[0], cells)))


def _rounded(plate: Rect, radius: float) -> Array:
    scale = 4
    canvas = Image.new("L", ((plate[2] - plate[0]) * scale, (plate[3] - plate[1]) * scale))
    corner = (canvas.width - 1, canvas.height - 1)
    ImageDraw.Draw(canvas).rounded_rectangle((0, 0, *corner), radius=radius * scale, fill=255)
    return np.asarray(canvas.reduce(scale), np.float32) / 255.0


def _blend(image: Array, coverage: Array, x: int, y: int, colour: Colour) -> None:
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + coverage.shape[1]), min(height, y + coverage.shape[0])
    target = image[y0:y1, x0:x1]
    target += coverage[y0 - y : y1 - y, x0 - x : x1 - x, None] * (np.asarray(colour, np.float32) - target)
