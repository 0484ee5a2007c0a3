"""Fonts: the bundled ones, the user's, the machine's; opened so that pixels are the same on every machine.

The bundled Pretendard always works and always looks the same. Further fonts are found in the folders named by the
environment variable ``ADSTUDIO_FONTS`` (inside ComfyUI ``models/fonts`` is one of them) and in the system's.
Spoqa Han Sans comes along for Kakao Bizboard, which takes no other; a whole one on this machine goes before it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

from ... import config
from ...errors import InputError
from .fontfile import WEIGHTS, FontFile, read_faces, weight_of
from .fontfolders import COMPRESSED, SUFFIXES, font_files, own_folders, system_folders

BUNDLED = "Pretendard"
_SPOQA = "Spoqa Han Sans"
_DATA = Path(__file__).parents[1] / "data"
_OTHER_COUNTRY = (" JP", " SC", " TC", " HK")  # Noto CJK: same Hangul, but Latin and marks spaced for another language
_PROBE_PX = 32
_ReadFile = tuple[Path, int, int]  # with time and size: a file that changed is read again

logger = logging.getLogger("adstudio.text")


def font_names() -> list[str]:
    """Families to choose from: the bundled ones, all in the user's folders, the system's that have Hangul."""
    own = {path for path, *_ in _own_files()}
    return [
        name
        for name, faces in families_by_name().items()
        if any(face.path in own or (face.hangul and not name.endswith(_OTHER_COUNTRY)) for face in faces)
    ]


def families_by_name() -> dict[str, list[FontFile]]:
    """Every family on this machine with its upright faces: Pretendard first, then the user's, then the system's.

    Fonts that are put into the user's folders are seen at once, the system's when the program starts.
    """
    return _families(tuple(_own_files()), tuple(system_folders()))


def fonts_stamp() -> tuple[object, ...]:
    """Fingerprint the user's fonts, to know whether what was drawn with them still holds."""
    return tuple(_own_files())


def find_font(name: str = BUNDLED, weight: int | str = 400) -> FontFile:
    """Find the face of a family (or of a font file) that comes nearest to ``weight``.

    Args:
        name: a family name in English or Korean, spaces and capitals do not matter; the name of a file in the user's
            folders; or the path of a font file.

    Raises:
        InputError: ``text.unknown_font``, ``text.unreadable_font``, ``text.bad_weight``.
    """
    wanted, weight = _key(name), weight_of(weight)
    families = families_by_name()
    for family, faces in families.items():
        if wanted == _key(family) or any(wanted == _key(alias) for face in faces for alias in face.aliases):
            return _nearest(family, faces, weight)
    path = Path(name).expanduser()
    if path.suffix.lower() in SUFFIXES:
        by_file = [face for faces in families.values() for face in faces if _key(face.path.name) == wanted]
        return _nearest(path.name, by_file or _opened(path), weight)
    raise InputError(
        "text.unknown_font",
        f"No font named '{name}' is installed; there is {', '.join(font_names()[:8])}.",
        "Choose one of these, put the font into ComfyUI's models/fonts or a folder named in ADSTUDIO_FONTS, or give a "
        "file's path.",
        name=name,
    )


def find_fonts(name: str, fallback: Sequence[str] = (), weight: int | str = 400) -> tuple[FontFile, ...]:
    """Find a font and those that draw what it lacks, in order, each at the weight nearest to ``weight``.

    Raises:
        InputError: as :func:`find_font`.
    """
    return tuple(dict.fromkeys(find_font(each, weight) for each in (name, *fallback) if each.strip()))


