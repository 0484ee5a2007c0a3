"""A copy of a picture with numbered places drawn on it, as the JPEG file that a language model looks at."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...types import Array, Box
from ..copy.candidates import Spot, Stand
from ..rects import apart

LONGEST_PX = 1024
MAX_BYTES = 400_000
_SHORTEST_PX = 640  # of the longer side: in a smaller picture the numbers would hide everything
_QUALITIES = (88, 78, 66, 52, 40)
_COLOURS = ("#ff3b30", "#007aff", "#34c759", "#ff9500", "#af52de", "#00c7be", "#ffcc00", "#ff2d92")
_TAG_PLACES = (
    (0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0), (0.5, 1), (0, 0.5), (1, 0.5), (0.5, 0.5), (0.25, 0), (0.75, 0),
)  # fmt: skip
_Point = tuple[float, float]


def draw_spots(image: Array, spots: Sequence[Spot]) -> bytes:
    """Draw numbered boxes on a picture ``[H,W,3]``. Returns: a JPEG file of at most ``MAX_BYTES``."""

    def draw(canvas: _Canvas) -> None:
        for spot in spots:
            canvas.outline(spot.box, _colour(spot.number))
        for spot in spots:
            canvas.tag(spot.number, canvas.corners(spot.box))

    return _jpeg(image, draw)


def draw_stands(backdrop: Array, stands: Sequence[Stand]) -> bytes:
    """Draw numbered points on the ground of a backdrop ``[H,W,3]``. Returns: as ``draw_spots``."""

    def draw(canvas: _Canvas) -> None:
        for stand in stands:
            canvas.foot(stand.x, stand.base_y, _colour(stand.number))
        for stand in stands:
            canvas.tag(stand.number, canvas.around(stand.x, stand.base_y))

    return _jpeg(backdrop, draw)


class _Canvas:
    """A picture to draw on, in its own pixels; tags keep out of each other's way."""

    def __init__(self, picture: Image.Image) -> None:
        self.picture = picture
        self._pen = ImageDraw.Draw(picture)
        longest = max(picture.size)
        self._tag_px = max(24, round(0.042 * longest))
        self._line_px = max(2, round(0.003 * longest))
        self._font = ImageFont.load_default(size=0.8 * self._tag_px)
        self._tags: list[tuple[float, float, float, float]] = []

    def outline(self, box: Box, colour: str) -> None:
        """A rim that shows on light and on dark."""
        left, top, right, bottom = box.pixels(*self.picture.size)
        line = self._line_px
        self._pen.rectangle((left, top, right, bottom), outline="black", width=2 * line)
        self._pen.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline=colour, width=line)

    def foot(self, x: float, y: float, colour: str) -> None:
        """A flat ring on the ground."""
        width, height = self.picture.size
        across, down = 1.1 * self._tag_px, 0.4 * self._tag_px
        ring = (x * width - across, y * height - down, x * width + across, y * height + down)
        self._pen.ellipse(ring, outline="black", width=2 * self._line_px)
        self._pen.ellipse(ring, outline=colour, width=self._line_px)

    def corners(self, box: Box) -> list[_Point]:
        """Middles of tags in the corners of a box, then along its edges, then inside."""
        width, height = self.picture.size
        half = self._tag_px / 2
        left, right = box.x0 * width + half, max(box.x1 * width - half, box.x0 * width + half)
        top, bottom = box.y0 * height + half, max(box.y1 * height - half, box.y0 * height + half)
        return [(left + across * (right - left), top + down * (bottom - top)) for across, down in _TAG_PLACES]

    def around(self, x: float, y: float) -> list[_Point]:
        """Middles of tags on a point, then above and below it."""
        width, height = self.picture.size
        return [(x * width, y * height + shift * self._tag_px) for shift in (0.0, -1.1, 1.1)]

    def tag(self, number: int, middles: Sequence[_Point]) -> None:
        """A number on a dark plate, at the first place where no other tag is."""
        rows = [self._plate(number, *middle) for middle in middles]
        plate = next((row for row in rows if all(apart(row, other) for other in self._tags)), rows[0])
        self._tags.append(plate)
        colour = _colour(number)
        self._pen.rounded_rectangle(plate, radius=self._tag_px / 5, fill="#101010", outline=colour, width=self._line_px)
        middle = ((plate[0] + plate[2]) / 2, (plate[1] + plate[3]) / 2)
        self._pen.text(middle, str(number), fill="white", font=self._font, anchor="mm")

    def _plate(self, number: int, x: float, y: float) -> tuple[float, float, float, float]:
        half = self._tag_px / 2
        across = half if number < 10 else 1.35 * half
        width, height = self.picture.size
        x, y = min(max(x, across), width - 1 - across), min(max(y, half), height - 1 - half)
        return x - across, y - half, x + across, y + half


def _jpeg(image: Array, draw: Callable[[_Canvas], None]) -> bytes:
    """Draw on the picture at the size in which it is sent, and encode it as well as ``MAX_BYTES`` allow."""
    pixels = Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8))
    longest = min(max(max(pixels.size), _SHORTEST_PX), LONGEST_PX)
    while True:
        scale = longest / max(pixels.size)
        size = (max(1, round(pixels.width * scale)), max(1, round(pixels.height * scale)))
        canvas = _Canvas(pixels.resize(size, Image.Resampling.LANCZOS))
        draw(canvas)
        for quality in _QUALITIES:
            file = io.BytesIO()
            canvas.picture.save(file, "JPEG", quality=quality, subsampling=0)
            if file.tell() <= MAX_BYTES:
                return file.getvalue()
        longest = round(0.8 * longest)  # noise, at every quality


def _colour(number: int) -> str:
    return _COLOURS[(number - 1) % len(_COLOURS)]
