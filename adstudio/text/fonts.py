"""Fonts with Hangul: the bundled one, the machine's, the user's; opened so that pixels are the same on every machine.

The bundled Pretendard always works and always looks the same. Further fonts are found in the system's font folders and
in the folders named by the environment variable ``ADSTUDIO_FONTS``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ..errors import InputError
from .fontfile import FontFile, read_faces

BUNDLED = "Pretendard"
_SUFFIXES = {".ttf", ".otf", ".ttc"}
_OTHER_COUNTRY = (" JP", " SC", " TC", " HK")  # Noto CJK: same Hangul, but Latin and marks spaced for another language
_PROBE_PX = 32
# Noncharacters belong to no font, so they draw the "missing" box. Two, since a font may (wrongly) map one of them.
_UNMAPPED = ("\U0010ffff", "\ufffe")

logger = logging.getLogger("adstudio.text")


def font_names() -> list[str]:
    """Families with Hangul on this machine; the bundled one first."""
    return list(_families())


def find_font(name: str = BUNDLED, weight: int = 400) -> FontFile:
    """Find the face of a family (or of a font file) that comes nearest to ``weight``.

    Args:
        name: a family name in English or Korean, spaces and capitals do not matter; or the path of a font file.

    Raises:
        InputError: ``text.unknown_font``, ``text.unreadable_font``.
    """
    wanted = _key(name)
    for family, faces in _families().items():
        if wanted == _key(family) or any(wanted == _key(alias) for face in faces for alias in face.aliases):
            return _nearest(faces, weight)
    path = Path(name).expanduser()
    if path.suffix.lower() in _SUFFIXES | {".woff", ".woff2"}:
        return _nearest(_faces_of(path), weight)
    raise InputError(
        "text.unknown_font",
        f"No font named '{name}' with Hangul is installed; there is {', '.join(font_names()[:8])}.",
        "Choose one of these, give the path of a font file, or name its folder in ADSTUDIO_FONTS.",
    )


@lru_cache(maxsize=64)
def open_font(file: FontFile, size: float, weight: int = 400) -> ImageFont.FreeTypeFont:
    """Open a face at a size in pixels.

    The basic layout engine is named on purpose: the other one depends on a system library and spaces letters otherwise.
    """
    try:
        font = ImageFont.truetype(str(file.path), size, index=file.index, layout_engine=ImageFont.Layout.BASIC)
        if file.is_variable:
            _set_weight(font, file, weight)
    except OSError as error:
        raise _unreadable(file.path, str(error)) from error
    return font


def missing_glyphs(text: str, file: FontFile) -> list[str]:
    """Characters of ``text`` that the face has no drawing for, each once, in order."""
    return [ch for ch in dict.fromkeys(text) if not ch.isspace() and not _has_glyph(file, ch)]


def require_glyphs(text: str, file: FontFile) -> None:
    """Refuse copy that the face would draw as empty boxes.

    Raises:
        InputError: ``text.missing_glyph``, naming the characters and, where there is one, a font that has them.
    """
    missing = missing_glyphs(text, file)
    if not missing:
        return
    named = ", ".join(f"'{ch}' (U+{ord(ch):04X})" for ch in missing[:8]) + (" …" if len(missing) > 8 else "")
    other = next((name for name, faces in _families().items() if not missing_glyphs(text, faces[0])), None)
    advice = f", or choose the font {other}, which has them" if other else "; no font found on this machine has them"
    raise InputError(
        "text.missing_glyph",
        f"The font {file.family} has no drawing for {named}.",
        f"Take these characters out of the copy{advice}.",
    )


@cache
def _families() -> dict[str, list[FontFile]]:
    families: dict[str, list[FontFile]] = {BUNDLED: [_bundled()]}
    for path in _font_files():
        try:
            faces = read_faces(path)
        except (OSError, ValueError) as error:
            logger.debug("skipped the font file %s: %s", path, error)
            continue
        for face in faces:
            if face.hangul and not face.italic and not face.family.endswith(_OTHER_COUNTRY) and face.family != BUNDLED:
                families.setdefault(face.family, []).append(face)
    return {BUNDLED: families.pop(BUNDLED)} | {name: families[name] for name in sorted(families, key=str.casefold)}


def _bundled() -> FontFile:
    path = Path(__file__).parent / "data" / "PretendardVariable.woff2"
    return FontFile(BUNDLED, "Variable", path, weights=(45, 930), aliases=("Pretendard Variable", "프리텐다드"))


def _font_files() -> Iterator[Path]:
    seen: set[Path] = set()
    for folder in _font_folders():
        for root, _, names in sorted(os.walk(folder)) if folder.is_dir() else ():
            for name in sorted(names):
                path = Path(root, name)
                if path.suffix.lower() in _SUFFIXES and path not in seen:
                    seen.add(path)
                    yield path


def _font_folders() -> Iterable[Path]:
    own = [Path(part).expanduser() for part in os.environ.get("ADSTUDIO_FONTS", "").split(os.pathsep) if part]
    home = Path("~").expanduser()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"), "Fonts")
        return [*own, windows, home / "AppData/Local/Microsoft/Windows/Fonts"]
    if sys.platform == "darwin":
        return [*own, Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data = os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    return [*own, *(Path(part, "fonts") for part in [*shared.split(":"), data] if part), home / ".fonts"]


def _faces_of(path: Path) -> list[FontFile]:
    if not path.is_file():
        raise InputError("text.unknown_font", f"There is no font file {path}.", "Check the path.")
    try:
        if path.suffix.lower() in _SUFFIXES:
            return read_faces(path)
        font = ImageFont.truetype(str(path), _PROBE_PX, layout_engine=ImageFont.Layout.BASIC)
        family, style = font.getname()
        return [FontFile(family or path.stem, style or "Regular", path, weights=_variable_range(font) or (400, 400))]
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error


def _nearest(faces: list[FontFile], weight: int) -> FontFile:
    return min(faces, key=lambda face: (face.distance(weight), face.style != "Regular", face.index))


def _set_weight(font: ImageFont.FreeTypeFont, file: FontFile, weight: int) -> None:
    low, high = file.weights
    axes = font.get_variation_axes()
    values = [float(axis["default"] or 0) for axis in axes]
    for i, axis in enumerate(axes):
        if _is_weight(axis):
            values[i] = min(max(weight, low), high)
    font.set_variation_by_axes(values)


def _variable_range(font: ImageFont.FreeTypeFont) -> tuple[int, int] | None:
    try:
        axes = font.get_variation_axes()
    except OSError:  # Pillow's way to say "this font is not variable"
        return None
    return next(((int(a["minimum"] or 0), int(a["maximum"] or 0)) for a in axes if _is_weight(a)), None)


def _is_weight(axis: ImageFont.Axis) -> bool:
    return (axis.get("name") or b"").lower() in (b"weight", b"wght")


@lru_cache(maxsize=4096)
def _has_glyph(file: FontFile, ch: str) -> bool:
    return _drawn(file, ch) not in _missing_drawings(file)


@lru_cache(maxsize=64)
def _missing_drawings(file: FontFile) -> tuple[tuple[float, bytes], ...]:
    return tuple(_drawn(file, unmapped) for unmapped in _UNMAPPED)


@lru_cache(maxsize=64)
def _probe_font(file: FontFile) -> ImageFont.FreeTypeFont:
    return open_font(file, _PROBE_PX)


def _drawn(file: FontFile, ch: str) -> tuple[float, bytes]:
    font = _probe_font(file)
    canvas = Image.new("L", (2 * _PROBE_PX, 2 * _PROBE_PX))
    ImageDraw.Draw(canvas).text((_PROBE_PX // 2, _PROBE_PX * 3 // 2), ch, fill=255, font=font, anchor="ls")
    return font.getlength(ch), canvas.tobytes()


def _key(name: str) -> str:
    return "".join(name.split()).casefold()


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        "text.unreadable_font", f"The font file {path} cannot be read ({reason}).", "Choose another font or replace it."
    )