def require_families(names: Iterable[str]) -> None:
    """Refuse fonts that are named by a file's path: whoever asks from elsewhere names families, and opens no file here.

    On Windows a path may also be a share of another machine, which gets a login with the first look at it.

    Raises:
        InputError: ``text.font_is_a_path``.
    """
    for name in names:
        if any(sign in name for sign in "/\\:"):
            raise InputError(
                "text.font_is_a_path",
                f"A font is named by its family here; '{name:.80}' is a path.",
                "Put the file into models/fonts and name its family.",
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


@lru_cache(maxsize=4)
def _families(own: tuple[_ReadFile, ...], system: tuple[Path, ...]) -> dict[str, list[FontFile]]:
    families = {BUNDLED: [_bundled()]}
    for faces in (_own_faces(own), _system_faces(system)):
        for face in sorted(faces, key=lambda face: face.family.casefold()):
            if not face.italic and face.family != BUNDLED:
                families.setdefault(face.family, []).append(face)
    if all(_key(name) != _key(_SPOQA) for name in families):
        families[_SPOQA] = _spoqa()
    return families


def _own_files() -> list[_ReadFile]:
    found = ((path, path.stat()) for path in font_files(own_folders()) if config.is_file(path))
    return [(path, stat.st_mtime_ns, stat.st_size) for path, stat in found]


@lru_cache(maxsize=4)
def _own_faces(files: tuple[_ReadFile, ...]) -> list[FontFile]:
    return _readable(path for path, *_ in files)


@lru_cache(maxsize=4)
def _system_faces(folders: tuple[Path, ...]) -> list[FontFile]:
    # Opening a compressed file unpacks it whole; systems have none.
    return _readable(path for path in font_files(folders) if path.suffix.lower() not in COMPRESSED)


def _readable(paths: Iterable[Path]) -> list[FontFile]:
    faces = []
    for path in paths:
        try:
            faces += _opened(path)
        except InputError as error:
            logger.info("%s", error.message)
    return faces


def _bundled() -> FontFile:
    path = _DATA / "PretendardVariable.woff2"
    return FontFile(BUNDLED, "Variable", path, weights=(45, 930), aliases=("Pretendard Variable", "프리텐다드"))


def _spoqa() -> list[FontFile]:
    """The subset that Spoqa publishes for web pages: 2,574 syllables, all of KS X 1001 among them."""
    styles = {"Regular": 400, "Bold": 700}
    return [
        FontFile(
            _SPOQA, style, _DATA / f"SpoqaHanSans{style}.woff2", weights=(weight, weight), aliases=("스포카 한 산스",)
        )
        for style, weight in styles.items()
    ]


def _opened(path: Path) -> list[FontFile]:
    """Read the faces of a file, of a compressed one through FreeType."""
    if not path.is_file():
        raise InputError("text.unknown_font", f"There is no font file {path}.", "Check the path.", name=path.name)
    try:
        if path.suffix.lower() not in COMPRESSED:
            return read_faces(path)
        font = ImageFont.truetype(str(path), _PROBE_PX, layout_engine=ImageFont.Layout.BASIC)
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    family, style = font.getname()
    slant = re.compile("italic|oblique", re.IGNORECASE)
    weight = WEIGHTS.get("".join(slant.sub("", style or "").split()).casefold(), 400)
    face = FontFile(
        family=family or path.stem,
        style=style or "Regular",
        path=path,
        weights=_variable_range(font) or (weight, weight),
        italic=bool(slant.search(style or "")),
        hangul=_shape(font, "한") != _shape(font, "\ufffe"),
    )
    return [face]


def _shape(font: ImageFont.FreeTypeFont, ch: str) -> bytes:
    mask: Any = font.getmask(ch)
    return bytes(mask)


def _nearest(name: str, faces: list[FontFile], weight: int) -> FontFile:
    if not faces:
        raise InputError(
            "text.unreadable_font",
            "The font file holds pictures instead of outlines.",
            "Choose a font with outlines.",
            file=name,
        )
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


def _key(name: str) -> str:
    return "".join(name.split()).casefold()


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        "text.unreadable_font",
        f"The font file {path} cannot be read ({reason}).",
        "Choose another font or replace it.",
        file=str(path),
    )
