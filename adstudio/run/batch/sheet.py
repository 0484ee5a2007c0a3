"""Contact sheets: the ads of a catalogue side by side, each over the name of its row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from ...text.faces.fonts import find_font, open_font
from .manifest import Entry, Failure

COLUMNS, ROWS = 6, 5
PER_SHEET = COLUMNS * ROWS
_TILE, _GAP, _LABEL = 260, 16, 44  # pixels
_PAPER, _INK, _PALE, _RED = (250, 249, 246), (32, 32, 36), (228, 226, 220), (176, 42, 48)


def write_sheets(
    folder: Path, entries: Sequence[Entry], failures: Sequence[Failure] = (), *, most: int = 20
) -> list[Path]:
    """Write ``contact-001.jpg`` and so on, failed rows as empty tiles at the end.

    Args:
        most: sheets; ads beyond have none.
    """
    for old in folder.glob("contact-[0-9][0-9][0-9].jpg"):
        old.unlink()
    tiles: list[Entry | Failure] = [*entries, *failures]
    paths: list[Path] = []
    for start in range(0, min(len(tiles), most * PER_SHEET), PER_SHEET):
        path = folder / f"contact-{start // PER_SHEET + 1:03d}.jpg"
        _sheet(folder, tiles[start : start + PER_SHEET]).save(path, quality=88)
        paths.append(path)
    return paths


def _sheet(folder: Path, tiles: Sequence[Entry | Failure]) -> Image.Image:
    columns = min(COLUMNS, len(tiles))
    lines = math.ceil(len(tiles) / columns)
    step = _TILE + _GAP
    paper = Image.new("RGB", (columns * step + _GAP, lines * (step + _LABEL) + _GAP), _PAPER)
    pen = ImageDraw.Draw(paper)
    name_font, small_font = (
        open_font(find_font(weight=weight), size, weight) for size, weight in ((17, 600), (13, 400))
    )
    for place, tile in enumerate(tiles):
        left = _GAP + place % columns * step
        top = _GAP + place // columns * (step + _LABEL)
        if isinstance(tile, Failure):
            pen.rectangle((left, top, left + _TILE - 1, top + _TILE - 1), outline=_RED, width=2)
            _centred(pen, left, top + _TILE // 2 - 8, tile.code, small_font, _RED)
            under, colour = "failed", _RED
        else:
            pen.rectangle((left, top, left + _TILE - 1, top + _TILE - 1), fill=_PALE)
            ad = _thumbnail(folder / tile.files[0])
            paper.paste(ad, (left + (_TILE - ad.width) // 2, top + (_TILE - ad.height) // 2))
            more = f" · {len(tile.files)} files" if len(tile.files) > 1 else ""
            under, colour = f"{'' if tile.score is None else f'{tile.score:.2f} · '}row {tile.row}{more}", _INK
        _centred(pen, left, top + _TILE + 5, tile.id, name_font, _INK)
        _centred(pen, left, top + _TILE + 27, under, small_font, colour)
    return paper


def _thumbnail(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.draft("RGB", (_TILE * 2, _TILE * 2))  # a JPEG is not decoded larger than it is shown
        return ImageOps.contain(picture.convert("RGB"), (_TILE, _TILE), Image.Resampling.LANCZOS)


def _centred(pen: ImageDraw.ImageDraw, left: int, top: int, text: str, font: object, colour: tuple[int, ...]) -> None:
    while pen.textlength(text, font=font) > _TILE and len(text) > 1:  # type: ignore[arg-type]
        text = text.rstrip("…")[:-1] + "…"
    width = pen.textlength(text, font=font)  # type: ignore[arg-type]
    pen.text((left + (_TILE - width) / 2, top), text, fill=colour, font=font)  # type: ignore[arg-type]
