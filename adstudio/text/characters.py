"""Characters of the copy before any font sees them: one Unicode form, no invisible marks, whole graphemes."""

from __future__ import annotations

import unicodedata

from ..errors import InputError

# Marks that draw nothing. A font without them would show a box, and Pillow's basic layout a gap.
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFE0E, 0xFE0F, 0xFEFF), None)
_SPACES = {ord("\t"): " ", 0x2002: " ", 0x2003: " ", 0x2009: " ", 0x3000: " ", 0x202F: "\u00a0"}
_NEWLINES = {ord("\v"): "\n", ord("\f"): "\n", 0x0085: "\n", 0x2028: "\n", 0x2029: "\n"}
LONGEST_COPY = 400


def normalise(text: str) -> str:
    """Bring copy into the form that is measured and drawn.

    Composes Hangul written as separate jamo (NFC: text from a Mac arrives apart and would be drawn apart), makes every
    line end a newline, drops invisible marks, and trims blanks and blank lines at both ends.

    Raises:
        InputError: ``text.too_long``; no advertisement carries so much, and fitting it would take long.
    """
    if len(text) > 4 * LONGEST_COPY:
        raise _too_long(len(text))
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.translate(_INVISIBLE | _SPACES | _NEWLINES)
    text = "".join(ch for ch in text if ch == "\n" or unicodedata.category(ch) not in ("Cc", "Cs"))
    lines = [" ".join(part for part in line.split(" ") if part) for line in text.split("\n")]
    text = "\n".join(lines).strip()
    if len(text) > LONGEST_COPY:
        raise _too_long(len(text))
    return text


def graphemes(text: str) -> list[str]:
    """Split text into what a reader counts as single characters, so that no cut falls inside one."""
    clusters: list[str] = []
    for ch in text:
        if clusters and _continues(clusters[-1][-1], ch):
            clusters[-1] += ch
        else:
            clusters.append(ch)
    return clusters


def _continues(before: str, ch: str) -> bool:
    joins = unicodedata.category(ch) in ("Mn", "Me", "Mc") or ch == "\u200d" or before == "\u200d"
    skin_tone = 0x1F3FB <= ord(ch) <= 0x1F3FF
    # Old Hangul has no composed form: vowels and finals follow their initial.
    jamo = (0x1160 <= ord(ch) <= 0x11FF or 0xD7B0 <= ord(ch) <= 0xD7FB) and 0x1100 <= ord(before) <= 0xD7FB
    return joins or skin_tone or jamo


def _too_long(count: int) -> InputError:
    return InputError(
        "text.too_long",
        f"The copy has {count} characters; at most {LONGEST_COPY} can be laid on a picture.",
        "Keep the headline to a few words and put details elsewhere.",
    )
