"""Marks beside the copy: a QR code on a card of its own, and the shop's logo."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from PIL import Image

from ...errors import InputError, MissingDependency
from ...srgb import luminance
from ...types import Array, Mark
from .ground import crop
from .ink import WHITE, Palette, to_oklab
from .shape import rounded
from .sheet import Sheet

_CARD, _CORNER = 5, 3  # modules of white around a code: the standard asks for four, which round corners leave alone
_LEAST_MODULE = 3  # pixels; a phone's camera sees less than that as grey
_MOST_MODULES = 390  # across the picture's shorter side: a phone shows it 390 points wide, and one is the least
_ALIKE = 0.25  # distance in OKLab up to which a logo's pixel melts into what is behind it
_MOST_MELTED = 0.1  # of a logo; beyond, its shape is lost
_PLATE_AIR, _PLATE_STRENGTH = 0.16, 0.92
_FAINT = 0.02  # alpha below which a logo's margin counts as empty


def paint_qr(mark: Mark, picture: tuple[int, int], tints: Palette) -> tuple[list[Sheet], str]:
    """Draw a QR code as large as whole pixels allow in its box, in the dark ink on white.

    Returns: the sheets, and what was chosen.

    Raises:
        InputError: ``text.qr_empty``, ``text.qr_too_long``, ``text.qr_too_small``.
        MissingDependency: ``segno`` is not installed.
    """
    modules, version = _modules(mark.content)
    left, top, right, bottom = mark.box.pixels(*picture)
    count = len(modules) + 2 * _CARD
    module = min(right - left, bottom - top) // count
    least = max(_LEAST_MODULE, -(-min(picture) // _MOST_MODULES))
    if module < least:
        raise InputError(
            "text.qr_too_small",
            f"The QR code has {len(modules)}x{len(modules)} modules and needs a box of {least * count}x{least * count} "
            f"px to be read, but {right - left}x{bottom - top} px came.",
            "Enlarge its box, or use a shorter link.",
            need=least * count,
            width=right - left,
            height=bottom - top,
        )
    side = module * count
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    card, _, _ = rounded((x, y, x + side, y + side), _CORNER * module)
    ink = np.pad(np.repeat(np.repeat(modules, module, 0), module, 1), _CARD * module)
    sheets = [
        Sheet(np.asarray(WHITE, np.float32), card, x, y),
        Sheet(np.asarray(tints.dark[0], np.float32), ink.astype(np.float32), x, y),
    ]
    return sheets, f"QR 코드: {version}, 한 칸 {module}px, {side}x{side}px"


def paint_logo(mark: Mark, logos: Mapping[str, Array], image: Array) -> tuple[list[Sheet], str]:
    """Fit a logo into its box, and lay a clear plate behind it where it would melt into the picture.

    Raises:
        InputError: ``text.logo_missing``, ``text.logo_empty``.
    """
    rgba = _trimmed(_named(mark, logos))
    height, width = image.shape[:2]
    left, top, right, bottom = mark.box.pixels(width, height)
    scale = min((right - left) / rgba.shape[1], (bottom - top) / rgba.shape[0])
    alone = _resized(rgba, scale)
    x, y = (left + right - alone.shape[1]) // 2, (top + bottom - alone.shape[0]) // 2
    behind = crop(image, (x, y, x + alone.shape[1], y + alone.shape[0]))
    melted = 0.0 if _is_card(rgba) else _melted(alone, behind)
    said = f"로고: {alone.shape[1]}x{alone.shape[0]}px"
    if melted <= _MOST_MELTED:
        return [_sheet(alone, x, y)], said
    # The plate takes its air from the box, so that nothing grows over what the plan left free.
    air = _PLATE_AIR * min(right - left, bottom - top)
    scale = min((right - left - 2 * air) / rgba.shape[1], (bottom - top - 2 * air) / rgba.shape[0])
    inner = _resized(rgba, scale)
    x, y = (left + right - inner.shape[1]) // 2, (top + bottom - inner.shape[0]) // 2
    plates = [np.full(3, value, np.float32) for value in (1.0, 0.08)]
    plate = min(plates, key=lambda colour: _melted(inner, np.broadcast_to(colour, (*inner.shape[:2], 3))))
    edges = (x - air, y - air, x + inner.shape[1] + air, y + inner.shape[0] + air)
    cover, across, down = rounded(edges, 0.8 * air)
    tone = "밝은" if luminance(plate) > 0.5 else "어두운"
    note = f"{said}, 배경과 비슷한 부분이 {melted:.0%}여서 {tone} 판을 깔았습니다."
    return [Sheet(plate, cover * np.float32(_PLATE_STRENGTH), across, down), _sheet(inner, x, y)], note


@lru_cache(maxsize=16)  # of an ad's time, choosing the mask of its code takes half
def _modules(content: str) -> tuple[Array, str]:
    if not content.strip():
        raise InputError(
            "text.qr_empty", "A QR code leads nowhere: its content is empty.", "Give the link that it should open."
        )
    try:
        import segno
    except ImportError as error:
        raise MissingDependency("segno", "A QR code") from error
    try:
        code = segno.make_qr(content.strip(), error="m", boost_error=True)
    except segno.DataOverflowError as error:
        raise InputError(
            "text.qr_too_long",
            f"A QR code cannot hold {len(content.encode())} bytes.",
            "Use a short link that leads to the same place.",
            count=len(content.encode()),
        ) from error
    return np.asarray([list(row) for row in code.matrix], np.float32), code.designator


def _named(mark: Mark, logos: Mapping[str, Array]) -> Array:
    if mark.content in logos:
        return logos[mark.content]
    if len(logos) == 1 and ("" in logos or not mark.content):  # a nameless one serves any place
        return next(iter(logos.values()))
    wanted = f"the logo '{mark.content}'" if mark.content else "a logo"
    came = ", ".join(f"'{name}'" for name in logos) or "none"
    raise InputError(
        "text.logo_missing", f"The layout has a place for {wanted}, but {came} came.", "Hand the logo's picture over."
    )


def _trimmed(rgba: Array) -> Array:
    """Bring a logo to four channels and take its empty margin off."""
    if rgba.shape[2] == 3:
        rgba = np.concatenate([rgba, np.ones((*rgba.shape[:2], 1), np.float32)], axis=2)
    rows, columns = (np.flatnonzero((rgba[..., 3] > _FAINT).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise InputError("text.logo_empty", "The logo is fully transparent.", "Give a picture with something on it.")
    return rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(rgba: Array, scale: float) -> Array:
    size = max(1, round(rgba.shape[1] * scale)), max(1, round(rgba.shape[0] * scale))
    picture = Image.fromarray((np.clip(rgba, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32) / 255.0


def _is_card(rgba: Array) -> bool:
    """Whether a logo brings its own ground: a picture without any clear part."""
    return bool(rgba[..., 3].min() > 1 - _FAINT)


def _melted(rgba: Array, behind: Array) -> float:
    """The share of a logo that cannot be told from what is behind it."""
    weight = rgba[..., 3]
    apart = np.linalg.norm(to_oklab(rgba[..., :3]) - to_oklab(behind), axis=-1)
    return float((weight * (apart < _ALIKE)).sum() / weight.sum())


def _sheet(rgba: Array, x: int, y: int) -> Sheet:
    return Sheet(np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3]), x, y)
