"""Which font draws which character: found before anything is drawn, so that no reader ever sees an empty box.

Emoji are letters here: drawn in the colour of the copy by the first font of the chain that has an outline for them,
refused by name where none has. What a font would have to join (families, flags, skin tones, old Hangul) is refused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from PIL import Image, ImageFont

from ...errors import InputError
from ..lines.characters import graphemes, is_sequence
from .fontfile import FontFile
from .fonts import families_by_name, font_names, open_font

_PROBE_PX = 32
# Noncharacters belong to no font, so they draw the "missing" box. Two, since a font may (wrongly) map one of them.
_UNMAPPED = ("\U0010ffff", "\ufffe")
_SHOWN = 8
_Drawing = tuple[float, bytes, tuple[int, int], tuple[int, int]]  # advance, mask, its size and place


def font_for(grapheme: str, files: Sequence[FontFile]) -> FontFile | None:
    """The first font of a chain that has a drawing for the whole of a grapheme; blanks need none."""
    if is_sequence(grapheme):
        return None
    return next((file for file in files if all(ch.isspace() or _has_glyph(file, ch) for ch in grapheme)), None)


def missing_glyphs(text: str, *files: FontFile) -> list[str]:
    """Characters of ``text`` that no font of the chain has a drawing for, each once, in order."""
    return [part for part in dict.fromkeys(graphemes(text)) if font_for(part, files) is None]


def require_glyphs(text: str, *files: FontFile) -> None:
    """Refuse copy that the chain of fonts would draw as empty boxes.

    Raises:
        InputError: ``text.missing_glyph``, naming the characters and, where there is one, a font that has them;
            ``text.right_to_left`` of scripts that would be drawn backwards and unjoined.
    """
    backwards = [ch for ch in dict.fromkeys(text) if unicodedata.bidirectional(ch) in ("R", "AL")]
    if backwards:
        raise InputError(
            "text.right_to_left",
            f"The copy holds letters that run from right to left ({', '.join(map(_code_points, backwards[:_SHOWN]))}), "
            "which are not set here.",
            "Write these words in Korean or Latin letters, or lay them on as a logo.",
            letters=", ".join(map(_code_points, backwards[:_SHOWN])),
        )
    missing = missing_glyphs(text, *files)
    if not missing:
        return
    named = ", ".join(f"'{part}' ({_code_points(part)})" for part in missing[:_SHOWN])
    families = ", ".join(file.family for file in files)
    who = f"The font {families} has no" if len(files) == 1 else f"None of the fonts {families} has a"
    raise InputError(
        "text.missing_glyph",
        f"{who} drawing for {named}{' …' if len(missing) > _SHOWN else ''}.",
        f"Take these characters out of the copy{_advice(missing)}.",
        letters=named,
    )


def _advice(missing: Sequence[str]) -> str:
    if any(map(is_sequence, missing)):
        return "; a character that is joined of several cannot be drawn, a plain one may"
    families = families_by_name()
    wanted = "".join(missing)
    for name in dict.fromkeys((*font_names(), *families)):
        with suppress(InputError):  # a file that cannot be opened is no advice
            if not missing_glyphs(wanted, families[name][0]):
                return f", or name the font {name} as a second font, which has them"
    return "; no font found on this machine has them"


def _code_points(part: str) -> str:
    return " ".join(f"U+{ord(ch):04X}" for ch in part)


@lru_cache(maxsize=32_768)
def _has_glyph(file: FontFile, ch: str) -> bool:
    drawn = _drawn(file, ch)
    if ch == "-" and _is_bar(drawn):  # Spoqa Han Sans draws what it lacks as a hyphen
        return True
    is_blank = not any(drawn[1]) and unicodedata.category(ch) not in ("Zs", "Cf")
    return not is_blank and drawn not in _missing_drawings(file)


def _is_bar(drawn: _Drawing) -> bool:
    _, mask, (width, height), _ = drawn
    box = Image.frombytes("L", (width, height), mask).getbbox() if mask else None
    return box is not None and box[2] - box[0] > 2 * (box[3] - box[1])


@lru_cache(maxsize=64)
def _missing_drawings(file: FontFile) -> tuple[_Drawing, ...]:
    return tuple(_drawn(file, unmapped) for unmapped in _UNMAPPED)


@lru_cache(maxsize=64)
def _probe_font(file: FontFile) -> ImageFont.FreeTypeFont:
    return open_font(file, _PROBE_PX)


def _drawn(file: FontFile, ch: str) -> _Drawing:
    font = _probe_font(file)
    mask: Any
    mask, offset = font.getmask2(ch, "L", anchor="ls")
    return font.getlength(ch), bytes(mask), mask.size, offset
