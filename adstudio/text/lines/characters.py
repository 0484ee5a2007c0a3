"""Characters of the copy before any font sees them: one Unicode form, no invisible marks, whole graphemes."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ...errors import InputError

# Marks that draw nothing. A font without them would show a box, and Pillow's basic layout a gap.
_VARIATION_SELECTORS, _DIRECTIONS, _JOINS_NOTHING = range(0xFE00, 0xFE10), range(0x202A, 0x202F), range(0x2060, 0x206A)
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200E, 0x200F, 0xFEFF, *_VARIATION_SELECTORS, *_DIRECTIONS, *_JOINS_NOTHING]
)
_SPACES = dict.fromkeys((ord("\t"), 0x2002, 0x2003, 0x2009, 0x3000, 0x3164), " ") | {0x202F: "\u00a0"}
_NEWLINES = {ord("\v"): "\n", ord("\f"): "\n", 0x0085: "\n", 0x2028: "\n", 0x2029: "\n"}
_ZERO_WIDTH_JOINER = "\u200d"
_LOOSE_JOINER = re.compile(rf"(?<!\S){_ZERO_WIDTH_JOINER}+|{_ZERO_WIDTH_JOINER}+(?!\S)")  # it joins nothing
_JAMO_RUN = re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]+")
LONGEST_COPY = 400


def normalise(text: str) -> str:
    """Bring copy into the form that is measured and drawn.

    Composes Hangul written as separate jamo (NFC: text from a Mac arrives apart and would be drawn apart) and makes a
    jamo that stands alone the letter of the keyboard (ㅋ), makes every line end a newline, drops invisible marks, and
    trims blanks and blank lines at both ends.

    Raises:
        InputError: ``text.too_long``; no advertisement carries so much, and fitting it would take long.
    """
    if len(text) > 4 * LONGEST_COPY:
        raise _too_long(len(text))
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _JAMO_RUN.sub(lambda run: _lone_letters(run[0]), text)
    text = text.translate(_INVISIBLE | _SPACES | _NEWLINES)
    text = "".join(ch for ch in text if ch == "\n" or unicodedata.category(ch) not in ("Cc", "Cs"))
    text = _LOOSE_JOINER.sub("", text)
    lines = [" ".join(part for part in line.split(" ") if part) for line in text.split("\n")]
    text = "\n".join(lines).strip()
    if len(text) > LONGEST_COPY:
        raise _too_long(len(text))
    return text


def graphemes(text: str) -> list[str]:
    """Split text into what a reader counts as single characters, so that no cut falls inside one."""
    clusters: list[str] = []
    for ch in text:
        if clusters and _continues(clusters[-1], ch):
            clusters[-1] += ch
        else:
            clusters.append(ch)
    return clusters


def is_sequence(grapheme: str) -> bool:
    """Whether only a font that joins characters could draw it: a family of emoji, a flag, a skin tone, old Hangul."""
    return len(grapheme) > 1 and (
        _ZERO_WIDTH_JOINER in grapheme
        or any(_is_skin_tone(ch) or _is_flag_half(ch) for ch in grapheme)
        or any(_JAMO_RUN.match(ch) for ch in grapheme)
    )


def _continues(before: str, ch: str) -> bool:
    """Whether ``ch`` belongs to the character that ends, so far, with the grapheme ``before``."""
    last = before[-1]
    if ch < "\u0300" or "가" <= ch <= "힣":
        return last == _ZERO_WIDTH_JOINER
    if unicodedata.category(ch) in ("Mn", "Me", "Mc") or _ZERO_WIDTH_JOINER in (ch, last) or _is_skin_tone(ch):
        return True
    if _is_flag_half(ch):
        return _is_flag_half(before)
    # Old Hangul has no composed form: vowels and finals follow their initial.
    follows = "\u1160" <= ch <= "\u11ff" or "\ud7b0" <= ch <= "\ud7fb"
    return follows and bool(_JAMO_RUN.match(last) or "가" <= last <= "힣")


def _is_skin_tone(ch: str) -> bool:
    return "\U0001f3fb" <= ch <= "\U0001f3ff"


def _is_flag_half(ch: str) -> bool:
    return len(ch) == 1 and "\U0001f1e6" <= ch <= "\U0001f1ff"


@cache
def _lone_letters(run: str) -> str:
    """The keyboard's letters for jamo that found no syllable; old Hangul, which has none, stays as it is."""
    letters = [_letter(ch) for ch in run]
    return "".join(letters) if all(letters) else run


def _letter(jamo: str) -> str:
    modern = "\u1100" <= jamo <= "\u1112" or "\u1161" <= jamo <= "\u1175" or "\u11a8" <= jamo <= "\u11c2"
    return unicodedata.lookup("HANGUL LETTER " + unicodedata.name(jamo).split(" ", 2)[2]) if modern else ""


def _too_long(count: int) -> InputError:
    return InputError(
        "text.too_long",
        f"The copy has {count} characters; at most {LONGEST_COPY} can be laid on a picture.",
        "Keep the headline to a few words and put details elsewhere.",
        count=count,
        most=LONGEST_COPY,
    )
